import numpy as np
import pytest

from forecasts.quantiles import LEVELS
from forecasts.report import findings
from forecasts.report.reliability import Reliability

EXPERTS = {
    "champion": {"pinball_10_90": 0.5, "skill": 0.5},
    "ridge": {"pinball_10_90": 0.6, "skill": 0.4},
    "last_week": {"pinball_10_90": 1.0, "skill": 0.0},
}


def calibrated(**more):
    levels = np.array(LEVELS)
    base = {"observed": levels, "sampling": np.full(11, 0.02), "density": np.ones(12), "steps": 100, "blocks": 10, "idle": 0}
    return Reliability(**{**base, **more})


def test_the_headline_compares_with_naive_and_with_the_best_single_expert():
    text = findings.headline(EXPERTS, "champion", "last_week")
    assert text == "The champion's pinball loss is 50 % below last_week, and 16.7 % below ridge, the best single expert."


def test_differences_within_noise_are_called_level():
    experts = {**EXPERTS, "ridge": {"pinball_10_90": 0.505, "skill": 0.495}}
    assert "level with ridge" in findings.headline(experts, "champion", "last_week")


def test_a_champion_that_loses_is_said_to_lose():
    experts = {**EXPERTS, "champion": {"pinball_10_90": 1.2, "skill": -0.2}}
    text = findings.headline(experts, "champion", "last_week")
    assert "20 % above last_week" in text
    assert "100.0 % above ridge" in text


def test_without_a_score_nothing_is_claimed():
    assert "No figure" in findings.headline({"champion": {"skill": None}}, "champion", "last_week")


def test_a_calibrated_band_is_within_chance():
    assert "every level is within chance" in findings.of_reliability(calibrated())


def test_levels_off_beyond_chance_are_counted():
    off = np.array(LEVELS) + np.where(np.arange(11) < 2, 0.05, 0.0)
    assert "2 levels of 11 off beyond chance" in findings.of_reliability(calibrated(observed=off))


def test_with_one_block_chance_is_not_judged():
    assert "too few origins" in findings.of_reliability(calibrated(sampling=np.full(11, np.nan)))


@pytest.mark.parametrize(("edge", "word"), [(2.0, "too narrow"), (0.4, "too wide"), (1.0, "about as wide")])
def test_the_outer_bins_say_whether_the_band_is_wide_enough(edge, word):
    density = np.ones(12)
    density[[0, -1]] = edge
    assert word in findings.of_pit(calibrated(density=density))


def test_a_median_that_lies_too_high_is_named():
    observed = np.array(LEVELS) + 0.1 * (np.arange(11) == 5)
    assert "the median lies too high (60 % below it)" in findings.of_pit(calibrated(observed=observed))


def test_a_change_of_leader_is_told():
    shares = np.array([[70.0, 30.0], [20.0, 80.0]])
    assert findings.of_weights(shares, ("day_type", "ridge")) == (
        "ridge carries 80 % of the weight at the end; day_type did at the beginning"
    )


def test_the_hour_of_the_largest_error_is_named():
    mae = np.ones(24)
    mae[18], mae[3] = 4.0, 0.5
    assert findings.of_hours(mae, "kW") == "Errors are largest at 18–19 h (4.00 kW), smallest at 03–04 h"


def test_a_correlation_within_chance_is_no_finding():
    assert "says nothing" in findings.of_correlation(np.array([1.0, 0.05]), 1, 0.1)
    assert "+0.40" in findings.of_correlation(np.array([1.0, 0.4]), 1, 0.1)


def test_the_peak_hour_is_told_against_the_naive_hour():
    text = findings.of_peaks({"days": 40, "hour_hit_rate": 0.75, "hour_hit_rate_naive": 0.5})
    assert "on 75 % of 40 days, against 50 % for the hour of the last whole day" in text


def test_a_correction_that_harms_says_where():
    assert findings.of_ticks({"0.25": 0.4, "1": 0.8, "6": 1.02}) == "It helps up to 1 h, and harms at 6 h."
    assert findings.of_ticks({"0.25": 0.4, "6": 1.0}) == "It helps up to 0.25 h, and harms nowhere."
    assert findings.of_ticks({"0.25": None}) == "No correction was scored."


def test_peers_are_compared_and_are_no_experts_of_ours():
    experts = {**EXPERTS, "openstef": {"pinball_10_90": 0.55, "skill": 0.45}}
    assert findings.best_single(experts, "champion", ("openstef",)) == "ridge"
    assert findings.against_peers(experts, "champion", ("openstef",)) == "On the same origins its loss is 0.91 of openstef's."
    assert findings.against_peers(experts, "champion", ()) == ""


def test_warnings_without_skill_are_named():
    text = findings.of_warnings({"ramps 1h up": 0.7, "ramps 1h down": -0.1, "the month's peak": None})
    assert text == "Warnings of ramps 1h down say no more than how often such events happen anyway"
    assert findings.of_warnings({"ramps 1h up": 0.7}).startswith("Every warning")
