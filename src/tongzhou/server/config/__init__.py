"""Settings, root URLs and entry points of the server. Owns no records."""
