"""The command queue's reading end: what people asked for on the screens, each consumed once, in order.

Nothing that stands in the queue is passed over in silence: what came too late, what comes again and what cannot be read is
refused, and the journal says so.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from twin.contracts.messages import COMMAND_KINDS, Command
from twin.domain.time import require_utc

FILE = "commands.sqlite"
MOST = 200
"""Rows that one tick takes; the rest waits for the next."""
_COLUMNS = ("kind", "target", "by", "issued_at", "expires", "motive", "minutes", "value")
# Beside the new ones, those whose number was used before and that could still be obeyed: all of them should be consumed.
_QUERY = "SELECT * FROM command WHERE id > ? OR expires > ? ORDER BY id"


@dataclass(frozen=True)
class Refused:
    """A row of the queue that the loop does not obey.

    Attributes:
        why: it had expired, it came before, or it cannot be read.
        digest, expires: what it is recognised by, and until when it could be mistaken for a command; None: never.
    """

    id: int
    kind: str
    target: str
    by: str
    why: Literal["late", "replayed", "unread"]
    digest: str = ""
    expires: datetime | None = None


Row = Mapping[str, Any]
Consumed = Mapping[str, datetime]
"""Digests of what was consumed -> when it expires: until then the same may not come again."""


def read_commands(state: Path, after: int, consumed: Consumed, now: datetime) -> tuple[list[Command], list[Refused]]:
    """``(commands, refused)`` of the queue beyond the number ``after``; an absent queue holds neither.

    Args:
        consumed: of earlier ticks. ``now``: wall clock; a click that waited too long must not surprise anybody.
    """
    commands: list[Command] = []
    refused: list[Refused] = []
    seen = set(consumed)
    for row in _rows(state, after, now):
        if len(commands) + len(refused) == MOST:
            break
        command = _command(row)
        digest = "" if command is None else digest_of(command)
        known = digest in seen
        seen.add(digest)
        if row["id"] <= after and (known or command is None or command.expires <= now):
            continue  # consumed, or answered for
        if command is None:
            refused.append(_refused(row, "unread"))
        elif known or row["id"] <= after:
            refused.append(_refused(row, "replayed", digest, command.expires))
        elif command.expires <= now:
            refused.append(_refused(row, "late"))
        else:
            commands.append(command)
    return commands, refused


def consumed_after(held: Consumed, commands: Sequence[Command], refused: Sequence[Refused]) -> dict[str, datetime]:
    """What was consumed, with this tick's rows and without those that have expired since; no clock but the commands' own."""
    new = {digest_of(command): command.expires for command in commands}
    new |= {one.digest: one.expires for one in refused if one.expires is not None}
    newest = max((command.issued_at for command in commands), default=None)
    return {digest: expires for digest, expires in {**held, **new}.items() if newest is None or expires > newest}


def told(refused: Sequence[Refused]) -> list[tuple[str, Mapping[str, object]]]:
    """A line of the journal for each."""
    lines: list[tuple[str, Mapping[str, object]]] = []
    for one in refused:
        code = "command_expired" if one.why == "late" else "command_replayed" if one.why == "replayed" else "command_unread"
        told_as = "what" if one.why == "unread" else "kind"  # a kind that nobody knows has no words
        lines.append((code, {told_as: one.kind, "target": one.target, "by": one.by}))
    return lines


def digest_of(command: Command) -> str:
    """What a command says, whatever its number."""
    said = [getattr(command, name) for name in _COLUMNS]
    return hashlib.sha256(json.dumps(said, default=str).encode()).hexdigest()[:24]


def _rows(state: Path, after: int, now: datetime) -> list[dict[str, Any]]:
    path = state / FILE
    if not path.exists():
        return []
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=1.0)) as db:
            db.row_factory = sqlite3.Row
            rows = [dict(row) for row in db.execute(_QUERY, (after, now.isoformat()))]
    except sqlite3.DatabaseError:  # just created, held by its writer, or damaged: no command is worth a tick
        return []
    return [{**dict.fromkeys(_COLUMNS), **row} for row in rows]  # an older queue has fewer columns


def _command(row: Row) -> Command | None:
    """The command of a row; None when it is none."""
    try:
        times = require_utc(datetime.fromisoformat(row["issued_at"])), require_utc(datetime.fromisoformat(row["expires"]))
    except (TypeError, ValueError):  # no instant, or nobody knows of which clock
        return None
    if row["kind"] not in COMMAND_KINDS or not isinstance(row["minutes"], int | None):
        return None
    value = None if row["value"] is None else str(row["value"])
    motive = None if row["motive"] is None else str(row["motive"])
    return Command(row["id"], row["kind"], str(row["target"]), str(row["by"]), *times, motive, row["minutes"], value)


def _refused(
    row: Row, why: Literal["late", "replayed", "unread"], digest: str = "", expires: datetime | None = None
) -> Refused:
    return Refused(row["id"], str(row["kind"]), str(row["target"]), str(row["by"]), why, digest, expires)
