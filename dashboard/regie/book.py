"""The book of the desk: everything that people did here, one line after the other, each chained to the last by its hash.

It is the audit, and the memory of what people keep by hand: run-of-show, shift log, switching orders and approvals are folds
of its lines. Append-only SQLite beside the journal, written durably (WAL, ``synchronous=FULL``) by the web process and by
commands; the loop never reads it. A line's hash covers its content and its predecessor's hash, so that a line that was altered,
removed or put in between shows at `verify`.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

FILE = "desk.sqlite"
_GENESIS = hashlib.sha256(b"regie desk 1").hexdigest()
_SCHEMA = """
CREATE TABLE IF NOT EXISTS line (
    id INTEGER PRIMARY KEY, at TEXT NOT NULL, by TEXT NOT NULL, role TEXT NOT NULL, kind TEXT NOT NULL,
    target TEXT NOT NULL, params TEXT NOT NULL, hash TEXT NOT NULL)
"""
_COLUMNS = "id, at, by, role, kind, target, params, hash"


@dataclass(frozen=True)
class Line:
    """One line.

    Attributes:
        at: wall clock. ``by``, ``role``: who, as what ("-" for nobody known).
        kind: what was done, its room first: "access.login", "cue.edit", "log.write". ``target``: to what, "" to nothing.
    """

    id: int
    at: datetime
    by: str
    role: str
    kind: str
    target: str
    params: Mapping[str, Any]
    hash: str


class Book:
    """The book of one state directory; safe to use from several threads and processes."""

    def __init__(self, state: Path) -> None:
        self.path = state / FILE

    def write(self, at: datetime, by: str, role: str, kind: str, target: str = "", /, **params: Any) -> Line:
        """Append one line durably. Returning is the acknowledgement.

        Raises:
            sqlite3.Error: when the store refuses it (disk full, locked for 5 s); nothing was written.
        """
        text = json.dumps(params, sort_keys=True, ensure_ascii=False)
        with self._open() as db, db:
            db.execute("BEGIN IMMEDIATE")
            last = db.execute("SELECT id, hash FROM line ORDER BY id DESC LIMIT 1").fetchone()
            number, before = (1, _GENESIS) if last is None else (last[0] + 1, last[1])
            row = (number, at.isoformat(), by, role, kind, target, text)
            head = _hash(before, row)
            db.execute(f"INSERT INTO line ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (*row, head))  # noqa: S608 - constants
        return Line(number, at, by, role, kind, target, params, head)

    def lines(self, *rooms: str, after: int = 0) -> list[Line]:
        """Lines with an id above ``after``, oldest first; of these rooms ("cue", "log"), or all.

        Raises:
            sqlite3.Error: when the file cannot be read.
        """
        if not self.path.exists():
            return []
        wanted = " OR ".join("kind LIKE ? || '.%'" for _ in rooms)
        query = f"SELECT {_COLUMNS} FROM line WHERE id > ?{f' AND ({wanted})' if rooms else ''} ORDER BY id"  # noqa: S608 - constants
        with self._open() as db:
            return [_line(row) for row in db.execute(query, (after, *rooms))]

    def stamp(self) -> int:
        """Id of the last line, 0 for none: it grows with every line.

        Raises:
            sqlite3.Error: when the file cannot be read.
        """
        if not self.path.exists():
            return 0
        with self._open() as db:
            (last,) = db.execute("SELECT coalesce(max(id), 0) FROM line").fetchone()
        return int(last)

    def verify(self) -> tuple[int, str]:
        """``(lines, head)`` of a chain that holds.

        Raises:
            ValueError: naming the first line that does not follow from its predecessor.
            sqlite3.Error: when the file cannot be read.
        """
        if not self.path.exists():
            return 0, _GENESIS
        head, count = _GENESIS, 0
        with self._open() as db:
            for row in db.execute(f"SELECT {_COLUMNS} FROM line ORDER BY id"):  # noqa: S608 - constants
                count += 1
                head = _hash(head, row[:-1])
                if row[0] != count or row[-1] != head:
                    raise ValueError(
                        f"{self.path}: line {row[0]} ({row[4]} by {row[2]}) does not follow from the one before it"
                    )
        return count, head

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.path, timeout=5.0, isolation_level=None)) as db:
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=FULL")
            db.execute(_SCHEMA)
            yield db


def _hash(before: str, row: tuple[Any, ...]) -> str:
    return hashlib.sha256(json.dumps([before, *row], ensure_ascii=False).encode()).hexdigest()


def _line(row: tuple[Any, ...]) -> Line:
    number, at, by, role, kind, target, params, head = row
    return Line(number, datetime.fromisoformat(at), by, role, kind, target, json.loads(params), head)
