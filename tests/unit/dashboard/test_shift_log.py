"""The shift log and the handover: everything in one order, two people, nothing altered."""

from datetime import UTC, datetime

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.format import LANGUAGES, texts
from dashboard.regie.access.roles import Person, Role
from dashboard.regie.book import Book, Line
from dashboard.regie.commands import CommandQueue
from dashboard.regie.conducteur.room import ConducteurRoom
from dashboard.regie.desk import Desk
from dashboard.regie.feed import Files, Watcher
from dashboard.regie.grid.ahead import AheadRoom
from dashboard.regie.shift.log import Log, take
from dashboard.regie.shift.room import ShiftRoom
from dashboard.regie.switching.room import SwitchingRoom
from dashboard.regie.wish import Wish
from twin.contracts.desk_ports import Ports

NOW = datetime(2016, 1, 25, 17, 0, tzinfo=UTC)
API = "/regie/api/shift"
ROOMS = ("shift", "switching", "conducteur")


class Shift:
    """A desk with the three rooms, and whoever is on shift."""

    def __init__(self, state, factory):
        factory.write(state, factory.facts(), "diagram.json")
        factory.write(state, factory.snapshot())
        watcher = Watcher(Files(state), read_only=False)
        watcher.look()
        self.desk = Desk(state, watcher, CommandQueue(state), Book(state), Ports(), False)
        switching = SwitchingRoom(self.desk)
        conducteur = ConducteurRoom(self.desk, switching.planned, switching.standing, AheadRoom(self.desk))
        server = FastAPI()
        for room in (switching, conducteur, ShiftRoom(self.desk, switching.standing, conducteur.cues_of)):
            room.add_to(server)
        self.name = "Anna"

        async def door(scope, receive, send):
            scope.setdefault("state", {})["person"] = Person(self.name, Role.DISPATCHER)
            await server(scope, receive, send)

        self.client = TestClient(door)

    def post(self, place, **told):
        return self.client.post(f"{API}/{place}?lang=en", json=told)

    def page(self, place="", **asked):
        return self.client.get(f"/regie/shift/{place}", params={"lang": "en", **asked}).text


@pytest.fixture
def shift(tmp_path, factory):
    return Shift(tmp_path, factory)


def test_what_people_write_do_and_the_loop_tells_stands_in_one_log(shift):
    shift.post("write", text="Fire brigade at the substation", element="Bus 1 · bus:1")
    shift.desk.command(Person("Beat", Role.DISPATCHER), Wish(kind="acknowledge", target="box:pv_school"))
    shown = shift.page()
    assert "Fire brigade at the substation" in shown
    assert "Alarm acknowledged" in shown
    assert "the loop" in shown


def test_the_log_is_searched_by_words_and_kind(shift):
    shift.post("write", text="Fire brigade at the substation")
    shift.post("write", text="Visitors in the hall")
    assert "Visitors" not in shift.page(q="FIRE brigade", room="log")
    assert "Fire brigade" in shift.page(q="FIRE brigade", room="log")


def test_a_handover_takes_two_people(shift):
    assert shift.post("handover", text="Watch the street", to="Beat").status_code == 200
    assert "two people" in shift.post("takeover/HS-0001", text="").json()["detail"]
    shift.name = "Beat"
    assert shift.post("takeover/HS-0001", text="Understood").status_code == 200
    assert "Taken over by Beat" in shift.page("handover/HS-0001")


def test_a_second_sheet_waits_until_the_first_is_taken_over(shift):
    shift.post("handover")
    assert "still waits" in shift.post("handover").json()["detail"]


def test_the_sheet_keeps_what_was_open_when_it_was_signed(shift, factory):
    shift.post("handover")
    before = shift.page("handover/HS-0001")
    factory.write(shift.desk.state, factory.snapshot(alarms=(), recommendations=(), orders=()))
    shift.desk.now.look()
    assert shift.page("handover/HS-0001").count("<li>") == before.count("<li>") > 10


def test_shelved_alarms_open_recommendations_and_doubtful_boxes_are_on_the_sheet(shift):
    shown = shift.page("handover")
    for told in ("shelved by Desk 2", "acknowledged by Desk 2", "decide before", "no answer in time"):
        assert told in shown


def test_every_page_speaks_four_languages(shift):
    shift.post("handover", text="x")
    for language in LANGUAGES:
        for place in ("shift/", "shift/handover", "shift/handover/HS-0001", "conducteur/", "switching/", "switching/new"):
            assert shift.client.get(f"/regie/{place}", params={"lang": language}).status_code == 200


@pytest.mark.parametrize("room", ROOMS)
def test_all_four_languages_have_the_same_codes_and_parameters(room):
    def fields(language):
        import string

        spoken = texts(language, room).templates
        return {code: sorted({f for _, f, *_ in string.Formatter().parse(text) if f}) for code, text in spoken.items()}

    english = fields("en")
    for language in LANGUAGES:
        assert fields(language) == english


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["handover", "takeover", "write", "nonsense"]),
            st.sampled_from(["HS-1", "HS-2"]),
            st.sampled_from(["Anna", "Beat"]),
            st.sampled_from([None, "as_of", "items"]),
        ),
        max_size=30,
    )
)
def test_no_sequence_of_lines_lets_somebody_take_over_from_themselves(told):
    log = Log()
    for number, (kind, target, by, lost) in enumerate(told, 1):
        params = {"as_of": NOW.isoformat(), "to": "", "text": "", "items": []}
        params.pop(lost, None)
        log = take(log, Line(number, NOW, by, "dispatcher", f"log.{kind}", target, params, "", ""))
        assert all(sheet.taken_by != sheet.by for sheet in log.sheets.values())
        assert sum(not sheet.taken_by for sheet in log.sheets.values()) <= 1
