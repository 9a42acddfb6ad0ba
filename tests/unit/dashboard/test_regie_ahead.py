"""The look-ahead on the main page: for whom it is asked, how often, and what is shown of an old answer."""

import threading
from datetime import timedelta
from types import SimpleNamespace

import pytest

from dashboard.regie.access.roles import DEEDS, Role
from dashboard.regie.grid import ahead
from dashboard.regie.grid.ahead import AheadRoom
from dashboard.regie.screen import look_at
from twin.contracts.desk_ports import Ports
from twin.contracts.preview import Course, LookAheadAnswer


class Previews:
    """Answers at once, and counts how often it was asked."""

    def __init__(self, snapshot):
        self.asked, self._answer = 0, answer(snapshot)

    def ask(self, _question, _limit_s):
        self.asked += 1
        return self._answer


def answer(snapshot):
    course = Course(
        worst_loading_percent=(80.0, 112.0), worst_element=("line:1",) * 2, vm_min_pu=(0.98, 0.97), vm_max_pu=(1.01, 1.01)
    )
    told = LookAheadAnswer(
        tick=snapshot.tick,
        as_of=snapshot.as_of,
        interval=snapshot.interval,
        quality=("forecast",),
        stale=False,
        engine="batch",
        ms=2900.0,
        start=snapshot.as_of,
        step_s=900,
        course=course,
        n1_margin_percent=(10.0, -4.0),
        n1_worst_outage=("line:2",) * 2,
        p_violation=(0.0, 0.6),
        p_overload=(0.0, 0.6),
        p_voltage=(0.0, 0.0),
        method="normal_lattice",
        samples=9,
        boxes=("load_town fresh",),
        reach="48h",
    )
    return told.model_dump(mode="json")


@pytest.fixture
def desk(factory):
    """Somebody looks at the busy evening, and what-ifs are served."""
    snapshot = factory.snapshot()
    now = SimpleNamespace(snapshot=snapshot, diagram=None, followers=1)
    return SimpleNamespace(now=now, ports=Ports(previews=Previews(snapshot)))


def looked(room, desk, **changes):
    """The watcher looks at the next tick, and its answer has come where one was asked for."""
    desk.now.snapshot = desk.now.snapshot.model_copy(update={"tick": desk.now.snapshot.tick + 1} | changes)
    before = set(threading.enumerate())
    room.stamp()
    for thread in set(threading.enumerate()) - before:
        thread.join(10.0)
    return desk.ports.previews.asked


def strip_of(room, snapshot):
    look = look_at(snapshot, None, "en", DEEDS[Role.DISPATCHER], read_only=False)
    return str(room.draw(look)["ahead"]["markup"])


def test_a_screen_that_nobody_looks_at_asks_for_no_look_ahead(desk):
    desk.now.followers = 0
    assert looked(AheadRoom(desk), desk) == 0


def test_a_run_at_full_speed_asks_for_none(desk):
    assert looked(AheadRoom(desk), desk, next_at=None) == 0


def test_one_tick_is_asked_about_once(desk, monkeypatch):
    monkeypatch.setattr(ahead, "_REST", 0.0)
    room = AheadRoom(desk)
    assert looked(room, desk) == 1
    room.stamp()
    assert desk.ports.previews.asked == 1
    assert looked(room, desk) == 2


def test_after_an_answer_there_is_a_rest_as_long_as_it_was_dear(desk, monkeypatch):
    monkeypatch.setattr(ahead, "_REST", 1e9)
    room = AheadRoom(desk)
    assert looked(room, desk) == 1
    assert looked(room, desk) == 1


def test_an_answer_from_an_hour_ago_gives_way_to_the_horizon_of_the_plan(desk):
    room = AheadRoom(desk)
    looked(room, desk)
    snapshot = desk.now.snapshot
    assert "ahead-row" in strip_of(room, snapshot)
    assert ">N-1<" in strip_of(room, snapshot)
    later = snapshot.model_copy(update={"as_of": snapshot.as_of + timedelta(minutes=75)})
    assert ">N-1<" not in strip_of(room, later)
