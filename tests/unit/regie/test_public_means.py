"""Means over the publication interval: aligned, complete, told once."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.domain.time import QUARTER_HOUR
from twin.origin.traced import Origin
from twin.regie.public_means import QuarterHour, Window, mean_origin

NOON = datetime(2016, 6, 15, 12, tzinfo=UTC)
KEY = ("zone_load_p_mw", "town")


def rows(values, begin=NOON, window=None):
    window = window or Window(timedelta(hours=1))
    return [window.add(QuarterHour(begin + i * QUARTER_HOUR, {KEY: value}, {KEY: 0})) for i, value in enumerate(values)]


def test_only_a_quarter_hour_that_ends_an_hour_gives_a_mean():
    found = rows([1.0, 2.0, 3.0, 4.0, 5.0])
    assert [mean is None for mean in found] == [True, True, True, False, True]
    assert (found[3].start, found[3].p_kw[KEY]) == (NOON, 2500.0)


def test_a_quarter_hour_that_comes_twice_does_not_complete_an_hour():
    window = Window(timedelta(hours=1))
    rows([1.0, 2.0], window=window)
    rows([2.0], begin=NOON + QUARTER_HOUR, window=window)
    assert rows([4.0], begin=NOON + 3 * QUARTER_HOUR, window=window) == [None]


@pytest.mark.parametrize("hour", [datetime(2016, 3, 27, 0, tzinfo=UTC), datetime(2016, 10, 30, 0, tzinfo=UTC)])
def test_on_the_days_of_the_clock_change_every_hour_has_four_quarter_hours(hour):
    assert sum(mean is not None for mean in rows([1.0] * 96, begin=hour)) == 24


ORIGINS = st.builds(
    lambda p_mw, sun, green: Origin(p_mw, {"pv": sun, "import": 1.0 - sun}, sun + (1.0 - sun) * green, sun, 40.0 * sun + 120.0),
    st.floats(0.1, 50.0),
    st.floats(0.0, 1.0),
    st.floats(0.0, 1.0),
)


@given(st.lists(ORIGINS, min_size=1, max_size=6))
def test_energies_add_up_in_a_mean_origin(origins):
    mean, count = mean_origin(origins), len(origins)
    assert mean.p_mw * count == pytest.approx(sum(origin.p_mw for origin in origins))
    assert sum(mean.parts.values()) == pytest.approx(1.0)
    assert mean.share * mean.p_mw * count == pytest.approx(sum(origin.share * origin.p_mw for origin in origins))
    assert mean.parts["pv"] == pytest.approx(mean.made_here)


def test_one_unknown_quarter_hour_makes_the_mean_unknown_and_one_without_consumption_does_not():
    half = Origin(2.0, {"pv": 1.0}, 0.5, 0.5, 50.0)
    assert mean_origin([half, Origin(math.nan)]).share is None
    assert mean_origin([half, Origin(2.0, {"pv": 1.0})]).share is None
    assert mean_origin([half, Origin(0.0)]).share == 0.5
    assert mean_origin([Origin(0.0), Origin(0.0)]) == Origin(0.0)
