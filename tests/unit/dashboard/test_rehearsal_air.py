"""What was rehearsed is put on air over real addresses: a command, a planned action, a drafted order; or why not."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

import scenarios
from dashboard.regie.access.roles import Person, Role
from dashboard.regie.analyst.room import AnalystRoom
from dashboard.regie.book import Book
from dashboard.regie.commands import CommandQueue
from dashboard.regie.conducteur.day import Day
from dashboard.regie.conducteur.room import ConducteurRoom
from dashboard.regie.desk import Desk
from dashboard.regie.feed import Files, Watcher
from dashboard.regie.grid.ahead import AheadRoom
from dashboard.regie.rehearsal.room import RehearsalRoom
from dashboard.regie.switching.room import SwitchingRoom
from twin.contracts.desk_ports import Ports
from twin.work.jobs_port import JobsOfState

TASK = "aaaa0001"
LIBRARY = Path(scenarios.__file__).parent / "library"


class Town:
    """A desk with everything that a rehearsed decision can become, and one finished rehearsal of the busy evening."""

    def __init__(self, state, factory, *, second=frozenset(), read_only=False):
        self.state, self.factory = state, factory
        factory.write(state, factory.facts(), "diagram.json")
        factory.write(state, factory.snapshot())
        self.watcher = Watcher(Files(state), read_only=read_only)
        self.watcher.look()
        self.now = self.watcher.snapshot
        self.group = next(one.group for one in self.now.recommendations if one.state == "open")
        self.open = next(one.id for one in self.now.recommendations if one.state == "open")
        ports = Ports(jobs=JobsOfState(state), library=LIBRARY)
        life = timedelta(minutes=10)
        self.desk = Desk(state, self.watcher, CommandQueue(state), Book(state), ports, read_only, second, life)
        self.switching = SwitchingRoom(self.desk)
        self.conducteur = ConducteurRoom(self.desk, self.switching.planned, self.switching.standing, AheadRoom(self.desk))
        server = FastAPI()
        for room in (RehearsalRoom(self.desk, self.switching.draft), AnalystRoom(self.desk), self.switching, self.conducteur):
            room.add_to(server)
        self.person = Person("Anna", Role.DISPATCHER)

        async def door(scope, receive, send):
            scope.setdefault("state", {})["person"] = self.person
            await server(scope, receive, send)

        self.client = TestClient(door)

    def rehearse(self, *, site=None, at=None, switchings="", **facts):
        """One finished rehearsal, as `regie run` leaves it: an accepted recommendation of the group, and what was switched."""
        folder, begin = self.state / "jobs" / "desk" / "rehearsal" / TASK, at or self.now.as_of
        (folder / "evening").mkdir(parents=True)
        order = {
            "device": "ev_1", "recommendation": f"{self.group}@then", "start": (begin + timedelta(minutes=30)).isoformat(),
            "expires": (begin + timedelta(hours=2)).isoformat(), "state": "confirmed", "p_mw": -0.01,
            "life": [["accepted", begin.isoformat()]],
        }  # fmt: skip
        told = {"title": {"en": "Evening"}, "site": site or self.now.site.name, "timezone": self.now.site.timezone, "ticks": 16}
        told |= {"start": begin.isoformat(), "kpis": {}, "order_list": [order], "violations": [], **facts}
        (folder / "evening" / "result.json").write_text(json.dumps(told))
        (folder / "scenario.toml").write_text(switchings)
        task = {"kind": "run", "target": "Evening", "by": "Anna", "at": begin.isoformat(), "argv": ["run"], "params": {}}
        (folder / "task.json").write_text(json.dumps({**task, "job": None}))

    def switched(self, remote=True, until=None):
        """A switching of a remote (or manual) switch an hour from now, as a scenario's file writes it."""
        index = next(s.index for s in self.factory.facts().switches if s.remote is remote)
        at = self.now.as_of + timedelta(hours=1)
        back = "" if until is None else f"until = {(at + until).isoformat()}\n"
        return f'[[switchings]]\nswitch = "switch.{index}"\nclosed = true\nat = {at.isoformat()}\n{back}', index, at

    def air(self, proposal):
        return self.client.post(f"/regie/rehearsal/task/{TASK}/air?lang=en", json={"proposal": proposal})

    @property
    def answer(self):
        return f"{self.group}@then"

    def queued(self):
        if not (self.state / "commands.sqlite").exists():
            return []
        with closing(sqlite3.connect(self.state / "commands.sqlite")) as db:
            return db.execute("SELECT kind, target, by FROM command").fetchall()

    def kinds(self):
        return [line.kind for line in self.desk.book.lines("rehearsal", "cue", "switching", "command", "second")]


