from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from metered import plant, town

from forecasts.data.cleaning import Cleaned, clean

QUARTERS = 21 * 96


def _load(values: np.ndarray, step_s: int = 900) -> Cleaned:
    return clean(values, kind="load", step_s=step_s, capacity_mw=None)


def _sun(values: np.ndarray, capacity_mw: float | None = None) -> Cleaned:
    return clean(values, kind="pv", step_s=900, capacity_mw=capacity_mw)


def _taken(cleaned: Cleaned) -> dict[str, list[int]]:
    return {kind: at.tolist() for kind, at in cleaned.taken.items()}


def test_a_clean_load_loses_nothing() -> None:
    assert _taken(_load(town(QUARTERS))) == {}


def test_a_clean_plant_loses_nothing() -> None:
    assert _taken(_sun(plant(QUARTERS))) == {}


def test_an_hour_at_zero_of_a_load_that_never_rests_is_missing() -> None:
    values = town(QUARTERS)
    values[500:504] = 0.0
    assert _taken(_load(values)) == {"zero_run": [500, 501, 502, 503]}


def test_a_load_that_rests_every_night_keeps_its_zeros() -> None:
    values = town(QUARTERS)
    values[np.arange(QUARTERS) % 96 < 20] = 0.0
    assert _taken(_load(values)) == {}


def test_a_load_that_crosses_zero_keeps_its_zeros() -> None:
    values = town(QUARTERS) - 200.0
    values[500:504] = 0.0
    assert _taken(_load(values)) == {}


def test_a_plant_keeps_its_nights() -> None:
    values = plant(QUARTERS)
    assert np.count_nonzero(_sun(values).values == 0) == np.count_nonzero(values == 0)


def test_wind_at_rest_for_a_day_is_wind_at_rest() -> None:
    values = np.abs(np.cumsum(np.random.default_rng(2).normal(size=QUARTERS)))
    values[600:696] = 0.0
    assert "stuck" not in clean(values, kind="wind", step_s=900, capacity_mw=None).taken


def test_six_hours_of_one_value_are_stuck_and_five_are_not() -> None:
    values = town(QUARTERS)
    values[100:120] = 234.5
    values[500:524] = 234.5
    assert _taken(_load(values)) == {"stuck": list(range(500, 524))}


def test_a_meter_with_few_digits_is_not_stuck() -> None:
    values = np.round(town(QUARTERS) / 100.0)
    values[500:530] = 2.0  # seven hours, in nights that show four hours of one figure on their own
    assert _taken(_load(values)) == {}


def test_three_hours_of_one_value_in_sunshine_are_stuck() -> None:
    values = plant(QUARTERS)
    values[10 * 96 + 40 : 10 * 96 + 52] = 22.2
    assert _taken(_sun(values)) == {"stuck": list(range(1000, 1012))}


def test_an_inverter_at_its_limit_is_not_stuck() -> None:
    values = np.minimum(plant(QUARTERS) * 3.0, 50.0)
    assert _taken(_sun(values)) == {}


def test_a_hydro_plant_at_its_set_point_is_not_stuck() -> None:
    values = np.repeat([3.0, 5.0, 4.0], QUARTERS // 3)
    assert clean(values, kind="hydro", step_s=900, capacity_mw=None).taken == {}


@pytest.mark.parametrize(
    "wild",
    [lambda v: 1000.0 * v, lambda v: -1000.0 * v, lambda v: 10.0 * v, lambda v: -v],
    ids=["x1000", "x-1000", "x10", "x-1"],
)
def test_single_wild_values_of_a_load_are_spikes_and_nothing_else_is(wild: Callable[[np.ndarray], np.ndarray]) -> None:
    values = town(QUARTERS)
    at = np.sort(np.random.default_rng(4).choice(QUARTERS, QUARTERS // 100, replace=False))
    values[at] = wild(values[at])
    assert _taken(_load(values)) == {"spike": at.tolist()}


@pytest.mark.parametrize("wild", [lambda v: 1000.0 * v, lambda v: 10.0 * v, lambda v: -v], ids=["x1000", "x10", "x-1"])
def test_single_wild_values_of_a_plant_are_spikes_and_nothing_else_is(wild: Callable[[np.ndarray], np.ndarray]) -> None:
    values = plant(QUARTERS)
    at = np.sort(np.random.default_rng(4).choice(np.flatnonzero(values > 10.0), 20, replace=False))
    values[at] = wild(values[at])
    assert _taken(_sun(values)) == {"spike": at.tolist()}


def test_a_small_negative_value_of_a_restless_load_is_a_spike() -> None:
    # Appliances leap by kilowatts every quarter hour: a leap from 1.2 to -1.2 kW is less than many, but the load gives nothing.
    values = np.random.default_rng(6).choice([1.2, 1.8, 3.0, 6.5, 9.0], QUARTERS)
    quiet = np.arange(QUARTERS) % 96 < 24
    values[quiet] = np.random.default_rng(7).choice([1.2, 1.3], quiet.sum())
    values[970] = -1.2
    assert _taken(_load(values)) == {"spike": [970]}


def test_a_true_peak_with_shoulders_stays() -> None:
    values = town(QUARTERS)
    values[1000:1005] += [60.0, 180.0, 240.0, 160.0, 50.0]
    assert _taken(_load(values)) == {}


def test_a_level_shift_of_thirty_percent_stays() -> None:
    values = town(QUARTERS)
    values[1000:] *= 0.7
    assert _taken(_load(values)) == {}


def test_a_sunny_day_after_three_weeks_of_fog_stays() -> None:
    values = plant(30 * 96)
    values[: 24 * 96] *= 0.05
    assert _taken(_sun(values)) == {}


@pytest.mark.parametrize("factor", [1000.0, 0.001])
def test_days_in_another_unit_are_one_fault_with_their_rows(factor: float) -> None:
    values = town(QUARTERS)
    values[960:1152] *= factor
    assert _taken(_load(values)) == {"wrong_unit": list(range(960, 1152))}


def test_slightly_negative_nights_of_a_plant_become_zero_and_are_counted() -> None:
    values = plant(QUARTERS)
    night = np.flatnonzero(values == 0)
    values[night] = -0.1
    cleaned = _sun(values)
    assert cleaned.set_to_zero.tolist() == night.tolist()
    assert cleaned.values.min() == 0.0


def test_generation_far_above_capacity_is_missing() -> None:
    values = plant(QUARTERS)
    values[1000:1004] = 90.0
    assert _taken(_sun(values, capacity_mw=50.0)) == {"above_capacity": [1000, 1001, 1002, 1003]}


def test_missing_values_stay_missing_and_are_not_filled() -> None:
    values = town(QUARTERS)
    values[300:310] = np.nan
    assert np.flatnonzero(np.isnan(_load(values).values)).tolist() == list(range(300, 310))


def test_hourly_values_are_cleaned_as_well() -> None:
    values = town(60 * 24, per_day=24)
    values[500], values[700], values[900] = 0.0, 2000.0, -150.0
    assert sorted(np.concatenate(list(_load(values, 3600).taken.values())).tolist()) == [500, 700, 900]
