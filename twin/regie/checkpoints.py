"""Once a week the state after a tick is kept with its record: a run whose beginning has gone is lived again from there.

It is what a resume would have taken then. The record holds its digest, which the chain covers, and it goes with the record.
"""

from __future__ import annotations

import hashlib
import sqlite3
import zlib

import numpy as np

from twin.domain.pack import UnpackError, unpack
from twin.domain.problems import BadInput, Problem, Problems

WEEK_S = 7 * 86_400
_BOTH = "SELECT kept.seq, state, record FROM checkpoint AS kept LEFT JOIN tick ON tick.seq = kept.seq"


def keep(db: sqlite3.Connection, seq: int, as_of_s: int, state: bytes) -> None:
    """Keep the compressed ``state`` after tick ``seq`` if it is the first one of its week."""
    db.execute("INSERT OR IGNORE INTO checkpoint VALUES (?, ?, ?)", (as_of_s // WEEK_S, seq, state))


def kept(db: sqlite3.Connection) -> tuple[int, ...]:
    """Ticks whose state is kept, in order."""
    return tuple(seq for (seq,) in db.execute("SELECT seq FROM checkpoint ORDER BY seq"))


def read(db: sqlite3.Connection, seq: int) -> dict[str, np.ndarray]:
    """What the loop would have resumed from after tick ``seq``, sources' checkpoints among it.

    Raises:
        BadInput: when it is no more, or not the state that the tick left.
    """
    found = db.execute(f"{_BOTH} WHERE kept.seq = ?", (seq,)).fetchone()
    if found is None or not _same(*found[1:]):
        raise BadInput([_differs(seq, "restore the state directory from a backup")])
    return unpack(zlib.decompress(found[1]))[1]


def check(db: sqlite3.Connection, remedy: str, problems: Problems) -> None:
    """Whether every state that is kept is the one whose digest its tick's record holds."""
    problems.found += [
        _differs(seq, remedy) for seq, state, record in db.execute(f"{_BOTH} ORDER BY kept.seq") if not _same(state, record)
    ]


def _same(state: bytes, record: bytes | None) -> bool:
    try:
        digest = hashlib.sha256(zlib.decompress(state)).hexdigest()
        return record is not None and bool(digest == unpack(zlib.decompress(record))[0]["resume"])
    except (zlib.error, UnpackError, KeyError, TypeError):
        return False


def _differs(seq: int, remedy: str) -> Problem:
    return Problem(f"checkpoint of tick {seq}", "gone, or not the state that the tick left", "of the tick's digest", remedy)
