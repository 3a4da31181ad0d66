"""The area tree and the posts of each area. Public facts: codes, names, outlines, registered population.

Who holds a post belongs to `access`. Never assumes how many levels a country has.
"""
