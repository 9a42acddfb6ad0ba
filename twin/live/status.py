"""What a state directory holds: for ``regie status``."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from twin.domain.time import from_epoch_s
from twin.regie.chain import JournalDamaged, open_readonly, read_meta
from twin.regie.lock import LOCK, is_held

_COUNT = "SELECT (SELECT count(*) FROM tick WHERE kind = ?) + (SELECT count(*) FROM expunged WHERE kind = ?)"
"""Acknowledged records, those too whose content went with its time."""


def status_of(state: Path) -> dict[str, Any]:
    """Site, window, what is journalled, and whether somebody writes.

    Raises:
        BadInput: when there is no journal; JournalDamaged: when it cannot be read.
    """
    db = open_readonly(state)
    try:
        identity = read_meta(db)["identity"]
        site, start, wanted = identity["site"], identity["start"], identity["ticks"]
        regular, events = (db.execute(_COUNT, (kind, kind)).fetchone()[0] for kind in ("regular", "event"))
        (expunged,) = db.execute("SELECT count(*) FROM expunged").fetchone()
        last = db.execute("SELECT as_of_s, head FROM tick ORDER BY seq DESC LIMIT 1").fetchone()
    except (sqlite3.DatabaseError, KeyError) as error:
        raise JournalDamaged(state / "journal.sqlite", error) from error
    finally:
        db.close()
    return {
        "site": site,
        "start": start,
        "ticks": regular,
        "ticks_wanted": wanted,
        "acked": regular,
        "events": events,
        "expunged": expunged,
        "last_as_of": None if last is None else from_epoch_s(last[0]).isoformat(),
        "head": None if last is None else last[1],
        "running": is_held(state / LOCK),
    }
