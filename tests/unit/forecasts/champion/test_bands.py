"""Bands from past errors: what they promise holds on errors that are exchangeable."""

from __future__ import annotations

import numpy as np
import pytest

from forecasts.champion.bands import hour_offsets, over_slots
from forecasts.quantiles import LEVELS, NORMAL

HOURS = 24


def covered(days, *, trials, scale, forecast_levels=None):
    """Share of new errors inside the outer levels that ``days`` of errors gave, over independent trials.

    Args:
        scale: standard deviation of an error [MW], dims (hour,).
        forecast_levels: quantiles [MW] that an expert states of its own, dims (level,); None for a point forecast.
    """
    stated = np.zeros(1) if forecast_levels is None else forecast_levels
    inside = []
    for trial in range(trials):
        rng = np.random.default_rng(trial)
        past, new = (scale * rng.standard_normal((n, HOURS)) for n in (days, 20))
        band = stated + hour_offsets(past[..., None] - stated, 1.0)
        inside.append(np.mean((new >= band[:, 0]) & (new <= band[:, -1])))
    return np.mean(inside)


@pytest.mark.parametrize("days", [14, 28, 56])
def test_a_band_covers_nine_in_ten_of_exchangeable_errors(days):
    trials = 60
    found = covered(days, trials=trials, scale=np.ones(HOURS))
    # Five pooled hours of n days stand behind each band: its coverage has a binomial spread of sqrt(.09 / 5n), the new errors
    # one of sqrt(.09 / 480), and neighbouring hours share four fifths of what they know. Three of them, over all trials.
    spread = np.sqrt(0.09 / (5 * days) / 5 + 0.09 / 480) / np.sqrt(trials)
    # Fewer days give a wider band (rank (n + 1) q): by 0.9 / n at most.
    assert 0.9 - 3.0 * spread <= found <= 0.9 + 3.0 * spread + 0.9 / days


def test_a_band_is_as_wide_as_its_hour_asks():
    scale = np.where(np.arange(HOURS) < 12, 1.0, 4.0)
    rng = np.random.default_rng(1)
    offsets = hour_offsets((scale * rng.standard_normal((56, HOURS)))[..., None], 1.0)
    width = offsets[:, -1] - offsets[:, 0]
    # Hours whose neighbours are of their own kind: 3.29 standard deviations, within three errors of a 5 % quantile (0.13 each).
    assert width[2:10] == pytest.approx(3.29, abs=0.6)
    assert width[14:22] == pytest.approx(4.0 * 3.29, abs=4.0 * 0.6)


def test_levels_of_a_point_forecast_ascend():
    errors = np.random.default_rng(2).gamma(1.0, size=(30, 96, 1))
    assert (np.diff(hour_offsets(errors, 1.0), axis=-1) >= 0.0).all()


def test_a_quantile_expert_that_covers_60_percent_is_widened_to_90():
    narrow = NORMAL * 0.8416 / 1.6449  # a true band of 60 % sold as one of 90 %
    rng = np.random.default_rng(0)
    raw = rng.standard_normal(20_000)
    assert np.mean((raw >= narrow[0]) & (raw <= narrow[-1])) == pytest.approx(0.6, abs=0.01)
    found = covered(56, trials=40, scale=np.ones(HOURS), forecast_levels=narrow)
    assert found == pytest.approx(0.9, abs=0.02)  # as above, and 1.6 % for the rank


def test_every_level_of_a_quantile_expert_is_made_true():
    rng = np.random.default_rng(3)
    stated = 0.4 * NORMAL  # too narrow
    offsets = hour_offsets(rng.standard_normal((200, HOURS))[..., None] - stated, 1.0)
    # A thousand errors behind each hour: the quantiles' own standard error is 0.07 at the ends, 0.04 in the middle.
    assert stated + offsets == pytest.approx(np.broadcast_to(NORMAL, (HOURS, len(LEVELS))), abs=0.25)


def test_the_middle_stays_where_the_expert_put_it():
    errors = 2.0 + np.random.default_rng(4).standard_normal((40, 96, 1))
    assert (hour_offsets(errors, 1.0)[:, LEVELS.index(0.5)] == 0.0).all()
    assert (hour_offsets(errors - 0.4 * NORMAL, 1.0)[:, LEVELS.index(0.5)] == 0.0).all()


def test_with_three_days_of_errors_the_stated_spread_stands_in():
    offsets = hour_offsets(np.full((3, 96, 1), 5.0), 2.0)
    assert offsets == pytest.approx(np.broadcast_to(2.0 * NORMAL, (24, len(LEVELS))))


def test_unknown_errors_do_not_count():
    errors = np.random.default_rng(5).standard_normal((40, 96, 1))
    gaps = np.concatenate([errors, np.full((10, 96, 1), np.nan)])
    assert hour_offsets(gaps, 1.0) == pytest.approx(hour_offsets(errors, 1.0))


def test_an_hour_that_was_never_measured_takes_the_errors_of_the_whole_day():
    errors = np.random.default_rng(6).standard_normal((40, 96, 1))
    errors[:, 20:60] = np.nan
    offsets = hour_offsets(errors, 100.0)
    assert np.isfinite(offsets).all()
    assert (np.abs(offsets) < 10.0).all()  # not the stand-in


def test_hours_become_slots_without_steps_and_keep_their_mean():
    hours = np.repeat(np.sin(np.arange(24.0))[:, None], len(LEVELS), axis=1)
    slots = over_slots(hours, 96)
    assert slots.mean() == pytest.approx(hours.mean())
    assert np.abs(np.diff(slots[:, 0])).max() <= np.abs(np.diff(hours[:, 0])).max() / 4.0 + 1e-12
    assert over_slots(hours, 24) == pytest.approx(hours)