@pytest.fixture
def town(tmp_path, factory):
    return Town(tmp_path, factory)


def test_a_rehearsed_acceptance_becomes_the_command_of_whoever_confirms_it(town):
    town.rehearse()
    answered = town.air(town.answer)
    assert (answered.status_code, answered.json()["said"].startswith("Accepted")) == (200, True)
    assert town.queued() == [("accept", town.open, "Anna")]
    assert town.kinds() == ["rehearsal.air", "command.accept"]


def test_where_two_people_are_needed_it_waits_for_the_second_and_says_so(tmp_path, factory):
    town = Town(tmp_path, factory, second=frozenset({"accept"}))
    town.rehearse()
    assert town.air(town.answer).json()["said"].startswith("Waits for a second person")
    assert town.queued() == []
    assert town.kinds() == ["rehearsal.air", "second.ask"]


def test_what_was_rehearsed_for_later_stands_in_the_run_of_show_once(town):
    town.rehearse()
    assert town.air(f"action {town.answer}").status_code == 200
    day = Day.of(town.now.as_of, town.now.site.timezone)
    (cue,) = [cue for cue in town.conducteur.cues_of(day) if cue.title.startswith("Rehearsed:")]
    assert (cue.kind, cue.start, cue.by) == ("action", town.now.as_of + timedelta(minutes=30), "Anna")
    again = town.air(f"action {town.answer}")
    assert (again.status_code, again.json()["detail"]) == (409, "Planned already, by Anna.")
    assert town.queued() == []


def test_a_rehearsed_switching_and_its_putting_back_become_drafts_and_nothing_is_switched(town):
    text, index, at = town.switched(until=timedelta(minutes=30))
    town.rehearse(switchings=text)
    back = at + timedelta(minutes=30)
    goes = [town.air(f"switching switch.{index} {moment.isoformat()}").json()["go"] for moment in (at, back)]
    orders = list(town.switching.standing.now().all.values())
    assert [go.partition("?")[0] for go in goes] == [f"/regie/switching/{order.id}" for order in orders]
    steps = [(order.state, order.content.planned_at, order.content.steps[0].operation) for order in orders]
    assert steps == [("draft", at, "close"), ("draft", back, "open")]
    assert town.queued() == []


def test_a_switching_that_cannot_be_done_from_here_is_refused_with_that_reason_and_leaves_no_trace(town):
    text, index, at = town.switched(remote=False)
    town.rehearse(switchings=text)
    refused = town.air(f"switching switch.{index} {at.isoformat()}")
    assert refused.status_code == 409
    assert str(index) in refused.json()["detail"]
    assert town.kinds() == []


@pytest.mark.parametrize(
    ("differs", "reason"),
    [
        ({"site": "elsewhere"}, "elsewhere"),
        ({"other_grid": {"file": "town.json"}}, "other grid"),
        ({"at": datetime(2016, 1, 20, 17, 0, tzinfo=UTC)}, "four quarter hours"),
    ],
)
def test_where_the_present_differs_nothing_is_queued_and_the_reason_is_said(town, differs, reason):
    town.rehearse(**differs)
    refused = town.air(town.answer)
    assert (refused.status_code, reason in refused.json()["detail"]) == (409, True)
    assert (town.queued(), town.kinds()) == ([], [])


def test_a_recommendation_that_somebody_answered_meanwhile_is_not_answered_again(town):
    town.rehearse()
    answered = tuple(one.model_copy(update={"state": "accepted"}) for one in town.now.recommendations)
    town.factory.write(town.state, town.now.model_copy(update={"recommendations": answered, "tick": town.now.tick + 1}))
    town.watcher.look()
    assert "No recommendation of this group is open" in town.air(town.answer).json()["detail"]
    assert town.queued() == []


def test_a_decision_that_was_not_rehearsed_is_none(town):
    town.rehearse()
    assert town.air("cars@never").status_code == 404


