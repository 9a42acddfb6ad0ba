"""What a load expert knows about a coming day: the same in a lesson and on air, and never anything later."""

from __future__ import annotations

import numpy as np
import pytest
import towns

from forecasts.expert import NotEnoughHistory
from forecasts.experts.lessons import coming, lessons_of
from forecasts.features import ANNUAL, YEAR_DAYS, load_table, recent_of
from forecasts.past import Past
from forecasts.sheet import sheet_of

DAYS = 70  # 2016-03-01 to 2016-05-09: Easter, a clock change, Ascension ahead
DEEPEST = 2


@pytest.fixture(scope="module")
def town():
    return towns.series("2016-03-01", DAYS + 8, heated=True)


def known(town, day, edit=None):
    row = towns.midnight(town, day)
    past = town.as_of(row, reach=towns.midnight(town, day + 4) - row)
    if edit is None:
        return past
    return Past(past.kind, past.start_s, past.step_s, edit(past.values.copy()), past.weather, past.place)


def table(past, target, depth):
    sheet = sheet_of(past, 2)
    return load_table(sheet, recent_of(sheet), np.array([target]), np.array([depth]), DEEPEST)


@pytest.mark.parametrize("depth", [0, 1])
@pytest.mark.parametrize("target", [24, 27, 40, 60, 66])  # around Easter Friday, the clock change, usual days, Ascension's eve
def test_a_lesson_shows_a_day_as_it_was_seen_on_air(town, target, depth):
    lesson, air = table(known(town, DAYS), target, depth), coming(known(town, target - depth), 2, DEEPEST)
    assert lesson.names == air.names
    different = [
        name
        for i, name in enumerate(lesson.names)
        if not np.allclose(lesson.x[0, :, i], air.x[depth, :, i], rtol=1e-9, atol=1e-9)
    ]
    assert different == []
    assert lesson.profile[0] == pytest.approx(air.profile[depth])


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_what_came_later_changes_no_feature(town, depth):
    target, first_unknown = 50, 50 - depth
    row = towns.midnight(town, first_unknown)

    def later(values):
        values[row:] = 99.0 - values[row:]
        return values

    before, after = (table(known(town, DAYS, edit), target, depth) for edit in (None, later))
    assert np.array_equal(before.x, after.x)
    assert np.array_equal(before.profile, after.profile)


def test_the_newest_day_that_may_be_known_does_change_features(town):
    row = towns.midnight(town, 49)

    def later(values):
        values[row:] = 99.0 - values[row:]
        return values

    assert not np.array_equal(table(known(town, DAYS), 50, 0).x, table(known(town, DAYS, later), 50, 0).x)


def test_a_missing_last_day_is_one_more_depth_and_nothing_else(town):
    row = towns.midnight(town, 59)

    def forget(values):
        values[row:] = np.nan
        return values

    silent, earlier = known(town, 60, forget), known(town, 59)
    found, expected = coming(silent, 2, DEEPEST), table(earlier, 60, 1)
    assert list(found.depth) == [1, 2]
    assert found.x[0] == pytest.approx(expected.x[0])
    assert found.profile[0] == pytest.approx(expected.profile[0])


def test_days_further_back_than_was_learnt_are_answered_at_the_deepest_depth(town):
    row = towns.midnight(town, 55)

    def forget(values):
        values[row:] = np.nan
        return values

    found = coming(known(town, 60, forget), 2, DEEPEST)
    assert list(found.depth) == [2, 2]
    assert np.isfinite(found.x).all()


def test_a_level_shift_moves_the_profile_and_no_feature(town):
    def shift(values):
        return values + 5.0

    before, after = (table(known(town, DAYS, edit), 50, 0) for edit in (None, shift))
    assert after.x == pytest.approx(before.x)
    assert after.profile == pytest.approx(before.profile + 5.0)


@pytest.mark.parametrize(("days", "taught"), [(YEAR_DAYS - 1, False), (YEAR_DAYS, True)])
def test_annual_terms_are_taught_from_a_year_of_history_on(days, taught):
    one = towns.series("2016-01-01", days)
    lessons = lessons_of(one.as_of(len(one.values), reach=0), 2)
    assert all((name in lessons.names) == taught for name in ANNUAL)


def test_weather_that_is_not_forecast_any_more_is_unknown_and_the_rest_is_as_it_was(town):
    past = known(town, 60)
    lessons = lessons_of(past, 2)
    blind = coming(Past(past.kind, past.start_s, past.step_s, past.values, {}, past.place), 2, DEEPEST)
    seen = coming(past, 2, DEEPEST).columns(lessons.names)
    found = blind.columns(lessons.names)
    of_weather = np.array([group == "weather" for group in lessons.groups])
    assert of_weather.sum() >= 6
    assert np.isnan(found[..., of_weather]).all()
    assert np.array_equal(found[..., ~of_weather], seen[..., ~of_weather])


def test_the_day_before_a_holiday_is_known_for_tomorrow_too(town):
    # Ascension is 2016-05-05, day 65; its eve is tomorrow seen from day 63.
    eve = coming(known(town, 63), 2, DEEPEST)
    assert (eve.columns(("day_before_holiday",))[1] == 1.0).all()
    assert (eve.columns(("day_before_holiday",))[0] == 0.0).all()


def test_lessons_need_three_weeks(town):
    with pytest.raises(NotEnoughHistory, match="23 are needed"):
        lessons_of(known(town, 22), 2)
    assert len(lessons_of(known(town, 23), 2).day) == 8


def test_experts_of_one_issue_share_one_table(town):
    past = known(town, 40)
    assert coming(past, 2, DEEPEST) is coming(past, 2, DEEPEST)
