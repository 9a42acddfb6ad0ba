"""The journal: one durable, hash-chained transaction per tick. What it acknowledged survives kill -9 and power loss.

SQLite in WAL mode with ``synchronous=FULL``. A commit that failed is in doubt: the file may show its tick although no sync
carried it, and a power cut would take it back. So only a commit of its own acknowledges: the tick is written again, on a
connection of its own, once everything the file shows is known to be on disk.

The chain covers the site, the window and every tick's record: inputs, recorded
outcomes, decisions and the digest of the state to resume from. Wall-clock durations, process ids, restarts and host alarms go
to the unchained ``ops`` table, so that the head is a function of site, seed, grid time, commands and recorded outcomes.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from twin.domain.overwriting import empty_log
from twin.domain.pack import UnpackError, pack, unpack
from twin.domain.whole_file import write_whole
from twin.regie import checkpoints
from twin.regie.chain import (
    PRESENT,
    JournalDamaged,
    Record,
    content_digest,
    genesis,
    is_damage,
    link,
    read_gone,
    read_meta,
    read_metas,
    read_moments,
    read_readings,
    read_records,
)
from twin.regie.expunge import NOTE as DELETIONS
from twin.regie.expunge import Expunged, check_held, expunge
from twin.regie.journal_file import check_identity, empty_journal
from twin.regie.lock import take_lock

RESERVE_BYTES = 4 * 1024 * 1024
"""Freed when the disk is full: room for the checkpoint, and for the snapshots that carry the alarm."""
WAL_LIMIT_BYTES = 4 * 1024 * 1024
FREE_MINIMUM_BYTES = 2 * RESERVE_BYTES


class JournalUnavailable(RuntimeError):
    """The store could not acknowledge (disk full, read-only, I/O error): nothing was promised, nothing may be sent."""


@dataclass(frozen=True)
class Note:
    """A line of the unchained ``ops`` table. ``at``: wall clock, ISO 8601."""

    at: str
    kind: str
    detail: Mapping[str, Any]

    def row(self) -> tuple[str, str, str]:
        """As the table holds it."""
        return self.at, self.kind, json.dumps(self.detail)


class Journal:
    """The single writer of one state directory (flock), and its reader after a restart.

    Attributes:
        keeps: what is committed is there afterwards. ``present``: its quarter hours are of the present.
    """

    keeps = True

    def __init__(self, directory: Path, identity: Mapping[str, Any]) -> None:
        """Open or create.

        Args:
            identity: what this state belongs to (site digest, window, seed); the chain starts from it.

        Raises:
            BadInput: directory of another site or window, of a newer schema, or already in use.
            JournalDamaged: what is there cannot be read.
            JournalUnavailable: the file system takes no journal.
        """
        self._path = directory / "journal.sqlite"
        self._reserve = directory / "journal.reserve"
        self._head, self._next = "", 0
        self._noted, self._notes = 0, list[Note]()
        self._in_doubt, self._residue = False, True  # a kill may have left what was overwritten in the log
        try:
            directory.mkdir(parents=True, exist_ok=True)
            self._lock = take_lock(directory)
            try:
                self._open(identity)
            except BaseException:
                self._lock.close()
                raise
        except (OSError, sqlite3.Error) as error:
            if isinstance(error, sqlite3.Error) and is_damage(error):
                raise JournalDamaged(self._path, error) from error
            raise JournalUnavailable(f"{directory}: {error}") from error

    # ------------------------------------------------------------------------------------------ reading

    @property
    def head(self) -> str:
        """Chain value after the last acknowledged tick."""
        return self._head

    @property
    def acked(self) -> int:
        """Number of acknowledged records, events included."""
        return self._next

    def resume_state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]] | None:
        """State after the last acknowledged tick, or None before the first.

        Raises:
            JournalDamaged: when it cannot be read. BadInput: when it had its time, as its tick had.
        """
        try:
            row = self._db.execute("SELECT state FROM resume").fetchone()
            if row is None:
                check_held(self._db, str(self._path.parent), max(self._next - 1, 0))
            return None if row is None else unpack(zlib.decompress(row[0]))
        except (zlib.error, UnpackError, TypeError, sqlite3.DatabaseError) as error:
            raise JournalDamaged(f"{self._path}: resume", error) from error

    def records(self, start: int = 0) -> Iterator[Record]:
        """Acknowledged records in order."""
        return read_records(self._db, start)

    def moments(self) -> Iterator[tuple[int, str, int]]:
        """``(seq, kind, as_of_s)`` of every acknowledged record, in order, those too whose content has gone."""
        return chain(read_gone(self._db), read_moments(self._db))

    def metas(self, start: int) -> Iterator[Mapping[str, Any]]:
        """What the acknowledged records from ``start`` on say, in order, without their arrays."""
        return (meta for *_, meta in read_metas(self._db, start))

    def readings(self, start: int) -> Iterator[tuple[int, Mapping[str, np.ndarray]]]:
        """``(as_of_s, raw readings)`` of the acknowledged records from ``start`` on, in order.

        Raises:
            BadInput: when some of them have gone.
        """
        check_held(self._db, str(self._path.parent), start)
        return read_readings(self._db, start)

    # ------------------------------------------------------------------------------------------ writing

    def commit(
        self,
        kind: str,
        as_of_s: int,
        meta: Mapping[str, Any],
        arrays: Mapping[str, np.ndarray],
        resume_meta: Mapping[str, Any],
        resume_arrays: Mapping[str, np.ndarray],
        readings: Mapping[str, np.ndarray] | None = None,
    ) -> str:
        """Write one tick and the state to resume from, durably, or nothing; waiting notes ride along, outside the chain.

        Args:
            readings: the raw inputs; in a column of their own, because a resume reads weeks of them and little else.

        Returns:
            The new head. Returning is the acknowledgement.

        Raises:
            JournalUnavailable: nothing was acknowledged; the same call may be made again later.
        """
        state = pack(resume_meta, resume_arrays)
        record = pack({**meta, "resume": hashlib.sha256(state).hexdigest()}, arrays)
        raw = pack({}, readings)
        head = link(self._head, self._next, kind, as_of_s, content_digest(raw, record))
        with self._acknowledged():
            self._check_space()
            self._write(kind, as_of_s, head, raw, record, state)
        self._head, self._next = head, self._next + 1
        self._fill_reserve()
        return head

    def note(self, note: Note) -> None:
        """Keep an unchained line about the host (restart, duration, disk): written with the next commit, or by `flush`."""
        self._notes.append(note)

    def flush(self) -> None:
        """Write the waiting notes in a transaction of their own.

        Raises:
            JournalUnavailable: when the store does not take them; they wait on.
        """
        with self._acknowledged(), self._db:
            self._write_notes()

    def notes(self, kind: str) -> Iterator[dict[str, Any]]:
        """Details of all host notes of one kind, in order.

        Raises:
            JournalDamaged: when they cannot be read.
        """
        try:
            for (detail,) in self._db.execute("SELECT detail FROM ops WHERE kind = ? ORDER BY id", (kind,)):
                yield json.loads(detail)
        except (ValueError, TypeError, sqlite3.DatabaseError) as error:
            raise JournalDamaged(f"{self._path}: ops", error) from error

    def mark_present(self) -> None:
        """Keep for good that its quarter hours are of the present.

        Raises:
            JournalUnavailable: when the store does not take it.
        """
        with self._acknowledged(), self._db:
            self._write_notes()
            self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, 'true')", (PRESENT,))
        self.present = True

    def expunge(self, before_s: int, notes_before: str, limit: int, *, at: str, outlived_s: int | None = None) -> Expunged:
        """One slice of what has had its time (`twin.regie.expunge`); when the answer says ``clean``, no file holds it any more.

        Raises:
            JournalUnavailable: when the store does not take it; nothing went.
        """
        if self._in_doubt:  # the next commit finds out what is on disk
            return Expunged(0, 0)
        try:
            gone = expunge(self._db, before_s, notes_before, limit, at=at, outlived_s=outlived_s)
            (self._noted,) = self._db.execute("SELECT coalesce(max(id), 0) FROM ops").fetchone()
            self._residue = (self._residue or gone.any) and not empty_log(self._db)
        except sqlite3.Error as error:
            self._in_doubt = True
            raise JournalUnavailable(str(error)) from error
        return replace(gone, clean=not (self._residue or gone.any))

    def free_bytes(self) -> int:
        """Space left on the journal's file system for an unprivileged writer."""
        return shutil.disk_usage(self._path.parent).free

    def close(self) -> None:
        """Checkpoint and release the lock."""
        self._db.close()
        self._lock.close()

    # ------------------------------------------------------------------------------------------ inside

    def _open(self, identity: Mapping[str, Any]) -> None:
        if not self._path.exists():
            write_whole(self._path, empty_journal(identity))  # a reader finds a journal or none, never one that is being made
        self._db = self._connect()
        meta = read_meta(self._db)
        check_identity(str(self._path.parent), meta, identity)
        self.present = bool(meta.get(PRESENT))
        # A head that a crash left unsynced is no head yet: nothing may be sent for it before it is on disk.
        self._checkpoint("FULL")
        self._load_head()
        self._fill_reserve()

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, isolation_level="IMMEDIATE", timeout=5.0)
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        db.execute(f"PRAGMA journal_size_limit={WAL_LIMIT_BYTES}")
        db.execute("PRAGMA wal_autocheckpoint=200")
        db.execute("PRAGMA secure_delete=ON")  # what goes is overwritten, not only unlinked
        return db

    def _load_head(self) -> None:
        of_all = "SELECT seq, head FROM tick UNION ALL SELECT seq, head FROM expunged ORDER BY seq DESC LIMIT 1"
        row = self._db.execute(of_all).fetchone()
        self._next, self._head = (0, genesis(read_meta(self._db)["identity"])) if row is None else (row[0] + 1, row[1])
        (self._noted,) = self._db.execute("SELECT coalesce(max(id), 0) FROM ops").fetchone()

    @contextmanager
    def _acknowledged(self) -> Iterator[None]:
        """Leaving without an error is the acknowledgement of what was written inside."""
        try:
            if self._in_doubt:
                self._reopen()
            yield
        except OSError as error:
            raise JournalUnavailable(str(error)) from error
        except sqlite3.Error as error:
            self._in_doubt = True
            with suppress(OSError):  # a read-only file system keeps it
                self._reserve.unlink(missing_ok=True)
            raise JournalUnavailable(str(error)) from error
        self._noted, self._notes = self._noted + len(self._notes), []

    def _reopen(self) -> None:
        """Leave the connection that failed; go on when what the file shows is on disk and the log begins anew.

        Frames of the failed commit may stand in the log without ever having reached the disk: what followed them there would be
        lost with them.
        """
        self._db.close()
        self._db = self._connect()
        self._checkpoint("TRUNCATE")
        query = "SELECT coalesce(max(id), 0) FROM ops WHERE id <= ? OR kind = ?"  # an expunging in doubt may have been kept
        (self._noted,) = self._db.execute(query, (self._noted, DELETIONS)).fetchone()
        self._in_doubt = False

    def _checkpoint(self, mode: str) -> None:
        busy, _, _ = self._db.execute(f"PRAGMA wal_checkpoint({mode})").fetchone()
        if busy:
            raise sqlite3.OperationalError("a reader holds on to the log")

    def _write(self, kind: str, as_of_s: int, head: str, readings: bytes, record: bytes, state: bytes) -> None:
        with self._db:
            self._write_notes()
            self._db.execute(
                "INSERT OR REPLACE INTO tick VALUES (?, ?, ?, ?, ?, ?)",
                (self._next, kind, as_of_s, head, zlib.compress(readings, 1), zlib.compress(record, 1)),
            )
            kept = zlib.compress(state, 1)
            self._db.execute("INSERT OR REPLACE INTO resume VALUES (1, ?, ?)", (self._next, kept))
            checkpoints.keep(self._db, self._next, as_of_s, kept)

    def _write_notes(self) -> None:
        """In place of whatever an unacknowledged attempt left."""
        self._db.execute("DELETE FROM ops WHERE id > ?", (self._noted,))
        self._db.executemany("INSERT INTO ops (at, kind, detail) VALUES (?, ?, ?)", [note.row() for note in self._notes])

    def _check_space(self) -> None:
        """Stop acknowledging before the last byte: what is left is for the snapshots that tell people so."""
        free = self.free_bytes()
        if free < FREE_MINIMUM_BYTES:
            self._reserve.unlink(missing_ok=True)
            limit = f"{FREE_MINIMUM_BYTES >> 20} MiB"
            raise JournalUnavailable(f"{free / 2**20:.1f} MiB free in {self._path.parent}, {limit} needed")

    def _fill_reserve(self) -> None:
        """Best effort: what was acknowledged stays so although there is no room for a reserve."""
        with suppress(OSError):
            if self._reserve.exists() or self.free_bytes() <= 2 * FREE_MINIMUM_BYTES:
                return
            with self._reserve.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, RESERVE_BYTES)
