"""Every output of the peers in the shared folder is compared with ours by a test that exists."""

from __future__ import annotations

import fnmatch
from pathlib import Path

import pytest

from tests.shared_data import shared

TESTS = Path(__file__).resolve().parents[1]
INPUTS = "input"
COVERED_BY = {
    "epiestim/*/incidence": INPUTS,
    "epiestim/*/si_distr": INPUTS,
    "epiestim/*/si_sample": INPUTS,
    "epiestim/*/si_data": "delays/test_fit.py::test_fitted_serial_interval_feeds_rt",
    "epiestim/*/np_*": "reproduction/test_peer_parity.py::test_rt_equals_epiestim",
    "epiestim/*/param_weekly_prior2_1": "reproduction/test_peer_parity.py::test_rt_with_another_prior_equals_epiestim",
    "epiestim/*/param_si_used": "reproduction/test_peer_parity.py"
    "::test_discretised_serial_interval_equals_the_one_epiestim_used",
    "epiestim/*/param_*": "reproduction/test_peer_parity.py::test_rt_equals_epiestim",
    "epiestim/*/overall_infectivity_param": "reproduction/test_peer_parity.py"
    "::test_overall_infectivity_equals_epiestim",
    "epiestim/*/wt_*": "reproduction/test_peer_parity.py::test_case_reproduction_equals_epiestim",
    "epiestim/*/uncertain_si_weekly": "reproduction/test_peer_parity.py"
    "::test_rt_of_an_uncertain_serial_interval_equals_epiestim",
    "epiestim/*/si_from_sample_weekly": "reproduction/test_peer_parity.py"
    "::test_rt_of_sampled_serial_intervals_equals_epiestim",
    "epiestim/discr_si_grid": "delays/test_delay.py",
    "scan/satscan_sample_data/*": INPUTS,
    "scan/*_input": INPUTS,
    "scan/NM_geo": INPUTS,
    "scan/NM_popcas": INPUTS,
    "scan/NM_zones": INPUTS,
    "scan/NM_eb_baselines": INPUTS,
    "scan/NM_permutation_*": "detect/test_scan_parity.py"
    "::test_permutation_scan_with_expected_numbers_gives_the_scores_of_the_peer",
    "scan/NM_?b_poisson_*": "detect/test_scan_parity.py"
    "::test_prospective_space_time_scan_gives_the_scores_of_the_peer",
    "scan/NYleukemia_*": "detect/test_scan_parity.py::test_fractional_totals_are_not_cut_to_integers",
    "scan/*_zones": "detect/test_scan_parity.py::test_every_circle_has_the_ratio_of_the_peer",
    "scan/*_clusters": "detect/test_scan_parity.py::test_clusters_and_p_values_are_those_of_the_peer",
    "scan/*_null_llr": "detect/test_scan_parity.py::test_clusters_and_p_values_are_those_of_the_peer",
    "surveillance/*/counts": INPUTS,
    "surveillance/*/events": INPUTS,
    "surveillance/*/tiles": INPUTS,
    "surveillance/backproj/in*": INPUTS,
    "surveillance/backproj/lambda_*": "delays/test_delay.py",
    "surveillance/hhh4/measlesWeserEms_*": INPUTS,
    "surveillance/hhh4/agona_*": "detect/test_detect_hhh4.py::test_one_series_with_season_is_that_of_the_peer",
    "surveillance/hhh4/weserems_onestep_scores": "detect/test_detect_hhh4.py"
    "::test_scores_one_step_ahead_are_those_of_the_peer",
    "surveillance/hhh4/weserems_*": "detect/test_detect_hhh4.py"
    "::test_areas_with_neighbours_are_those_of_the_peer",
    "surveillance/imdepi/knox_B": "detect/test_scan_parity.py"
    "::test_knox_counts_expectations_and_p_values_are_those_of_the_peer",
    "surveillance/imdepi/stcd_*": "detect/test_scan_parity.py"
    "::test_event_surveillance_gives_the_statistic_and_first_alarm_of_the_peer",
    "surveillance/nowcast_hus/linelist": INPUTS,
    "surveillance/nowcast_hus/reporting_triangle_*": "nowcast/test_peer_parity.py::test_triangle_equals_the_peer",
    "surveillance/nowcast_hus/nowcast_*": "nowcast/test_peer_parity.py::test_nowcast_equals_the_peer",
    "surveillance/nowcast_hus/*": "nowcast/test_peer_parity.py::test_predictive_law_and_delay_equal_the_peer",
    "surveillance/scores_*": "forecast/test_scores.py::test_score_equals_surveillance",
    "surveillance/synth200_*": "detect/test_detect_parity.py::test_200_series_at_once_give_the_bounds_of_the_peer",
    "surveillance/*/ears_*": "detect/test_detect_parity.py"
    "::test_ears_gives_the_bounds_and_alarms_of_the_peer",
    "surveillance/*/cdc": "detect/test_detect_parity.py::test_cdc_gives_the_bounds_and_alarms_of_the_peer",
    "surveillance/*/rki?": "detect/test_detect_parity.py"
    "::test_rki_and_bayes_systems_give_the_bounds_and_alarms_of_the_peer",
    "surveillance/*/bayes?": "detect/test_detect_parity.py"
    "::test_rki_and_bayes_systems_give_the_bounds_and_alarms_of_the_peer",
    "surveillance/*/cusum_*": "detect/test_detect_parity.py"
    "::test_cusum_gives_the_chart_bounds_and_alarms_of_the_peer",
    "surveillance/*/algo_farrington": "detect/test_detect_parity.py"
    "::test_farrington_gives_the_bounds_alarms_and_trends_of_the_peer",
    "surveillance/*/farringtonFlexible_*": "detect/test_detect_parity.py"
    "::test_farrington_flexible_gives_all_columns_of_the_peer",
    "surveillance/*/glr_pois_seas": "detect/test_detect_glr.py"
    "::test_seasonal_poisson_chart_gives_statistic_alarms_and_mean_of_the_peer",
    # The peer reads beyond its memory when the mean in control is one number, so these outputs are no truth: one test
    # holds what it read, and peers/test_live_detectors.py our charts when the peer is told every mean.
    "surveillance/*/glr_*_const": "detect/test_detect_glr.py"
    "::test_peer_given_one_mean_reads_it_for_the_first_time_point_only",
    "surveillance/*/outbreakP_value": "detect/test_detect_glr.py"
    "::test_outbreak_p_gives_statistic_and_alarms_of_the_peer",
}


def test_every_output_of_the_peers_has_its_test():
    root = shared("reference")
    names = [str(p.relative_to(root)).removesuffix(".call.txt") for p in root.rglob("*.call.txt")]
    assert len(names) > 300
    assert [name for name in names if not any(fnmatch.fnmatch(name, p) for p in COVERED_BY)] == []


@pytest.mark.parametrize("test", sorted(set(COVERED_BY.values()) - {INPUTS}))
def test_the_test_named_for_an_output_exists(test):
    path, _, function = test.partition("::")
    assert f"def {function}(" in (TESTS / path).read_text() if function else (TESTS / path).exists()
