"""The outbox: no order twice, none kept alive by chance, each confirmed or failed by what the meters show."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.regie.small_devices import ROOF
from twin.contracts.devices import Acceptance, Device, Right, RightOfUse
from twin.contracts.messages import Order, OrderState
from twin.domain.time import QUARTER_HOUR
from twin.regie.orders import count, earned_chf, failed, follow, issue, mark_sent, to_send, withdraw

NOW = datetime(2016, 6, 15, 12, tzinfo=UTC)
USE = RightOfUse(Right.OWN, Acceptance.AUTOMATIC, 0.0)
DEVICES = {name: Device(name, "battery", "g", "storage", 0, 0, "town", -1.0, 1.0, 2.0, 0.95, USE) for name in ("a", "b")}
FOR = {"a": "g@1", "b": "g@1"}


def issued(p_mw=0.5, as_of=NOW, outbox=None, device="a"):
    return issue(outbox or {}, {device: p_mw}, {device: 0.2}, FOR, as_of)


def sent(p_mw=0.5, as_of=NOW):
    orders = issued(p_mw, as_of)
    return mark_sent(orders, list(orders))


def followed(outbox, minutes, p_mw):
    as_of = NOW + timedelta(minutes=minutes)
    return follow(outbox, {"a": p_mw}, DEVICES, as_of - QUARTER_HOUR, as_of)


def state(outbox) -> str:
    (order,) = outbox.values()
    return order.state


def test_equal_tick_device_and_value_give_an_equal_key():
    assert issued() == issued()


@pytest.mark.parametrize("other", [{"p_mw": 0.6}, {"as_of": NOW + QUARTER_HOUR}, {"device": "b"}])
def test_another_tick_device_or_value_gives_another_key(other):
    assert set(issued(**other)).isdisjoint(issued())


def test_an_unchanged_setpoint_makes_no_second_order():
    assert issued(as_of=NOW + timedelta(minutes=5), outbox=sent()) == {}


def test_a_setpoint_within_the_deadband_makes_no_second_order():
    assert issued(p_mw=0.5001, outbox=sent()) == {}


def test_a_changed_setpoint_makes_an_order():
    assert len(issued(p_mw=0.6, outbox=sent())) == 1


def test_every_quarter_hour_has_an_order_of_its_own():
    assert len(issued(as_of=NOW + QUARTER_HOUR, outbox=sent())) == 1


def test_a_device_that_is_left_out_goes_on_by_itself_from_the_next_quarter_hour():
    (order,) = issued().values()
    assert order.expires == NOW + QUARTER_HOUR


def test_an_order_of_an_event_lapses_with_its_quarter_hour():
    (order,) = issued(as_of=NOW + timedelta(minutes=4)).values()
    assert order.expires == NOW + QUARTER_HOUR


def test_an_order_whose_mandate_was_withdrawn_before_it_left_is_refused_and_never_sent():
    held_back = withdraw(issued(), mandates=())
    assert state(held_back) is OrderState.REFUSED
    assert to_send(held_back, NOW) == []


def test_an_order_with_a_mandate_is_not_withdrawn():
    assert withdraw(issued(), mandates=("g@1",)) == issued()


def test_an_owner_earns_when_the_meter_confirms_and_not_before():
    one = sent()
    assert earned_chf(one, followed(one, 15, 0.5), DEVICES) == pytest.approx(0.2)
    assert earned_chf(one, followed(one, 15, 0.0), DEVICES) == 0.0
    confirmed = followed(one, 15, 0.5)
    assert earned_chf(confirmed, followed(confirmed, 30, 0.5), DEVICES) == 0.0


@pytest.mark.parametrize(("fed_mw", "found"), [(0.05, "confirmed"), (0.11, "confirmed"), (0.3, "failed")])
def test_a_plant_obeys_a_limit_by_feeding_no_more(fed_mw, found):
    outbox = sent(-0.1)
    roof = {"a": replace(ROOF, id="a")}
    as_of = NOW + QUARTER_HOUR
    assert state(follow(outbox, {"a": -fed_mw}, roof, NOW, as_of)) == found


@given(st.permutations(range(6)))
def test_what_owners_earn_has_the_same_bits_in_whatever_order_the_book_is_read_back(order):
    before = {str(i): replace(next(iter(sent().values())), key=str(i), payment_chf=0.1 * 3.0**i) for i in range(6)}
    after = {key: replace(item, state=OrderState.CONFIRMED) for key, item in before.items()}
    assert earned_chf(before, {str(i): after[str(i)] for i in order}, DEVICES) == earned_chf(before, after, DEVICES)


def test_every_state_that_an_order_reaches_is_counted_once():
    counts = count({str(s): 0 for s in OrderState}, {}, issued())
    counts = count(counts, issued(), sent())
    counts = count(counts, sent(), followed(sent(), 15, 0.5))
    assert {name: n for name, n in counts.items() if n} == {"accepted": 1, "confirmed": 1}


def test_a_failed_order_is_tried_again():
    failed = {key: replace(order, state=OrderState.FAILED) for key, order in sent().items()}
    assert len(issued(as_of=NOW + timedelta(minutes=5), outbox=failed)) == 1


@given(st.integers(0, 1000))
def test_the_newest_order_of_a_device_decides_however_the_book_is_sorted(seed):
    older, newer = sent(0.2, NOW - QUARTER_HOUR), sent(0.5)
    book = list({**older, **newer}.items())
    random.Random(seed).shuffle(book)
    assert issued(0.5, NOW + timedelta(minutes=1), dict(book)) == {}
    assert len(issued(0.2, NOW + timedelta(minutes=1), dict(book))) == 1


def test_only_what_the_field_took_is_marked_as_sent():
    orders = issue({}, {"a": 0.5, "b": 0.5}, {}, FOR, NOW)
    first = next(iter(orders))
    marked = mark_sent(orders, [first, "unknown"])
    assert [order.state for order in marked.values()] == [OrderState.SENT, OrderState.ACCEPTED]


def test_a_measured_response_within_ten_percent_of_the_nameplate_confirms():
    assert state(followed(sent(), 15, 0.41)) is OrderState.CONFIRMED


def test_no_response_in_its_quarter_hour_fails():
    failed_one = followed(sent(), 15, 0.0)
    assert state(failed_one) is OrderState.FAILED
    assert failed(sent(), failed_one) == ["a"]


def test_a_silent_meter_proves_neither_obedience_nor_failure():
    assert state(followed(sent(0.0), 15, float("nan"))) is OrderState.EXPIRED


def test_an_interval_before_the_order_proves_nothing():
    as_of = NOW + timedelta(minutes=14)
    early = follow(sent(), {"a": 0.5}, DEVICES, NOW - QUARTER_HOUR, as_of)
    assert state(early) is OrderState.SENT


def test_an_order_that_never_left_expires():
    assert state(followed(issued(), 30, 0.5)) is OrderState.EXPIRED


def test_an_order_replaced_before_it_showed_an_effect_expires():
    first = sent()
    both = {**first, **sent(-0.5, NOW + timedelta(minutes=5))}
    after = follow(both, {"a": -0.5}, DEVICES, NOW + timedelta(minutes=5), NOW + timedelta(minutes=20))
    assert {o.p_mw: o.state for o in after.values()} == {0.5: OrderState.EXPIRED, -0.5: OrderState.CONFIRMED}


def test_a_confirmed_order_stays_confirmed_when_the_device_later_stops():
    confirmed = followed(sent(), 15, 0.5)
    assert state(followed(confirmed, 30, 0.0)) is OrderState.CONFIRMED


def test_finished_orders_are_forgotten_after_two_hours():
    finished = followed(sent(), 15, 0.0)
    assert followed(finished, 15 + 119, 0.0) == finished
    assert followed(finished, 15 + 120, 0.0) == {}


def test_accepted_orders_are_sent_in_a_fixed_order_while_they_have_time():
    orders = issue({}, {"b": 0.1, "a": 0.5}, {}, FOR, NOW)
    assert [o.key for o in to_send(orders, NOW)] == sorted(orders)
    assert to_send(orders, NOW + QUARTER_HOUR) == []


def test_what_was_sent_is_not_sent_again():
    assert to_send(sent(), NOW) == []


def test_an_order_names_its_recommendation_and_its_end():
    (order,) = issued().values()
    assert order == Order(order.key, "a", 0.5, NOW, NOW + QUARTER_HOUR, OrderState.ACCEPTED, "g@1", 0.2)
