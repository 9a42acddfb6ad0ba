"""A past by local days: clock changes, gaps, weather, and the day-type profile."""

from __future__ import annotations

import numpy as np
import pytest
import towns

from forecasts.features import recent_of
from forecasts.past import Past
from forecasts.profile import profiles
from forecasts.sheet import bridge, sheet_of

DAY = 96


def past_of(first_day, days, edit=None, weather=None):
    one = towns.series(first_day, days, edit=edit)
    return Past("load", one.start_s, 900, one.values, weather or {}, towns.ZURICH)


def test_profile_is_the_mean_of_the_last_six_same_type_days():
    sheet = np.arange(10.0)[:, None] * np.ones(DAY)
    types = np.array([0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1])
    found = profiles(sheet, types, np.full(12, 10))
    assert found[10, 0] == np.mean([2, 3, 4, 7, 8, 9])
    assert found[11, 0] == np.mean([5, 6])


def test_missing_slot_leaves_the_rest_of_the_profile_alone():
    sheet = np.ones((8, DAY))
    sheet[:, 40] = np.nan
    found = profiles(sheet, np.zeros(9, dtype=int), np.full(9, 8))
    assert found[8, 39] == 1.0
    assert found[8, 40] == 1.0  # nothing known at that hour: the level of the days before


def test_a_profile_knows_no_day_after_the_ones_it_may_use():
    sheet = np.random.default_rng(1).uniform(size=(20, DAY))
    types, until = np.arange(21) % 2, np.minimum(np.arange(21), 12)
    before = profiles(sheet, types, until)
    sheet[12:] += 9.0
    assert np.array_equal(profiles(sheet, types, until), before, equal_nan=True)


def test_the_hour_that_the_clock_skips_takes_the_mean_of_its_neighbours():
    past = past_of("2016-03-21", 10)
    sheet = sheet_of(past, 2)
    spring = sheet.values[6]
    assert np.isfinite(spring).all()
    assert spring[8:12] == pytest.approx(0.5 * (spring[7] + spring[12]))
    assert sheet.good.all()


def test_the_hour_that_happens_twice_is_the_mean_of_both():
    past = past_of("2016-10-24", 10)
    autumn = sheet_of(past, 2).values[6]
    first = towns.midnight(towns.series("2016-10-24", 10), 6)
    assert autumn[8] == pytest.approx(np.mean([past.values[first + 8], past.values[first + 12]]))
    assert autumn[12] == past.values[first + 16]


def test_every_day_of_a_year_with_a_leap_day_has_its_slots():
    sheet = sheet_of(past_of("2016-01-01", 366), 2)
    assert sheet.known == 366
    assert np.isfinite(sheet.values).all()
    assert len(sheet.types) == sheet.days == 368


def test_gaps_of_an_hour_are_bridged_and_longer_ones_are_not():
    values = np.arange(40.0)
    values[[5, 6, 7, 8]], values[20:25] = np.nan, np.nan
    found = bridge(values, 900)
    assert found[5:9] == pytest.approx([5.0, 6.0, 7.0, 8.0])
    assert np.isnan(found[20:25]).all()


def test_a_gap_at_the_end_is_never_bridged():
    values = np.arange(10.0)
    values[-2:] = np.nan
    assert np.isnan(bridge(values, 900)[-2:]).all()


@pytest.mark.parametrize(("hours", "bad"), [(11, []), (13, [5])])
def test_a_day_with_less_than_half_of_its_values_is_not_learnt_from(hours, bad):
    def edit(labels, values):
        day = labels.astype("datetime64[h]") - np.datetime64("2016-06-05T22", "h")
        return np.where((day >= np.timedelta64(0)) & (day < np.timedelta64(hours, "h")), np.nan, values)

    good = sheet_of(past_of("2016-06-01", 10, edit), 2).good
    assert list(np.flatnonzero(~good)) == bad


def test_a_gap_keeps_the_level_of_its_own_day():
    """A day 3 MW above its profile is so in the six hours, too, that nobody measured; the level of the next is not known."""

    def edit(labels, values):
        day = (labels - np.datetime64("2016-06-20T22", "s")) / np.timedelta64(1, "h")
        lifted = np.where((day >= 0) & (day < 24), values + 3.0, np.where(day >= 24, values - 5.0, values))
        return np.where((day >= 18) & (day < 24), np.nan, lifted)

    sheet = sheet_of(past_of("2016-06-01", 22, edit), 2)
    recent = recent_of(sheet)
    hidden = np.isnan(sheet.values)
    assert list(np.flatnonzero(hidden.any(axis=1))) == [20]
    assert recent.surprise[hidden].mean() == pytest.approx(3.0, abs=1.0)
    assert recent.filled[~hidden] == pytest.approx(sheet.values[~hidden])
    assert (recent.filled[hidden] - recent.surprise[hidden]).mean() == pytest.approx(
        np.nanmean(sheet.values[13:20, 72:]), rel=0.2
    )


def weather(days, ahead):
    return 10.0 + np.sin(np.arange(days * DAY + ahead) / 7.0)


def test_weather_of_which_nothing_is_known_ahead_is_left_out():
    column = np.concatenate([weather(10, 0), np.full(200, np.nan)])
    assert "temp_c" not in sheet_of(past_of("2016-06-01", 10, weather={"temp_c": column}), 2).weather


def test_weather_that_was_mostly_never_measured_is_left_out():
    column = weather(10, 300)
    column[: 6 * DAY] = np.nan
    assert "temp_c" not in sheet_of(past_of("2016-06-01", 10, weather={"temp_c": column}), 2).weather


def test_a_long_gap_in_the_weather_takes_the_day_before():
    column = weather(10, 300)
    whole = sheet_of(past_of("2016-06-01", 10, weather={"temp_c": column}), 2).weather["temp_c"]
    column[4 * DAY : 5 * DAY] = np.nan
    found = sheet_of(past_of("2016-06-01", 10, weather={"temp_c": column}), 2).weather["temp_c"]
    assert np.isfinite(found).all()
    assert found[4, 40:56] == pytest.approx(whole[3, 40:56])
    assert np.array_equal(found[5:], whole[5:])


def test_a_short_outlook_is_repeated_for_the_second_day():
    column = weather(10, DAY)
    found = sheet_of(past_of("2016-06-01", 10, weather={"temp_c": column}), 2).weather["temp_c"]
    assert np.isfinite(found).all()
    assert found[11, 40:] == pytest.approx(found[10, 40:])
