"""The demonstration province: areas, a synthetic population, a cast, and an outbreak entered by its people.

Everything goes through the same actions that users use; nothing here writes a record by itself.
"""
