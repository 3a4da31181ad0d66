"""Epidemiology as a library: delays, reproduction, nowcast, forecast, detection, contact, chain, screening.

Import what you need by name: ``from tongzhou.epi import reproduction``. Never imports Django, never reads
clocks or global random state: time and randomness are arguments.
"""
