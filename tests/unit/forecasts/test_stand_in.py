"""A weather forecast that did not come: the last known day stands in, and is known to be off by as much as days differ."""

from __future__ import annotations

import numpy as np
import pytest

from forecasts.on_air.stand_in import stand_in

DAY = 96


def weeks(days=40, seed=1):
    """A daily wave around a level that walks by 2 K from day to day, dims (time,)."""
    level = np.cumsum(2.0 * np.random.default_rng(seed).standard_normal(days))
    return (level[:, None] + 3.0 * np.sin(np.arange(DAY) * 2 * np.pi / DAY)).reshape(-1)


def test_the_same_hour_of_the_last_day_stands_in_for_both_days_to_come():
    behind = weeks()
    values, _ = stand_in(behind, 2 * DAY, DAY)
    assert np.array_equal(values, np.tile(behind[-DAY:], 2))


def test_it_is_off_by_as_much_as_one_day_differs_from_the_next_and_the_day_after_by_more():
    _, off = stand_in(weeks(4000), 2 * DAY, DAY)
    assert off[:DAY] == pytest.approx(2.0, rel=0.05)
    assert off[DAY:] == pytest.approx(2.0 * np.sqrt(2.0), rel=0.05)


def test_a_stand_in_begins_at_any_hour():
    behind = weeks()[:-30]
    values, _ = stand_in(behind, 2 * DAY, DAY)
    assert values[0] == behind[-DAY]


def test_where_the_last_days_are_unknown_the_last_known_one_stands_in_and_is_as_far_off_as_it_is_old():
    behind = weeks(4000)
    known = behind[-4 * DAY : -3 * DAY].copy()
    behind[-3 * DAY :] = np.nan
    values, off = stand_in(behind, DAY, DAY)
    assert np.array_equal(values, known)
    assert off == pytest.approx(2.0 * np.sqrt(4.0), rel=0.05)


def test_where_a_fortnight_is_unknown_the_usual_day_stands_in():
    behind = weeks()
    behind[-14 * DAY :] = np.nan
    values, off = stand_in(behind, DAY, DAY)
    sheet = behind.reshape(-1, DAY)[:-14]
    assert values == pytest.approx(sheet.mean(axis=0))
    assert off == pytest.approx(sheet.std(axis=0))


def test_a_single_gap_in_the_last_day_takes_its_usual_value():
    behind = weeks()
    behind[-10] = np.nan
    values, _ = stand_in(behind, DAY, DAY)
    assert values[-10] == pytest.approx(np.nanmean(behind.reshape(-1, DAY)[:, -10]))
    assert np.isfinite(values).all()


@pytest.mark.parametrize("behind", [np.full(10 * DAY, np.nan), np.empty(0)])
def test_what_was_never_known_has_no_stand_in(behind):
    values, off = stand_in(behind, DAY, DAY)
    assert np.isnan(values).all()
    assert np.isnan(off).all()
