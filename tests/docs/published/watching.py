"""Nowcast, forecast, detection and scan: HUS, Shanghai, Salmonella and hepatitis, leukaemia and brain cancer."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

from tests.docs.published.data import HUS, SCAN, SHANGHAI, read
from tests.docs.published.registry import Found, beside
from tests.epi.detect.peer_outputs import read_peer
from tongzhou.epi import detect
from tongzhou.epi.delays import Delay
from tongzhou.epi.forecast import Renewal, forecast_cases
from tongzhou.epi.nowcast import Nowcast, NowcastOptions, estimate_nowcast
from tongzhou.epi.nowcast.options import Method

PEER = "R `surveillance` 1.20.3, after [Höhle & an der Heiden 2014](https://doi.org/10.1111/biom.12194)"
OUTBREAK = "reference/surveillance"


def hus(now: str, method: Method) -> tuple[Nowcast, pl.DataFrame]:
    """Return the nowcast of the ten days before `now` and the final counts."""
    peer = read(f"{HUS}/nowcast_{now}_bayes.trunc.csv")
    options = NowcastOptions(mean_lambda=50, var_lambda=3000, N_tInf_max=300)
    found = estimate_nowcast(
        read(f"{HUS}/linelist.csv"),
        now=now,
        when=peer["date"].to_list(),
        event="dHosp",
        report="dReport",
        method=method,
        options=options,
    )
    return found, peer


def hus_last_day(now: str, method: Method) -> Found:
    """Return median and interval of the last day, and how many of ten final counts the intervals hold."""
    found, peer = hus(now, method)
    row = found.to_frame().row(-1, named=True)
    held = peer.height - int(found.score(peer["truth"].to_numpy())["outside_ci"].sum())
    text = f"{row['median']:.0f} ({row['low']:.0f} to {row['high']:.0f}); {held} of {peer.height} days held"
    return Found(text, f"`estimate_nowcast`, {method}, 95 % interval", found.provenance.inputs_digest)


@beside(
    "nowcast",
    "Hospitalised on 30 May 2011, HUS in Germany, known on 2 June: 5",
    published=f"36 (15 to 75), {PEER}; in the end 26",
    needs=(HUS,),
)
def hus_june_2() -> Found:
    """Bayes with truncation."""
    return hus_last_day("2011-06-02", "bayes.trunc")


@beside(
    "nowcast",
    "the same with Lawless' method",
    published="36 (7 to 63), R `surveillance`; in the end 26",
    needs=(HUS,),
)
def hus_june_2_lawless() -> Found:
    """Lawless as the peer computes it."""
    return hus_last_day("2011-06-02", "lawless")


@beside(
    "nowcast",
    "Hospitalised on 7 June, known on 10 June: 2",
    published="14 (4 to 39), R `surveillance`; in the end 4",
    why="reports became quicker during the outbreak, so that all methods with one delay law say too many; "
    "Höhle & an der Heiden model that change (`bayes.trunc.ddcp` in R), which is not done here",
    needs=(HUS,),
)
def hus_june_10() -> Found:
    """A nowcast that was too high."""
    return hus_last_day("2011-06-10", "bayes.trunc")


def shanghai(last: dt.date) -> Found:
    """Return the forecast total of the seven days after a day."""
    known = read(SHANGHAI).sort("date").filter(pl.col("date") <= last).select("date", "total")
    model = Renewal(Delay.serial_interval(3.0, 2.0))
    found = forecast_cases(known, model, horizon=7, rng=np.random.default_rng(1))
    low, median, high = np.quantile(found.samples[0].sum(axis=1), [0.05, 0.5, 0.95]) / 1000
    text = f"{median:.0f} thousand ({low:.0f} to {high:.0f})"
    return Found(text, "`forecast_cases`, `Renewal`, 90 % interval", found.provenance.inputs_digest)


@beside(
    "forecast",
    "Infections of the week after 1 April, Shanghai 2022",
    published="112 thousand reported (daily notices)",
    needs=(SHANGHAI,),
)
def shanghai_april_1() -> Found:
    """At the lockdown of the west."""
    return shanghai(dt.date(2022, 4, 1))


@beside(
    "forecast",
    "the week after 6 April",
    published="172 thousand reported",
    why="median too high: the forecast carries the growth of the past on and knows nothing of the lockdown",
    needs=(SHANGHAI,),
)
def shanghai_april_6() -> Found:
    """A week into the lockdown."""
    return shanghai(dt.date(2022, 4, 6))


@beside(
    "forecast",
    "the week after 13 April",
    published="146 thousand reported",
    why="the same, less",
    needs=(SHANGHAI,),
)
def shanghai_april_13() -> Found:
    """At the peak."""
    return shanghai(dt.date(2022, 4, 13))


def alarms(series: str, method: str, first: int, last: int) -> Found:
    """Return the weeks with an alarm among some."""
    peer = read_peer(series, "counts" if series == "ha_Berlin" else "farringtonFlexible_noufaily")
    assert peer is not None
    options = {"dates": peer.dates} if peer.dates is not None else {"freq": 52}
    if method.startswith("ears"):
        options.pop("freq", None)
    found = detect.find_detector(method)(peer.counts, **options)
    weeks = [t for t in (np.flatnonzero(found.alarm[0] == 1) + 1).tolist() if first <= t <= last]
    return Found(f"alarms in weeks {_join(weeks)}", f"`{method}`", found.provenance.inputs_digest)


def _join(weeks: list[int]) -> str:
    return ", ".join(map(str, weeks)) or "none"


@beside(
    "detection",
    "*Salmonella* Newport, Germany, 2004 to 2014 by week, weeks 405 to 415 (October to December 2011)",
    published="106 cases with onset from 20 October to 8 November 2011, weeks 408 to 411, mung bean sprouts, "
    "[Bayer et al. 2014](https://doi.org/10.2807/1560-7917.ES2014.19.1.20665); R `surveillance`: the same alarms",
    needs=(OUTBREAK,),
)
def newport() -> Found:
    """Noufaily's options."""
    return alarms("salmNewport_DE", "farrington-noufaily", 405, 415)


