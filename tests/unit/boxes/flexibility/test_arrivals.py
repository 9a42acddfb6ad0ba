"""Cars that are still to come: what they will draw by themselves, learnt from when they came and not from how they were fed."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from twin.boxes.flexibility.horizon import DAY_QUARTERS
from twin.boxes.flexibility.tick.arrivals import to_come_mw
from twin.contracts.frame import AsOfView, Frame, Layout
from twin.domain.time import to_epoch_s

NOON = datetime(2016, 1, 25, 12, tzinfo=UTC)
DAYS = 14
P_MAX, ETA = 0.011, 0.9


def view_of(here: np.ndarray, wanted: np.ndarray) -> AsOfView:
    """Two weeks of one charger until noon, dims (time,)."""
    layout = Layout((("device_available", "car"), ("device_energy_required_mwh", "car")))
    values = np.stack([here, wanted], axis=1)
    start = to_epoch_s(NOON - timedelta(days=DAYS))
    return AsOfView(NOON, Frame(layout, start, values, np.zeros(values.shape, dtype=np.uint8)), {})


def visits(*, every: int = 1, energy_mwh: float = 0.0099, wish_after: int = 0) -> AsOfView:
    """Every ``every``-th day the car comes at 18:00 (24 quarter hours after noon), asks, and stays the night."""
    here, wanted = np.zeros(DAYS * DAY_QUARTERS), np.full(DAYS * DAY_QUARTERS, np.nan)
    for day in range(0, DAYS, every):
        first = day * DAY_QUARTERS + 24
        here[first : first + 48] = 1.0
        wanted[first + wish_after : first + 48] = energy_mwh
    return view_of(here, wanted)


def expected(view: AsOfView) -> np.ndarray:
    return to_come_mw(view, ["car"], p_max_mw=np.array([P_MAX]), efficiency=np.array([ETA]), days=DAYS)


def test_a_car_that_comes_every_evening_is_expected_to_charge_on_arrival():
    path = expected(visits())
    assert path[24:28] == pytest.approx([P_MAX] * 4)  # 9.9 kWh at 90 %: one hour at 11 kW
    assert not path[:24].any()
    assert path[28:DAY_QUARTERS] == pytest.approx(0.0, abs=1e-15)


def test_the_energy_is_what_it_asked_for_and_the_charger_loses():
    assert 0.25 * expected(visits(energy_mwh=0.0077))[:DAY_QUARTERS].sum() == pytest.approx(0.0077 / ETA)


def test_a_car_that_comes_every_other_day_is_expected_by_half():
    assert expected(visits(every=2))[24] == pytest.approx(P_MAX / 2.0)


def test_a_car_that_says_late_what_it_wants_still_counts_from_its_arrival():
    np.testing.assert_allclose(expected(visits(wish_after=2)), expected(visits()))


def test_a_car_that_never_says_what_it_wants_is_not_counted():
    assert not expected(visits(wish_after=4)).any()


def test_a_car_that_is_still_there_after_its_charger_was_silent_has_not_come_again():
    here = np.ones(DAYS * DAY_QUARTERS)
    here[::10] = np.nan
    assert not expected(view_of(here, np.full(DAYS * DAY_QUARTERS, 0.01))).any()


def test_without_chargers_nobody_comes():
    none = np.zeros(0)
    assert not to_come_mw(visits(), [], p_max_mw=none, efficiency=none, days=DAYS).any()
