"""The as-of view of a series: what was known, and an error for whoever asks for more."""

from __future__ import annotations

import numpy as np
import pytest
import towns

from twin.contracts.frame import FutureReadError


@pytest.fixture(scope="module")
def town():
    return towns.series("2016-06-01", 10, heated=True)


def test_a_past_holds_no_value_of_the_future(town):
    row = towns.midnight(town, 5)
    past = town.as_of(row, reach=200)
    assert past.rows == row == len(past.values)
    assert past.values.base is None  # a view of the whole series would carry the future with it
    assert len(past.weather["temp_c"]) == row + 200


def test_asking_for_a_later_row_names_who_asked_for_what(town):
    past = town.as_of(towns.midnight(town, 5), reach=200)
    with pytest.raises(FutureReadError, match=r"rows 470\.\.490 asked.*known until 2016-06-05T22:00"):
        past.read(470, 490)
    with pytest.raises(FutureReadError):
        past.until(past.rows + 1)


def test_an_earlier_past_has_the_values_and_the_reach_of_its_time(town):
    past = town.as_of(towns.midnight(town, 5), reach=200).until(towns.midnight(town, 3))
    expected = town.as_of(towns.midnight(town, 3), reach=200)
    assert np.array_equal(past.values, expected.values)
    assert np.array_equal(past.weather["temp_c"], expected.weather["temp_c"])


def test_changing_a_past_changes_no_series(town):
    before = town.values.copy()
    past = town.as_of(100, reach=10)
    past.values[:], past.weather["temp_c"][:] = 0.0, 0.0
    assert np.array_equal(town.values, before)
    assert town.weather["temp_c"].any()


def test_weather_beyond_what_is_known_is_unknown(town):
    past = town.as_of(100, reach=10)
    ahead = past.ahead("temp_c", 20)
    assert np.isfinite(ahead[:10]).all()
    assert np.isnan(ahead[10:]).all()
    assert np.isnan(past.ahead("snow_m", 20)).all()


def test_a_training_window_begins_where_it_is_told_to(town):
    past = town.as_of(300, reach=10, first=200)
    assert past.rows == 100
    assert past.labels(0, 1)[0] == town.as_of(300, reach=0).labels(200, 201)[0]
    assert np.array_equal(past.values, town.values[200:300])