@beside(
    "detection",
    "Hepatitis A, Berlin, 2001 to 2006 by week, weeks 262 to 290 (2006)",
    published="an increase during 2006 (Robert Koch-Institut 2006, *Epid Bull* 33:290)",
    needs=(OUTBREAK,),
)
def hepatitis() -> Found:
    """A small, slow rise."""
    return alarms("ha_Berlin", "farrington-noufaily", 262, 290)


@beside(
    "detection",
    "the same with EARS C3",
    published="the same",
    why="C3 sums three weeks: it sounds eight weeks earlier, and again in the rise",
    needs=(OUTBREAK,),
)
def hepatitis_ears() -> Found:
    """Short memory."""
    return alarms("ha_Berlin", "ears-c3", 262, 290)


@beside(
    "detection-scan",
    "Leukaemia, upstate New York 1978-82, 281 tracts, whole cases, Bernoulli, most likely cluster",
    published="30 tracts, 106 cases, log ratio 13.20, p 0.0004, R `SpatialEpi` 1.2.8, data of Turnbull et al. 1990",
    why="999 replicates here, 9,999 there",
    needs=(SCAN,),
)
def new_york() -> Found:
    """The cluster around Binghamton."""
    given = read(f"{SCAN}/NYleukemiaInt_input.csv")
    found = detect.scan(
        given["cases"].to_numpy(),
        given["population"].to_numpy(),
        given.select("x", "y").to_numpy(),
        model="bernoulli",
        seed=1,
    )
    top = found.clusters[0]
    text = (
        f"{len(top.members)} tracts, {top.observed:.0f} cases, log ratio {top.llr:.2f}, p {top.p_value:.3f}"
    )
    return Found(text, "`scan`, 999 replicates", found.provenance.inputs_digest)


@beside(
    "detection-scan",
    "Brain cancer, New Mexico 1973-91, 32 counties x 19 years: p of the best window of Los Alamos alone",
    published='"not statistically significant", [Kulldorff et al. 1998](https://doi.org/10.2105/AJPH.88.9.1377)',
    why="they adjust for age, sex and race, the open file has total populations",
    needs=(SCAN,),
)
def los_alamos() -> Found:
    """The alarm that made the method known."""
    places, table = read(f"{SCAN}/NM_geo.csv"), read(f"{SCAN}/NM_popcas.csv")
    names = places["county"].to_list()
    cases, people = (
        table.pivot(on="county", index="year", values=column).sort("year").select(names).to_numpy().T
        for column in ("count", "population")
    )
    where = places.select("long", "lat").to_numpy()
    found = detect.scan(cases, people, where, metric="greatcircle", max_duration=17, seed=1)
    alone = (found.zones.centre == names.index("losalamos")) & (found.zones.size == 1)
    rank = 1 + np.sum(found.null_llr >= found.zone_llr[alone][0])
    p = rank / (1 + found.null_llr.size)
    return Found(f"p {p:.2f}", "`scan`, 999 replicates", found.provenance.inputs_digest)
