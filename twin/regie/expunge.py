"""What has had its time goes from the journal: the content of a record is overwritten, its digest stays in the chain.

A record is personal as a whole: readings of single meters, orders to single devices, the state that follows from them. What the
chain needs of it (number, kind, instant, head, digest of the content) moves to the table ``expunged`` in the same transaction,
so that a kill leaves a record either whole or gone, and the head is the same before and after.

The digest of a record is no way back to it: the content holds hundreds of measured values at once, none of which can be tried
alone.

A journal of the present (`twin.regie.journal.Journal.mark_present`) grows old by the clock on the wall as well, so that it does
so when nobody runs it; one of a simulated or a replayed past by its own clock alone.
"""

from __future__ import annotations

import itertools
import json
import sqlite3
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from twin.domain.problems import BadInput, Problem
from twin.regie.chain import HELD_AT_LEAST_S, JournalDamaged, content_digest

NOTE = "expunged"
"""Kind of the host notes that log every deletion; they name nobody and stay."""

_OLDEST = "SELECT seq, kind, as_of_s, head FROM tick ORDER BY seq LIMIT ?"
_CONTENT = "SELECT readings, record FROM tick WHERE seq = ?"
_OLD_NOTES = "SELECT id FROM ops WHERE at < ? AND kind <> ? ORDER BY id LIMIT ?"


@dataclass(frozen=True)
class Expunged:
    """What one slice took.

    Attributes:
        records, notes: how many went. ``clean``: nothing is due any more, and nothing of what went is left in a file.
    """

    records: int
    notes: int
    clean: bool = False

    @property
    def any(self) -> bool:
        """Something went."""
        return bool(self.records or self.notes)


def ages_by(grid: datetime, now: datetime, *, present: bool) -> datetime:
    """The clock by which a journal whose newest tick is at ``grid`` grows old; ``now``: of the wall."""
    return max(grid, now) if present else grid


def due(db: sqlite3.Connection, before_s: int, outlived_s: int | None = None) -> tuple[int, int | None, int | None]:
    """``(records, first as_of_s, last as_of_s)`` of ticks before ``before_s`` that no resume needs, or that are outlived."""
    query = "SELECT count(*), min(as_of_s), max(as_of_s) FROM tick WHERE as_of_s < ?"
    count, first_s, last_s = db.execute(query, (_limit_s(db, before_s, outlived_s),)).fetchone()
    return count, first_s, last_s


def expunge(
    db: sqlite3.Connection, before_s: int, notes_before: str, limit: int, *, at: str, outlived_s: int | None = None
) -> Expunged:
    """Take the oldest records of ticks before ``before_s`` and host notes before ``notes_before``, at most ``limit`` of each.

    Args:
        before_s: epoch seconds of grid time; of what a run resumes from nothing is taken, whatever it says.
        notes_before: ISO 8601, wall clock. ``at``: now, of the wall clock: what went is noted in the same transaction.
        outlived_s: what is before this goes although a run would resume from it. States after ticks go with them.

    Raises:
        JournalDamaged: a record that cannot be read any more: its digest would be a false one. sqlite3.Error. Nothing went.
    """
    limit_s = _limit_s(db, before_s, outlived_s)
    rows = list(itertools.takewhile(lambda row: row[2] < limit_s, db.execute(_OLDEST, (limit,)).fetchall()))
    notes = db.execute(_OLD_NOTES, (notes_before, NOTE, limit)).fetchall()
    gone = Expunged(len(rows), len(notes))
    if not gone.any:
        return gone
    with db:
        for seq, kind, as_of_s, head in rows:
            try:
                content = content_digest(*map(zlib.decompress, db.execute(_CONTENT, (seq,)).fetchone()))
            except (zlib.error, TypeError) as error:
                raise JournalDamaged(f"journal.sqlite: tick {seq}", error) from error
            db.execute("INSERT INTO expunged VALUES (?, ?, ?, ?, ?)", (seq, kind, as_of_s, head, content))
            db.execute("DELETE FROM tick WHERE seq = ?", (seq,))
            db.execute("DELETE FROM resume WHERE seq = ?", (seq,))
            db.execute("DELETE FROM checkpoint WHERE seq = ?", (seq,))
        db.executemany("DELETE FROM ops WHERE id = ?", notes)
        _log(db, at, before_s, gone, [rows[0][2], rows[-1][2]] if rows else None)
    return gone


def _log(db: sqlite3.Connection, at: str, before_s: int, gone: Expunged, as_of_s: list[int] | None) -> None:
    """One line for all slices of a grid day, because it stays for good."""
    newest = "SELECT id, detail FROM ops WHERE kind = ? ORDER BY id DESC LIMIT 1"
    line = next(((id_, json.loads(detail)) for id_, detail in db.execute(newest, (NOTE,))), None)
    if line is None or line[1].get("before_s") != before_s:
        detail = {"before_s": before_s, "records": gone.records, "notes": gone.notes, "as_of_s": as_of_s}
        db.execute("INSERT INTO ops (at, kind, detail) VALUES (?, ?, ?)", (at, NOTE, json.dumps(detail)))
        return
    id_, told = line
    spans = [span for span in (told["as_of_s"], as_of_s) if span]
    sums = {"records": told["records"] + gone.records, "notes": told["notes"] + gone.notes}
    detail = {**told, **sums, "as_of_s": [spans[0][0], spans[-1][1]] if spans else None}
    db.execute("UPDATE ops SET at = ?, detail = ? WHERE id = ?", (at, json.dumps(detail), id_))


def check_held(db: sqlite3.Connection, place: str, first: int) -> None:
    """What a run resumes from must be held from record ``first`` on.

    Raises:
        BadInput: when it had its time while nobody ran the régie.
    """
    (gone,) = db.execute("SELECT coalesce(max(seq) + 1, 0) FROM expunged").fetchone()
    if first < gone:
        value = f"what a run would go on from went with its time: ticks {first} to {gone - 1}"
        limit, remedy = "a régie that stood still for less than half a year", "begin another --state directory"
        raise BadInput([Problem(place, value, limit, remedy)])


def read_log(db: sqlite3.Connection) -> Iterator[tuple[datetime, dict[str, Any]]]:
    """When something went, and what: ``records``, ``notes``, ``as_of_s`` of the first and the last record, None without one."""
    for at, detail in db.execute("SELECT at, detail FROM ops WHERE kind = ? ORDER BY id", (NOTE,)):
        yield datetime.fromisoformat(at), json.loads(detail)


def _limit_s(db: sqlite3.Connection, before_s: int, outlived_s: int | None) -> int:
    newest = db.execute("SELECT as_of_s FROM tick ORDER BY seq DESC LIMIT 1").fetchone()
    if newest is None:
        return before_s
    held_s = newest[0] - HELD_AT_LEAST_S
    return min(before_s, held_s if outlived_s is None else max(held_s, outlived_s))
