"""A car's uptake: rated power, taper over the last tenth, never more than what is missing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.plant.charging import uptake_mwh


def taken(missing: float, energy: float, limit: float, rated: float, hours: float) -> float:
    return float(uptake_mwh(*(np.array([x]) for x in (missing, energy, limit, rated, hours)))[0])


def integrated(missing: float, energy: float, limit: float, rated: float, hours: float) -> float:
    steps = 20_000
    left, dt = missing, hours / steps
    for _ in range(steps):
        left -= min(limit, rated * min(1.0, max(left / (0.1 * energy), 0.2))) * dt
        left = max(left, 0.0)
    return missing - left


@pytest.mark.parametrize(
    ("missing", "limit", "hours"),
    [(10.0, 11.0, 0.25), (1.0, 11.0, 0.25), (2.0, 11.0, 0.2), (2.0, 5.0, 0.4), (0.5, 1.0, 0.3), (1.2, 2.5, 0.6)],
)
def test_closed_form_agrees_with_small_steps(missing: float, limit: float, hours: float) -> None:
    # Euler's rule errs by about one step's change of power: 1e-4 of the energy with 20,000 steps
    assert taken(missing, 10.0, limit, 11.0, hours) == pytest.approx(integrated(missing, 10.0, limit, 11.0, hours), abs=1e-3)


def test_car_charges_at_rated_power_until_a_tenth_is_missing() -> None:
    assert taken(10.0, 10.0, 11.0, 11.0, 9.0 / 11.0) == pytest.approx(9.0)


def test_charging_ends_with_the_session_s_energy() -> None:
    assert taken(10.0, 10.0, 11.0, 11.0, 5.0) == pytest.approx(10.0)


def test_no_order_allows_nothing_means_no_energy() -> None:
    assert taken(10.0, 10.0, 0.0, 11.0, 1.0) == 0.0


positive = st.floats(1e-3, 20.0)


@given(share=st.floats(0.0, 1.0), energy=positive, limit=st.floats(0.0, 1.0), rated=positive, hours=st.floats(0.0, 0.25))
def test_uptake_stays_between_nothing_and_what_charger_and_car_allow(
    share: float, energy: float, limit: float, rated: float, hours: float
) -> None:
    got = taken(share * energy, energy, limit * rated, rated, hours)
    assert -1e-9 <= got <= min(share * energy, limit * rated * hours) + 1e-9


@given(share=st.floats(0.0, 1.0), energy=positive, limit=st.floats(0.01, 1.0), rated=positive, cut=st.floats(0.0, 1.0))
def test_two_parts_of_a_quarter_hour_add_up_to_the_whole(
    share: float, energy: float, limit: float, rated: float, cut: float
) -> None:
    missing = share * energy
    first = taken(missing, energy, limit * rated, rated, 0.25 * cut)
    second = taken(missing - first, energy, limit * rated, rated, 0.25 * (1.0 - cut))
    whole = taken(missing, energy, limit * rated, rated, 0.25)
    assert first + second == pytest.approx(whole, abs=1e-9 * (1.0 + energy))
