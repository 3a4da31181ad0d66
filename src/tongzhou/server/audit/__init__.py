"""The append-only log: every action's event in one hash chain over salted digests.

Keeps plain identifiers and no foreign keys, so that nothing it names can pull it along. Never holds
personal data, and never judges: who may do what is decided above it.
"""
