"""What became of each recommendation's orders."""

from datetime import UTC, datetime, timedelta

from twin.contracts.messages import Order, OrderState
from twin.regie.order_lives import order_lives

NOON = datetime(2024, 6, 13, 12, 0, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


def order(key, state, start=NOON, recommendation="cars", device="car", p_mw=0.002):
    return Order(key, device, p_mw, start, start + QUARTER, state, recommendation)


def test_orders_are_counted_by_state_for_each_recommendation():
    lives = order_lives(
        [
            order("a", OrderState.CONFIRMED),
            order("b", OrderState.CONFIRMED),
            order("c", OrderState.FAILED),
            order("d", OrderState.SENT, recommendation="battery"),
        ]
    )
    assert {life.recommendation: life.counts for life in lives} == {
        "cars": {"confirmed": 2, "failed": 1},
        "battery": {"sent": 1},
    }


def test_the_recommendation_with_the_newest_order_comes_first():
    lives = order_lives([order("a", OrderState.SENT), order("b", OrderState.SENT, NOON + QUARTER, "battery")])
    assert [life.recommendation for life in lives] == ["battery", "cars"]


def test_its_power_is_that_of_the_newest_orders_together():
    orders = [order("a", OrderState.CONFIRMED, p_mw=0.5), *(order(key, OrderState.SENT, NOON + QUARTER) for key in "bc")]
    (life,) = order_lives(orders)
    assert (life.start, life.p_mw) == (NOON + QUARTER, 0.004)


def test_what_failed_is_named_with_what_was_ordered_newest_first():
    orders = [
        order("a", OrderState.FAILED, device="car_1", p_mw=0.001),
        order("b", OrderState.FAILED, NOON + QUARTER, device="car_2"),
    ]
    (life,) = order_lives(orders)
    assert life.failed == (("car_2", 0.002), ("car_1", 0.001))
