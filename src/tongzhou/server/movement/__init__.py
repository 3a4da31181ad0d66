"""Where people were and what carried them: thin records over the ledger's stays and trips.

Owns the public same-trip notices and the door to the ledger. Never decides who is a contact.
"""
