"""Laboratories, results and what they settle. Results are ledger rows; only positives, results that could not
be linked, and open test duties touch the database. Never opens a case: that is `playbooks`.
"""
