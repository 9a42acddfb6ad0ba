"""What is used of the rights: curtailed energy by year, by reference and only where an order was binding; calls by day."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.unit.regie.small_devices import PUMPS, ROOF
from twin.contracts.messages import Order, OrderState
from twin.domain.time import QUARTER_HOUR, to_epoch_s
from twin.regie.usage import Calls, Usage, counted, in_force

NOON = datetime(2016, 6, 15, 12, tzinfo=UTC)
DEVICES = {device.id: device for device in (ROOF, PUMPS)}
NOW = Usage().at(NOON, "Europe/Zurich")


def order(device: str, p_mw: float, start: datetime = NOON, state: OrderState = OrderState.SENT) -> Order:
    return Order(f"{device}{start}", device, p_mw, start, start + QUARTER_HOUR, state, "r")


def after(usage: Usage, *orders: Order, fed_mw: float = math.nan, sun: float = 8e-4, failed: tuple[str, ...] = ()):
    """The usage after the quarter hour of the orders; the sun's 0.8 kW per kWp would give the roof 400 kW."""
    acted = {item.device: item for item in orders}
    measured = {"roof": -fed_mw}
    return counted(
        usage, acted, failed, DEVICES,
        interval=orders[0].start if orders else NOON, measured_p_mw=measured, sun_mw_per_kwp=lambda _zone: sun,
    )  # fmt: skip


def curtailed_mwh(*orders: Order, **more) -> float:
    return after(NOW, *orders, **more)[1]


def test_a_plant_at_its_limit_lost_what_its_sun_would_have_given_beyond():
    assert curtailed_mwh(order("roof", -0.1), fed_mw=0.101) == pytest.approx(0.25 * (0.4 - 0.101))


def test_a_silent_meter_counts_as_obedience():
    assert curtailed_mwh(order("roof", -0.1)) == pytest.approx(0.25 * 0.3)


@pytest.mark.parametrize(
    ("why", "more"),
    [
        ("its sun held it back, not the order", {"fed_mw": 0.05}),
        ("there was no more sun than the limit", {"fed_mw": 0.1, "sun": 2e-4}),
        ("it did not obey", {"fed_mw": 0.39, "failed": ("roof",)}),
        ("no sun was measured", {"fed_mw": 0.1, "sun": math.nan}),
    ],
)
def test_nothing_is_counted_when(why, more):
    assert curtailed_mwh(order("roof", -0.1), **more) == 0.0, why


def test_curtailed_energy_adds_up_over_the_local_year_and_begins_anew_with_the_next():
    usage, _ = after(NOW, order("roof", 0.0))
    usage, _ = after(usage, order("roof", 0.0))
    assert usage.curtailed_mwh == {"roof": pytest.approx(0.2)}
    assert usage.at(datetime(2016, 12, 31, 22, 45, tzinfo=UTC), "Europe/Zurich").curtailed_mwh == usage.curtailed_mwh
    assert usage.at(datetime(2016, 12, 31, 23, 0, tzinfo=UTC), "Europe/Zurich").curtailed_mwh == {}


def test_three_percent_of_the_annual_production_are_unpaid():
    assert NOW.unpaid_mwh(ROOF) == pytest.approx(0.03 * 450.0)
    assert replace(NOW, curtailed_mwh={"roof": 13.0}).unpaid_mwh(ROOF) == pytest.approx(0.5)
    assert replace(NOW, curtailed_mwh={"roof": 20.0}).unpaid_mwh(ROOF) == 0.0


def test_only_orders_that_the_field_held_for_the_whole_quarter_hour_are_in_force():
    late = order("roof", 0.0, NOON + timedelta(minutes=7))
    held = in_force({"a": order("pumps", 0.0), "b": order("roof", 0.0, state=OrderState.ACCEPTED), "c": late}, NOON)
    assert set(held) == {"pumps"}


def blocked(quarters: int) -> Usage:
    usage = NOW
    for number in range(quarters):
        usage, _ = after(usage, order("pumps", 0.0, NOON + number * QUARTER_HOUR))
    return usage


def may(usage: Usage, quarters: int) -> bool:
    return usage.may_block(PUMPS, to_epoch_s(NOON + quarters * QUARTER_HOUR))


def test_quarter_hours_in_a_row_are_one_call():
    assert blocked(3).calls["pumps"] == Calls(1, to_epoch_s(NOON), to_epoch_s(NOON + 3 * QUARTER_HOUR))


def test_a_block_may_last_as_long_as_agreed_and_no_longer():
    assert may(blocked(3), 3)
    assert not may(blocked(4), 4)


def test_the_next_block_waits_for_the_rest():
    assert not may(blocked(4), 4 + 7)
    assert may(blocked(4), 4 + 8)


def test_the_calls_of_a_day_are_limited_and_counted_anew_the_next_day():
    usage = blocked(1)
    usage, _ = after(usage, order("pumps", 0.0, NOON + 20 * QUARTER_HOUR))
    assert not may(usage, 40)
    assert may(usage.at(NOON + 48 * QUARTER_HOUR, "Europe/Zurich"), 48)  # midnight in UTC, two o'clock in Zurich
