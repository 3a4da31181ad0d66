"""The append-only store of facts in bulk: typed tables, appends, selections, corrections, retention, erasure.

Owns the folder of Delta Lake tables. Never grades, never decides, never knows names: persons and places are
numbers.
"""

from tongzhou.ledger.ingest import AppendReport
from tongzhou.ledger.ledger import Ledger, open_ledger
from tongzhou.ledger.maintenance import ErasureReport
from tongzhou.ledger.schemas import TABLES, schema_of
from tongzhou.ledger.selections import Spans

__all__ = ["TABLES", "AppendReport", "ErasureReport", "Ledger", "Spans", "open_ledger", "schema_of"]
