"""Who met a case: shared time in places, and shared trips by seat, from the stays and trips of the ledger.

Finds and measures exposures; never grades them, never knows names, never reads a clock.
"""

from tongzhou.epi.contact.search import ContactOptions, find_exposures
from tongzhou.epi.contact.seats import SeatRelation
from tongzhou.epi.contact.table import ExposureTable

__all__ = ["ContactOptions", "ExposureTable", "SeatRelation", "find_exposures"]
