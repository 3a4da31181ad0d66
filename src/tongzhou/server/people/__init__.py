"""Persons, households, places and the units that zones are drawn with; search, linkage, reversible merge.

Personal fields are encrypted; lists show them masked. Never stores where a person was: stays and trips
live in the ledger, read through `movement`.
"""
