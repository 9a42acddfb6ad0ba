"""The journal's file before its first tick."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from typing import Any

from twin.regie.chain import SCHEMA_VERSION

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE tick (seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, as_of_s INTEGER NOT NULL, head TEXT NOT NULL,
                   readings BLOB NOT NULL, record BLOB NOT NULL);
CREATE TABLE expunged (seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, as_of_s INTEGER NOT NULL, head TEXT NOT NULL,
                       content TEXT NOT NULL);
CREATE TABLE resume (id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL, state BLOB NOT NULL);
CREATE TABLE ops (id INTEGER PRIMARY KEY, at TEXT NOT NULL, kind TEXT NOT NULL, detail TEXT NOT NULL);
"""


def empty_journal(identity: Mapping[str, Any]) -> bytes:
    """The file of a journal without a tick."""
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript(_SCHEMA)
        rows = {"schema_version": SCHEMA_VERSION, "identity": identity}
        db.executemany("INSERT INTO meta VALUES (?, ?)", [(k, json.dumps(v, sort_keys=True)) for k, v in rows.items()])
        db.commit()
        return db.serialize()
