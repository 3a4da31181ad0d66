"""What every layer shares: errors, identifiers, time, area codes, access, table schemas, estimates, rules.

Owns plain values only. Never reads files, clocks, random state or the network, and imports nothing of the
project above it.
"""
