"""SQLite files in which what is deleted is overwritten: no page and no log keeps it.

SQLite only unlinks what is deleted, unless ``secure_delete`` is on (a library may be built either way); and the write-ahead log
holds pages as they were until it is emptied, not only checkpointed (https://sqlite.org/pragma.html, ``secure_delete``,
``wal_checkpoint``).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path


@contextmanager
def overwriting(path: Path) -> Iterator[sqlite3.Connection]:
    """A durable connection to a store that is there; leaving without an error commits, then empties the log if nobody reads it.

    Raises:
        sqlite3.Error: the store refuses it; nothing went.
    """
    uri = f"{path.resolve().as_uri()}?mode=rw"
    with closing(sqlite3.connect(uri, uri=True, timeout=5.0, isolation_level=None)) as db:
        db.execute("PRAGMA secure_delete=ON")
        db.execute("PRAGMA synchronous=FULL")
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db
        except BaseException:
            db.execute("ROLLBACK")
            raise
        db.execute("COMMIT")
        empty_log(db)


def empty_log(db: sqlite3.Connection) -> bool:
    """Empty the write-ahead log; False while a reader holds on to it: then the next call does. Never waits."""
    (patience_ms,) = db.execute("PRAGMA busy_timeout").fetchone()
    db.execute("PRAGMA busy_timeout=0")
    busy, _, _ = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    db.execute(f"PRAGMA busy_timeout={patience_ms}")
    return not busy
