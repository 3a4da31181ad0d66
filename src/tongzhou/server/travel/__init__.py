"""Who travels: figures of travel, residents' own registrations, and the return peak made from both.

Owns travel. A kept peak is a study of `planning`; never changes an order, a duty or a case.
"""
