"""The chain: who infected whom with what probability, and everything read from it.

Owns the result and its frames and drawings. The estimation is `inference`'s.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import polars as pl

from tongzhou.core.errors import InputError
from tongzhou.core.estimates import Provenance, digest_arrays
from tongzhou.epi.chain.cases import CaseTable, read_cases
from tongzhou.epi.chain.clusters import find_clusters
from tongzhou.epi.chain.evidence import PairEvidence, read_evidence
from tongzhou.epi.chain.inference import Candidates, EvidenceWeights, infer_sources
from tongzhou.epi.chain.layout import ChainLayout, LayoutOptions, layout_tree
from tongzhou.epi.chain.model import ChainModel, Floats, build_tables
from tongzhou.epi.chain.trees import best_tree, draw_trees, generations_of
from tongzhou.epi.results import Chart, Language, Result, Trace, choose_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Int64s = npt.NDArray[np.int64]
MAX_TRACES = 6
REFERENCE = "Wallinga & Teunis 2004; Campbell et al. 2019"


@dataclass(frozen=True, kw_only=True)
class Chain(Result):
    """Who infected whom.

    cases : CaseTable — N cases in the order given
    evidence : PairEvidence — contacts and distances among them
    candidates : Candidates — probabilities of all sources of every case
    weights : EvidenceWeights or None — how contacts and distances spoke; None when the sources were given
    tree : int64, shape (N,) — row of the most probable infector, -1 for a source outside
    """

    cases: CaseTable
    evidence: PairEvidence
    candidates: Candidates
    weights: EvidenceWeights | None
    tree: Int64s

    @property
    def n(self) -> int:
        """Number of cases N."""
        return self.cases.n

    @property
    def is_certain(self) -> bool:
        """Whether every source is known."""
        p = self.candidates.probability
        return bool((p == 1).all() and np.isin(self.candidates.unobserved, (0.0, 1.0)).all())

    @property
    def expected_offspring(self) -> Floats:
        """Expected number of cases infected by each case, float64, shape (N,)."""
        found = self.candidates
        return np.bincount(found.infector, found.probability, self.n).astype(np.float64)

    @property
    def tree_probability(self) -> Floats:
        """Probability of each case's source in `tree`, float64, shape (N,)."""
        found = self.candidates
        chosen = self.tree[found.infectee] == found.infector
        p = np.bincount(found.infectee[chosen], found.probability[chosen], minlength=self.n)
        return np.where(self.tree >= 0, p, found.unobserved)

    def pairs(self, min_probability: float = 0.01) -> pl.DataFrame:
        """Return candidate pairs, most probable first within each infectee.

        Returns
        -------
        frame with ``infectee, infector, probability, setting`` (null without a contact), ``lag_days``, ``distance``
        """
        found = self.candidates
        kept = found.probability >= min_probability
        infectee, infector = found.infectee[kept], found.infector[kept]
        order = np.lexsort((-found.probability[kept], infectee))
        infectee, infector = infectee[order], infector[order]
        ids = np.array(self.cases.ids, dtype=object)
        frame = pl.DataFrame(
            {
                "infectee": pl.Series(ids[infectee].tolist(), dtype=pl.String),
                "infector": pl.Series(ids[infector].tolist(), dtype=pl.String),
                "probability": found.probability[kept][order],
                "lag_days": self.cases.onset[infectee] - self.cases.onset[infector],
                "to": infectee,
                "of": infector,
            }
        )
        known = pl.DataFrame(
            {
                "to": self.evidence.infectee,
                "of": self.evidence.infector,
                "code": self.evidence.setting,
                "distance": self.evidence.distance,
            }
        )
        names = dict(enumerate(self.evidence.settings))
        setting = pl.col("code").replace_strict(names, default=None, return_dtype=pl.String)
        distance = pl.when(pl.col("distance") >= 0).then(pl.col("distance"))
        joined = frame.join(known, on=["to", "of"], how="left", maintain_order="left")
        return joined.with_columns(setting=setting, distance=distance).select(
            "infectee", "infector", "probability", "setting", "lag_days", "distance"
        )

    def trees(self, n_trees: int, rng: np.random.Generator) -> Int64s:
        """Return random trees, int64, shape (B, N): infectors by row, -1 for a source outside."""
        return draw_trees(self.candidates, n_trees, rng)

    def clusters(self, threshold: float = 0.5) -> Int64s:
        """Return the cluster of each case, int64, shape (N,), 1 is the largest; see `clusters.find_clusters`."""
        return find_clusters(self.candidates, threshold)

    def generations(self, n_trees: int = 200, *, rng: np.random.Generator) -> pl.DataFrame:
        """Return generations over random trees, a row per case.

        Returns
        -------
        frame with ``case_id, generation`` (of the most probable tree), ``mean, low, high`` (central 90 % of trees)
        """
        drawn = generations_of(self.trees(n_trees, rng))
        low, high = np.quantile(drawn, [0.05, 0.95], axis=0, method="inverted_cdf")
        return pl.DataFrame(
            {
                "case_id": self.cases.ids,
                "generation": generations_of(self.tree),
                "mean": drawn.mean(axis=0),
                "low": low,
                "high": high,
            }
        )

    def to_frame(self) -> pl.DataFrame:
        """Return a row per case: ``case_id, date_onset, infector`` (null: outside), ``probability`` of it,
        ``unobserved`` (probability of a source outside), ``generation, cluster, expected_offspring``."""
        infector = [self.cases.ids[row] if row >= 0 else None for row in self.tree.tolist()]
        return pl.DataFrame(
            {
                "case_id": self.cases.ids,
                "date_onset": self.cases.days(self.cases.onset),
                "infector": pl.Series(infector, dtype=pl.String),
                "probability": self.tree_probability,
                "unobserved": self.candidates.unobserved,
                "generation": generations_of(self.tree),
                "cluster": self.clusters(),
                "expected_offspring": self.expected_offspring,
            }
        )

    def layout(self, options: LayoutOptions | None = None) -> ChainLayout:
        """Return positions of the most probable tree for drawing, see `layout.layout_tree`."""
        return layout_tree(self.cases.onset, self.tree, options)

    def graph(self, settings: Sequence[str] | None = None) -> dict[str, Any]:
        """Return the columns that ``<chain-graph>`` draws, without labels, states and contacts of people.

        Parameters
        ----------
        settings : sequence of str, optional — names to show for `evidence.settings`, in their order
        """
        placed = self.layout()
        names = list(self.evidence.settings if settings is None else settings)
        first = int(self.cases.onset.min())
        setting = self._settings_of_tree()
        base = str(np.datetime64(first, "D")) if self.cases.has_dates else "1970-01-01"
        return {
            "base": base,
            "settings": [*names, "unknown"],
            "cases": {
                "id": list(self.cases.ids),
                "label": list(self.cases.ids),
                "onset": (self.cases.onset - first).tolist(),
                "generation": placed.generation.tolist(),
                "infector": self.tree.tolist(),
                "setting": np.where(setting >= 0, setting, len(names)).tolist(),
                "x": placed.x.round(3).tolist(),
                "y": placed.y.tolist(),
            },
        }

    def _settings_of_tree(self) -> Int64s:
        setting = np.full(self.n, -1, dtype=np.int64)
        used = self.tree[self.evidence.infectee] == self.evidence.infector
        setting[self.evidence.infectee[used]] = self.evidence.setting[used]
        return setting

    def chart(self, series: str | None = None, language: Language = "en") -> Chart:
        """Return cases per day of onset, split by generation."""
        start = int(self.cases.onset.min())
        n_days = int(self.cases.onset.max()) - start + 1
        lane = np.minimum(generations_of(self.tree), MAX_TRACES - 1)
        word = choose_text(language, "generation", "代次")
        x: Sequence[dt.date] | Sequence[float] = list(range(start, start + n_days))
        if self.cases.has_dates:
            x = [dt.date(1970, 1, 1) + dt.timedelta(days=start + day) for day in range(n_days)]
        traces = []
        for number in range(int(lane.max()) + 1):
            counts = np.bincount(self.cases.onset[lane == number] - start, minlength=n_days)
            more = "+" if number == MAX_TRACES - 1 else ""
            traces.append(Trace(f"{word} {number}{more}", counts.astype(np.float64)))
        title = choose_text(language, "Cases by generation", "按代次的病例")
        onset = choose_text(language, "onset", "发病日")
        return Chart(title, x, onset, choose_text(language, "cases", "病例数"), tuple(traces))

    def plot(self, series: str | None = None, *, ax: Axes | None = None, language: Language = "en") -> Axes:
        """Draw the most probable tree: onset across, generations as lanes, fainter where less certain."""
        from tongzhou.epi.chain.drawing import draw_tree

        return draw_tree(self, ax, language)

    def echarts(self, series: str | None = None, *, language: Language = "en") -> dict[str, Any]:
        """Return the ECharts graph option of the most probable tree."""
        from tongzhou.epi.chain.drawing import to_graph_option

        return to_graph_option(self, language)


