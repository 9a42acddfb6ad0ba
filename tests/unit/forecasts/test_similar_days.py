import numpy as np
import pytest

from forecasts.explain.similar_days import similar_days
from forecasts.past import Past, Place

PLACE = Place("Europe/Zurich", "CH", "ZH")
MONDAY_S = int(np.datetime64("2019-02-03T23:00", "s").astype(np.int64))  # local midnight of Monday 4 February 2019


def past_of(days, *, level=10.0, temp=None, reach=1, kind="load"):
    """``days`` whole days from a Monday on; ``level``, ``temp``: one figure a day, ``temp`` for the day ahead as well."""
    values = np.repeat(np.broadcast_to(np.asarray(level, dtype=float), days), 24)
    weather = {} if temp is None else {"temp_c": np.repeat(np.asarray(temp, dtype=float), 24)}
    return Past(kind, MONDAY_S, 3600, values, weather, PLACE)


def weekdays(found):
    return [(day.day + 3) % 7 for day in found]  # 1970-01-01 was a Thursday; 0 = Monday


def test_a_sunday_looks_like_other_sundays():
    past = past_of(27)  # the day that begins is a Sunday
    assert weekdays(similar_days(past, days_ahead=0, slot=12, count=3)) == [6, 6, 6]


def test_the_sky_knows_no_sunday():
    past = past_of(27, kind="pv")
    assert weekdays(similar_days(past, days_ahead=0, slot=12, count=3)) == [5, 4, 3]  # the newest days


def test_a_cold_monday_looks_like_the_cold_monday_and_not_like_the_newest():
    temp = np.full(29, 12.0)
    temp[[7, 28]] = -4.0  # Monday of the second week, and the Monday ahead
    found = similar_days(past_of(28, temp=temp), days_ahead=0, slot=12, count=2)
    assert found[0].day - PAST_FIRST == 7
    assert found[0].differences["temp_c"] == pytest.approx(0.0)
    assert found[0].distance < found[1].distance


def test_what_the_day_brought_is_told_for_the_slot_and_on_average():
    past = past_of(28)
    past.values[7 * 24 + 12] = 34.0
    found = {day.day - PAST_FIRST: day for day in similar_days(past, days_ahead=0, slot=12, count=28)}
    assert found[7].at_mw == pytest.approx(34.0)
    assert found[7].mean_mw == pytest.approx(11.0)


def test_level_is_what_was_known_that_far_ahead():
    # Two days ahead, the newest known day is the one three days before the target: its level of 30 is found again once.
    level = np.full(28, 10.0)
    level[[11, 27]] = 30.0
    found = similar_days(past_of(28, level=level), days_ahead=2, slot=12, count=28)
    nearest = min(found, key=lambda day: abs(day.differences.get("level", np.inf)))
    assert nearest.day - PAST_FIRST == 14
    assert nearest.differences["level"] == pytest.approx(0.0)


def test_distance_is_the_root_of_the_squared_differences():
    temp = 5.0 + np.arange(29) % 5
    for found in similar_days(past_of(28, temp=temp), days_ahead=0, slot=12, count=28):
        assert found.distance == pytest.approx(np.sqrt(sum(value**2 for value in found.differences.values())))


def test_days_without_most_of_their_values_are_no_example():
    past = past_of(28)
    past.values[21 * 24 : 22 * 24] = np.nan
    assert 21 not in [day.day - PAST_FIRST for day in similar_days(past, days_ahead=0, slot=12, count=28)]


def test_without_a_whole_day_there_is_none():
    assert similar_days(past_of(0), days_ahead=0, slot=12, count=3) == []


PAST_FIRST = int(np.datetime64("2019-02-04").astype(int))
