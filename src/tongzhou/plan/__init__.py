"""Decisions worked out from facts and rules: which zones, which pools. Owns the methods.

Takes rules as values of `core`.
"""