def infer_chain(
    cases: object,
    contacts: object = None,
    *,
    model: ChainModel,
    distances: object = None,
    is_directed: bool = False,
    onset_from: str | None = None,
) -> Chain:
    """Infer who infected whom.

    Parameters
    ----------
    cases : line list, see `cases.read_cases`: ``case_id, date_onset`` and what is known of exposure windows,
        isolation, infectors and imported cases
    contacts : optional, see `evidence.read_evidence`: ``from, to`` and ``setting, date_from, date_until``
    model : ChainModel — delays and what is held fixed
    distances : optional — genetic distances, as a square array or ``from, to, distance``
    is_directed : bool — a contact's ``from`` is the possible infector
    onset_from : str, optional — date that stands in for a missing onset

    Returns
    -------
    Chain

    Raises
    ------
    InputError
        ``frame.*``, ``chain.*`` — with the rows; ``chain.no_incubation`` when windows are given without an
        incubation period

    Examples
    --------
    >>> cases = {"case_id": ["a", "b", "c"], "date_onset": ["2020-01-01", "2020-01-06", "2020-01-07"]}
    >>> contacts = {"from": ["a"], "to": ["b"]}
    >>> from tongzhou.epi.delays import Delay
    >>> chain = infer_chain(cases, contacts, model=ChainModel(Delay.serial_interval(5, 2)))
    >>> chain.to_frame()["infector"].to_list()
    [None, 'a', 'a']
    """
    table = read_cases(cases, onset_from=onset_from)
    evidence = read_evidence(table, contacts, distances, is_directed=is_directed)
    tables = build_tables(model)
    _need_incubation(table, evidence, model)
    found, weights = infer_sources(table, evidence, model, tables)
    options = {
        "serial_interval": getattr(model.serial_interval, "name", "") or "given",
        "observed_share": round(weights.observed_share, 4),
        "contact_odds": {
            name: round(float(odds), 1) for name, odds in zip(evidence.settings, weights.odds, strict=True)
        },
        "min_ratio": model.min_ratio,
        "onset_from": onset_from or "",
        "n_onset_imputed": int(table.is_imputed.sum()),
    }
    return _chain(
        table,
        evidence,
        found,
        weights,
        Provenance("chain.infer_chain", options, _digest(table, evidence), REFERENCE),
    )


