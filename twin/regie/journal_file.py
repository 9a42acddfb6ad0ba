"""The journal's file before its first tick, and what it belongs to."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from typing import Any

from twin.domain.problems import BadInput, Problem
from twin.regie.chain import SCHEMA_VERSION

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE tick (seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, as_of_s INTEGER NOT NULL, head TEXT NOT NULL,
                   readings BLOB NOT NULL, record BLOB NOT NULL);
CREATE TABLE expunged (seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, as_of_s INTEGER NOT NULL, head TEXT NOT NULL,
                       content TEXT NOT NULL);
CREATE TABLE resume (id INTEGER PRIMARY KEY CHECK (id = 1), seq INTEGER NOT NULL, state BLOB NOT NULL);
CREATE TABLE checkpoint (week INTEGER PRIMARY KEY, seq INTEGER NOT NULL, state BLOB NOT NULL);
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


def check_identity(place: str, meta: Mapping[str, Any], identity: Mapping[str, Any]) -> None:
    """Whether what lies at ``place``, with this ``meta``, is the journal that is wanted.

    Raises:
        BadInput: of another schema, or of another site or window.
    """
    if meta["schema_version"] != SCHEMA_VERSION:
        found = f"journal of schema {meta['schema_version']}"
        remedy = "run the release that wrote it, or choose another --state"
        raise BadInput([Problem(place, found, f"schema {SCHEMA_VERSION}", remedy)])
    wanted, there = json.loads(json.dumps(identity, sort_keys=True)), meta["identity"]
    remedy = "give the same site and window to resume, or another --state directory"
    differing = [
        Problem(f"{place}: {key}", f"the state has {there.get(key)!r}", f"{wanted.get(key)!r} as asked", remedy)
        for key in sorted({*wanted, *there})
        if wanted.get(key) != there.get(key)
    ]
    if differing:
        raise BadInput(differing)
