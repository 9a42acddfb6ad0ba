"""The journal's chain, read by anybody: records in order, and the verification that names what was altered.

A link covers the digest of a record's content. So content that is expunged with its time (`twin.regie.expunge`) leaves its
digest, by which the chain still holds from the first tick to the last.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from twin.domain.pack import UnpackError, digest, unpack
from twin.domain.problems import BadInput, Problem, Problems
from twin.domain.retention import due_before
from twin.domain.time import to_epoch_s
from twin.regie import checkpoints
from twin.regie.lock import LOCK, is_held

SCHEMA_VERSION = 3
HELD_AT_LEAST_S = 184 * 86_400
"""Grid time for which content stays before the newest tick. A resume reads up to twice the nine weeks of its tables (`refold`).
Younger content that is gone was not expunged by a régie, unless it is of the present and twelve months old by the wall."""
PRESENT = "present"
"""Key of the journal's meta table: its quarter hours are of the present (`twin.regie.journal.Journal.mark_present`)."""
_MAGIC = b"SQLite format 3\0"
_RESTORE = "restore the state directory from a backup"


class JournalDamaged(BadInput):
    """What is there was no journal once written by a régie, or is none any more: nobody's input is at fault."""

    exit_code = 1

    def __init__(self, place: object, error: object) -> None:
        super().__init__([Problem(str(place), str(error), "a readable journal", _RESTORE)])


@dataclass(frozen=True)
class Record:
    """One tick as the journal keeps it.

    Attributes:
        seq: 0, 1, 2 ...; ``kind``: "regular" or "event". ``as_of_s``: epoch seconds.
        meta, arrays: the content (see `twin.domain.pack`), raw readings included. ``head``: chain value after this record.
    """

    seq: int
    kind: str
    as_of_s: int
    meta: Mapping[str, Any]
    arrays: Mapping[str, np.ndarray]
    head: str


def open_readonly(directory: Path) -> sqlite3.Connection:
    """A read-only connection, beside a running writer too; it leaves no file behind that was not there.

    Raises:
        BadInput: when the directory holds no journal, or one that cannot be opened.
        JournalDamaged: when what is there is no database.
    """
    path = directory / "journal.sqlite"
    if not path.exists():
        raise BadInput([Problem(str(directory), "no journal.sqlite", "a state directory", "give the --state of a run")])
    # To a reader of a journal in WAL mode SQLite gives files beside it, and leaves them. One at rest needs none: it is read as
    # a file that does not change, so that one on a read-only disk can be read as well.
    try:
        mode = "immutable=1" if _at_rest(path) else "mode=ro"
        with path.open("rb") as file:
            head = file.read(len(_MAGIC))
        if head != _MAGIC:
            raise JournalDamaged(path, "not a database" if head else "an empty file, not a database")
        return sqlite3.connect(f"{path.resolve().as_uri()}?{mode}", uri=True, timeout=5.0)
    except (OSError, sqlite3.Error) as error:
        value = getattr(error, "strerror", None) or str(error)
        raise BadInput([Problem(str(path), value, "a readable file", "check its permissions")]) from error


def _at_rest(path: Path) -> bool:
    """Whether nobody writes it and all is in the file itself: a writer holds the lock, and one that was killed left a log."""
    log, index = (path.with_name(path.name + end) for end in ("-wal", "-shm"))
    return not (is_held(path.with_name(LOCK)) or index.exists() or (log.exists() and log.stat().st_size))


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the file's content is at fault: not the disk's space, its rights, or another's lock."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
    return code in {sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_MISMATCH}


def read_meta(db: sqlite3.Connection) -> dict[str, Any]:
    """Schema version and identity.

    Raises:
        JournalDamaged: when they cannot be read.
    """
    try:
        meta = {key: json.loads(value) for key, value in db.execute("SELECT key, value FROM meta")}
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        raise JournalDamaged("journal.sqlite", error) from error
    except (ValueError, TypeError) as error:
        raise JournalDamaged("journal.sqlite: meta", error) from error
    if not isinstance(meta.get("identity"), dict) or not isinstance(meta.get("schema_version"), int):
        raise JournalDamaged("journal.sqlite: meta", "no identity or no schema version")
    return meta


def read_records(db: sqlite3.Connection, start: int = 0) -> Iterator[Record]:
    """Records from ``start`` on, in order.

    Raises:
        JournalDamaged: at a record that cannot be read.
    """
    rows = db.execute("SELECT seq, kind, as_of_s, head, readings, record FROM tick WHERE seq >= ? ORDER BY seq", (start,))
    for seq, kind, as_of_s, head, readings, record in rows:
        meta, arrays = _unpacked(seq, record)
        yield Record(seq, kind, as_of_s, meta, {**arrays, **_unpacked(seq, readings)[1]}, head)


def read_moments(db: sqlite3.Connection) -> Iterator[tuple[int, str, int]]:
    """``(seq, kind, as_of_s)`` of every record that is held, in order: a year of them in a tenth of a second."""
    yield from db.execute("SELECT seq, kind, as_of_s FROM tick ORDER BY seq")


def read_metas(db: sqlite3.Connection, start: int, limit: int = -1) -> Iterator[tuple[int, str, int, str, Mapping[str, Any]]]:
    """``(seq, kind, as_of_s, head, meta)`` of ``limit`` records from ``start`` on, in order; their readings are left alone.

    Args:
        limit: -1 for all there are.

    Raises:
        JournalDamaged: at a record that cannot be read.
    """
    query = "SELECT seq, kind, as_of_s, head, record FROM tick WHERE seq >= ? ORDER BY seq LIMIT ?"
    for seq, kind, as_of_s, head, record in db.execute(query, (start, limit)):
        yield seq, kind, as_of_s, head, _unpacked(seq, record)[0]


