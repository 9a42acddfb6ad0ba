"""The quarter hours that were traced, as far as the journal was read.

After twelve months the journal lets its records go, and this is the only copy of what they told: no quarter hour goes that the
journal could not tell again, and a file that cannot be used is set aside and salvaged.

Each is kept as often as it was told, with the number of the record that told it: which of its tellings holds does not depend
on the order in which they are read (`twin.publication.tellings`). Of two runs that know the same quarter hour the later one
holds. A journal that was put in another's place is a run of its own; a run that was begun again is read again.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FILE = "quarters.sqlite"
_VERSION = 3
NOBODY, FEW, MANY, WITHHELD = 0, 1, 2, 3
_ASIDE = ".aside"
_SCHEMA = """
CREATE TABLE run (id INTEGER PRIMARY KEY, site TEXT NOT NULL, genesis TEXT NOT NULL UNIQUE, next_seq INTEGER NOT NULL,
                  head TEXT NOT NULL);
CREATE TABLE gap (run INTEGER NOT NULL, first INTEGER NOT NULL, past INTEGER NOT NULL, PRIMARY KEY (run, first));
CREATE TABLE quarter (label_s INTEGER NOT NULL, run INTEGER NOT NULL, seq INTEGER NOT NULL, p_mw REAL, share REAL, co2 REAL,
                      parts TEXT NOT NULL, behind INTEGER NOT NULL, PRIMARY KEY (label_s, run, seq)) WITHOUT ROWID;
CREATE INDEX told ON quarter (run, seq);
"""


@dataclass(frozen=True)
class Quarter:
    """One traced quarter hour of the whole town, as one record tells it.

    Attributes:
        label_s: its start, epoch seconds. ``p_mw``: mean consumption; None when unknown.
        share: renewable, 0..1; None when unknown or undefined. ``co2``: g/kWh. ``parts``: source kind -> part, 0..1.
        behind: who is behind its difference to the telling before: `NOBODY` whom a figure must not tell, a `FEW` or `MANY`.
            `WITHHELD`: the live page told a part of it and held back another, so nothing of it may be told later either.
    """

    label_s: int
    p_mw: float | None
    share: float | None
    co2: float | None
    parts: Mapping[str, float] = field(default_factory=dict)
    behind: int = NOBODY

    @property
    def known(self) -> bool:
        """Whether consumption and origin are known; where nothing was consumed there is no origin to know."""
        return self.p_mw is not None and (self.share is not None or self.p_mw == 0.0)


@dataclass(frozen=True)
class Run:
    """How far one journal was read: the next record, and the chain's value before it."""

    id: int
    next_seq: int
    head: str