def chain_of_pairs(cases: object, contacts: object = None) -> Chain:
    """Return the chain of a line list whose column ``infector`` names the sources; empty means outside.

    Parameters
    ----------
    cases : see `cases.read_cases`, with ``infector``
    contacts : optional — gives the settings of the pairs

    Raises
    ------
    InputError
        ``frame.*``, ``chain.*``; ``chain.infector`` when no case names one
    """
    table = read_cases(cases)
    if not (table.source >= 0).any():
        raise InputError(
            "chain.infector", "No case names an infector.", "Give a column infector, or infer the chain."
        )
    evidence = read_evidence(table, contacts)
    rows = np.flatnonzero(table.source >= 0)
    offsets = np.searchsorted(rows, np.arange(table.n + 1)).astype(np.int64)
    unobserved = (table.source < 0).astype(np.float64)
    found = Candidates(offsets, table.source[rows], np.ones(rows.size), unobserved, rows.size)
    return _chain(
        table, evidence, found, None, Provenance("chain.chain_of_pairs", {}, _digest(table, evidence))
    )


def _chain(
    table: CaseTable,
    evidence: PairEvidence,
    found: Candidates,
    weights: EvidenceWeights | None,
    source: Provenance,
) -> Chain:
    return Chain(
        provenance=source,
        cases=table,
        evidence=evidence,
        candidates=found,
        weights=weights,
        tree=best_tree(found),
    )


def _need_incubation(table: CaseTable, evidence: PairEvidence, model: ChainModel) -> None:
    dated = bool(
        (evidence.met_from > np.iinfo(np.int64).min).any()
        or (evidence.met_until < np.iinfo(np.int64).max).any()
    )
    if model.incubation is None and (table.has_windows or dated):
        raise InputError(
            "chain.no_incubation",
            "Exposure, contact or isolation days are given, but no incubation period.",
            "Give ChainModel(incubation=...), or leave the columns of days out.",
        )


def _digest(table: CaseTable, evidence: PairEvidence) -> str:
    return digest_arrays(
        np.array(table.ids),
        table.onset,
        table.exposed_from,
        table.exposed_until,
        table.isolated_on,
        table.source,
        evidence.infector,
        evidence.infectee,
        evidence.setting,
        evidence.distance,
    )
