"""Scan statistics and tests of interaction in space and time.

Owns Kulldorff's scans, Knox's test and the space-time surveillance of Assuncao and Correa. Never watches a single
series: that is `tongzhou.epi.detect`.
"""

from tongzhou.epi.scan.knox import KnoxTest, knox
from tongzhou.epi.scan.result import Cluster, ScanResult
from tongzhou.epi.scan.scan import scan
from tongzhou.epi.scan.stcd import EventSurveillance, stcd

__all__ = ["Cluster", "EventSurveillance", "KnoxTest", "ScanResult", "knox", "scan", "stcd"]