class Quarters:
    """The kept quarter hours of one state directory; in memory where the folder takes no file."""

    def __init__(self, folder: Path | None) -> None:
        self._path = None if folder is None else folder / FILE
        self._memory = sqlite3.connect(":memory:", check_same_thread=False) if folder is None else None
        if self._memory is not None:
            self._memory.executescript(_SCHEMA)

    def run_of(self, site: str, genesis: str, head_at: Callable[[int], str | None], held_from: int) -> Run:
        """Where to read on in the journal that begins with ``genesis``.

        Args:
            head_at: the chain's value before record number n, None where there is no record before it. A journal that does not
                hold what was read of it was begun again: it is read again, and what the first told is forgotten.
            held_from: number of the oldest record whose content is held: what older ones told stays, nobody tells it again.
        """
        with self._open() as db, db:
            row = db.execute("SELECT id, next_seq, head FROM run WHERE genesis = ?", (genesis,)).fetchone()
            if row is not None and head_at(row[1]) == row[2]:
                return Run(*row)
            (last,) = db.execute("SELECT coalesce(max(id), 0) FROM run").fetchone()
            if row is not None:
                db.execute("DELETE FROM quarter WHERE run = ? AND seq >= ?", (row[0], held_from))
                db.execute("UPDATE quarter SET run = ? WHERE run = ?", (last + 1, row[0]))
                db.execute("DELETE FROM gap WHERE run = ?", (row[0],))
                db.execute("DELETE FROM run WHERE id = ?", (row[0],))
            db.execute("INSERT INTO run VALUES (?, ?, ?, 0, ?)", (last + 1, site, genesis, genesis))
            return Run(last + 1, 0, genesis)

    def take(
        self, run: Run, told: Iterable[tuple[int, Quarter]], next_seq: int, head: str, first_seq: int | None = None
    ) -> Run:
        """Keep what records told, and how far they were read, in one transaction.

        Args:
            told: (record number, quarter hour). ``first_seq``: the first record that was there to read; None for the next one.
        """
        rows = [
            (q.label_s, run.id, seq, q.p_mw, q.share, q.co2, json.dumps(dict(q.parts), sort_keys=True), q.behind)
            for seq, q in told
        ]
        with self._open() as db, db:
            db.executemany("INSERT OR REPLACE INTO quarter VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
            if first_seq is not None and first_seq > run.next_seq:
                db.execute("INSERT OR REPLACE INTO gap VALUES (?, ?, ?)", (run.id, run.next_seq, first_seq))
            db.execute("UPDATE run SET next_seq = ?, head = ? WHERE id = ?", (next_seq, head, run.id))
        return Run(run.id, next_seq, head)

    def between(self, site: str, start_s: int, end_s: int) -> list[Quarter]:
        """Every telling of the site with ``start_s`` <= label < ``end_s`` [epoch seconds], by label and then as it was told."""
        query = (
            "SELECT run.id, label_s, p_mw, share, co2, parts, behind FROM quarter JOIN run ON run.id = quarter.run"
            " WHERE run.site = ? AND label_s >= ? AND label_s < ? ORDER BY label_s, run.id, seq"
        )
        with self._open() as db:
            rows = db.execute(query, (site, start_s, end_s)).fetchall()
        newest = {label_s: run for run, label_s, *_ in rows}
        return [
            Quarter(label_s, p_mw, share, co2, json.loads(parts), behind)
            for run, label_s, p_mw, share, co2, parts, behind in rows
            if run == newest[label_s]
        ]

    def span(self, site: str) -> tuple[int, int] | None:
        """Labels of the first and the last quarter hour of the site; None without one."""
        with self._open() as db:
            of_run = "SELECT min(label_s), max(label_s) FROM quarter WHERE run IN (SELECT id FROM run WHERE site = ?)"
            first, last = db.execute(of_run, (site,)).fetchone()
        return None if first is None else (first, last)

    def told_since(self, run: Run) -> list[int]:
        """Labels of what records from ``run.next_seq`` on told."""
        with self._open() as db:
            query = "SELECT label_s FROM quarter WHERE run = ? AND seq >= ?"
            return [label_s for (label_s,) in db.execute(query, (run.id, run.next_seq))]

    def unread(self, site: str) -> int:
        """Records that had gone before they were read, and of which no quarter hour is kept."""
        query = (
            "SELECT coalesce(sum(past - first - (SELECT count(DISTINCT seq) FROM quarter WHERE quarter.run = gap.run"
            " AND seq >= first AND seq < past)), 0) FROM gap JOIN run ON run.id = gap.run WHERE run.site = ?"
        )
        with self._open() as db:
            return int(db.execute(query, (site,)).fetchone()[0])

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        if self._memory is not None:
            yield self._memory
            return
        assert self._path is not None
        try:
            with closing(_connected(self._path)) as db:
                yield db
        except sqlite3.DatabaseError as error:
            if _is_damage(error):  # the next one that opens salvages it
                _set_aside(self._path)
            raise


def _connected(path: Path) -> sqlite3.Connection:
    """The database, made where there is none; one of another version or with damage is set aside first, and salvaged.

    Raises:
        sqlite3.Error, OSError: when the disk takes nothing.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if not _usable(path):
        _set_aside(path)
    db = sqlite3.connect(path, timeout=5.0)
    if not _version(db):
        with db:
            db.execute("BEGIN IMMEDIATE")
            if not _version(db):  # nobody else made it meanwhile
                for statement in _SCHEMA.split(";"):
                    db.execute(statement)
                asides = sorted(path.parent.glob(f"{path.name}.*{_ASIDE}"), reverse=True)
                any(_salvage(aside, db) for aside in asides)  # the newest that still tells something
                db.execute(f"PRAGMA user_version = {_VERSION}")
    return db


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _usable(path: Path) -> bool:
    """Whether it is a database of this version, or none yet."""
    try:
        with closing(sqlite3.connect(path, timeout=5.0)) as db:
            version = _version(db)
            return version == _VERSION or (not version and not db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
    except sqlite3.DatabaseError as error:
        if not _is_damage(error):
            raise
        return False


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _set_aside(path: Path) -> None:
    """Under a name of its own, with the log of a transaction that broke off; nothing of it goes."""
    name = f"{path.name}.{time.time_ns()}{_ASIDE}"
    for end in ("-journal", ""):
        with suppress(FileNotFoundError):
            path.with_name(path.name + end).rename(path.with_name(name + end))


def _salvage(aside: Path, db: sqlite3.Connection) -> bool:
    """Take over every quarter hour that can still be read; whether there was one. The journal is read again from its oldest."""
    found = False
    with closing(sqlite3.connect(aside, timeout=5.0)) as old:
        for query in _RUNS:
            db.executemany("INSERT OR IGNORE INTO run VALUES (?, ?, ?, 0, ?)", _readable(old, query))
        for query in _QUARTERS:
            for row in _readable(old, query):
                db.execute("INSERT OR REPLACE INTO quarter VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
                found = True
    return found


_RUNS = (
    "SELECT id, site, genesis, genesis FROM run ORDER BY id",
    "SELECT id, site, genesis, genesis FROM run ORDER BY id DESC",
)
_QUARTERS = (
    "SELECT label_s, run, seq, p_mw, share, co2, parts, behind FROM quarter ORDER BY label_s, run, seq",
    "SELECT label_s, run, seq, p_mw, share, co2, parts, behind FROM quarter ORDER BY label_s DESC, run DESC, seq DESC",
)
"""From both ends to the place that is damaged."""


def _readable(old: sqlite3.Connection, query: str) -> Iterator[tuple[Any, ...]]:
    """Rows up to the first that cannot be read: the file was set aside because it has damage, and it stays."""
    try:
        yield from old.execute(query)
    except sqlite3.DatabaseError as error:
        if not (_is_damage(error) or error.sqlite_errorcode == sqlite3.SQLITE_ERROR):  # another version lacks the table
            raise
