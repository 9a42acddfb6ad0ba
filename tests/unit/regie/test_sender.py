"""Orders leave once, by key; what the field does not take waits, is tried again in its quarter hour, and is told."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from twin.contracts.messages import Order, OrderState, SwitchOrder
from twin.plant.orders import Inbox
from twin.regie.sender import RETRY, Sender

NOW = datetime(2016, 6, 15, 12, tzinfo=UTC)
END = NOW + timedelta(minutes=15)
FIRST, SECOND = (
    Order(key, device, 0.1, NOW, END, OrderState.ACCEPTED, "r") for key, device in (("a", "street"), ("b", "town"))
)
OUTBOX = {order.key: order for order in (FIRST, SECOND)}


class Field:
    """The plant's inbox behind a link that breaks ``breaks`` times, each time after ``before`` orders."""

    def __init__(self, breaks=0, before=0):
        self.inbox, self.breaks, self.before, self.calls = Inbox(7, {"street": 0, "town": 1}), breaks, before, []

    def known(self, keys):
        return self.inbox.known(keys)

    def send(self, orders):
        self.calls.append([order.key for order in orders])
        broken = self.breaks > 0
        self.breaks -= 1
        self.inbox.receive(orders[: self.before] if broken else orders, int(NOW.timestamp()))
        if broken:
            raise TimeoutError("no answer")

    def operate(self, orders):
        self.calls.append([order.key for order in orders])
        if self.breaks > 0:
            self.breaks -= 1
            raise TimeoutError("no answer")


@pytest.fixture
def ops():
    return []


def test_a_field_that_answers_gets_each_order_once(ops):
    field = Field()
    sender = Sender(field, ops.append)
    assert sender.send(OUTBOX, NOW) == ("a", "b")
    assert sender.send(OUTBOX, NOW) == ("a", "b")  # it holds them already: a restart asks, and does not send again
    assert field.calls == [["a", "b"], []]
    assert (sender.findings(NOW), ops) == ((), [])


def test_a_field_that_fails_is_told_once_and_is_an_urgent_finding(ops):
    sender = Sender(Field(breaks=2), ops.append)
    assert sender.send(OUTBOX, NOW) == sender.send(OUTBOX, NOW) == ()
    (finding,) = sender.findings(NOW)
    assert (finding.code, finding.priority, finding.params) == ("orders_not_delivered", 2, {"count": 2})
    assert ops == [{"event": "orders_not_delivered", "count": 2, "reason": "TimeoutError: no answer"}]


def test_it_is_tried_again_after_a_pause_and_not_before(ops):
    field = Field(breaks=1)
    sender = Sender(field, ops.append)
    sender.send(OUTBOX, NOW)
    assert sender.again(OUTBOX, NOW + RETRY / 2) == ()
    assert sender.again(OUTBOX, NOW + RETRY) == ("a", "b")
    assert sender.again(OUTBOX, NOW + 2 * RETRY) == ()
    assert field.calls == [["a", "b"], ["a", "b"]]
    assert (sender.findings(NOW), [event["event"] for event in ops]) == ((), ["orders_not_delivered", "orders_delivered_again"])


def test_what_arrived_before_the_link_broke_is_not_sent_again(ops):
    field = Field(breaks=1, before=1)
    sender = Sender(field, ops.append)
    assert sender.send(OUTBOX, NOW) == ("a",)  # it acts on this one, whatever the link said
    assert sender.findings(NOW)[0].params == {"count": 1}
    assert sender.again(OUTBOX, NOW + RETRY) == ("b",)
    assert field.calls == [["a", "b"], ["b"]]


def test_an_order_without_time_left_is_not_sent_and_no_finding_any_more(ops):
    field = Field(breaks=1)
    sender = Sender(field, ops.append)
    sender.send(OUTBOX, NOW)
    assert sender.again(OUTBOX, END) == ()
    assert field.calls[1:] == [[]]
    assert sender.findings(END) == ()


def test_only_accepted_orders_leave(ops):
    sender = Sender(Field(), ops.append)
    outbox = {"a": replace(FIRST, state=OrderState.REFUSED), "b": SECOND}
    assert sender.send(outbox, NOW) == ("b",)


def test_a_site_that_is_read_only_sends_nothing_and_misses_nothing(ops):
    sender = Sender(None, ops.append)
    assert sender.send(OUTBOX, NOW) == sender.again(OUTBOX, NOW + RETRY) == ()
    assert (sender.findings(NOW), ops) == ((), [])


SWITCH = SwitchOrder("s", 7, True, "anna", NOW, NOW + timedelta(minutes=5), OrderState.ACCEPTED)


def test_an_order_to_a_switch_leaves_by_the_same_way(ops):
    field = Field()
    assert Sender(field, ops.append).operate({"s": SWITCH}, NOW) == ("s",)
    assert field.calls == [["s"]]


def test_an_order_to_a_switch_that_the_field_does_not_take_is_told_and_waits(ops):
    sender = Sender(Field(breaks=1), ops.append)
    assert sender.operate({"s": SWITCH}, NOW) == ()
    assert ops == [{"event": "switch_orders_not_delivered", "count": 1, "reason": "TimeoutError: no answer"}]
    assert sender.operate({"s": SWITCH}, NOW + timedelta(minutes=1)) == ("s",)


def test_an_order_to_a_switch_whose_time_is_over_does_not_leave(ops):
    field = Field()
    assert Sender(field, ops.append).operate({"s": SWITCH}, SWITCH.expires) == ()
    assert field.calls == []


def test_a_site_that_only_reads_sends_nothing_to_a_switch(ops):
    assert Sender(None, ops.append).operate({"s": SWITCH}, NOW) == ()
