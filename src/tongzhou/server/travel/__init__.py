"""Who travels: figures of travel, residents' own registrations, and the return peak made from both.

Owns travel, and the duty to reach those who arrive. A kept peak is a study of `planning`; never changes an order or a
case.
"""
