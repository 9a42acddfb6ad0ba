"""The command queue's reading end: each command once, in order, and no row that stops a tick."""

import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from twin.regie.commands import FILE, expired, read_commands

NOW = datetime(2026, 6, 17, 10, tzinfo=UTC)
SOON = (NOW + timedelta(minutes=5)).isoformat()


def queue(directory, *rows):
    """``(kind, target, issued_at, expires)`` each, with growing ids."""
    with sqlite3.connect(directory / FILE) as db:
        db.execute("CREATE TABLE command (id INTEGER PRIMARY KEY, kind, target, by, issued_at, expires, motive)")
        for kind, target, issued_at, expires in rows:
            db.execute(
                "INSERT INTO command (kind, target, by, issued_at, expires) VALUES (?, ?, 'anna', ?, ?)",
                (kind, target, issued_at, expires),
            )
    db.close()


def good(target: str) -> tuple[str, str, str, str]:
    return "acknowledge", target, NOW.isoformat(), SOON


def test_an_absent_queue_holds_nothing(tmp_path):
    assert read_commands(tmp_path, 0) == []


def test_commands_come_in_order_and_each_once(tmp_path):
    queue(tmp_path, good("a"), good("b"), good("c"))
    assert [c.target for c in read_commands(tmp_path, 0)] == ["a", "b", "c"]
    assert [c.target for c in read_commands(tmp_path, 2)] == ["c"]


@pytest.mark.parametrize(
    "bad",
    [
        ("shutdown", "x", NOW.isoformat(), SOON),
        ("accept", "x", "now", SOON),
        ("accept", "x", NOW.isoformat(), None),
        ("accept", "x", "2026-06-17T10:00", SOON),
    ],
)
def test_a_malformed_row_is_left_out_and_the_others_come(tmp_path, bad):
    queue(tmp_path, good("a"), bad, good("b"))
    assert [c.target for c in read_commands(tmp_path, 0)] == ["a", "b"]


def test_a_damaged_queue_costs_its_commands_and_no_tick(tmp_path):
    (tmp_path / FILE).write_bytes(b"no database" * 500)
    assert read_commands(tmp_path, 0) == []


def test_a_queue_that_is_being_made_holds_nothing_yet(tmp_path):
    sqlite3.connect(tmp_path / FILE).close()
    (tmp_path / FILE).touch()
    assert read_commands(tmp_path, 0) == []


def test_a_flood_comes_in_parts(tmp_path):
    queue(tmp_path, *[good(str(i)) for i in range(450)])
    first = read_commands(tmp_path, 0)
    assert len(first) == 200
    assert read_commands(tmp_path, first[-1].id)[0].target == "200"


def test_a_click_that_waited_too_long_is_set_apart(tmp_path):
    queue(tmp_path, good("in time"), ("acknowledge", "late", NOW.isoformat(), NOW.isoformat()))
    valid, late = expired(read_commands(tmp_path, 0), NOW)
    assert ([c.target for c in valid], [c.target for c in late]) == (["in time"], ["late"])


def test_times_of_another_offset_are_the_same_instants(tmp_path):
    queue(tmp_path, ("acknowledge", "a", NOW.isoformat(), "2026-06-17T12:05:00+02:00"))
    (command,) = read_commands(tmp_path, 0)
    assert command.expires.isoformat() == "2026-06-17T10:05:00+00:00"
