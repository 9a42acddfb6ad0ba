"""Peaks: probability, size and time of a local day's highest value, and how they are judged."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime

import numpy as np
import pytest
from past_issues import DAY, town

from forecasts.calendar import LocalCalendar
from forecasts.futures.occurrence import judge
from forecasts.futures.peaks import coming_peaks, next_peak, score_peaks
from forecasts.on_air.answer import foretold
from forecasts.quantiles import LEVELS

ZURICH = LocalCalendar(timezone="Europe/Zurich", country="CH", subdivision="ZH")


def labels(first, steps, minutes=15):
    return (np.datetime64(first) + np.arange(steps) * np.timedelta64(minutes, "m")).astype("datetime64[ns]")


def paths_with_peaks(at_steps, sizes, steps=DAY):
    paths = np.full((len(at_steps), steps), 10.0)
    paths[np.arange(len(at_steps)), at_steps] = sizes
    return paths


def test_size_and_hour_are_counted_over_paths():
    paths = paths_with_peaks([32, 33, 76, 77, 78], [20.0, 22.0, 24.0, 26.0, 28.0])  # 8 h twice, 19 h three times
    (peak,) = coming_peaks(paths, labels("2023-12-31T23:00", DAY), ZURICH)
    assert peak.whole
    assert peak.hour == 19
    assert peak.hour_probability[8] == pytest.approx(0.4)
    assert peak.hour_probability[19] == pytest.approx(0.6)
    assert peak.hour_probability.sum() == pytest.approx(1.0)
    assert peak.size_mw[5] == pytest.approx(24.0)


def test_probability_above_a_limit_is_the_share_of_paths():
    paths = paths_with_peaks([32, 33, 76, 77, 78], [20.0, 22.0, 24.0, 26.0, 28.0])
    (peak,) = coming_peaks(paths, labels("2023-12-31T23:00", DAY), ZURICH)
    assert peak.probability_above(23.0) == pytest.approx(0.6)
    assert peak.probability_above(28.0) == 0.0  # to reach a limit is not to exceed it
    assert np.isnan(peak.probability_above(float("nan")))


def test_most_probable_hour_is_the_middle_of_the_most_probable_three():
    # 8 h holds most as a single hour, but 18, 19 and 20 h hold more together.
    paths = paths_with_peaks([32] * 4 + [72] * 2 + [76] * 3 + [80] * 2, 20.0)
    (peak,) = coming_peaks(paths, labels("2023-12-31T23:00", DAY), ZURICH)
    assert peak.hour == 19
    assert peak.hour_within_1h == pytest.approx(7 / 11)


@pytest.mark.parametrize(("first", "steps"), [("2024-03-30T23:00", 92), ("2024-10-26T22:00", 100)])
def test_both_clock_change_days_are_whole_days(first, steps):
    paths = paths_with_peaks([steps - 20], 20.0, steps=steps)
    (peak,) = coming_peaks(paths, labels(first, steps), ZURICH)
    assert peak.whole
    assert peak.hour == 19  # five hours before midnight on the clock of the wall


def test_a_day_that_has_begun_or_goes_on_is_not_whole():
    found = coming_peaks(paths_with_peaks([5], 20.0, steps=192), labels("2024-01-10T12:00", 192), ZURICH)
    assert [peak.whole for peak in found] == [False, True, False]


def test_a_day_with_an_unknown_step_is_not_whole():
    paths = paths_with_peaks([32, 76], 20.0)
    paths[:, 3] = np.nan
    (peak,) = coming_peaks(paths, labels("2023-12-31T23:00", DAY), ZURICH)
    assert not peak.whole
    assert peak.hour_probability.sum() == pytest.approx(1.0)


def test_hourly_paths_have_peaks_too():
    (peak,) = coming_peaks(paths_with_peaks([18, 18], 20.0, steps=24), labels("2023-12-31T23:00", 24, minutes=60), ZURICH)
    assert peak.whole
    assert peak.hour == 18


def test_brier_score_of_a_published_example():
    # scikit-learn's documentation of brier_score_loss: 0.0375, printed as 0.037.
    assert judge(np.array([0.1, 0.9, 0.8, 0.3]), np.array([0.0, 1.0, 1.0, 0.0])).brier == pytest.approx(0.0375)


def test_brier_score_is_made_of_reliability_resolution_and_uncertainty():
    # Probabilities and frequencies of rain in D. Wilks, Statistical Methods in the Atmospheric Sciences (2006), table 7.3,
    # without its classes of 0.05 and 1, which would share a bin with others; here every class has as many forecasts.
    said = np.array([0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
    rain = np.array([6, 59, 150, 277, 377, 511, 587, 723, 779, 934])  # in a thousand forecasts each
    probability = np.repeat(said, 1000)
    happened = np.concatenate([np.arange(1000) < n for n in rain]).astype(float)
    found = judge(probability, happened)
    assert found.rate == pytest.approx(rain.sum() / 10_000)
    assert found.reliability == pytest.approx(np.mean((said - rain / 1000) ** 2))
    assert found.resolution == pytest.approx(np.mean((rain / 1000 - rain.sum() / 10_000) ** 2))
    assert found.brier == pytest.approx(found.reliability - found.resolution + found.uncertainty, abs=1e-12)


def test_certain_and_right_scores_zero_and_always_the_rate_scores_the_uncertainty():
    happened = np.array([1.0, 0.0, 0.0, 1.0, 0.0])
    assert judge(happened, happened).brier == 0.0
    rate = judge(np.full(5, 0.4), happened)
    assert rate.brier == pytest.approx(rate.uncertainty)
    assert rate.reliability == pytest.approx(0.0, abs=1e-12)


def test_unknown_outcomes_are_not_judged():
    found = judge(np.array([0.2, 0.7, np.nan]), np.array([0.0, np.nan, 1.0]))
    assert found.cases == 1
    assert judge(np.array([]), np.array([])).to_dict()["brier"] is None


def test_a_forecast_that_knows_the_day_beats_yesterdays_peak():
    found = score_peaks(town())
    assert found["days"] == 40
    assert found["hour_hit_rate"] > found["hour_hit_rate_naive"]
    assert found["size_mae_mw"] < 0.6 * found["size_mae_naive_mw"]
    assert found["above_month_peak"]["skill"] > 0.2


def test_peak_sizes_of_honest_paths_are_covered():
    found = score_peaks(town(days=140))
    assert found["days"] == 119  # issues at 23:00Z: from summer time on, the first whole day is the next one
    assert found["size_coverage_90"] == pytest.approx(0.9, abs=0.07)  # a standard error of 0.027


def test_a_forecast_that_knows_less_scores_worse():
    sharp, blunt = score_peaks(town()), score_peaks(town(sharpness=0.0))
    assert sharp["size_pinball_10_90_mw"] < blunt["size_pinball_10_90_mw"]
    assert sharp["above_month_peak"]["brier"] < blunt["above_month_peak"]["brier"]


def test_the_first_of_a_month_has_no_peak_to_exceed():
    record = town(days=60)
    first_of_february = np.array([31])
    found = score_peaks(record, first_of_february)
    assert found["days"] == 1
    assert found["above_month_peak"]["cases"] == 0


def test_scores_of_an_issue_do_not_change_with_what_came_after():
    record = town()
    changed = record.series.values.copy()
    changed[27 * DAY :] *= 3.0
    later = dataclasses.replace(record, series=dataclasses.replace(record.series, values=changed))
    first_week = slice(20, 26)
    assert score_peaks(record, first_week) == score_peaks(later, first_week)


def test_a_day_with_a_missing_quarter_hour_is_not_judged():
    record = town()
    record.series.values[25 * DAY + 40] = np.nan
    assert score_peaks(record)["days"] == 38  # the day itself, and the next one, whose yesterday it is


def test_figures_are_plain_and_the_same_for_the_same_seed():
    record = town()
    assert json.loads(json.dumps(score_peaks(record, seed=3))) == score_peaks(record, seed=3)


def test_nothing_to_judge_gives_no_figures():
    found = score_peaks(town(), slice(0, 0))
    assert found["days"] == 0
    assert found["hour_hit_rate"] is None


def test_the_next_peak_is_counted_over_the_coming_24_hours_and_across_midnight():
    """Of ten futures from 14:30 on, seven peak at half past one, two an hour before, one at once; a higher day follows."""
    ahead = labels("2024-01-15T14:30", 192)
    paths = np.full((10, 192), 20.0)
    paths[:, 96:] = 90.0
    for path, (hour, height) in enumerate([(11, 30.0 + i) for i in range(7)] + [(10, 37.0), (10, 38.0), (0, 39.0)]):
        paths[path, 4 * hour + 1] = height
    found = next_peak(paths, ahead)
    assert found.at == np.datetime64("2024-01-16T01:30")
    assert found.within_1h == pytest.approx(0.9)
    assert found.size_mw[LEVELS.index(0.5)] == pytest.approx(34.5)
    assert next_peak(paths[:, :8], ahead[:8]).at == ahead[0]


@pytest.mark.parametrize(("sign", "size"), [(1.0, 6.0), (-1.0, -6.0)])
def test_the_likeliest_ramp_is_told_with_its_sign(sign, size):
    as_of = datetime(2024, 1, 15, 14, 30, tzinfo=UTC)
    paths = np.full((10, 192), 20.0)
    paths[:8, 20:] += sign * 6.0  # between 18:30 and 19:30
    told = foretold(paths, as_of=as_of, usual_change_mw=5.0)
    assert (told["ramp_mw"], told["ramp_probability"]) == (pytest.approx(size), pytest.approx(0.8))
    assert told["ramp_at"].startswith("2024-01-15T18:30")
    assert not any(name.startswith("ramp") for name in foretold(paths, as_of=as_of, usual_change_mw=float("nan")))
