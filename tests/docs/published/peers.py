"""Detectors beside R's `surveillance`: Salmonella Newport, hepatitis A, measles, meningococci; many streams."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import polars as pl

from tests.docs.published.data import read
from tests.docs.published.registry import Found, beside
from tests.epi.detect.peer_outputs import read_peer
from tongzhou.core.estimates import digest_arrays
from tongzhou.epi import detect

REFERENCE = "reference/surveillance"
R = "R `surveillance` 1.20.3"
NEWPORT = ("salmNewport_DE", 405, 415)
BERLIN = ("ha_Berlin", 262, 290)
BAYER = "cases with onset in weeks 408 to 411 (Bayer et al. 2014)"


def weeks(alarm: npt.NDArray[np.float64], at: npt.NDArray[np.int64], first: int, last: int) -> str:
    """Return the weeks from `first` to `last` with an alarm, runs as ``409 to 412``."""
    found = [t for t in at[alarm == 1].tolist() if first <= t <= last]
    runs: list[list[int]] = []
    for week in found:
        if runs and week == runs[-1][-1] + 1:
            runs[-1].append(week)
        else:
            runs.append([week])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]} to {run[-1]}" for run in runs) or "none"


def both(series: tuple[str, int, int], output: str, detector: str, options: Mapping[str, object]) -> Found:
    """Return the weeks of alarm here and in the peer's output, and how many of all monitored weeks agree."""
    name, first, last = series
    peer = read_peer(name, output)
    assert peer is not None
    given: dict[str, object] = {"range": peer.range} if peer.range else {}
    given |= {"dates": peer.dates} if detector.startswith("farrington") else {}
    found = detect.find_detector(detector)(peer.counts, **given, **options)
    ours, theirs = found.alarm[0, peer.rows], peer.column("alarm")
    at = peer.frame["t"].to_numpy()
    same = int(np.sum(ours == np.nan_to_num(theirs, nan=-1)))
    figure = f"alarms in weeks {weeks(ours, at, first, last)}; {same} of {at.size} weeks as R"
    peers = f"{weeks(theirs, at, first, last)}, {R}"
    return Found(figure, f"`{detector}`", found.provenance.inputs_digest, peers)


def compare(
    what: str, series: tuple[str, int, int], output: str, detector: str, *, why: str = "", **options: object
) -> None:
    """Add the line of a detector beside its output."""

    def compute() -> Found:
        return both(series, output, detector, options)

    compute.__name__ = f"{series[0]}_{output}"
    beside("detection", what, why=why, needs=(REFERENCE,))(compute)


compare("*S.* Newport, weeks 405 to 415, EARS C1", NEWPORT, "ears_C1_b7_ms0", "ears-c1")
compare("the same, EARS C2", NEWPORT, "ears_C2_b7_ms0", "ears-c2")
compare("the same, EARS C3", NEWPORT, "ears_C3_b7_ms0", "ears-c3")
compare("the same, CDC", NEWPORT, "cdc", "cdc", why="sums four weeks: sounds later and stays on longer")
compare("the same, RKI 3", NEWPORT, "rki3", "rki3")
compare("the same, Bayes 3", NEWPORT, "bayes3", "bayes3", alpha=0.05)
compare(
    "the same, CUSUM, Rossi's transformation",
    NEWPORT,
    "cusum_rossi",
    "cusum",
    trans="rossi",
    why="the sum falls only slowly after an outbreak",
)
compare("the same, Farrington 1996", NEWPORT, "algo_farrington", "farrington", alpha=0.01)
compare(
    "the same, Farrington flexible, defaults", NEWPORT, "farringtonFlexible_default", "farrington-flexible"
)
compare(
    "the same, Farrington flexible, Noufaily's options",
    NEWPORT,
    "farringtonFlexible_noufaily",
    "farrington-noufaily",
)
compare(
    "the same, GLR Poisson, seasonal mean",
    NEWPORT,
    "glr_pois_seas",
    "glr-poisson",
    mu0={"S": 1, "trend": False},
    why="the chart starts anew after an alarm",
)
compare("Hepatitis A, Berlin, weeks 262 to 290, OutbreakP", BERLIN, "outbreakP_value", "outbreak-p")


@beside(
    "detection",
    "*S.* Newport, weeks 405 to 415, GLR negative binomial, mean of weeks 1 to 271, dispersion 0.2",
    published=f"410 to 412, {R} told the mean of every week",
    why="given one mean, as in the stored output, the peer reads beyond its memory (above)",
    needs=(REFERENCE,),
)
def newport_glr_nb() -> Found:
    """The chart of one mean."""
    peer = read_peer("salmNewport_DE", "glr_nb_const")
    assert peer is not None
    mean = float(peer.column("mu0")[0])
    found = detect.glr_nb(peer.counts, mu0=mean, alpha=0.2, range=peer.range)
    text = weeks(found.alarm[0, peer.rows], peer.frame["t"].to_numpy(), 405, 415)
    return Found(f"alarms in weeks {text}", "`glr-nb`", found.provenance.inputs_digest)


@beside(
    "detection",
    "the same, moving percentile, 80th of five years",
    published=BAYER,
    why="no public series has a published answer of this method (below)",
    needs=(REFERENCE,),
)
def newport_percentile() -> Found:
    """CIDARS on a known outbreak."""
    peer = read_peer("salmNewport_DE", "cdc")
    assert peer is not None
    found = detect.moving_percentile(peer.counts, range=peer.range)
    at = peer.frame["t"].to_numpy()
    text = weeks(found.alarm[0, peer.rows], at, 405, 415)
    share = float(np.mean(found.alarm[0, peer.rows] == 1))
    return Found(
        f"alarms in weeks {text}; in {share:.0%} of weeks 272 to 528",
        "`moving-percentile`",
        found.provenance.inputs_digest,
    )


