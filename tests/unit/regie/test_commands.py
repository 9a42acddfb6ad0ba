"""The command queue's reading end: each command once, in order, no row that stops a tick, none refused in silence (row 37)."""

import sqlite3
from datetime import UTC, datetime, timedelta

import pytest

from dashboard.regie.commands import CommandQueue
from dashboard.regie.wish import Wish
from twin.regie.commands import FILE, consumed_after, read_commands, told

NOW = datetime(2026, 6, 17, 10, tzinfo=UTC)
SOON = (NOW + timedelta(minutes=5)).isoformat()


def queue(directory, *rows):
    """``(kind, target, issued_at, expires)`` each, with growing ids, as an older régie wrote them."""
    with sqlite3.connect(directory / FILE) as db:
        db.execute("CREATE TABLE IF NOT EXISTS command (id INTEGER PRIMARY KEY, kind, target, by, issued_at, expires, motive)")
        for kind, target, issued_at, expires in rows:
            db.execute(
                "INSERT INTO command (kind, target, by, issued_at, expires) VALUES (?, ?, 'anna', ?, ?)",
                (kind, target, issued_at, expires),
            )
    db.close()


def good(target: str) -> tuple[str, str, str, str]:
    return "acknowledge", target, NOW.isoformat(), SOON


def read(directory, after=0, consumed=None, now=NOW):
    return read_commands(directory, after, consumed or {}, now)


def targets(directory, after=0, **more):
    return [command.target for command in read(directory, after, **more)[0]]


def consumed(directory):
    """What a loop remembers that has consumed everything, and the number it stands at."""
    commands, refused = read(directory)
    return consumed_after({}, commands, refused), max(row.id for row in (*commands, *refused))


def test_an_absent_queue_holds_nothing(tmp_path):
    assert read(tmp_path) == ([], [])


def test_commands_come_in_order_and_each_once(tmp_path):
    queue(tmp_path, good("a"), good("b"), good("c"))
    assert targets(tmp_path) == ["a", "b", "c"]
    held, last = consumed(tmp_path)
    assert read(tmp_path, last, held) == ([], [])


def test_what_the_door_wrote_comes_out_whole(tmp_path):
    wish = Wish(kind="shelve", target="box:pv", motive="the vendor is on it", minutes=90)
    CommandQueue(tmp_path).put(wish, "anna", NOW, NOW + timedelta(minutes=5))
    CommandQueue(tmp_path).put(Wish(kind="switch", target="278", value="closed"), "anna", NOW, NOW + timedelta(minutes=5))
    (shelve, switch), _ = read(tmp_path)
    assert (shelve.kind, shelve.minutes, shelve.motive, shelve.value) == ("shelve", 90, "the vendor is on it", None)
    assert (switch.kind, switch.target, switch.value, switch.minutes) == ("switch", "278", "closed", None)


def test_the_door_adds_to_a_queue_of_an_older_regie_what_it_lacks(tmp_path):
    queue(tmp_path, good("old"))
    CommandQueue(tmp_path).put(Wish(kind="switch", target="278", value="open"), "anna", NOW, NOW + timedelta(minutes=5))
    assert [(c.target, c.value) for c in read(tmp_path)[0]] == [("old", None), ("278", "open")]


@pytest.mark.parametrize(
    "bad",
    [
        ("shutdown", "x", NOW.isoformat(), SOON),
        ("accept", "x", "now", SOON),
        ("accept", "x", NOW.isoformat(), None),
        ("accept", "x", "2026-06-17T10:00", SOON),
    ],
)
def test_a_row_that_cannot_be_read_is_refused_once_and_the_others_come(tmp_path, bad):
    queue(tmp_path, good("a"), bad, good("b"))
    commands, refused = read(tmp_path)
    assert [c.target for c in commands] == ["a", "b"]
    assert [(row.id, row.why) for row in refused] == [(2, "unread")]
    assert told(refused) == [("command_unread", {"what": bad[0], "target": "x", "by": "anna"})]
    held, last = consumed(tmp_path)
    assert read(tmp_path, last, held) == ([], [])


def test_an_expired_command_is_refused_and_told(tmp_path):
    queue(tmp_path, good("in time"), ("acknowledge", "late", NOW.isoformat(), NOW.isoformat()))
    commands, refused = read(tmp_path)
    assert ([c.target for c in commands], [row.why for row in refused]) == (["in time"], ["late"])
    assert told(refused) == [("command_expired", {"kind": "acknowledge", "target": "late", "by": "anna"})]


def test_the_same_row_again_is_refused_and_told(tmp_path):
    queue(tmp_path, good("a"))
    held, last = consumed(tmp_path)
    queue(tmp_path, good("a"), good("b"))
    commands, refused = read(tmp_path, last, held)
    assert ([c.target for c in commands], [(row.id, row.why) for row in refused]) == (["b"], [(2, "replayed")])
    assert told(refused) == [("command_replayed", {"kind": "acknowledge", "target": "a", "by": "anna"})]


def test_twice_the_same_in_one_tick_is_obeyed_once(tmp_path):
    queue(tmp_path, good("a"), good("a"))
    commands, refused = read(tmp_path)
    assert ([c.id for c in commands], [(row.id, row.why) for row in refused]) == ([1], [(2, "replayed")])


def test_another_command_under_a_number_that_was_used_is_refused_once(tmp_path):
    queue(tmp_path, good("a"))
    held, last = consumed(tmp_path)
    (tmp_path / FILE).unlink()
    queue(tmp_path, good("forged"))
    commands, refused = read(tmp_path, last, held)
    assert (commands, [(row.target, row.why) for row in refused]) == ([], [("forged", "replayed")])
    assert read(tmp_path, last, consumed_after(held, (), refused)) == ([], [])


def test_the_same_again_after_its_time_is_late(tmp_path):
    queue(tmp_path, good("a"))
    held, last = consumed(tmp_path)
    queue(tmp_path, good("a"))
    commands, refused = read(tmp_path, last, held, now=NOW + timedelta(minutes=6))
    assert commands == []
    assert len(refused) == 1


def test_what_was_consumed_is_forgotten_when_it_could_not_come_again(tmp_path):
    queue(tmp_path, good("a"))
    held, _ = consumed(tmp_path)
    later = NOW + timedelta(hours=1)
    queue(tmp_path, ("acknowledge", "b", later.isoformat(), (later + timedelta(minutes=5)).isoformat()))
    commands, _ = read(tmp_path, 1, held, now=later)
    assert len(consumed_after(held, commands, ())) == 1


def test_a_damaged_queue_costs_its_commands_and_no_tick(tmp_path):
    (tmp_path / FILE).write_bytes(b"no database" * 500)
    assert read(tmp_path) == ([], [])


def test_a_queue_that_is_being_made_holds_nothing_yet(tmp_path):
    sqlite3.connect(tmp_path / FILE).close()
    (tmp_path / FILE).touch()
    assert read(tmp_path) == ([], [])


def test_a_flood_comes_in_parts(tmp_path):
    queue(tmp_path, *[good(str(i)) for i in range(450)])
    first, refused = read(tmp_path)
    assert len(first) == 200
    assert targets(tmp_path, first[-1].id, consumed=consumed_after({}, first, refused))[0] == "200"


def test_times_of_another_offset_are_the_same_instants(tmp_path):
    queue(tmp_path, ("acknowledge", "a", NOW.isoformat(), "2026-06-17T12:05:00+02:00"))
    ((command,), _) = read(tmp_path)
    assert command.expires.isoformat() == "2026-06-17T10:05:00+00:00"