def read_gone(db: sqlite3.Connection) -> Iterator[tuple[int, str, int]]:
    """The same of every record whose content has gone: all of them are older than those that are held."""
    yield from db.execute("SELECT seq, kind, as_of_s FROM expunged ORDER BY seq")


def read_readings(db: sqlite3.Connection, start: int) -> Iterator[tuple[int, Mapping[str, np.ndarray]]]:
    """``(as_of_s, raw readings)`` of the records from ``start`` on, in order; nothing else of them is read.

    Raises:
        JournalDamaged: at a record that cannot be read.
    """
    for seq, as_of_s, readings in db.execute("SELECT seq, as_of_s, readings FROM tick WHERE seq >= ? ORDER BY seq", (start,)):
        yield as_of_s, _unpacked(seq, readings)[1]


def _unpacked(seq: int, blob: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    try:
        return unpack(zlib.decompress(blob))
    except (zlib.error, UnpackError, TypeError) as error:
        raise JournalDamaged(f"journal.sqlite: tick {seq}", error) from error


def verify(directory: Path, now: datetime | None = None) -> tuple[int, str, list[Problem]]:
    """Walk the chain: ``(records, head, problems)``. A flipped bit, a deleted or an inserted tick is named.

    Args:
        now: wall clock, by which content of the present may have had its time; None: by the journal's own clock alone.

    Raises:
        BadInput: when the directory holds no journal.
    """
    problems = Problems()
    count, head = 0, ""
    at_rest = _at_rest(directory / "journal.sqlite")
    db = open_readonly(directory)
    try:
        for (line,) in db.execute("PRAGMA integrity_check").fetchall():
            if line != "ok":
                problems.add("journal.sqlite", line, "ok", _RESTORE)
        count, head, last = _walk(db, now, problems)
        _check_resume(db, last, problems)
        checkpoints.check(db, _RESTORE, problems)
    except JournalDamaged as error:
        problems.found += error.problems
    except (sqlite3.DatabaseError, TypeError) as error:  # a flipped bit may change a value's type too
        problems.add("journal.sqlite", error, "a readable database", _RESTORE)
    finally:
        db.close()
    if problems and at_rest and not _at_rest(directory / "journal.sqlite"):
        return verify(directory, now)  # somebody began to write meanwhile: what moved under the reader is no fault
    return count, head, problems.found


def _walk(db: sqlite3.Connection, now: datetime | None, problems: Problems) -> tuple[int, str, bytes]:
    """``(records, head, last record)``; every break of the chain is noted."""
    meta = read_meta(db)
    head, count, record = genesis(meta["identity"]), 0, b""
    gone = db.execute("SELECT seq, kind, as_of_s, head, content FROM expunged ORDER BY seq")
    held = db.execute("SELECT seq, kind, as_of_s, head, readings, record FROM tick ORDER BY seq")
    newest = db.execute("SELECT as_of_s FROM tick ORDER BY seq DESC LIMIT 1").fetchone()
    ends = [newest[0] - HELD_AT_LEAST_S] if newest else []
    ends += [to_epoch_s(due_before(now)) - 1] if now is not None and meta.get(PRESENT) else []
    for seq, kind, as_of_s, stored, *rest in itertools.chain(gone, held):
        place = f"tick {seq}"
        if seq != count:
            problems.add(place, f"follows tick {count - 1}", f"tick {count}", f"ticks are missing: {_RESTORE}")
        if len(rest) == 1:
            content = rest[0]
            if not ends or as_of_s > max(ends):
                limit = f"held for {HELD_AT_LEAST_S // 86_400} days"
                problems.add(place, "its content is gone", limit, f"nobody expunges it so early: {_RESTORE}")
        else:
            try:
                readings, record = map(zlib.decompress, rest)
            except (zlib.error, TypeError) as error:
                problems.add(place, f"unreadable ({error})", "a compressed record", _RESTORE)
                readings = record = b""
            content = content_digest(readings, record)
        head = link(head, seq, kind, as_of_s, content)
        if head != stored:
            problems.add(place, f"head {stored[:12]}", head[:12], f"the record was altered: {_RESTORE}")
            head = stored
        count = seq + 1
    return count, head, record


def _check_resume(db: sqlite3.Connection, last: bytes, problems: Problems) -> None:
    row = db.execute("SELECT seq, state FROM resume").fetchone()
    newest = None if row is None else row[0]
    (held,) = db.execute("SELECT max(seq) FROM tick").fetchone()  # the state goes with its tick
    if newest != held:
        found = "no state" if newest is None else f"state of tick {newest}"
        problems.add("resume", found, "none before the first tick" if held is None else f"of the last tick, {held}", _RESTORE)
        return
    try:
        differs = row and hashlib.sha256(zlib.decompress(row[1])).hexdigest() != unpack(last)[0]["resume"]
    except (zlib.error, UnpackError, KeyError, TypeError) as error:
        problems.add("resume", f"unreadable ({error})", "the state that the last tick left", _RESTORE)
        return
    if differs:
        problems.add("resume", "differs from the last tick's digest", "equal", _RESTORE)


def genesis(identity: Mapping[str, Any]) -> str:
    """The chain value before the first tick."""
    return digest({"regie": SCHEMA_VERSION, "identity": identity})


def content_digest(readings: bytes, record: bytes) -> str:
    """What a link covers of a record's content, and all that is left of it once it is expunged."""
    return hashlib.sha256(json.dumps([len(readings)]).encode() + readings + record).hexdigest()


def link(previous: str, seq: int, kind: str, as_of_s: int, content: str) -> str:
    """The chain value after a record, whose ``content`` is a `content_digest`."""
    return hashlib.sha256(json.dumps([previous, seq, kind, as_of_s, content], separators=(",", ":")).encode()).hexdigest()
