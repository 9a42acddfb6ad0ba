"""A car's visit: what it would lack by now had nobody held it back."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.boxes.flexibility.tick.remembered import Remembered
from twin.boxes.flexibility.tick.sessions import Session, heard

SEVEN = 1_453_791_600  # an instant; only differences count
NOW = datetime(2016, 1, 25, 18, tzinfo=UTC)


def test_a_car_that_nobody_held_back_is_where_it_says():
    before = Session(SEVEN, 0.010, 0.010).after(0.005).planned(held=False)
    assert heard(before, departure_s=SEVEN, required_mwh=0.007).missing_mwh == 0.007


def test_a_car_held_back_would_have_charged_meanwhile():
    before = Session(SEVEN, 0.010, 0.010).planned(held=True).after(0.004)
    assert heard(before, departure_s=SEVEN, required_mwh=0.010).missing_mwh == pytest.approx(0.006)


def test_once_held_back_a_visit_stays_held_back_until_the_car_leaves():
    visit = Session(SEVEN, 0.010, 0.010).planned(held=True).planned(held=False)
    assert heard(visit, departure_s=SEVEN + 600, required_mwh=0.009).held


@pytest.mark.parametrize(("departure_s", "required_mwh"), [(SEVEN + 86_400, 0.010), (SEVEN, 0.012)])
def test_another_departure_or_a_new_wish_is_a_new_visit(departure_s, required_mwh):
    before = Session(SEVEN, 0.010, 0.001, held=True)
    assert heard(before, departure_s=departure_s, required_mwh=required_mwh).missing_mwh == required_mwh


@given(missing=st.floats(0.0, 0.05), energy=st.floats(0.0, 0.05), required=st.floats(0.0, 0.05))
def test_the_reference_never_lacks_less_than_nothing_nor_more_than_the_car(missing, energy, required):
    before = Session(SEVEN, 0.05, missing, held=True).after(energy)
    assert 0.0 <= heard(before, departure_s=SEVEN, required_mwh=required).missing_mwh <= required


def test_what_is_remembered_comes_back_bit_for_bit():
    kept = Remembered(SEVEN, ("a",), np.array([[0.1, 0.2]]), {"a": Session(SEVEN, 0.1 + 0.2, 1e-300, held=True)})
    back = Remembered.at(NOW, kept.to_bytes())
    assert (back.start_s, back.devices, back.sessions) == (kept.start_s, kept.devices, kept.sessions)
    assert back.plan_mw.tobytes() == kept.plan_mw.tobytes()


@pytest.mark.parametrize("state", [None, b"", b"something else"])
def test_without_a_readable_state_nothing_is_remembered(state):
    assert Remembered.at(NOW, state).sessions == {}
