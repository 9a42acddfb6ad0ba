"""Switching orders: what may follow what, interlocks, tags, stale checks, two people at once; over real addresses."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.regie.access.roles import Person, Role
from dashboard.regie.book import Book, Line
from dashboard.regie.commands import CommandQueue
from dashboard.regie.desk import Desk
from dashboard.regie.feed import Files, Watcher
from dashboard.regie.switching.content import Content, Step, way_back
from dashboard.regie.switching.life import FOLLOWS, STATES, STEP_FOLLOWS, Orders, take
from dashboard.regie.switching.room import SwitchingRoom
from twin.contracts.desk_ports import Ports
from twin.contracts.preview import Changes, OrderAnswer, StepResult, read_question
from twin.contracts.preview import Standing as GridStanding

NOW = datetime(2016, 1, 25, 17, 0, tzinfo=UTC)
API = "/regie/api/switching"


@dataclass
class Engine:
    """The port of the what-ifs; the engine's own answers are tested beside it (tests of `twin.preview`)."""

    snapshot: object
    objections: tuple = ()
    asked: list = field(default_factory=list)

    def ask(self, question, timeout_s):
        read = read_question(question)
        self.asked.append(read)
        standing = GridStanding(
            converged=True, worst_loading_percent=88.0, worst_element="line 1", vm_min_pu=0.97, vm_min_bus=1, vm_max_pu=1.02,
            vm_max_bus=2, import_p_mw=20.0, loss_mw=0.3, unsupplied_mw=0.0, unsupplied_buses=(), dark_islands=0, radial=True,
            parts=2, n1_margin_percent=4.0, n1_worst_outage="line 3", n1_closure=None, n1_unsupplied_mw=0.0,
            n1_unsupplied_outage=None, values=self.snapshot.grid,
        )  # fmt: skip
        result = StepResult(after=standing, objections=self.objections, closings=())
        kpi = {"chf": 0.0, "grid_percent": 0.0, "co2_kg": 0.0, "per": "hour", "not_covered": ()}
        answer = OrderAnswer(
            tick=self.snapshot.tick, as_of=self.snapshot.as_of, interval=self.snapshot.interval, quality=("good",), stale=False,
            engine="batch", ms=1.0, before=standing, steps=(result,) * len(read.steps), first_objection=None, kpi=kpi,
        )  # fmt: skip
        return answer.model_dump(mode="json")


class Town:
    """A desk with the switching room, and people who come and go."""

    def __init__(self, state, factory):
        self.state, self.factory = state, factory
        factory.write(state, factory.facts(), "diagram.json")
        self.show()
        self.watcher = Watcher(Files(state), read_only=False)
        self.watcher.look()
        self.engine = Engine(self.watcher.snapshot)
        self.desk = Desk(state, self.watcher, CommandQueue(state), Book(state), Ports(previews=self.engine), False)
        self.room = SwitchingRoom(self.desk)
        server = FastAPI()
        self.room.add_to(server)
        self.person = Person("Anna", Role.DISPATCHER)

        async def door(scope, receive, send):
            scope.setdefault("state", {})["person"] = self.person
            await server(scope, receive, send)

        self.client = TestClient(door)
        facts = factory.facts()
        self.remote = next(s.index for s in facts.switches if s.remote)
        self.other = [s.index for s in facts.switches if s.remote][1]
        self.manual = next(s.index for s in facts.switches if not s.remote)
        self.open = tuple(s.index for s in facts.switches if not s.closed_in_file)

    def show(self, minutes=0, **grid):
        snapshot = self.factory.snapshot()
        values = snapshot.grid.model_copy(update=grid)
        shown = snapshot.model_copy(
            update={"as_of": NOW + timedelta(minutes=minutes), "grid": values, "tick": 41 + minutes, "switch_orders": ()}
        )
        self.factory.write(self.state, shown)
        if hasattr(self, "watcher"):
            self.watcher.look()
            self.room.stamp()

    def as_person(self, name):
        self.person = Person(name, Role.DISPATCHER)
        return self

    def do(self, deed, order="SO-0001", seen=None, **told):
        version = self.room.standing.now().all[order].version if seen is None else seen
        return self.client.post(f"{API}/{order}/{deed}?lang=en", json={"seen": version, **told})

    def draft(self, *steps, **facts):
        blank = dict.fromkeys(("tag", "tag_text", "after", "condition", "condition_element", "condition_limit", "note"), "")
        usual = {"operation": "close", "element": f"switch:{self.remote}", "how": "remote", "travel_min": "0", "takes_min": "5"}
        rows = [usual | blank | step for step in steps]
        columns = {name: [row[name] for row in rows] for name in rows[0]}
        return self.client.post(
            f"{API}/draft?lang=en", json={"title": "Feed the street from the other side", **columns, **facts}
        )

    def order(self, name="SO-0001"):
        return self.room.standing.now().all[name]

    def released(self, *steps):
        assert self.draft(*steps).status_code == 200
        assert self.do("check").status_code == 200
        assert self.do("release").status_code == 200


