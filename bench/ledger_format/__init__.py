"""Delta Lake against DuckLake as the format of the ledger."""
