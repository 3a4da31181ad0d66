"""Who met a case: shared time in places, and shared trips by seat, from the stays and trips of the ledger.

Finds and measures exposures; never grades them, never knows names, never reads a clock.
"""

from tongzhou.epi.contact.attack_rates import AttackRates, cut_into_bands, secondary_attack_rates
from tongzhou.epi.contact.degrees import DegreeOptions, onward_degrees
from tongzhou.epi.contact.matrices import ContactMatrix, contact_matrix
from tongzhou.epi.contact.search import ContactOptions, find_exposures
from tongzhou.epi.contact.seats import SeatRelation
from tongzhou.epi.contact.sources import SharedSources, SourceOptions, find_shared_sources
from tongzhou.epi.contact.table import ExposureTable

__all__ = [
    "AttackRates",
    "ContactMatrix",
    "ContactOptions",
    "DegreeOptions",
    "ExposureTable",
    "SeatRelation",
    "SharedSources",
    "SourceOptions",
    "contact_matrix",
    "cut_into_bands",
    "find_exposures",
    "find_shared_sources",
    "onward_degrees",
    "secondary_attack_rates",
]