@pytest.fixture
def town(tmp_path, factory):
    return Town(tmp_path, factory)


# ------------------------------------------------------------------------------------------------- drafting


def test_a_draft_names_every_fault_at_once(town):
    refused = town.draft({"element": "switch:99999"}, {"element": f"switch:{town.manual}"}, {"tag": "hang"})
    assert refused.status_code == 409
    assert all(part in refused.json()["detail"] for part in ("Step 1", "Step 2", "Step 3: a tag needs words"))


def test_a_second_person_who_saw_an_older_draft_is_refused_and_told_who_changed_it(town):
    town.draft({})
    seen = town.order().version
    assert town.as_person("Beat").draft({"note": "mine"}, id="SO-0001", seen=seen).status_code == 200
    late = town.as_person("Anna").draft({"note": "mine too"}, id="SO-0001", seen=seen)
    assert late.status_code == 409
    assert "Beat has changed this order meanwhile" in late.json()["detail"]


def test_an_element_is_understood_by_its_name_from_the_list(town):
    town.draft({"element": f"Coupler {town.remote} · switch:{town.remote}"})
    assert town.order().content.steps[0].element == f"switch:{town.remote}"


# ------------------------------------------------------------------------------------------------- checks


def test_nothing_is_carried_out_from_a_check(town):
    town.draft({})
    town.do("check")
    assert isinstance(town.engine.asked[0].steps[0], Changes)
    assert not town.desk.queue.path.exists()


def test_a_check_is_stale_once_the_order_says_something_else(town):
    town.draft({})
    town.do("check")
    town.draft({"takes_min": "9"}, id="SO-0001", seen=town.order().version)
    assert "checked first" in town.do("release").json()["detail"]


def test_a_check_is_stale_once_somebody_else_has_switched(town):
    town.draft({})
    town.do("check")
    town.show(1, open_switches=tuple(s for s in town.open if s != town.other))
    assert "switched otherwise" in town.do("release").json()["detail"]


def test_objections_are_released_with_a_motive_alone(town):
    town.draft({})
    town.engine.objections = (
        {"code": "overload", "element": "line 7", "value": 104.0, "limit": 100.0, "unit": "%", "existed": False},
    )
    town.do("check")
    assert "objections" in town.do("release").json()["detail"]
    assert town.do("release", despite="Ten minutes only").status_code == 200


def test_where_the_site_wants_four_eyes_a_second_person_releases(town):
    object.__setattr__(town.desk, "second", frozenset({"switching.release"}))  # as the settings of the site have it
    town.draft({})
    town.do("check")
    assert "second person" in town.do("release").json()["detail"]
    assert town.as_person("Beat").do("release").status_code == 200


# ------------------------------------------------------------------------------------------------- carrying out


