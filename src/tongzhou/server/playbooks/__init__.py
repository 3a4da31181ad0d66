"""What follows from what: a fact, the policy, then draft orders and duties.

The only consumer of the outbox. Owns no records and has no screens.
"""
