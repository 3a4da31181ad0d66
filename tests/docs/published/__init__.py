"""Results on public data beside the published ones: what the tables of docs/epi state is computed here."""
