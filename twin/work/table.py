"""The work process's own table of jobs (SQLite, WAL): it alone writes, others only read.

A fit's row is a record of it: what is to be fitted stands in the files that the loop keeps. A command's row is the command.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from twin.work.spool import Asked

FILE = "jobs.sqlite"
_KEPT = 500
"""Ended jobs that stay listed: a year of nightly fits of one box, a month of a dozen."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS job (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, what TEXT NOT NULL, cwd TEXT NOT NULL, state TEXT NOT NULL,
    cancel INTEGER NOT NULL, attempts INTEGER NOT NULL, asked_at TEXT NOT NULL, begun_at TEXT, ended_at TEXT,
    text TEXT NOT NULL)
"""
_COLUMNS = ("id", "kind", "what", "state", "cancel", "attempts", "asked_at", "begun_at", "ended_at", "text")


class JobTable:
    """States: queued, running, done, failed, cancelled; interrupted for a fit that was not begun again.

    The file is opened by the first call that the disk allows. What was running then is taken up: a command waits again, unless
    it was to end; a fit is begun anew by its files. A damaged file is put aside.

    Raises:
        sqlite3.Error: from every method, when the disk takes nothing.
    """

    def __init__(self, jobs: Path) -> None:
        self._path = jobs / FILE
        self._opened: sqlite3.Connection | None = None

    def close(self) -> None:
        """Take up what runs, as after a start, and close the file."""
        with suppress(sqlite3.Error):
            _take_up(self._db)
        if self._opened is not None:
            self._opened.close()

    @property
    def _db(self) -> sqlite3.Connection:
        if self._opened is None:
            try:
                self._opened = _open(self._path)
            except sqlite3.OperationalError:
                raise
            except sqlite3.DatabaseError:
                self._path.replace(self._path.with_suffix(".damaged"))
                self._opened = _open(self._path)
        return self._opened

    def add(self, asked: Asked) -> None:
        """A command that was asked for; one that is there already stays as it is."""
        row = (asked.id, "command", json.dumps(asked.argv), asked.cwd, "queued", 0, 0, asked.at, "")
        self._db.execute(
            "INSERT OR IGNORE INTO job (id, kind, what, cwd, state, cancel, attempts, asked_at, text)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            row,
        )

    def cancel(self, job: str) -> None:
        """Note that a command is to end; one that waits ends at once, one that has ended stays as it is."""
        self._db.execute("UPDATE job SET cancel = 1 WHERE id = ? AND kind = 'command' AND ended_at IS NULL", (job,))
        self._db.execute(
            "UPDATE job SET state = 'cancelled', ended_at = ? WHERE id = ? AND cancel AND state = 'queued'", (_now(), job)
        )

    def next_command(self) -> tuple[str, list[str], str] | None:
        """Id, words and directory of the command that has waited longest."""
        found = self._db.execute(
            "SELECT id, what, cwd FROM job WHERE kind = 'command' AND state = 'queued' ORDER BY asked_at, rowid LIMIT 1"
        ).fetchone()
        return None if found is None else (found[0], json.loads(found[1]), found[2])

    def to_cancel(self, job: str) -> bool:
        """True when somebody wants a command's end."""
        found = self._db.execute("SELECT cancel FROM job WHERE id = ?", (job,)).fetchone()
        return bool(found and found[0])

    def begin_fit(self, name: str, instance: str) -> None:
        """A fit runs, perhaps again."""
        self._db.execute(
            "INSERT OR IGNORE INTO job (id, kind, what, cwd, state, cancel, attempts, asked_at, text)"
            " VALUES (?, 'fit', ?, '', 'queued', 0, 0, ?, '')",
            (name, json.dumps(instance), _now()),
        )
        self.begin(name)

    def begin(self, job: str) -> None:
        """It runs."""
        self._db.execute(
            "UPDATE job SET state = 'running', attempts = attempts + 1, begun_at = ?, ended_at = NULL, text = '' WHERE id = ?",
            (_now(), job),
        )

    def end(self, job: str, state: str, text: str) -> list[str]:
        """It has ended; returns the ids of old jobs that are listed no longer."""
        self._db.execute("UPDATE job SET state = ?, ended_at = ?, text = ? WHERE id = ?", (state, _now(), text, job))
        old = self._db.execute(
            "SELECT id FROM job WHERE ended_at IS NOT NULL ORDER BY ended_at DESC, rowid DESC LIMIT -1 OFFSET ?", (_KEPT,)
        ).fetchall()
        self._db.executemany("DELETE FROM job WHERE id = ?", old)
        return [job for (job,) in old]


def read_rows(jobs: Path) -> list[dict[str, Any]]:
    """Every row, oldest first, from any process; none where the work process never ran.

    Raises:
        sqlite3.Error: for a file that cannot be read.
    """
    path = jobs / FILE
    if not path.exists():
        return []
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=5.0)) as db:
        if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'job'").fetchone():
            return []  # just being made
        rows = db.execute(f"SELECT {', '.join(_COLUMNS)} FROM job ORDER BY asked_at, rowid").fetchall()  # noqa: S608 - constants
    found = [dict(zip(_COLUMNS, row, strict=True)) for row in rows]
    return [{**row, "what": json.loads(row["what"]), "cancel": bool(row["cancel"])} for row in found]


def _open(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA secure_delete = ON")  # what goes is overwritten, not only unlinked
        db.execute(_SCHEMA)
        _take_up(db)
    except BaseException:
        db.close()
        raise
    return db


def _take_up(db: sqlite3.Connection) -> None:
    db.execute("UPDATE job SET state = 'cancelled', ended_at = ? WHERE state = 'running' AND cancel", (_now(),))
    db.execute("UPDATE job SET state = 'queued' WHERE state = 'running' AND kind = 'command'")
    db.execute("UPDATE job SET state = 'interrupted', ended_at = ? WHERE state = 'running'", (_now(),))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
