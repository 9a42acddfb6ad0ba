"""What is held is told kind by kind, by the command and by the page; a file that no kind names is a fault."""

import ast
import json
import re
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dashboard.regie.access.ledger import Ledger
from dashboard.regie.access.roles import Role
from dashboard.regie.book import Book
from twin.cli import app
from twin.domain.retention import due_before
from twin.privacy.deletion import expunge_journal, sweep
from twin.privacy.held import holdings
from twin.privacy.kinds import KINDS, files_of, kind_of
from twin.regie.public_solve import FIGURES

ROOT = Path(__file__).parents[3]
_STATE = r"([a-z.]+\.)?_?state"
LANGUAGES = ("de", "fr", "it", "en")


def of(state, now):
    return {one.kind: one for one in holdings(state, now).held}


def test_every_kind_is_counted_with_its_oldest_and_the_day_on_which_it_goes(town, state):
    found = of(state, town.NOW)
    assert set(found) == {kind.id for kind in KINDS}
    telemetry = found["telemetry"]
    assert (telemetry.count, telemetry.oldest, telemetry.overdue) == (len(town.days()), town.START, True)
    assert telemetry.until == datetime(2026, 1, 8, tzinfo=UTC)
    assert found["commands"].count == len(town.days())
    assert found["approvals"].count == 1
    assert (found["accounts"].count, found["accounts"].oldest, found["accounts"].overdue) == (2, town.START, True)
    assert found["backups"].count is None


def test_after_a_deletion_nothing_is_overdue_and_the_log_says_what_went(town, state):
    before = due_before(town.NOW)
    list(sweep(state, town.NOW, before, by="régie"))
    expunge_journal(state, town.NOW, before, before)
    told = holdings(state, town.NOW)
    assert [one.kind for one in told.held if one.overdue] == []
    gone = {one.kind: one.count for one in told.deletions}
    assert gone["telemetry"] == of(state, town.NOW)["digests"].count == 10
    assert {"telemetry", "host_notes", "book", "work_orders"} <= set(gone)
    assert all(one.newest is None or one.newest < before for one in told.deletions)


def test_the_journal_grows_old_by_the_grids_clock_and_the_rest_by_the_wall(town, state):
    later = of(state, town.NOW + timedelta(days=400))
    assert later["commands"].overdue
    assert later["telemetry"].until == of(state, town.NOW)["telemetry"].until
    list(sweep(state, town.NOW, due_before(town.NOW), by="régie"))
    expunge_journal(state, town.NOW, due_before(town.NOW), due_before(town.NOW))
    assert not of(state, town.NOW + timedelta(days=200))["telemetry"].overdue


@pytest.mark.parametrize("days", [0, 100, 340, 400, 800])
def test_what_is_overdue_is_what_the_next_sweep_takes(town, state, days):
    """A token that still holds, an order that is still open and an empty log are old, and their time is not over."""
    now = town.NOW + timedelta(days=days)
    Ledger(state).issue("meter", Role.VIEWER, town.START, timedelta(days=730))
    town.orders_open(state, town.START)
    town.write(state / "logs" / "public.log", "", town.START)
    late = {one.kind for one in holdings(state, now).held if one.overdue and one.goes == "sweep"}
    assert late == {one.kind for one in sweep(state, now, due_before(now), by="régie", dry=True)} - {"snapshots"}
    list(sweep(state, now, due_before(now), by="régie"))
    assert not {one.kind for one in holdings(state, now).held if one.overdue and one.goes == "sweep"}


def test_what_an_open_switching_order_holds_back_is_not_overdue(town, tmp_path):
    book = Book(tmp_path)
    step = {"operation": "open", "element": "switch:7", "how": "remote"}
    content = {"title": "Renew the cable", "reason": "work", "steps": [step]}
    for kind, told in (("draft", {"content": content}), ("release", {})):
        book.write(town.START, "anna", "dispatcher", f"switching.{kind}", "SO-1", as_of=town.START.isoformat(), **told)
    found = of(tmp_path, town.NOW)["book"]
    assert (found.count, found.oldest, found.overdue) == (2, None, False)
    book.write(town.START, "anna", "dispatcher", "log.write", text="x")
    assert of(tmp_path, town.NOW)["book"].overdue


def test_no_file_of_a_whole_state_is_a_stranger_and_one_that_is_gets_told(town, state):
    assert holdings(state, town.NOW).strangers == ()
    (state / "heatmap.bin").write_bytes(b"x")
    assert holdings(state, town.NOW).strangers == ("heatmap.bin",)


def test_an_empty_directory_holds_nothing(tmp_path):
    told = holdings(tmp_path, datetime(2026, 1, 1, tzinfo=UTC))
    assert sum(one.count or 0 for one in told.held) == 0
    assert (told.grid, told.deletions) == (None, ())


WRITTEN_BELOW_STATE = (
    "journal.sqlite",
    "journal.sqlite-wal",
    "journal.reserve",
    "lock",
    "desk.sqlite-wal",
    "commands.sqlite",
    "access/people.toml",
    "access/access.sqlite-shm",
    "access/settings.toml",
    "access/client_secret",
    "snapshots/regie.json",
    "snapshots/diagram.json",
    "snapshots/history.json",
    "snapshots/disclosure.json",
    "public/public.json",
    "public/tariff.json",
    "public/release.json",
    "public/open/hours.csv",
    "publication/quarters.sqlite",
    "run/frame",
    "artifacts/0a1b",
    "artifacts/history-0a1b",
    "jobs/lock",
    "jobs/work.log",
    "jobs/preview.log",
    "jobs/preview.kit",
    "jobs/jobs.sqlite",
    "jobs/jobs.damaged",
    "jobs/asked/1.run",
    "jobs/fits/000-a.ask",
    "jobs/logs/1.log",
    "jobs/desk/rehearsal/1/task.json",
    "work_orders/orders.sqlite",
    "work_orders/photos/a.jpg",
    "maintenance/ranking.json",
    "logs/regie.log",
)


