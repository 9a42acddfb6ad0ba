"""The correction at every tick: it helps where errors persist, fades by itself, and never hurts."""

from __future__ import annotations

import numpy as np
import pytest

from forecasts.champion.correction import Correction, fit, newest, no_correction, oldest_age, predictors
from forecasts.champion.ticks import bent, within
from forecasts.quantiles import LEVELS, NORMAL

STEP_S, DAY, LEADS = 900, 96, 192
TAUGHT, NEW = 56 * DAY, 120 * DAY
MIDDLE = LEVELS.index(0.5)


def persistent(rows, hours, seed):
    """Errors with an exponential memory and unit variance, dims (time,)."""
    white = np.random.default_rng(seed).standard_normal(rows)
    keep = np.exp(-0.25 / hours)
    out = np.empty(rows)
    level = white[0]
    for i, value in enumerate(white):
        level = keep * level + np.sqrt(1.0 - keep * keep) * value
        out[i] = level
    return out


def windows(error, origins):
    """Errors seen from each origin, dims (origin, lead); NaN beyond the end."""
    padded = np.concatenate([error, np.full(LEADS, np.nan)])
    return padded[origins[:, None] + np.arange(LEADS)]


def learnt(error):
    origins = np.arange(0, len(error), 4)
    seen = predictors(error, np.ones(len(error)), DAY)[:, origins]
    errors = windows(error, origins)
    fresh = np.isfinite(np.concatenate([[np.nan], error]))[origins]
    return fit(errors, np.ones(errors.shape), seen, fresh, STEP_S)


def ratio(correction, error):
    """Mean absolute error after correction over that before, dims (lead,), on errors that taught nothing."""
    origins = np.arange(DAY, len(error) - LEADS, 5)
    after, before = np.zeros(LEADS), np.zeros(LEADS)
    for origin in origins:
        errors, age = newest(error[origin - DAY : origin], np.ones(DAY), DAY)
        coming = error[origin : origin + LEADS]
        after += np.abs(coming - correction.shift(errors, age, oldest_age(STEP_S)))
        before += np.abs(coming)
    return after / before


@pytest.mark.parametrize("seed", range(3))
def test_persistent_errors_are_halved_at_a_quarter_hour_and_a_fifth_is_gone_at_an_hour(seed):
    error = persistent(TAUGHT + NEW, 6.0, seed)
    found = ratio(learnt(error[:TAUGHT]), error[TAUGHT:])
    assert found[0] <= 0.5
    assert found[3] <= 0.8
    # Beyond the memory nothing can be gained; a fit on eight weeks may lose what its own chance is, one percent.
    assert found.max() <= 1.01


@pytest.mark.parametrize("seed", range(3))
def test_errors_without_memory_are_left_alone_at_every_lead(seed):
    error = np.random.default_rng(seed).standard_normal(TAUGHT + NEW)
    assert ratio(learnt(error[:TAUGHT]), error[TAUGHT:]).max() <= 1.01


def test_a_standing_error_is_corrected_for_half_a_day():
    error = 1.0 + 0.3 * np.random.default_rng(4).standard_normal(TAUGHT + NEW)
    found = ratio(learnt(error[:TAUGHT]), error[TAUGHT:])
    assert found[24] < 0.5
    assert found[-1] == pytest.approx(1.0)  # tomorrow's path knows it already


def test_a_corrected_band_still_covers_nine_in_ten():
    error = persistent(TAUGHT + NEW, 6.0, 7)
    correction, tests = learnt(error[:TAUGHT]), error[TAUGHT:]
    inside = []
    for origin in range(DAY, len(tests) - LEADS, 7):
        errors, age = newest(tests[origin - DAY : origin], np.ones(DAY), DAY)
        band = bent(np.tile(NORMAL, (LEADS, 1)), correction, errors, age, np.ones(LEADS), STEP_S)
        coming = tests[origin : origin + LEADS]
        inside.append((coming >= band[:, 0]) & (coming <= band[:, -1]))
    by_lead = np.mean(inside, axis=0)
    assert by_lead.mean() == pytest.approx(0.9, abs=0.03)
    assert by_lead[:16].min() > 0.82  # narrowed, and no more than it may be


def test_without_recent_telemetry_the_path_stays_as_it_is():
    error = persistent(TAUGHT, 6.0, 1)
    silent = np.full(DAY, np.nan)
    errors, age = newest(silent, np.ones(DAY), DAY)
    path = 10.0 + np.tile(NORMAL, (LEADS, 1))
    assert bent(path, learnt(error), errors, age, np.ones(LEADS), STEP_S) == pytest.approx(path)


def test_an_error_older_than_four_hours_corrects_nothing_and_narrows_nothing():
    correction = Correction(np.stack([np.ones(LEADS), np.zeros(LEADS)]), np.full(LEADS, 0.2))
    oldest = oldest_age(STEP_S)
    assert oldest * STEP_S == 4 * 3600
    assert (correction.shift((1.0, np.nan), oldest, oldest) == 1.0).all()
    assert (correction.shift((1.0, np.nan), oldest + 1, oldest) == 0.0).all()
    assert (correction.remaining((1.0, np.nan), oldest + 1, oldest) == 1.0).all()


def test_an_older_error_counts_as_one_seen_from_further_away():
    correction = learnt(persistent(TAUGHT, 6.0, 2))
    fresh, late = (correction.shift((1.0, np.nan), age, 16) for age in (0, 8))
    assert late[:100] == pytest.approx(fresh[8:108])


def test_an_error_at_night_says_nothing_of_the_day():
    error, scale = np.array([0.5, 9.0, 9.0]), np.array([1.0, 0.0, 0.0])
    (last, _), age = newest(error, scale, DAY)
    assert last == 0.5
    assert age == 2


def test_predictors_use_rows_before_theirs_alone():
    error = np.random.default_rng(3).standard_normal(4 * DAY)
    other = error.copy()
    other[200:] += 5.0
    first, second = (predictors(e, np.ones(len(e)), DAY) for e in (error, other))
    assert np.array_equal(first[:, :201], second[:, :201], equal_nan=True)
    assert (first[0, 201:] != second[0, 201:]).all()


def test_with_a_dozen_hours_of_errors_nothing_is_corrected():
    correction = learnt(persistent(DAY // 2, 6.0, 1))
    assert not correction.phi.any()
    assert (correction.narrowing == 1.0).all()


def test_factors_point_the_way_of_the_error_and_the_band_keeps_a_tenth():
    correction = learnt(persistent(TAUGHT, 48.0, 5))
    assert correction.phi.min() >= 0.0
    assert correction.phi.max() <= 1.0
    assert correction.narrowing.min() >= 0.1
    assert (np.diff(correction.narrowing) >= 0.0).all()


def test_no_correction_changes_nothing():
    path = np.tile(NORMAL, (LEADS, 1))
    assert bent(path, no_correction(LEADS), (3.0, 3.0), 0, np.ones(LEADS), STEP_S) == pytest.approx(path)


def test_a_correction_never_leaves_the_limits():
    path = 5.0 + np.tile(NORMAL, (LEADS, 1))
    correction = Correction(np.ones((2, LEADS)), np.ones(LEADS))
    band = within(bent(path, correction, (-9.0, 0.0), 0, np.ones(LEADS), STEP_S), np.zeros(LEADS), np.full(LEADS, 6.0))
    assert band.min() == 0.0
    assert (np.diff(band, axis=1) >= 0.0).all()
