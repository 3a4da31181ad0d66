"""Decisions worked out from facts and rules: which zones. Owns the methods.

Takes rules as values of `core`.
"""
