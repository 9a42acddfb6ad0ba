"""The plant's inbox: idempotent by key, bounded in time, now and then refused."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from twin.contracts.messages import Order, OrderState
from twin.plant.orders import REFUSAL_SHARE, Inbox

NOON = datetime(2016, 6, 15, 12, tzinfo=UTC)
NOON_S = int(NOON.timestamp())


def inbox() -> Inbox:
    return Inbox(2035, {"battery_458": 0, "battery_479": 1})


def obeyed_key(box: Inbox, stem: str = "k") -> str:
    return next(f"{stem}{n}" for n in range(100) if not box.refuses(f"{stem}{n}"))


def order(key: str, p_mw: float = 0.004, device: str = "battery_458", start: datetime = NOON) -> Order:
    return Order(key, device, p_mw, start, start + timedelta(minutes=15), OrderState.SENT, "r")


def wanted(box: Inbox, label_s: int = NOON_S, **options: object) -> np.ndarray:
    return box.wanted_mw(label_s, np.zeros(2), **options)


def test_order_moves_its_device_almost_to_the_setpoint_within_the_quarter_hour() -> None:
    box = inbox()
    box.receive([order(obeyed_key(box))], NOON_S)
    got = wanted(box)
    assert got[0] == pytest.approx(0.004, rel=0.05)  # at most 40 s of 900 s are lost to delay and ramp
    assert got[0] < 0.004
    assert np.isnan(got[1])


def test_order_with_a_known_key_is_not_obeyed_twice_nor_changed() -> None:
    box = inbox()
    key = obeyed_key(box)
    box.receive([order(key)], NOON_S)
    box.receive([order(key, p_mw=-0.004)], NOON_S)
    assert wanted(box)[0] > 0.0
    assert len(box.held) == 1


def test_order_holds_from_its_start_until_it_expires() -> None:
    box = inbox()
    box.receive([order(obeyed_key(box))], NOON_S)
    assert np.isnan(wanted(box, NOON_S - 900)[0])
    assert np.isnan(wanted(box, NOON_S + 900)[0])


def test_order_given_in_the_middle_of_a_quarter_hour_waits_for_the_next() -> None:
    box = inbox()
    late = Order(
        obeyed_key(box), "battery_458", 0.004, NOON + timedelta(minutes=3), NOON + timedelta(minutes=33), OrderState.SENT, "r"
    )
    box.receive([late], NOON_S)
    assert np.isnan(wanted(box, NOON_S)[0])
    assert wanted(box, NOON_S + 900)[0] > 0.0


def test_newest_order_of_a_device_counts() -> None:
    box = inbox()
    box.receive([order(obeyed_key(box, "a")), order(obeyed_key(box, "b"), p_mw=-0.002)], NOON_S)
    assert wanted(box)[0] == pytest.approx(-0.002, rel=0.05)


def test_order_for_an_unknown_device_is_held_and_has_no_effect() -> None:
    box = inbox()
    box.receive([order("k", device="battery_9999")], NOON_S)
    assert box.known(["k", "other"]) == {"k"}
    assert np.isnan(wanted(box)).all()


def test_order_that_is_no_number_has_no_effect_and_survives_a_checkpoint() -> None:
    box, other = inbox(), inbox()
    box.receive([order(obeyed_key(box), p_mw=float("nan"))], NOON_S)
    other.replace(box.to_meta())
    assert np.isnan(wanted(box)).all()
    assert other.known(box.held) == set(box.held)


def test_one_order_in_fifty_is_refused() -> None:
    box = inbox()
    refused = np.mean([box.refuses(f"order-{n}") for n in range(5000)])
    assert refused == pytest.approx(REFUSAL_SHARE, abs=0.006)  # three standard errors of 5,000 draws


def test_device_out_of_control_obeys_nobody() -> None:
    box = inbox()
    box.receive([order(obeyed_key(box))], NOON_S)
    assert np.isnan(wanted(box, refusing=("battery_458",))).all()


def test_a_device_that_knows_off_and_free_only_ignores_any_other_power() -> None:
    box = Inbox(2035, {"pumps": 0, "battery_479": 1}, frozenset({0}))
    box.receive([order(obeyed_key(box), device="pumps", p_mw=0.1)], NOON_S)
    assert np.isnan(wanted(box)[0])
    box.receive([order(obeyed_key(box, "off"), device="pumps", p_mw=0.0)], NOON_S)
    assert wanted(box)[0] == 0.0


def test_keys_are_forgotten_a_week_after_their_order_expired() -> None:
    box = inbox()
    box.receive([order("old")], NOON_S)
    box.receive([order("new", start=NOON + timedelta(days=8))], NOON_S + 8 * 86_400)
    assert box.known(["old", "new"]) == {"new"}
