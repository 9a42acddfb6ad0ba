"""Commands into the loop's queue: a small database beside the snapshots; this file writes it, the loop reads it.

The loop takes rows with an id above the last one it consumed, so that a command survives a restart of either side and is
obeyed once.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from dashboard.regie.wish import Wish

SCHEMA = """
CREATE TABLE IF NOT EXISTS command (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    target TEXT NOT NULL,
    by TEXT NOT NULL,
    issued_at TEXT NOT NULL,
    expires TEXT NOT NULL,
    motive TEXT,
    minutes INTEGER,
    value TEXT
)
"""
LATER = {"minutes": "INTEGER", "value": "TEXT"}
"""Columns that a queue of an older régie lacks; it gets them when it is next written."""


class CommandQueue:
    """The queue of one state directory."""

    def __init__(self, state: Path) -> None:
        self.path = state / "commands.sqlite"

    def put(self, wish: Wish, by: str, issued_at: datetime, expires: datetime) -> int:
        """Write one command of ``by`` durably and return its id.

        Raises:
            sqlite3.Error: when the store refuses it (disk full, locked for 5 s); nothing was written.
        """
        with closing(sqlite3.connect(self.path, timeout=5.0)) as db:
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=FULL")
            with db:
                db.execute(SCHEMA)
                there = {column[1] for column in db.execute("PRAGMA table_info(command)")}
                for name, kind in LATER.items():
                    if name not in there:
                        db.execute(f"ALTER TABLE command ADD COLUMN {name} {kind}")
                times = issued_at.isoformat(), expires.isoformat()
                row = db.execute(
                    "INSERT INTO command (kind, target, by, issued_at, expires, motive, minutes, value)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    (wish.kind, wish.target, by, *times, wish.motive, wish.minutes, wish.value),
                )
                return int(row.lastrowid or 0)
