"""Forecasts: renewal particle filter, baselines, ensembles, proper scores, rolling evaluation, beds."""

from tongzhou.epi.forecast.beds import BedForecast, CareLevel, forecast_beds
from tongzhou.epi.forecast.evaluation import Evaluation, evaluate_forecasts
from tongzhou.epi.forecast.forecast import Forecast, forecast_cases
from tongzhou.epi.forecast.models import Drift, Ensemble, Forecaster, LastWeek, combine_samples
from tongzhou.epi.forecast.renewal import Renewal, RenewalOptions
from tongzhou.epi.forecast.scores import HUB_LEVELS, crps_sample, dss, interval_score, logs, rps, ses, wis

__all__ = [
    "HUB_LEVELS",
    "BedForecast",
    "CareLevel",
    "Drift",
    "Ensemble",
    "Evaluation",
    "Forecast",
    "Forecaster",
    "LastWeek",
    "Renewal",
    "RenewalOptions",
    "combine_samples",
    "crps_sample",
    "dss",
    "evaluate_forecasts",
    "forecast_beds",
    "forecast_cases",
    "interval_score",
    "logs",
    "rps",
    "ses",
    "wis",
]