def quiet_rate(options: Mapping[str, str]) -> Found:
    """Return how often 20 quiet streams together raise an alarm at 5 %, over 20,000 time points."""
    p = np.random.default_rng(3).uniform(size=(20, 20_000))
    found = detect.combine(p, level=0.05, **options)
    one = found.combined_alarm == 1 if "how" in options else (found.alarm == 1).any(axis=0)
    rate = float(np.mean(one))
    spread = 1.96 * np.sqrt(rate * (1 - rate) / one.size)
    return Found(
        f"{100 * rate:.1f} ({100 * (rate - spread):.1f} to {100 * (rate + spread):.1f}) %",
        "`combine`, 20,000 time points, 95 % interval",
        digest_arrays(p),
    )


@beside(
    "detection",
    '20 quiet simulated streams, chance of any alarm at a time point, `adjust="bh"`',
    published="at most 5 % (Benjamini & Hochberg 1995); without adjustment 64 %",
)
def quiet_bh() -> Found:
    """False discoveries are all discoveries here."""
    return quiet_rate({"adjust": "bh"})


@beside("detection", 'the same, `adjust="holm"`', published="at most 5 % (Holm 1979)")
def quiet_holm() -> Found:
    """Any false alarm."""
    return quiet_rate({"adjust": "holm"})


@beside("detection", 'the same, all streams as one, `how="fisher"`', published="5 % (Fisher 1932)")
def quiet_fisher() -> Found:
    """One p-value."""
    return quiet_rate({"how": "fisher"})


def coefficients(fit: detect.EndemicEpidemicFit, output: str, shown: Mapping[str, str]) -> Found:
    """Return coefficients with standard errors here and there."""
    theirs = {row["param"]: row for row in read(f"{REFERENCE}/hhh4/{output}_coef.csv").iter_rows(named=True)}
    ours = dict(zip(fit.names, zip(fit.estimate, fit.se, strict=True), strict=True))
    text = "; ".join(f"{label} {ours[name][0]:.3f} (se {ours[name][1]:.3f})" for name, label in shown.items())
    peer = "; ".join(
        f"{label} {theirs[name]['estimate']:.3f} (se {theirs[name]['se']:.3f})"
        for name, label in shown.items()
    )
    return Found(text, "`hhh4`", fit.provenance.inputs_digest, f"{peer}, {R}")


SHOWN = {"ar.1": "log last week", "end.1": "log endemic", "overdisp": "dispersion"}


@beside(
    "detection",
    "*Salmonella* Agona, 1990 to 1995 by week, endemic-epidemic model with one season",
    needs=(REFERENCE,),
)
def agona_hhh4() -> Found:
    """One series."""
    counts = read_peer("salmonella.agona", "cdc")
    assert counts is not None
    return coefficients(detect.hhh4(counts.counts), "agona_ar_nb", SHOWN)


@beside(
    "detection",
    "Measles, Weser-Ems 2001 to 2002, 17 districts, the same with trend and next-door districts",
    needs=(REFERENCE,),
)
def weser_ems_hhh4() -> Found:
    """Districts next door."""
    folder = f"{REFERENCE}/hhh4"
    fit = detect.hhh4(
        read(f"{folder}/measlesWeserEms_counts.csv").drop("t"),
        neighbourhood=read(f"{folder}/measlesWeserEms_nbOrder.csv").to_numpy(),
        weights="first",
        trend=True,
        offset=read(f"{folder}/measlesWeserEms_popfrac.csv").to_numpy()[0],
    )
    return coefficients(fit, "weserems_basic", {"ne.1": "log next door"} | SHOWN)


def meningococci() -> pl.DataFrame:
    """Return the cases of type B in order of time."""
    return read(f"{REFERENCE}/imdepi/events.csv").filter(pl.col("type") == "B").sort("time")


@beside(
    "detection-scan",
    "Meningococci type B, Germany 2002 to 2008, Knox's test at 14 days and 50 km",
    needs=(REFERENCE,),
)
def meningococci_knox() -> Found:
    """Pairs close in space and time."""
    cases = meningococci()
    where = cases.select("x", "y").to_numpy()
    found = detect.knox(cases["time"].to_numpy(), where, eps_t=14, eps_s=50)
    table = read(f"{REFERENCE}/imdepi/knox_B.csv")
    row = table.row(by_predicate=(pl.col("eps_t") == 14) & (pl.col("eps_s") == 50), named=True)
    ours, theirs = (
        f"{pairs:.0f} close pairs, {expected:.1f} expected, p {p:.3f}"
        for pairs, expected, p in (
            (found.observed, found.expected, found.p_value),
            (row["knox"], row["expected"], row["p_mc999"]),
        )
    )
    return Found(ours, "`knox`, 999 permutations", found.provenance.inputs_digest, f"{theirs}, {R}")


@beside(
    "detection-scan",
    "the same cases one by one, event chart, radius 20 km, threshold 50",
    needs=(REFERENCE,),
)
def meningococci_stcd() -> Found:
    """First alarm of the Shiryaev-Roberts chart."""
    cases = meningococci()
    found = detect.stcd(cases["x"], cases["y"], cases["time"], radius=20)
    theirs = read(f"{REFERENCE}/imdepi/stcd_B_r20_SR.csv")["R"].to_numpy()
    first = int(np.flatnonzero(theirs > 50)[0]) + 1
    ours = f"first alarm at case {found.alarm_at}, statistic there {found.statistic[first - 1]:.2f}"
    peer = f"case {first}, {theirs[first - 1]:.2f}, {R}"
    return Found(ours, "`stcd`", found.provenance.inputs_digest, peer)