@pytest.mark.parametrize("path", WRITTEN_BELOW_STATE)
def test_what_the_house_writes_below_a_state_directory_has_a_kind(path):
    assert kind_of(path) is not None


def names_below_a_state(tree):
    """Of one module: ``state / "name"`` and ``self._state / NAME`` with a constant of the module."""
    constants = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and re.fullmatch(_STATE, ast.unparse(node.left)):
            yield node.right.value if isinstance(node.right, ast.Constant) else constants.get(ast.unparse(node.right))


def test_whatever_name_the_source_puts_below_a_state_directory_has_a_kind():
    known = {pattern.partition("/")[0] for kind in KINDS for pattern in kind.paths}
    files = [path for room in ("twin", "dashboard") for path in sorted((ROOT / room).rglob("*.py"))]
    found = {name for path in files for name in names_below_a_state(ast.parse(path.read_text(encoding="utf-8"))) if name}
    assert len(found) > 8
    assert found - known == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_says_what_it_is_whose_why_and_for_how_long(language):
    words = tomllib.loads((ROOT / "dashboard" / "locale" / f"privacy.{language}.toml").read_text(encoding="utf-8"))
    wanted = {kind.id: {"what", "why", "rule"} | ({"whose"} if kind.personal else set()) for kind in KINDS}
    assert {name: set(told) for name, told in words["kind"].items()} == wanted
    assert set(words["goes"]) == {kind.goes for kind in KINDS}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_figure_and_every_reason_of_the_publics_rule_has_words(language):
    words = tomllib.loads((ROOT / "dashboard" / "locale" / f"privacy.{language}.toml").read_text(encoding="utf-8"))
    rule = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "twin" / "regie").glob("public*.py"))
    reasons = set(re.findall(r'Held\(\s*"([a-z_]+)"', rule))
    assert len(reasons) >= 10
    assert set(words["reason"]) == reasons | {"open"}
    assert set(words["figure"]) == set(FIGURES)


def test_a_file_is_of_one_kind_alone(state):
    assert all(kind is not None for _, kind in files_of(state))
    assert kind_of("jobs/lock").id == "reserve"
    assert kind_of("artifacts/history-ab").id == "histories"


# ---------------------------------------------------------------------------------------------- the command


def regie(*words):
    return CliRunner().invoke(app, ["privacy", *map(str, words)])


def test_the_command_tells_what_the_page_tells_and_ends_with_1_while_something_is_overdue(state):
    done = regie("held", "--state", state, "--json")
    told = json.loads(done.stdout.splitlines()[-1])
    assert done.exit_code == 1
    assert {one["kind"] for one in told["held"]} == {kind.id for kind in KINDS}
    plain = regie("held", "--state", state)
    assert "OVERDUE" in plain.stdout
    (line,) = (line for line in plain.stdout.splitlines() if line.startswith("telemetry "))
    assert line.endswith("by the grid's clock  OVERDUE")
    assert "Readings and decisions, every quarter hour: Safe and efficient operation" in plain.stdout


def test_a_dry_run_says_what_would_go_and_nothing_goes(town, state):
    done = regie("expunge", "--state", state, "--dry-run", "--json")
    told = json.loads(done.stdout.splitlines()[-1])
    assert done.exit_code == 0
    assert told["gone"]["telemetry"] == 10
    assert town.files_with(state, town.OLD) >= {"desk.sqlite", "commands.sqlite"}


def test_the_command_lets_go_and_then_finds_nothing_more(town, state):
    assert regie("expunge", "--state", state).exit_code == 0
    assert town.files_with(state, town.OLD) == {"desk.sqlite"}
    again = regie("expunge", "--state", state, "--older-than", "12 months")
    assert "nothing is due" in again.stdout


def test_a_date_holds_for_the_journal_of_a_regie_that_no_longer_runs(town, state):
    assert regie("expunge", "--state", state, "--older-than", "2025-06-01").exit_code == 0
    assert of(state, town.NOW)["telemetry"].oldest >= datetime(2025, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize("asked", ["5", "13", "yesterday", "2026-13-01", "-1", ""])
def test_what_is_no_time_is_refused_by_name(state, asked):
    done = regie("expunge", "--state", state, "--older-than", asked)
    assert done.exit_code == 2
    assert "6 to 12 months, or a date" in done.stderr


def test_a_directory_that_is_not_there_is_refused_by_name(tmp_path):
    done = regie("held", "--state", tmp_path / "nowhere")
    assert (done.exit_code, "no such directory" in done.stderr) == (2, True)


def test_a_language_without_words_is_refused_beside_every_other_fault(state, tmp_path):
    done = regie("held", "--state", state, "--lang", "es")
    assert (done.exit_code, done.stderr) == (2, "regie: --lang: es; expected one of de, en, fr, it; correct it\n")
    done = regie("held", "--state", tmp_path / "nowhere", "--lang", "es")
    assert [line.split(";")[0] for line in done.stderr.splitlines()] == [
        f"regie: --state {tmp_path / 'nowhere'}: no such directory",
        "regie: --lang: es",
    ]
