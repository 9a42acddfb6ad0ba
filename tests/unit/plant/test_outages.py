"""Declared outages and switchings become topologies and events."""

from datetime import UTC, datetime, timedelta

import pytest

from twin.domain.grid import NORMAL, Topology
from twin.domain.problems import BadInput
from twin.plant.outages import Schedule, schedule
from twin.site.rules import PlantEvent

T = datetime(2016, 1, 27, 16, 45, tzinfo=UTC)
S = int(T.timestamp())
HOUR = timedelta(hours=1)


def declared(*events: PlantEvent) -> Schedule:
    known = {("line", "66"), ("switch", "296"), ("switch", "3"), ("trafo", "0"), ("device", "battery_458")}
    return schedule(events, exists=lambda table, element: (table, element) in known, open_in_file=frozenset({296}))


def test_line_is_out_from_its_outage_until_it_is_restored() -> None:
    plan = declared(PlantEvent(at=T, kind="outage", element="line.66", until=T + HOUR))
    assert plan.topology(S - 1) == NORMAL
    assert plan.topology(S) == Topology(out_lines=frozenset({66}))
    assert plan.topology(S + 3600) == NORMAL


def test_normally_open_switch_closes_and_opens_again() -> None:
    plan = declared(
        PlantEvent(at=T, kind="close", element="switch.296"), PlantEvent(at=T + HOUR, kind="open", element="switch.296")
    )
    assert plan.topology(S) == Topology(closed_switches=frozenset({296}))
    assert plan.topology(S + 3600) == NORMAL


def test_normally_closed_switch_opens() -> None:
    plan = declared(PlantEvent(at=T, kind="open", element="switch.3"))
    assert plan.topology(S) == Topology(open_switches=frozenset({3}))


@pytest.mark.parametrize(("kind", "element"), [("outage", "line.66"), ("open", "switch.3"), ("refuse", "device.battery_458")])
def test_of_two_events_back_to_back_the_second_holds(kind: str, element: str) -> None:
    first = PlantEvent(at=T - HOUR, kind=kind, element=element, until=T)
    second = PlantEvent(at=T, kind=kind, element=element, until=T + HOUR)
    for plan in (declared(first, second), declared(second, first)):
        in_force = plan.refusing if kind == "refuse" else plan.topology
        assert in_force(S) == in_force(S - 1) != in_force(S + 3600)


def test_a_line_restored_by_hand_in_the_second_of_its_next_outage_is_out() -> None:
    again = [PlantEvent(at=T - HOUR, kind="outage", element="line.66"), PlantEvent(at=T, kind="outage", element="line.66")]
    plan = declared(*again, PlantEvent(at=T, kind="restore", element="line.66"))
    assert plan.topology(S) == Topology(out_lines=frozenset({66}))


def test_next_event_lies_strictly_between_its_bounds() -> None:
    plan = declared(PlantEvent(at=T, kind="outage", element="trafo.0", until=T + HOUR))
    event = plan.next_event(T - HOUR, T + timedelta(minutes=1))
    assert event is not None
    assert (event.at, event.kind, event.element) == (T, "outage", "trafo.0")
    assert plan.next_event(T - HOUR, T) is None
    assert plan.next_event(T, T + HOUR) is None


def test_device_out_of_control_is_no_event_of_the_grid() -> None:
    plan = declared(PlantEvent(at=T, kind="refuse", element="device.battery_458", until=T + HOUR))
    assert plan.refusing(S) == {"battery_458"}
    assert plan.refusing(S + 3600) == frozenset()
    assert plan.next_event(T - HOUR, T + 2 * HOUR) is None


def test_every_wrong_event_is_named_at_once() -> None:
    with pytest.raises(BadInput) as refused:
        declared(
            PlantEvent(at=T, kind="outage", element="line.999"),
            PlantEvent(at=T, kind="outage", element="switch.296"),
            PlantEvent(at=T, kind="outage", element="line.66", until=T - HOUR),
            PlantEvent(at=T.replace(tzinfo=None), kind="outage", element="line.66"),
        )
    assert len(refused.value.problems) == 4
