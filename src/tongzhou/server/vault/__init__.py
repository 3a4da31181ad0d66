"""Personal fields: encrypted at rest, searchable by blind index, masked in lists.

Owns keys and their rotation. Stores no records of its own and never decides who may unmask.
"""
