"""The book of the desk: everything that people did here, one line after the other, each chained to the last by its hash.

It is the audit, and the memory of what people keep by hand: run-of-show, shift log, switching orders and approvals are folds
of its lines. Append-only SQLite beside the journal, written durably (WAL, ``synchronous=FULL``) by the web process and by
commands; the loop never reads it. A line's hash covers its predecessor's and the seal of what it says, so that a line that was
altered, removed or put in between shows at `verify`.

A seal is a hash over a salt of the line's own and what it says: who, as what, to what, with what. When a line has had its time,
these and the salt go, and the seal stays: the chain holds, and no list of names tells who it was.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import sqlite3
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from twin.domain.overwriting import overwriting

FILE = "desk.sqlite"
_GENESIS = hashlib.sha256(b"regie desk 1").hexdigest()
_SCHEMA = """
CREATE TABLE IF NOT EXISTS line (
    id INTEGER PRIMARY KEY, at TEXT NOT NULL, by TEXT NOT NULL, role TEXT NOT NULL, kind TEXT NOT NULL,
    target TEXT NOT NULL, params TEXT NOT NULL, hash TEXT NOT NULL, salt TEXT NOT NULL, seal TEXT)
"""
_COLUMNS = "id, at, by, role, kind, target, params, hash, salt, seal"
HELD_AT_LEAST = timedelta(days=184)
"""What a line says stays for as long before the newest one; younger words that are gone were not expunged by a régie."""


@dataclass(frozen=True)
class Line:
    """One line.

    Attributes:
        at: wall clock. ``by``, ``role``: who, as what ("-" for nobody known).
        kind: what was done, its room first: "access.login", "cue.edit", "log.write". ``target``: to what, "" to nothing.
        salt: with it and what the line says the chain is computed anew.
    """

    id: int
    at: datetime
    by: str
    role: str
    kind: str
    target: str
    params: Mapping[str, Any]
    hash: str
    salt: str


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
            salt = secrets.token_hex(16)
            row = (number, at.isoformat(), by, role, kind, target, text)
            head = _hash(before, number, row[1], kind, _seal(salt, by, role, target, text))
            values = (*row, head, salt, None)
            db.execute(f"INSERT INTO line ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values)  # noqa: S608 - constants
        return Line(number, at, by, role, kind, target, params, head, salt)

    def lines(self, *rooms: str, after: int = 0) -> list[Line]:
        """Lines with an id above ``after``, oldest first; of these rooms ("cue", "log"), or all. Without those that have gone.

        Raises:
            sqlite3.Error: when the file cannot be read.
        """
        if not self.path.exists():
            return []
        wanted = " OR ".join("kind LIKE ? || '.%'" for _ in rooms)
        query = f"SELECT {_COLUMNS} FROM line WHERE seal IS NULL AND id > ?{f' AND ({wanted})' if rooms else ''} ORDER BY id"  # noqa: S608 - constants
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

    def expunge(self, ids: Collection[int]) -> None:
        """Let what these lines say go for good, all or none; number, instant, kind and seal stay, and the chain with them.

        Raises:
            sqlite3.Error: nothing went.
        """
        with overwriting(self.path) as db:
            for number in ids:
                query = "SELECT salt, by, role, target, params FROM line WHERE id = ? AND seal IS NULL"
                for found in db.execute(query, (number,)).fetchall():
                    change = "UPDATE line SET by = '', role = '', target = '', params = '', salt = '', seal = ? WHERE id = ?"
                    db.execute(change, (_seal(*found), number))

    def verify(self) -> tuple[int, str]:
        """``(lines, head)`` of a chain that holds, those included whose words have gone.

        Raises:
            ValueError: naming the first line that does not follow from its predecessor, or whose words went too early.
            sqlite3.Error: when the file cannot be read.
        """
        if not self.path.exists():
            return 0, _GENESIS
        head, count, gone = _GENESIS, 0, ""
        with self._open() as db:
            for row in db.execute(f"SELECT {_COLUMNS} FROM line ORDER BY id"):  # noqa: S608 - constants
                number, newest, by, role, kind, target, params, stored, salt, seal = row
                count += 1
                head = _hash(head, number, newest, kind, seal or _seal(salt, by, role, target, params))
                if number != count or stored != head:
                    raise ValueError(f"{self.path}: line {number} ({kind} by {by}) does not follow from the one before it")
                gone = newest if seal else gone
        if gone and datetime.fromisoformat(newest) - datetime.fromisoformat(gone) < HELD_AT_LEAST:
            raise ValueError(f"{self.path}: what a line of {gone} says is gone after less than {HELD_AT_LEAST.days} days")
        return count, head

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.path, timeout=5.0, isolation_level=None)) as db:
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=FULL")
            db.execute(_SCHEMA)
            if "seal" not in {column[1] for column in db.execute("PRAGMA table_info(line)")}:
                raise sqlite3.DatabaseError(
                    "a book of an older régie: run the release that wrote it, or choose another --state"
                )
            yield db


def _seal(salt: str, by: str, role: str, target: str, params: str) -> str:
    return _hash(salt, by, role, target, params)


def _hash(*parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()


def _line(row: tuple[Any, ...]) -> Line:
    number, at, by, role, kind, target, params, head, salt, _ = row
    return Line(number, datetime.fromisoformat(at), by, role, kind, target, json.loads(params), head, salt)
