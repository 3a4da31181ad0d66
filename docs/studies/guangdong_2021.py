# %% [markdown]
# # Guangdong, May to June 2021: Delta
#
# One infection in Guangzhou on day 0; the measures of the pack in force (`cn-2021-05`), routine until the first case
# is reported, then the intensity `high`: tests and tracing at once, rounds of testing and limits of contact five
# days later in the cities with cases. Nothing is fitted. Published: Kang et al. 2022 (Eurosurveillance 27:2100815),
# Li et al. 2022 (PLoS Negl Trop Dis 16:e0010048), Ma et al. 2022 (Int J Infect Dis 117:18), Zhang et al. 2021
# (China CDC Weekly 3:586). Runs count that became an outbreak of at least 20 cases. A contact counts as infected
# however it was found.
#
# The abstract of Li et al. gives serial intervals of two periods but not where they part. Here pairs part in the
# middle by the onset of who infected (`..._earlier`, `..._later`), by whether who infected was reported in the first
# week, and by whether who infected fell ill before anybody was known.
#
# The analyses of this outbreak disagree about the incubation: 4.4 days (Zhang, as shipped), 5.8 (Kang) or a median of
# 6.0 (Li). The first two are run, with one generation time (4.7 days).

# %%
import polars as pl
from bench.simulate.guangdong_2021 import delta, outbreaks

from tongzhou.epi.simulate import synthesize

pl.Config(
    tbl_rows=30,
    tbl_hide_dataframe_shape=True,
    tbl_hide_column_data_types=True,
    float_precision=3,
    fmt_str_lengths=50,
)
N_RUNS, N_PERSONS = globals().get("SIZE", (120, 6_300_000))
POPULATION = synthesize(["44"], N_PERSONS, seed=1)
found = pl.DataFrame(list(outbreaks(POPULATION, delta(), N_RUNS)))
print(f"{len(found)} of {N_RUNS} introductions became an outbreak")

# %% [markdown]
# ## Outbreaks of any size: 5 %, 50 %, 95 %

# %%
PUBLISHED = {
    "cases": "167",
    "contacts_of_a_case": "13,102 (Ma) of 167 cases: 78",
    "secondary_attack_rate_of_contacts": "0.014",
    "share_before_onset": "0.731 (0.329-0.914)",
    "serial_interval": "5.2 falling to 3.8 (Li), 3 (Ma), 2.3 (Zhang)",
    "serial_interval_earlier": "5.2 (4.3-6.1) (Li)",
    "serial_interval_later": "3.8 (2.7-4.8) (Li)",
}


def table(frame):
    """Return the quantiles of each figure beside what was published."""
    rows = []
    for name in frame.columns:
        values = frame[name].fill_nan(None).drop_nulls()
        quantiles = [values.quantile(q) for q in (0.05, 0.5, 0.95)]
        rows.append((name, *quantiles, PUBLISHED.get(name, "")))
    return pl.DataFrame(rows, ["figure", "low", "median", "high", "published"], orient="row")


table(found)

# %% [markdown]
# ## Outbreaks known as early as this one
#
# The first case was reported when few others were infected. Among runs with at most 30 infections on the day of the
# first report:

# %%
early = found.filter(pl.col("infected_when_first_known") <= 30)
print(f"{len(early)} of {len(found)} outbreaks")
table(early)

# %% [markdown]
# ## Outbreaks known as early and of a like size
#
# Of these, runs with half to twice the 167 cases:

# %%
alike = early.filter(pl.col("cases").is_between(84, 334))
print(f"{len(alike)} of {len(found)} outbreaks")
table(alike)

# %% [markdown]
# ## The same with an incubation of 5.8 days: known as early, then of a like size

# %%
longer = pl.DataFrame(list(outbreaks(POPULATION, delta(5.8), N_RUNS)))
early = longer.filter(pl.col("infected_when_first_known") <= 30)
print(f"{len(longer)} of {N_RUNS} introductions became an outbreak, {len(early)} of them known early")
print(table(early))
alike = early.filter(pl.col("cases").is_between(84, 334))
print(f"{len(alike)} of a like size")
table(alike)
