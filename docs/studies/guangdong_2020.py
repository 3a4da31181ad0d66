# %% [markdown]
# # Guangdong, January to February 2020
#
# Infections brought in, R0, contacts kept from 23 January, delay and share of reporting are fitted to the six weekly
# sums of the province's reported cases from 19 January (approximate Bayesian computation by rejection with
# regression adjustment, Beaumont et al. 2002), and to the share of Shenzhen's cases that were infected elsewhere:
# between 54 % (in Wuhan, Huang et al. 2020, doi 10.1101/2020.05.09.20084202) and 83 % (at all, Chong et al. 2020,
# doi 10.1101/2020.03.15.20036541); a curve alone does not tell seeding from transmission. One simulated person stands
# for `SCALE` residents, introductions one to one.
#
# Inputs are how many contacts a case has (1.8 at home, 1.5 elsewhere), who travelled together (of 79 parties of cases
# from Hubei 59, 17, 2 and 1 had 1, 2, 3 and 4) and the time from infection to arrival (1.2 days), both from public
# records of cases outside Shenzhen. Cities and what was measured in Shenzhen (Bi et al. 2020, Lancet Infect Dis 20:911:
# 391 cases, 1,286 contacts) are predictions. The data set is public but not shipped: `SERIES` is the daily series of
# cities.

# %%
from pathlib import Path

import polars as pl
from bench.simulate.guangdong_2020 import PRIORS, calibrate

pl.Config(
    tbl_rows=30,
    tbl_hide_dataframe_shape=True,
    tbl_hide_column_data_types=True,
    float_precision=3,
    fmt_str_lengths=50,
)
SERIES = "../shared/data/02_city_daily_2019-12_2020-12/guangdong_city_daily_to_2020-06-30.csv.gz"
N_RUNS, N_KEPT, SCALE = globals().get("SIZE", (2400, 120, 100))
done = calibrate(str(Path(SERIES)), N_RUNS, N_KEPT, SCALE)

# %% [markdown]
# ## Posterior: 5 %, 50 %, 95 %

# %%
rows = [(name, *done.fit.interval(name)) for name in PRIORS]
pl.DataFrame(rows, ["parameter", "low", "median", "high"], orient="row")

# %% [markdown]
# ## Posterior predictive check: weekly reported cases of the province

# %%
low, middle, high = done.weekly_quantiles()
covered = done.fit.coverage(0.9)[: len(done.weeks)]
pl.DataFrame({"observed": done.weeks, "low": low, "median": middle, "high": high, "covered": covered})

# %% [markdown]
# ## Posterior predictive check: cases by city up to 29 February, never fitted

# %%
within = done.cities.with_columns(covered=pl.col("observed").is_between(pl.col("low"), pl.col("high")))
print(f"{within['covered'].sum()} of {len(within)} cities lie in their 90 % interval")
print(within)

# %% [markdown]
# ## Predictions for Shenzhen, 14 January to 12 February
#
# Pairs count as they could be named: in a home whoever fell ill first is taken to have infected the others, also those
# who came along; elsewhere the infected was found as a contact. `..._among_travellers` are pairs whose second case was
# infected elsewhere too: of 315 public records of Shenzhen, 0.18 pairs a case are among people who left Hubei
# together, 0.14 others. `r_of_all` counts who infected whom among reported cases, which nobody could see.

# %%
PUBLISHED = {
    "cases": "391",
    "share_brought_in": "0.54-0.83, fitted",
    "share_found_by_contact": "87 of 391: 0.22",
    "household_secondary_attack_rate": "0.112 (0.091-0.138)",
    "observed_r": "0.4 (0.3-0.5)",
    "observed_r_among_travellers": "0.18 in public records",
    "serial_interval": "6.3 (5.2-7.6)",
    "isolation_after_onset_by_symptoms": "4.6 (4.1-5.0)",
    "isolation_after_onset_by_contact": "2.7 (2.1-3.3)",
}
rows = [(name, *found, PUBLISHED.get(name, "")) for name, found in done.predictions.items()]
pl.DataFrame(rows, ["figure", "low", "median", "high", "published"], orient="row")
