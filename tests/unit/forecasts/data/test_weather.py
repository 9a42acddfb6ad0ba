from __future__ import annotations

import numpy as np
import pytest

from forecasts.data.accumulated import per_interval, reset_slot
from forecasts.data.alignment import align
from forecasts.data.weather_units import convert

DAYS = 12


def _sun(per_day: int = 24) -> np.ndarray:
    """Global irradiance [W/m2] of twelve days of varying cloud, every day another."""
    height = np.maximum(0.0, np.sin(2 * np.pi * (np.arange(DAYS * per_day) / per_day - 0.25)))
    return 900.0 * height * np.repeat(np.random.default_rng(1).uniform(0.2, 1.0, DAYS), per_day)


def _added_up(amounts: np.ndarray, per_day: int = 24, first: int = 0) -> np.ndarray:
    out = amounts.copy()
    for row in range(1, len(out)):
        if (row - first) % per_day:
            out[row] += out[row - 1]
    return out


def test_radiation_that_adds_up_over_the_day_is_turned_into_means() -> None:
    converted = convert("ghi_w_m2", _added_up(_sun() * 3600.0), 3600)
    np.testing.assert_allclose(converted.values, _sun(), atol=1e-6)  # rounding of sums of 3e7 J/m2
    assert converted.remarks == (
        "adds up over the day: turned into what each interval brought",
        "J/m2 per interval of 60 min: turned into W/m2",
    )


def test_rain_that_adds_up_in_metres_is_turned_into_millimetres_of_each_interval() -> None:
    rain = np.where(np.random.default_rng(2).random(DAYS * 24) < 0.2, 0.7, 0.0)
    converted = convert("rain_mm", _added_up(rain / 1000.0), 3600)
    np.testing.assert_allclose(converted.values, rain, atol=1e-9)
    assert "metres: turned into millimetres" in converted.remarks


def test_a_reset_in_the_middle_of_the_rows_day_is_found() -> None:
    assert reset_slot(_added_up(_sun(), first=7), 3600) == 7


def test_means_do_not_look_added_up() -> None:
    assert reset_slot(_sun(), 3600) is None


def test_a_gap_costs_the_interval_after_it_and_not_the_one_after_a_reset() -> None:
    counted = _added_up(_sun())
    counted[[30, 71]] = np.nan
    amounts = per_interval(counted, 3600, 0)
    assert np.flatnonzero(np.isnan(amounts)).tolist() == [30, 31, 71]


@pytest.mark.parametrize(("step_s", "said"), [(3600, "J/m2 per interval of 60 min"), (900, "J/m2 per hour")])
def test_radiation_in_joules_becomes_mean_power(step_s: int, said: str) -> None:
    per_day = 86_400 // step_s
    converted = convert("ghi_w_m2", _sun(per_day) * 3600.0, step_s)
    np.testing.assert_allclose(converted.values, _sun(per_day))
    assert converted.remarks == (f"{said}: turned into W/m2",)


def test_joules_of_a_quarter_hour_are_told_from_those_of_an_hour() -> None:
    np.testing.assert_allclose(convert("ghi_w_m2", _sun(96) * 900.0, 900).values, _sun(96))


@pytest.mark.parametrize(
    ("name", "given", "meant"),
    [
        ("temp_c", [288.15, 273.15], [15.0, 0.0]),
        ("temp_c", [15.0, -3.0], [15.0, -3.0]),
        ("cloud_share", [0.0, 100.0, 55.0], [0.0, 1.0, 0.55]),
        ("cloud_share", [0.0, 1.0], [0.0, 1.0]),
        ("humidity_percent", [0.5, 0.93], [50.0, 93.0]),
        ("humidity_percent", [50.0, 102.25], [50.0, 100.0]),
        ("pressure_hpa", [101_300.0], [1013.0]),
        ("pressure_hpa", [96.5], [965.0]),
        ("rain_mm", [0.0, 3.0], [0.0, 3.0]),
        ("ghi_w_m2", [-3.0, 500.0], [0.0, 500.0]),
    ],
)
def test_units_are_found_from_the_figures(name: str, given: list[float], meant: list[float]) -> None:
    np.testing.assert_allclose(convert(name, np.array(given), 3600).values, meant)


def test_weather_that_cannot_be_is_missing_and_counted() -> None:
    converted = convert("cloud_share", np.array([80.0, 2562.0, 100.0, 20.0]), 3600)
    assert converted.impossible.tolist() == [1]
    assert np.isnan(converted.values[1])
    assert "1 values outside 0 to 1 count as missing" in converted.remarks


def test_a_name_without_known_meaning_stays_as_it_is() -> None:
    values = np.tile(np.arange(24.0), DAYS)
    assert convert("hour", values, 3600).values.tolist() == values.tolist()


def test_hourly_states_are_interpolated_between_the_middles_of_their_hours() -> None:
    quarters = align("temp_c", np.array([0.0, 4.0, 8.0]), 0, 3600, to_start_s=0, to_step_s=900, rows=12)
    np.testing.assert_allclose(quarters[2:10], 0.5 + np.arange(8))  # from 0:37.5, an eighth of an hour after 0:30
    assert quarters[[0, 1, 10, 11]].tolist() == [0.0, 0.0, 8.0, 8.0]


def test_hourly_radiation_keeps_its_energy_on_quarter_hours() -> None:
    hours = np.array([0.0, 100.0, 300.0])
    quarters = align("ghi_w_m2", hours, 0, 3600, to_start_s=0, to_step_s=900, rows=12)
    assert quarters.reshape(3, 4).mean(axis=1).tolist() == hours.tolist()


def test_hourly_rain_keeps_its_amount_on_quarter_hours() -> None:
    assert align("rain_mm", np.array([2.0]), 0, 3600, to_start_s=0, to_step_s=900, rows=4).tolist() == [0.5] * 4


def test_ten_minutes_onto_quarter_hours_weigh_by_overlap() -> None:
    quarters = align("temp_c", np.array([0.0, 3.0, 9.0]), 0, 600, to_start_s=0, to_step_s=900, rows=2)
    assert quarters.tolist() == [1.0, 7.0]


def test_quarter_hours_of_rain_add_up_to_an_hour() -> None:
    assert align("rain_mm", np.full(4, 0.5), 0, 900, to_start_s=0, to_step_s=3600, rows=1).tolist() == [2.0]


def test_states_are_bridged_over_two_missing_hours_and_not_over_four() -> None:
    values = np.array([1.0, np.nan, np.nan, 4.0, np.nan, np.nan, np.nan, np.nan, 9.0])
    bridged = align("temp_c", values, 0, 3600, to_start_s=0, to_step_s=3600, rows=9)
    assert bridged[:4].tolist() == [1.0, 2.0, 3.0, 4.0]
    assert np.isnan(bridged[4:8]).all()


def test_nothing_is_carried_beyond_the_last_weather() -> None:
    ahead = align("temp_c", np.array([1.0, 2.0]), 0, 3600, to_start_s=0, to_step_s=900, rows=12)
    assert np.isnan(ahead[8:]).all()


def test_weather_that_begins_later_stands_at_its_time() -> None:
    assert align("ghi_w_m2", np.array([5.0]), 7200, 3600, to_start_s=0, to_step_s=3600, rows=4)[2] == 5.0
