"""Ramps: probability, size and time of steep changes, and how they are judged against the frequency at that hour."""

from __future__ import annotations

import json

import numpy as np
import pytest
from past_issues import DAY, town

from forecasts.futures.ramps import coming_ramps, score_ramps, usual_change_mw

MIDNIGHT = np.datetime64("2023-12-31T23:00")


def labels(steps):
    return (MIDNIGHT + np.arange(steps) * np.timedelta64(15, "m")).astype("datetime64[ns]")


def ramp(direction, window_h, paths, threshold, step_s=900):
    found = coming_ramps(paths, labels(paths.shape[1]), step_s=step_s, threshold_mw={window_h: threshold})
    return next(r for r in found if r.direction == direction)


def test_a_step_of_one_path_in_four_is_a_ramp_of_a_quarter():
    paths = np.full((4, DAY), 10.0)
    paths[0, 50:] = 16.0  # up by six from 12:30 on
    up = ramp("up", 1, paths, 5.0)
    # A change over one hour that reaches 12:30 begins between 11:30 and 12:15.
    assert up.probability[11] == pytest.approx(0.25)
    assert up.probability[12] == pytest.approx(0.25)
    assert up.probability.sum() == pytest.approx(0.5)
    assert up.size_mw[11] == pytest.approx(6.0)
    assert up.anywhere == pytest.approx(0.25)
    assert up.likeliest == 11
    assert up.starts[11] == (MIDNIGHT + np.timedelta64(11, "h")).astype("datetime64[ns]")


def test_up_is_not_down():
    paths = np.full((4, DAY), 10.0)
    paths[:, 50:] = 4.0
    assert ramp("up", 1, paths, 5.0).anywhere == 0.0
    down = ramp("down", 1, paths, 5.0)
    assert down.anywhere == 1.0
    assert down.size_mw[12] == pytest.approx(6.0)


def test_a_slow_change_is_a_ramp_over_three_hours_only():
    paths = np.tile(np.arange(DAY) * 0.5, (3, 1))  # two megawatts an hour
    assert ramp("up", 1, paths, 5.0).anywhere == 0.0
    assert ramp("up", 3, paths, 5.0).anywhere == 1.0


def test_an_hour_without_a_ramp_has_no_size():
    up = ramp("up", 1, np.full((4, DAY), 10.0), 5.0)
    assert np.isnan(up.size_mw).all()


def test_a_window_that_is_no_multiple_of_the_step_or_longer_than_the_paths_is_left_out():
    paths = np.full((4, 8), 10.0)
    assert coming_ramps(paths, labels(8), step_s=7200, threshold_mw={3: 1.0}) == ()
    assert coming_ramps(paths, labels(8), step_s=900, threshold_mw={3: 1.0}) == ()


def test_an_hour_with_an_unknown_step_has_no_probability():
    paths = np.full((4, DAY), 10.0)
    paths[:, 40] = np.nan
    up = ramp("up", 1, paths, 5.0)
    assert np.flatnonzero(np.isnan(up.probability)).tolist() == [9, 10]  # changes that end or begin at 10:00


def test_nine_in_ten_past_changes_stay_below_the_threshold():
    values = np.random.default_rng(1).standard_normal(5000).cumsum()
    values[100:140] = np.nan
    threshold = usual_change_mw(values, step_s=900, window_h=1)
    change = np.abs(values[4:] - values[:-4])
    assert np.nanmean(change > threshold) == pytest.approx(0.1 * np.isfinite(change).mean(), abs=0.002)


def test_without_history_there_is_no_threshold():
    assert np.isnan(usual_change_mw(np.full(10, np.nan), step_s=900, window_h=1))


def test_a_forecast_that_knows_the_day_beats_the_usual_frequency_at_that_hour():
    found = score_ramps(town())
    assert set(found) == {"1h_up", "1h_down", "3h_up", "3h_down"}
    for figures in found.values():
        assert figures["skill"] > 0.1
        assert 0.0 < figures["rate"] < 1.0


def test_a_forecast_that_knows_only_the_usual_day_hardly_beats_its_frequency():
    found = score_ramps(town(sharpness=0.0))
    for figures in found.values():
        assert -0.1 < figures["skill"] < 0.1


def test_every_hour_of_the_horizon_is_judged():
    # 192 steps hold 188 changes over one hour: 47 hours, and 180 over three: 45; of the last issue one day is known.
    found = score_ramps(town(), np.array([40]))
    assert (found["1h_up"]["cases"], found["3h_up"]["cases"]) == (47, 45)


def test_figures_are_plain_and_the_same_for_the_same_seed():
    assert json.loads(json.dumps(score_ramps(town(), seed=3))) == score_ramps(town(), seed=3)


def test_no_issue_gives_no_figures():
    assert score_ramps(town(), slice(0, 0)) == {}
