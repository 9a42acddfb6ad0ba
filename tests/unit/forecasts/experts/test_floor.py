"""The floor experts: last week, yesterday, the day type."""

from __future__ import annotations

import numpy as np
import pytest
import towns

from forecasts.expert import Expert, Fitted
from forecasts.experts.floor import DayType, LastWeek, Yesterday
from forecasts.past import Past

STEPS = 192


def path(expert, past, steps=STEPS):
    return expert.fit(past, days_ahead=2, seed=0).predict(past, steps)


def counted(days, slots=96):
    """A past whose values say which day and slot they are of: day + slot / 1000, in a place without clock changes."""
    values = (np.arange(days)[:, None] + np.arange(slots) / 1000.0).reshape(-1)
    return Past("load", 0, 86_400 // slots, values, {}, towns.Place("UTC"))


@pytest.mark.parametrize("expert", [LastWeek, Yesterday, DayType])
def test_a_floor_keeps_the_interface_and_travels_as_nothing(expert):
    fitted = expert().fit(counted(10), days_ahead=2, seed=0)
    assert isinstance(expert(), Expert)
    assert isinstance(fitted, Fitted)
    assert fitted.to_bytes() == b""
    assert np.array_equal(expert().load(b"").predict(counted(10), STEPS), fitted.predict(counted(10), STEPS))


def test_last_week_is_the_same_slot_seven_days_ago():
    found = path(LastWeek(), counted(20))
    assert found[5] == 13.005
    assert found[96 + 5] == 14.005


def test_last_week_takes_the_week_before_where_a_value_is_missing():
    past = counted(20)
    past.values[13 * 96 + 5 : 13 * 96 + 40] = np.nan
    assert path(LastWeek(), past)[10] == 6.010


def test_yesterday_serves_both_days_ahead():
    found = path(Yesterday(), counted(20))
    assert found[5] == 19.005
    assert found[96 + 5] == 19.005


def test_yesterday_takes_the_day_before_where_a_value_is_missing():
    past = counted(20)
    past.values[19 * 96 :] = np.nan
    assert path(Yesterday(), past)[5] == 18.005


def test_day_type_is_the_mean_of_six_days_of_its_type():
    # 1970-01-01 was a Thursday; day 20 is a Wednesday, and the six workdays before are 19, 18, 15, 14, 13, 12.
    assert path(DayType(), counted(20))[0] == pytest.approx(np.mean([19, 18, 15, 14, 13, 12]))


def test_a_holiday_is_forecast_as_a_sunday():
    town = towns.series("2016-04-04", 60)  # after Easter
    day = (np.datetime64("2016-05-05") - np.datetime64("2016-04-04")).astype(int)  # Ascension, a Thursday
    past = town.as_of(towns.midnight(town, day), reach=0)
    sundays = np.array([town.values[towns.midnight(town, day - back) :][:96] for back in (4, 11, 18, 25)])
    assert path(DayType(), past)[:96] == pytest.approx(sundays.mean(axis=0))


@pytest.mark.parametrize("expert", [LastWeek, Yesterday, DayType])
@pytest.mark.parametrize("first_day", ["2016-03-13", "2016-10-16", "2016-02-15"])
def test_a_path_has_no_gap_across_clock_changes_and_leap_day(expert, first_day):
    town = towns.series(first_day, 18)
    for day in range(12, 17):
        found = path(expert(), town.as_of(towns.midnight(town, day), reach=0))
        assert np.isfinite(found).all()


def test_the_evening_keeps_its_wall_clock_after_the_clocks_go_forward():
    town = towns.series("2016-03-07", 21)
    past = town.as_of(towns.midnight(town, 20), reach=0)  # the Sunday itself
    # 19:00 is slot 76 of the clock, and row 72 of a day that lost four.
    assert path(LastWeek(), past)[72] == town.values[towns.midnight(town, 13) + 76]


@pytest.mark.parametrize("slots", [24, 48, 96])
def test_a_floor_forecasts_in_the_step_of_its_series(slots):
    assert path(LastWeek(), counted(20, slots), steps=2 * slots)[slots] == 14.0


@pytest.mark.parametrize("expert", [LastWeek, Yesterday])
def test_where_nothing_is_known_a_floor_says_nothing(expert):
    assert np.isnan(path(expert(), counted(0), STEPS)).all()
