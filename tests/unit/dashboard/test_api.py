"""The API for programs: who may what, how it answers, and what it does with what nobody should send."""

import importlib.util
import json
import sqlite3
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.regie.access.roles import DEEDS, Deed, Role
from dashboard.regie.book import Book
from twin.contracts.snapshot import Snapshot

_SPEC = importlib.util.spec_from_file_location("api_stage", Path(__file__).with_name("api_stage.py"))
stage = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(stage)

API = "/api/v1"
WINDOW = "start=2016-01-24T18:00:00Z&end=2016-01-24T20:00:00Z"
READS = {
    "/snapshot": Deed.SEE,
    "/grid": Deed.SEE,
    "/forecasts": Deed.SEE,
    "/alarms": Deed.SEE,
    "/recommendations": Deed.SEE,
    "/orders": Deed.SEE,
    "/signals": Deed.SEE,
    "/scenarios": Deed.SEE,
    f"/history?{WINDOW}&signal=temp_c": Deed.SEE,
    f"/forecasts/load_town/issued?{WINDOW}": Deed.SEE,
    "/jobs": Deed.REHEARSE,
}
ACKNOWLEDGE = {"kind": "acknowledge", "target": "now:overload:trafo:2"}


@pytest.fixture(scope="module")
def state(tmp_path_factory, factory):
    made = tmp_path_factory.mktemp("state")
    stage.evening(made, factory)
    return made


@pytest.fixture(scope="module")
def application(state):
    with stage.opened(state) as opened:
        yield opened


@pytest.fixture(scope="module")
def bearer(state):
    return {role: {"authorization": f"Bearer {stage.token(state, role)}"} for role in Role}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("path", READS)
def test_a_role_reads_what_its_deeds_allow_and_nothing_else(application, bearer, role, path):
    expected = 200 if READS[path] in DEEDS[role] else 403
    assert application.get(f"{API}{path}", headers=bearer[role]).status_code == expected


@pytest.mark.parametrize("path", [*(API + path for path in READS), "/metrics", f"{API}/openapi.json", f"{API}/nowhere"])
def test_nobody_reads_anything_without_a_token(application, path):
    assert application.get(path).status_code == 401


@pytest.mark.parametrize("role", Role)
def test_whoever_is_known_reads_what_there_is(application, bearer, role):
    document = application.get(f"{API}/openapi.json", headers=bearer[role]).json()
    assert document["openapi"].startswith("3.1")
    assert f"{API}/history" in document["paths"]


@pytest.mark.parametrize("role", Role)
def test_only_who_may_command_commands(application, bearer, role):
    answer = application.post(f"{API}/commands", json=ACKNOWLEDGE, headers=bearer[role])
    assert answer.status_code == (202 if Deed.COMMAND in DEEDS[role] else 403)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.DISPATCHER])
def test_only_the_analyst_promotes_a_box(application, bearer, role):
    wish = {"kind": "promote", "target": "load_town_profile"}
    assert application.post(f"{API}/commands", json=wish, headers=bearer[role]).status_code == 403


def test_a_command_stands_in_the_queue_and_in_the_book_under_its_token(application, bearer, state):
    number = application.post(f"{API}/commands", json=ACKNOWLEDGE, headers=bearer[Role.DISPATCHER]).json()["id"]
    with sqlite3.connect(state / "commands.sqlite") as db:
        assert db.execute("SELECT kind, target FROM command WHERE id = ?", (number,)).fetchone() == tuple(ACKNOWLEDGE.values())
    line = Book(state).lines("command")[-1]
    assert line.by.startswith("token ")
    assert (line.kind, line.target) == ("command.acknowledge", ACKNOWLEDGE["target"])


def test_a_switch_is_moved_by_a_switching_order_alone(application, bearer):
    wish = {"kind": "switch", "target": "3", "value": "open"}
    assert application.post(f"{API}/commands", json=wish, headers=bearer[Role.ADMIN]).status_code == 403


def test_a_refusal_is_a_problem_that_names_every_fault(application, bearer):
    refused = application.post(f"{API}/commands", json={"kind": "explode", "extra": 1}, headers=bearer[Role.DISPATCHER])
    assert refused.headers["content-type"] == "application/problem+json"
    assert {fault["place"] for fault in refused.json()["errors"]} == {"body/kind", "body/target", "body/extra"}


def test_nobody_is_told_so_in_a_problem(application):
    refused = application.get(f"{API}/snapshot")
    assert (refused.headers["content-type"], refused.json()["status"]) == ("application/problem+json", 401)


