"""Everything owed is a duty: one model, one board, one clock, one list on the phone, and the daily close.

Names its subject by kind and identifier, so that it depends on no app that uses it. Never decides what
follows from a fact: that is `playbooks`.
"""
