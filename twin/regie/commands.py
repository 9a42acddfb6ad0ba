"""The command queue's reading end: what people asked for on the screens, each consumed once, in order."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from twin.contracts.messages import Command
from twin.domain.time import require_utc

FILE = "commands.sqlite"
KINDS = ("acknowledge", "accept", "refuse")
_QUERY = "SELECT id, kind, target, by, issued_at, expires, motive FROM command WHERE id > ? ORDER BY id LIMIT 200"


def read_commands(state: Path, after: int) -> list[Command]:
    """Commands with an id above ``after``, at most 200 at a time; an absent queue holds none, a malformed row is left out."""
    path = state / FILE
    if not path.exists():
        return []
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=1.0)) as db:
            rows = db.execute(_QUERY, (after,)).fetchall()
    except sqlite3.DatabaseError:  # just created, held by its writer, or damaged: no command is worth a tick
        return []
    return [command for command in map(_command, rows) if command is not None]


def _command(row: tuple[Any, ...]) -> Command | None:
    number, kind, target, by, issued_at, expires, motive = row
    try:
        times = require_utc(datetime.fromisoformat(issued_at)), require_utc(datetime.fromisoformat(expires))
    except (TypeError, ValueError):  # no instant, or nobody knows of which clock
        return None
    return Command(number, kind, str(target), str(by), *times, motive) if kind in KINDS else None


def expired(commands: list[Command], now: datetime) -> tuple[list[Command], list[Command]]:
    """``(still valid, expired)`` at the wall clock's ``now``: a click that waited too long must not surprise anybody."""
    return [c for c in commands if c.expires > now], [c for c in commands if c.expires <= now]
