"""Published delays of infectious diseases, each with its source.

Owns the table `delays.toml` and its reading. Fits nothing; a value without a citation has no place here.
"""

from tongzhou.epi.parameters.table import DelayEntry, find_delays, get_delay, get_entry, list_entries

__all__ = ["DelayEntry", "find_delays", "get_delay", "get_entry", "list_entries"]
