"""How fast a file of results is imported."""
