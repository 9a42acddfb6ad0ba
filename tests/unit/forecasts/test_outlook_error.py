"""The weather forecast's own error in the band: asked with a colder and duller outlook, never with another past."""

from __future__ import annotations

import numpy as np
import pytest

from forecasts.on_air.outlook_error import BRIGHTNESS, TEMPERATURE_K, spread_of_outlook
from forecasts.past import Past, Place

ROWS, AHEAD = 96, 192


def past(**weather):
    columns = {name: np.full(ROWS + AHEAD, value) for name, value in weather.items()}
    return Past("load", 0, 900, np.ones(ROWS), columns, Place("UTC"))


def per_kelvin(other):
    return 10.0 - 0.2 * other.ahead("temp_c", AHEAD)


def spread(one, ask, unsure=None):
    return spread_of_outlook(one, ask(one), ask, unsure or {})


def test_a_load_that_feels_the_cold_is_as_unsure_as_the_temperature():
    found = spread(past(temp_c=5.0), per_kelvin)
    assert found[0] == pytest.approx(0.2 * TEMPERATURE_K[0])
    assert found[-1] == pytest.approx(0.2 * TEMPERATURE_K[1])
    assert (np.diff(found) >= 0.0).all()


def test_a_plant_is_as_unsure_as_the_sun():
    found = spread(past(ghi_w_m2=500.0), lambda other: other.ahead("ghi_w_m2", AHEAD))
    # A share of the full sun, of which half is usual.
    assert found[0] == pytest.approx(500.0 * 2.0 * BRIGHTNESS[0])
    assert found[-1] == pytest.approx(500.0 * 2.0 * BRIGHTNESS[1])


def test_weather_that_was_measured_stays_as_it_is():
    seen = []

    def ask(other):
        seen.append(other.weather["temp_c"][:ROWS].copy())
        return per_kelvin(other)

    spread(past(temp_c=5.0), ask)
    assert all((column == 5.0).all() for column in seen)


def test_a_forecast_without_weather_is_left_as_sure_as_it_is():
    assert not spread(past(), lambda other: np.ones(AHEAD)).any()


def test_weather_that_is_no_forecast_is_as_unsure_as_is_said():
    off = np.linspace(3.0, 5.0, AHEAD)
    assert spread(past(temp_c=5.0), per_kelvin, {"temp_c": off}) == pytest.approx(0.2 * off)
