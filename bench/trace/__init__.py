"""From one case to everybody who met it: ingest, one case, a thousand cases, and the peers."""
