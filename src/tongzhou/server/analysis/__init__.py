"""Estimates from the records of an area, each with its interval and where it came from."""
