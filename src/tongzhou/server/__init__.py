"""The server: Django apps in one line, each owning its records; see `docs/decisions/` for the order."""
