"""What devices gave of what was asked of them, from their own meters."""

import numpy as np
import pytest

from tests.unit.boxes.flexibility.tick.small_view import EARLIER_S, view_of
from twin.boxes.flexibility.response import LEARNS
from twin.boxes.flexibility.tick.answered import measured_response
from twin.boxes.flexibility.tick.remembered import Remembered

ASKED = {"battery": (0.02, 0.0)}  # MW asked for, and by itself


def answer(power_mw, *, kept=None, automatic=("battery",)):
    view = view_of(p_mw={"battery": power_mw})
    return measured_response(view, kept or Remembered(EARLIER_S, asked=ASKED), automatic)


def test_device_that_gave_half_of_what_was_asked_is_believed_less():
    assert answer([0.0, 0.0, 0.0, 0.01])["battery"] == pytest.approx(1.0 - LEARNS * 0.5)


def test_what_was_learnt_before_counts():
    kept = Remembered(EARLIER_S, asked=ASKED, response={"battery": 0.6})
    assert answer([0.02] * 4, kept=kept)["battery"] == pytest.approx(0.8 * 0.6 + 0.2)


def test_device_that_waits_for_a_yes_teaches_nothing():
    assert answer([0.0] * 4, automatic=()) == {}


def test_order_that_is_older_than_a_quarter_hour_teaches_nothing():
    kept = Remembered(EARLIER_S - 900, asked=ASKED, response={"battery": 0.6})
    assert answer([0.0] * 4, kept=kept) == {"battery": 0.6}


def test_silent_meter_teaches_nothing():
    kept = Remembered(EARLIER_S, asked=ASKED, response={"battery": 0.6})
    assert answer([0.0, 0.0, 0.0, np.nan], kept=kept) == {"battery": 0.6}


def test_device_that_was_not_asked_keeps_what_is_known_of_it():
    kept = Remembered(EARLIER_S, response={"other": 0.4})
    assert answer([0.0] * 4, kept=kept) == {"other": 0.4}