def test_a_read_only_address_puts_nothing_on_air(tmp_path, factory):
    town = Town(tmp_path, factory, read_only=True)
    town.rehearse()
    assert town.air(town.answer).status_code == 403


@pytest.mark.parametrize(
    ("role", "rehearsal", "air", "analyst", "cast"),
    [
        (Role.VIEWER, 403, 403, 403, 403),
        (Role.DISPATCHER, 200, 200, 403, 403),
        (Role.ANALYST, 200, 403, 200, 404),
        (Role.ADMIN, 200, 200, 200, 404),
        (Role.PUBLISHER, 403, 403, 403, 403),
        (Role.CREW, 403, 403, 403, 403),
    ],
)
def test_each_role_has_its_own_doors(town, role, rehearsal, air, analyst, cast):
    town.rehearse()
    town.person = Person("Anna", role)
    change = {"kind": "shadow", "box": "nobody", "motive": "to see"}
    answers = (
        town.client.get("/regie/rehearsal/"),
        town.air(town.answer),
        town.client.get("/regie/analyst/"),
        town.client.post("/regie/analyst/cast", json=change),
    )
    assert tuple(answer.status_code for answer in answers) == (rehearsal, air, analyst, cast)
    assert bool(town.queued()) is (air == 200)


def test_a_debrief_is_served_in_a_sandbox_that_reaches_nothing(town):
    town.rehearse()
    (town.state / "jobs" / "desk" / "rehearsal" / TASK / "debrief.html").write_text("<p>told</p>")
    served = town.client.get(f"/regie/rehearsal/task/{TASK}/made/debrief.html")
    policy = {part.split()[0]: part.split()[1:] for part in served.headers["content-security-policy"].split("; ")}
    assert policy["default-src"] == ["'none'"]
    assert "allow-same-origin" not in policy["sandbox"]
    assert "connect-src" not in policy
    town.person = Person("Vera", Role.VIEWER)
    assert town.client.get(f"/regie/rehearsal/task/{TASK}/made/debrief.html").status_code == 403
    town.person = Person("Anna", Role.DISPATCHER)
    assert town.client.get(f"/regie/rehearsal/task/{TASK}/made/task.json").status_code == 404


def test_a_change_of_roles_is_a_command_with_its_motive_and_waits_where_two_are_needed(tmp_path, factory):
    for second, said in ((frozenset(), "Sent to the régie"), (frozenset({"withdraw"}), "Waits for a second person")):
        town = Town(tmp_path / said[:4], factory, second=second)
        town.person = Person("Ada", Role.ANALYST)
        box = next(iter(town.now.site.boxes))
        wish = {"kind": "withdraw", "box": box, "motive": "drifts"}
        assert town.client.post("/regie/analyst/cast?lang=en", json=wish).json()["said"].startswith(said)
        assert town.queued() == ([] if second else [("withdraw", box, "Ada")])
        assert town.client.post("/regie/analyst/cast", json={**wish, "motive": " "}).status_code == 422


def test_a_backtest_is_asked_for_with_what_the_form_says_and_stands_in_the_book(town):
    (town.state / "series").mkdir()
    (town.state / "series" / "town.csv").write_text("time,p\n2016-01-01 00:00,3.1\n")
    town.person = Person("Ada", Role.ANALYST)
    asked = {"box": "load_town", "file": "town.csv", "kind": "load", "time": "time", "value": "p", "unit": "MW"}
    asked |= {"label": "start", "tz": "Europe/Zurich", "start": "2016-02-08", "end": "", "train_days": "28", "experts": ""}
    told = town.client.post("/regie/analyst/backtest?lang=en", json=asked)
    assert told.status_code == 200
    (line,) = town.desk.book.lines("analyst")
    assert (line.kind, line.params["of"], line.params["kind"]) == ("analyst.backtest", "load_town", "load")
    elsewhere = town.client.post("/regie/analyst/backtest?lang=en", json={**asked, "file": "../access/people.sqlite"})
    assert (elsewhere.status_code, "town.csv" in elsewhere.json()["detail"]) == (422, True)


def test_a_rehearsal_in_which_a_box_did_not_answer_itself_says_so(town):
    box = next(iter(town.now.site.boxes))
    town.rehearse(fallback_ticks={box: 3})
    assert "in 3 of 16 quarter hours a fallback answered" in town.client.get(f"/regie/rehearsal/task/{TASK}?lang=en").text