def test_a_remote_step_goes_into_the_loops_queue_and_is_confirmed_by_telemetry(town):
    town.released({})
    assert town.do("order", step=1).status_code == 200
    assert town.desk.queue.path.exists()
    assert town.order().progress[0].state == "ordered"
    town.show(1)
    assert town.order().progress[0].state == "ordered"
    town.show(2, open_switches=tuple(s for s in town.open if s != town.remote))
    assert (town.order().progress[0].state, town.order().progress[0].by, town.order().state) == ("done", "telemetry", "done")


def test_steps_are_ordered_strictly_one_after_the_other(town):
    town.released({}, {"element": f"switch:{town.manual}", "operation": "open", "how": "crew"})
    assert "not the next one" in town.do("order", step=2).json()["detail"]


def test_a_crew_reports_by_name_and_not_before_it_was_told(town):
    town.released({"element": f"switch:{town.manual}", "operation": "open", "how": "crew", "travel_min": "20"})
    town.do("order", step=1)
    assert "who reported" in town.do("report", step=1).json()["detail"]
    assert "is not between" in town.do("report", step=1, crew="Crew 2", at="17:30").json()["detail"]
    town.show(30)
    assert town.do("report", step=1, crew="Crew 2", at="18:25").status_code == 200
    assert town.order().progress[0].by == "Crew 2"


def test_the_check_foresaw_the_orders_own_steps(town):
    town.released(
        {"element": f"switch:{town.manual}", "operation": "open", "how": "crew"},
        {"element": f"switch:{town.other}"},
    )
    town.do("order", step=1)
    town.show(1, open_switches=(*town.open, town.manual))
    town.do("report", step=1, crew="Crew 2")
    assert town.do("order", step=2).status_code == 200


def test_a_new_check_holds_on_a_grid_where_a_step_was_undone_by_somebody_else(town):
    town.released({}, {"element": f"switch:{town.manual}", "operation": "test", "how": "crew"})
    town.do("order", step=1)
    town.show(2, open_switches=tuple(s for s in town.open if s != town.remote))
    town.show(3)  # somebody has opened it again
    assert "switched otherwise" in town.do("order", step=2).json()["detail"]
    town.engine.snapshot = town.watcher.snapshot
    assert town.do("check").status_code == 200
    assert town.do("order", step=2).status_code == 200


def test_a_check_with_new_objections_stops_an_order_that_was_released_without_any(town):
    town.released({})
    town.engine.objections = (
        {"code": "overload", "element": "line 7", "value": 104.0, "limit": 100.0, "unit": "%", "existed": False},
    )
    assert town.do("check").status_code == 200
    assert "objections" in town.do("order", step=1).json()["detail"]


def test_whoever_drafted_it_waits_for_a_second_person_where_the_site_wants_four_eyes(town):
    object.__setattr__(town.desk, "second", frozenset({"switching.release"}))  # as the settings of the site have it
    town.draft({})
    town.do("check")
    assert "Waits for a second person" in town.client.get("/regie/switching/SO-0001?lang=en").text
    assert "Waits for a second person" not in town.as_person("Beat").client.get("/regie/switching/SO-0001?lang=en").text


def test_an_interlock_refuses_a_step_whose_forerunner_has_gone_back(town):
    town.released(
        {"element": f"switch:{town.manual}", "operation": "open", "how": "crew"},
        {"element": f"switch:{town.manual}", "operation": "earth", "how": "crew", "after": "1"},
    )
    town.do("order", step=1)
    town.do("report", step=1, crew="Crew 2")
    town.show(1)  # telemetry still shows the switch closed
    assert "the result of step 1 does not stand" in town.do("order", step=2).json()["detail"]


def test_a_condition_that_does_not_hold_refuses_the_step(town):
    bus = town.factory.facts().buses[0].index
    town.released({"condition": "dead", "condition_element": f"bus:{bus}"})
    assert "does not hold" in town.do("order", step=1).json()["detail"]


