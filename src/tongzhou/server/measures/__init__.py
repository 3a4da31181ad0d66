"""Restrictions: orders on persons and zones on units, with ground, end, release, appeal and proportionality.

Every restriction names its rule and facts and ends by itself. Never decides alone that one is stricter than
the rule: that needs a second person and a reason.
"""
