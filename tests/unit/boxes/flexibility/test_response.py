"""How much of what is asked arrives: learnt from meters, and what the wires count on."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.boxes.flexibility.lp.rows import GridRow, Linear, Trust
from twin.boxes.flexibility.response import ASKED_MW, LEARNS, LEAST, Response, delivered

powers = st.floats(-1.0, 1.0)


def test_one_order_moves_the_belief_by_a_fifth_of_the_surprise():
    assert delivered(1.0, asked_mw=0.02, own_mw=0.0, measured_mw=0.01) == pytest.approx(1.0 - LEARNS * 0.5)


def test_device_that_gives_half_is_believed_half_after_many_orders():
    share = 1.0
    for _ in range(40):
        share = delivered(share, asked_mw=-0.02, own_mw=0.01, measured_mw=-0.005)
    assert share == pytest.approx(0.5, abs=1e-3)  # 0.8 to the 40th is 1e-4 of the first half


def test_device_that_recovers_is_believed_again():
    share = 0.0
    for _ in range(40):
        share = delivered(share, asked_mw=0.02, own_mw=0.0, measured_mw=0.02)
    assert share == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize(("measured", "share"), [(-0.01, 0.0), (0.05, 1.0)])
def test_the_wrong_way_counts_as_nothing_and_too_much_as_all(measured, share):
    assert delivered(0.5, asked_mw=0.02, own_mw=0.0, measured_mw=measured) == pytest.approx(0.8 * 0.5 + 0.2 * share)


def test_move_too_small_to_be_seen_teaches_nothing():
    assert delivered(0.7, asked_mw=0.01 + 0.9 * ASKED_MW, own_mw=0.01, measured_mw=0.0) == 0.7


def test_order_that_nobody_measured_teaches_nothing():
    assert delivered(0.7, asked_mw=0.02, own_mw=0.0, measured_mw=float("nan")) == 0.7


@given(before=st.floats(0.0, 1.0), asked=powers, own=powers, measured=powers)
def test_share_stays_between_nothing_and_all(before, asked, own, measured):
    assert 0.0 <= delivered(before, asked_mw=asked, own_mw=own, measured_mw=measured) <= 1.0


OWN = np.array([[0.01, 0.02], [0.0, -0.05]])
HALF = Response(np.array([0.5, 1.0]), OWN)


def test_wires_count_on_the_own_behaviour_and_the_believed_part_of_the_move():
    np.testing.assert_allclose(HALF.expected(np.array([[0.03, 0.0], [-0.01, 0.0]])), [[0.02, 0.01], [-0.01, 0.0]])


def test_nobody_is_believed_less_than_the_floor():
    silent = Response(np.array([0.0]), np.zeros((1, 1)))
    assert silent.expected(np.array([[1.0]]))[0, 0] == pytest.approx(LEAST)


def test_what_is_not_asked_stays_as_it_is():
    np.testing.assert_array_equal(HALF.expected(OWN), OWN)


def linear():
    row = GridRow(
        name="r", kind="line", element="L", limit=100.0, unit="%", by_p=np.array([[1.0, 0.5], [-1.0, 2.0]]),
        room_mw=np.array([0.1, 0.2]),
    )  # fmt: skip
    trust = Trust(low_mw=OWN - 0.01, high_mw=OWN + 0.02)
    return Linear(rows=(row,), loss_by_p=np.full((2, 2), 0.1), trust=trust)


def test_row_of_what_is_asked_says_the_same_as_the_row_of_what_arrives():
    asked = np.array([[0.03, 0.0], [-0.01, 0.0]])
    (wires,), (believed,) = linear().rows, HALF.believed(linear()).rows
    arriving = wires.room_mw - (wires.by_p * HALF.expected(asked)).sum(axis=0)
    np.testing.assert_allclose(believed.room_mw - (believed.by_p * asked).sum(axis=0), arriving, atol=1e-15)


def test_trust_in_what_arrives_lets_more_be_asked_of_who_gives_half():
    trust = HALF.believed(linear()).trust
    np.testing.assert_allclose(trust.high_mw[0] - OWN[0], 0.04)
    np.testing.assert_allclose(trust.high_mw[1] - OWN[1], 0.02)
    np.testing.assert_allclose(HALF.expected(trust.low_mw), linear().trust.low_mw)


def test_losses_count_for_what_arrives():
    np.testing.assert_allclose(HALF.believed(linear()).loss_by_p, [[0.05, 0.05], [0.1, 0.1]])
