"""The background jobs of travel."""
