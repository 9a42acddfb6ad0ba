"""``regie maintenance orders``: list, show, report, results; every refusal says what to do."""

import json
from datetime import date, timedelta

import pytest
from typer.testing import CliRunner

from dashboard.format import LANGUAGES
from dashboard.regie.work.store import OrderStore
from twin.cli import app
from twin.maintenance.work_orders.results import results


@pytest.fixture
def state(tmp_path, orders):
    OrderStore(tmp_path).issue([orders.order()])
    return tmp_path


@pytest.fixture
def run(state):
    def ran(*arguments):
        return CliRunner().invoke(app, ["maintenance", "orders", *map(str, arguments), "--state", str(state)])

    return ran


def test_the_list_says_where_every_order_stands(run):
    assert "WO-0001 issued" in run("list").stdout
    (found,) = json.loads(run("list", "--json").stdout)
    assert (found["id"], found["state"], found["asset"], found["proven"]) == ("WO-0001", "issued", "station_19", False)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_order_is_written_as_one_file_in_every_language(run, state, language):
    file = state / "order.html"
    assert run("show", "WO-0001", "--html", file, "--lang", language).exit_code == 0
    assert f'<html lang="{language}">' in file.read_text(encoding="utf-8")


def test_a_report_with_a_photo_is_kept_and_the_same_one_twice_has_no_double_effect(run, state, orders):
    photo = state / "rust.jpg"
    photo.write_bytes(orders.camera_jpeg())
    for _ in range(2):
        ended = run(
            "report", "WO-0001", "--done", "--by", "Crew 2", "--score", 4, "--found", "rust", "--photo", photo, "--json"
        )
        assert (ended.exit_code, json.loads(ended.stdout)["photos"]) == (0, 1)
    assert len(OrderStore(state).get("WO-0001").changes) == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("report", "WO-0001", "--not-done", "--by", "Crew 2"), "needs a motive"),
        (("report", "WO-0001", "--closed", "--by", "Crew 2"), "cannot become closed"),
        (("report", "WO-0099", "--done", "--by", "Crew 2"), "see: regie maintenance orders list"),
        (("report", "WO-0001", "--done", "--by", " "), "--by"),
        (("report", "WO-0001", "--done", "--by", "Crew 2", "--photo", "missing.jpg"), "missing.jpg"),
        (("report", "WO-0001", "--by", "Crew 2"), "exactly one of"),
        (("report", "WO-0001", "--done", "--not-done", "--by", "Crew 2"), "exactly one of"),
        (("show", "WO-0001", "--lang", "rm"), "--lang"),
        (("issue", "--by", "Desk 1"), "regie maintenance rank"),
    ],
)
def test_what_is_refused_says_why_and_stores_nothing(run, state, arguments, words):
    ended = run(*arguments)
    assert ended.exit_code == 2
    assert words in ended.stderr
    assert OrderStore(state).get("WO-0001").state == "issued"


def test_every_fault_of_a_report_is_told_at_once_and_a_long_text_is_cut(run):
    ended = run("report", "WO-0001", "--done", "--by", " ", "--note", 3000 * "x", "--photo", "missing.jpg")
    assert [line.split(":")[1].strip() for line in ended.stderr.splitlines()] == ["--photo", "--by", "--note"]
    assert 100 * "x" not in ended.stderr


def test_a_state_directory_that_is_none_is_refused(tmp_path):
    ended = CliRunner().invoke(app, ["maintenance", "orders", "list", "--state", str(tmp_path / "nowhere")])
    assert (ended.exit_code, "a state directory" in ended.stderr) == (2, True)


# ------------------------------------------------------------------------------------------------- results


def test_a_finding_is_an_inspection_of_the_sites_own_day(state, orders):
    # reported two days after the issue, so two days after the ranking's evening of 1 December 2016 in Zurich
    OrderStore(state).report(orders.change("WO-0001", score=4, found="rust", at=orders.ISSUED_AT + timedelta(days=2)))
    (found,) = results(state)
    assert (found.asset, found.element, found.done, found.found) == ("station_19", "trafo.3", True, "rust")
    assert (found.inspection.day, found.inspection.score) == (date(2016, 12, 3), 4.0)


def test_without_a_judgement_there_is_no_inspection(state, orders):
    OrderStore(state).report(orders.change("WO-0001", "not_done", note="gate locked"))
    (found,) = results(state)
    assert (found.done, found.note, found.inspection) == (False, "gate locked", None)


def test_an_order_that_is_still_open_has_no_result(state):
    assert results(state) == []