def test_a_viewer_s_snapshot_holds_no_francs(application, bearer):
    told = application.get(f"{API}/snapshot", headers=bearer[Role.VIEWER]).json()
    Snapshot.model_validate(told)
    assert "economic" not in told["kpis"]
    assert told["strip"]["price_chf_per_kwh"] is None
    assert all("CHF" not in box["unit"] or box["value"] is None for box in told["boxes"])


def test_the_same_tick_is_not_sent_twice(application, bearer):
    first = application.get(f"{API}/snapshot", headers=bearer[Role.VIEWER])
    again = {**bearer[Role.VIEWER], "if-none-match": first.headers["etag"]}
    second = application.get(f"{API}/snapshot", headers=again)
    assert (second.status_code, second.content) == (304, b"")
    assert first.headers["cache-control"] == "private, no-cache"


def test_a_role_that_sees_more_gets_another_tag(application, bearer):
    tags = {
        role: application.get(f"{API}/snapshot", headers=bearer[role]).headers["etag"] for role in (Role.VIEWER, Role.ADMIN)
    }
    assert tags[Role.VIEWER] != tags[Role.ADMIN]


def test_pages_of_alarms_hold_each_alarm_once_the_most_urgent_first(application, bearer, factory):
    seen, cursor = [], ""
    while True:
        told = application.get(f"{API}/alarms?limit=2{cursor}", headers=bearer[Role.VIEWER]).json()
        seen += [(alarm["priority"], alarm["key"]) for alarm in told["items"]]
        if told["next"] is None:
            break
        cursor = f"&cursor={told['next']}"
    assert seen == sorted((alarm.priority, alarm.key) for alarm in factory.alarms())


def test_a_list_says_how_old_it_is_and_how_far_it_can_be_trusted(application, bearer, factory):
    told = application.get(f"{API}/forecasts", headers=bearer[Role.VIEWER]).json()
    assert told["as_of"] == factory.AS_OF.isoformat().replace("+00:00", "Z")
    assert told["quality"] == ["estimated"]


def test_a_large_answer_is_sent_compressed(application, bearer):
    answer = application.get(f"{API}/snapshot", headers={**bearer[Role.ADMIN], "accept-encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"


def test_the_wrong_method_is_told_which_ones_are_taken(application, bearer):
    refused = application.put(f"{API}/snapshot", headers=bearer[Role.ADMIN], json={})
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET")


def test_a_body_larger_than_any_command_is_refused_unread(application, bearer):
    wish = {"kind": "refuse", "target": "x", "motive": "y" * 20_000}
    assert application.post(f"{API}/commands", json=wish, headers=bearer[Role.DISPATCHER]).status_code == 413


def test_a_rehearsal_is_asked_for_seen_and_ended(application, bearer, state):
    asked = application.post(f"{API}/jobs", json={"scenario": "winter_evening"}, headers=bearer[Role.ANALYST])
    assert asked.status_code == 202
    number = asked.json()["id"]
    listed = application.get(f"{API}/jobs", headers=bearer[Role.DISPATCHER]).json()["items"]
    assert [job["target"] for job in listed if job["id"] == number] == ["winter_evening"]
    assert application.delete(f"{API}/jobs/{number}", headers=bearer[Role.ANALYST]).status_code == 202
    assert [line.kind for line in Book(state).lines("rehearsal")] == ["rehearsal.run", "rehearsal.cancel"]


def test_a_scenario_that_nobody_packaged_is_not_run(application, bearer):
    refused = application.post(f"{API}/jobs", json={"scenario": "../../etc/passwd"}, headers=bearer[Role.ANALYST])
    assert refused.status_code == 422


text = st.text(max_size=60)
hostile = st.one_of(
    text,
    st.sampled_from(
        [
            "\ud800",
            "%00",
            "' OR 1=1 --",
            "9" * 400,
            "-1",
            "NaN",
            "0001-01-01T00:00:00+23:59",
            "9999-12-31T23:59:59-23:59",
            "1970-01-01T00:00:00Z",
            "../../x",
            "[]",
        ]
    ),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from(["/history", "/forecasts/load_town/issued", "/alarms", "/orders", "/recommendations", "/forecasts"]),
    query=st.dictionaries(
        st.sampled_from(["start", "end", "signal", "limit", "cursor", "format", "priority", "state"]), hostile, max_size=6
    ),
)
def test_no_query_breaks_the_server(application, bearer, path, query):
    safe = {name: value.encode("utf-8", "surrogatepass") for name, value in query.items()}
    status = application.get(f"{API}{path}", params=safe, headers=bearer[Role.ADMIN]).status_code
    assert status < 500


def test_the_document_carries_an_example_for_what_is_sent(application, bearer):
    document = application.get(f"{API}/openapi.json", headers=bearer[Role.VIEWER]).json()
    assert "winter_evening" in json.dumps(document["components"]["schemas"]["JobWish"])
