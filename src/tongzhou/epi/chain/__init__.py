"""Who infected whom: probabilities, trees, generations, clusters, offspring, intervals, and layouts.

Infers from onsets, windows, contacts and genetic distances. Never looks for contacts (`contact` does) and
never calls a probable pair a fact.
"""

from tongzhou.epi.chain.cases import CaseTable, read_cases
from tongzhou.epi.chain.chain import Chain, chain_of_pairs, infer_chain
from tongzhou.epi.chain.evidence import contacts_within
from tongzhou.epi.chain.inference import EvidenceWeights
from tongzhou.epi.chain.intervals import IntervalOptions, generation_interval, serial_interval
from tongzhou.epi.chain.layout import ChainLayout, LayoutOptions, layout_tree
from tongzhou.epi.chain.model import ChainModel
from tongzhou.epi.chain.offspring import OffspringFit, fit_offspring, offspring, superspreading_share
from tongzhou.epi.chain.trees import generations_of, offspring_of

__all__ = [
    "CaseTable",
    "Chain",
    "ChainLayout",
    "ChainModel",
    "EvidenceWeights",
    "IntervalOptions",
    "LayoutOptions",
    "OffspringFit",
    "chain_of_pairs",
    "contacts_within",
    "fit_offspring",
    "generation_interval",
    "generations_of",
    "infer_chain",
    "layout_tree",
    "offspring",
    "offspring_of",
    "read_cases",
    "serial_interval",
    "superspreading_share",
]
