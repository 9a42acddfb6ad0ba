"""Orders to switches: only what the site declares, each once, confirmed by the telemetered position alone."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.unit.regie.test_alarms import NOW, QUARTER
from twin.contracts.messages import Command, OrderState
from twin.domain.grid import NORMAL, Topology
from twin.regie.switching import KEEP_FINISHED, TIME_TO_MOVE, Switches, answer, follow, to_send

RING, COUPLER = 278, 7
SWITCHES = Switches({RING: False, COUPLER: False, 3: True}, frozenset({RING, 3}), writes=True)
CLOSE = Command(5, "switch", str(RING), "anna", NOW, NOW + QUARTER, value="closed")
CLOSED = Topology(closed_switches=frozenset({RING}))


def ordered():
    return answer({}, [CLOSE], SWITCHES, NORMAL, NOW)[0]


def only(held):
    (order,) = held.values()
    return order


def sent():
    held = ordered()
    return follow(held, tuple(held), SWITCHES, NORMAL, NOW + timedelta(seconds=20))[0]


def test_an_order_is_accepted_and_waits_for_the_field():
    held, lines = answer({}, [CLOSE], SWITCHES, NORMAL, NOW)
    order = only(held)
    assert (order.switch, order.closed, order.by, order.state) == (RING, True, "anna", OrderState.ACCEPTED)
    assert lines == [("switch_ordered", {"switch": "278", "position": "closed", "by": "anna"})]
    assert to_send(held, NOW) == [order]


def test_one_command_is_one_key():
    assert ordered().keys() == ordered().keys()
    assert ordered().keys() != answer({}, [replace(CLOSE, id=6)], SWITCHES, NORMAL, NOW)[0].keys()


def test_what_the_field_took_is_sent_and_does_not_leave_again():
    assert only(sent()).state is OrderState.SENT
    assert to_send(sent(), NOW) == []


def test_the_telemetered_position_confirms_it():
    held, lines = follow(sent(), (), SWITCHES, CLOSED, NOW + timedelta(seconds=40))
    assert only(held).state is OrderState.CONFIRMED
    assert [code for code, _ in lines] == ["switch_moved"]


def test_without_the_position_in_its_time_it_has_failed():
    assert only(follow(sent(), (), SWITCHES, NORMAL, NOW + TIME_TO_MOVE - timedelta(seconds=1))[0]).state is OrderState.SENT
    held, lines = follow(sent(), (), SWITCHES, NORMAL, NOW + TIME_TO_MOVE)
    assert (only(held).state, only(held).reason) == (OrderState.FAILED, "switch_did_not_move")
    assert [code for code, _ in lines] == ["switch_did_not_move"]


def test_what_never_left_expires():
    held, _ = follow(ordered(), (), SWITCHES, NORMAL, NOW + TIME_TO_MOVE)
    assert (only(held).state, only(held).reason) == (OrderState.EXPIRED, "switch_not_delivered")


def test_finished_ones_are_forgotten_after_two_hours():
    held, _ = follow(sent(), (), SWITCHES, CLOSED, NOW + TIME_TO_MOVE)
    assert follow(held, (), SWITCHES, CLOSED, NOW + TIME_TO_MOVE + KEEP_FINISHED)[0] == {}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"target": str(COUPLER)}, "switch_not_remote"),
        ({"target": "3"}, "switch_there_already"),
        ({"target": "999"}, "switch_unknown"),
        ({"target": "ring"}, "switch_unknown"),
        ({"value": "ajar"}, "switch_position_unknown"),
        ({"value": None}, "switch_position_unknown"),
    ],
)
def test_what_cannot_be_ordered_is_refused_and_says_why(changes, code):
    held, lines = answer({}, [replace(CLOSE, **changes)], SWITCHES, NORMAL, NOW)
    assert lines[0][0] == code
    assert to_send(held, NOW) == []


def test_a_site_that_only_reads_refuses_and_says_so():
    held, _ = answer({}, [CLOSE], replace(SWITCHES, writes=False), NORMAL, NOW)
    assert (only(held).state, only(held).reason) == (OrderState.REFUSED, "switch_read_only")


def test_by_default_no_switch_is_moved_from_afar():
    held, _ = answer({}, [CLOSE], Switches({RING: False}, writes=True), NORMAL, NOW)
    assert only(held).reason == "switch_not_remote"


def test_a_second_order_waits_until_the_first_has_ended():
    _, lines = answer(ordered(), [replace(CLOSE, id=6, value="open")], SWITCHES, NORMAL, NOW)
    assert lines[0][0] == "switch_on_its_way"
    done, _ = follow(sent(), (), SWITCHES, CLOSED, NOW + timedelta(minutes=1))
    _, lines = answer(done, [replace(CLOSE, id=6, value="open")], SWITCHES, CLOSED, NOW + timedelta(minutes=2))
    assert lines[0][0] == "switch_ordered"
