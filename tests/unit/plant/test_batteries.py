"""Batteries: energy is conserved, limits hold, and left alone they serve their own roof."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.plant.batteries import Batteries, BatteryState


def home() -> Batteries:
    return Batteries(np.array([-0.005]), np.array([0.005]), np.array([0.010]), np.array([0.95]))


def holding(energy_mwh: float) -> BatteryState:
    return BatteryState(np.array([energy_mwh]), np.array([0.0]))


def power(state: BatteryState, net_mw: float, wanted_mw: float = np.nan) -> float:
    return float(home().step(state, np.array([net_mw]), np.array([wanted_mw]))[0])


def test_surplus_of_the_roof_is_stored() -> None:
    assert power(holding(0.005), -0.003) == pytest.approx(0.003)


def test_evening_consumption_is_served_from_the_battery() -> None:
    assert power(holding(0.005), 0.002) == pytest.approx(-0.002)


def test_empty_battery_gives_nothing() -> None:
    assert power(holding(0.0), 0.002) == 0.0


def test_round_trip_costs_the_square_of_the_one_way_efficiency() -> None:
    battery, state = home(), holding(0.0)
    taken = sum(float(battery.step(state, np.zeros(1), np.array([0.004]))[0]) for _ in range(4)) * 0.25
    given_back = -sum(float(battery.step(state, np.zeros(1), np.array([-0.004]))[0]) for _ in range(8)) * 0.25
    assert given_back == pytest.approx(0.95**2 * taken)


@given(start=st.floats(0.0, 0.010), net=st.lists(st.floats(-0.05, 0.05), min_size=1, max_size=40))
def test_stored_energy_changes_by_what_flows_in_less_losses(start: float, net: list[float]) -> None:
    battery, state = home(), holding(start)
    flows = np.array([float(battery.step(state, np.array([x]), np.array([np.nan]))[0]) for x in net])
    expected = start + 0.25 * (0.95 * flows[flows > 0].sum() + flows[flows < 0].sum() / 0.95)
    assert state.energy_mwh[0] == pytest.approx(expected, abs=1e-12)
    assert -1e-12 <= state.energy_mwh[0] <= 0.010 + 1e-12
    assert np.abs(flows).max() <= 0.005 + 1e-12


@given(start=st.floats(0.0, 0.010), wanted=st.floats(-1.0, 1.0))
def test_an_order_is_followed_only_within_power_and_energy(start: float, wanted: float) -> None:
    state = holding(start)
    got = power(state, 0.0, wanted)
    assert abs(got) <= 0.005 + 1e-12
    assert 0.0 <= state.energy_mwh[0] <= 0.010
    assert got * wanted >= 0.0