def test_a_tag_blocks_its_element_for_every_order_until_it_is_removed(town):
    hang = {"element": f"switch:{town.remote}", "operation": "test", "how": "crew", "tag": "hang", "tag_text": "People at work"}
    town.released(hang, {"element": f"switch:{town.remote}"}, {"tag": "remove"})
    town.do("order", step=1)
    town.do("report", step=1, crew="Crew 2")
    assert list(town.room.standing.now().tags) == [f"switch:{town.remote}"]
    assert "People at work" in town.do("order", step=2).json()["detail"]


def test_an_aborted_order_proposes_the_way_back_of_what_was_done(town):
    town.released(
        {"element": f"switch:{town.manual}", "operation": "open", "how": "crew", "tag": "hang", "tag_text": "Do not close"},
        {"element": f"switch:{town.other}"},
    )
    town.do("order", step=1)
    town.do("report", step=1, crew="Crew 2")
    assert town.do("abort", seen=0).status_code == 200
    assert town.do("back").status_code == 200
    back = town.order("SO-0002").content
    assert [(s.operation, s.tag) for s in back.steps] == [("close", "remove")]
    assert back.undoes == "SO-0001"


def test_every_page_speaks_four_languages(town):
    town.released({}, {"element": f"switch:{town.manual}", "operation": "open", "how": "crew"})
    for language in ("en", "de", "fr", "it"):
        for path in ("", "new", "SO-0001", "SO-0001/part?seen=1&x=1", "SO-0001/edit"):
            shown = town.client.get(f"/regie/switching/{path}{'&' if '?' in path else '?'}lang={language}")
            assert shown.status_code == 200, path


def test_a_viewer_sees_and_does_nothing(town):
    town.draft({})
    town.person = Person("Guest", Role.VIEWER)
    assert town.client.get("/regie/switching/SO-0001?lang=en").status_code == 200
    assert town.do("check").status_code == 403


# ------------------------------------------------------------------------------------------------- the fold

STEP = Step(operation="close", element="switch:1", how="remote", tag="hang", tag_text="x")
CONTENT = Content(title="t", steps=(STEP, STEP.model_copy(update={"tag": "remove"})))
KINDS = sorted({kind for _, kind in FOLLOWS} | {"draft", "nonsense"})


@st.composite
def lines(draw):
    made = []
    for number in range(1, draw(st.integers(1, 40)) + 1):
        params = {
            "as_of": NOW.isoformat(),
            "content": CONTENT.model_dump(mode="json"),
            "step": draw(st.integers(-1, 3)),
            "at": NOW.isoformat(),
        }
        params |= {"hash": "h", "positions": [], "tick": 1, "holds": True, "answer": {"steps": []}}
        for name in draw(st.sets(st.sampled_from(sorted(params)), max_size=2)):
            del params[name]
        kind, target = draw(st.sampled_from(KINDS)), draw(st.sampled_from(["SO-1", "SO-2"]))
        made.append(Line(number, NOW, "Anna", "dispatcher", f"switching.{kind}", target, params, "hash", "salt"))
    return made


@settings(max_examples=100, deadline=None)
@given(lines())
def test_no_sequence_of_lines_leaves_the_table(told):
    orders = Orders()
    for line in told:
        before = orders
        orders = take(orders, line)
        for name, order in orders.all.items():
            assert order.state in STATES
            states = [each.state for each in order.progress]
            assert states == sorted(states, key=lambda state: state != "done")  # done is a beginning, never a gap
            assert (order.state in ("draft", "released", "withdrawn")) <= (set(states) == {"waiting"})
            assert (order.state == "done") <= (set(states) == {"done"})
            was = before.all.get(name)
            if was is not None and was.version != order.version:
                kind = line.kind.partition(".")[2]
                assert (was.state, kind) in FOLLOWS
                changed = [(a.state, b.state) for a, b in zip(was.progress, order.progress, strict=True) if a.state != b.state]
                assert all(b == "waiting" or STEP_FOLLOWS[a, kind] == b for a, b in changed)


def test_what_cannot_be_undone_has_no_way_back():
    work = Step(operation="work", element="line:1", how="crew")
    assert way_back(Content(title="t", steps=(work,)), 1, "back", "SO-1") is None
