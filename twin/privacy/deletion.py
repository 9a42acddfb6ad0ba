"""The daily sweep: everything of people beside the journal that has had its time, and a line of the book for each kind.

It runs in a process of its own beside a régie on air (`twin.live.tidying`), or as ``regie privacy expunge``. The journal has
one writer, the loop, which expunges it in slices between its ticks; where no loop runs, `expunge_journal` does.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from dashboard.regie.book import HELD_AT_LEAST, Book
from twin.domain.overwriting import empty_log
from twin.domain.retention import due_before
from twin.domain.time import from_epoch_s, to_epoch_s
from twin.privacy.kinds import files_of
from twin.privacy.stores import STORES
from twin.privacy.turned import turn
from twin.regie.chain import PRESENT, open_readonly, read_meta
from twin.regie.expunge import Expunged
from twin.regie.expunge import due as due_records
from twin.regie.journal import Journal, JournalUnavailable

LINE = "privacy.expunge"
"""Kind of the book's line: target is the kind of data."""
SLICE = 32
"""Records of one transaction: some 10 ms of a loop's time."""


@dataclass(frozen=True)
class Swept:
    """What went, or would go, of one kind. ``newest``: of the newest of them."""

    kind: str
    count: int
    newest: datetime | None


def sweep(state: Path, now: datetime, before: datetime, *, by: str, dry: bool = False) -> Iterator[Swept]:
    """Kind by kind. The book says what is due before it goes: a sweep that was killed in between says it again.

    Args:
        now, before: wall clock; what is younger than `HELD_AT_LEAST` stays. ``by``: who asked, "régie" for itself.

    Raises:
        OSError: stores that take nothing, by name, when all the others are done.
    """
    before, failed = min(before, now - HELD_AT_LEAST), []
    for kind, store in STORES.items():
        try:
            due = store(state, before, True)
            if due.count and not dry:
                newest = None if due.newest is None else due.newest.isoformat()
                Book(state).write(now, by, "-", LINE, kind, count=due.count, newest=newest)
                store(state, before, False)
        except (OSError, sqlite3.Error, ValueError) as error:
            failed.append(f"{kind}: {error}")
            continue
        if due.count:
            yield Swept(kind, due.count, due.newest)
    if not dry:
        try:
            turn(state, now)
        except OSError as error:
            failed.append(f"logs: {error}")
        failed += _not_emptied(state)
    if failed:
        raise OSError("; ".join(failed))


def _not_emptied(state: Path) -> Iterator[str]:
    """Empty the write-ahead logs of all stores, also of what a sweep left there that was killed, or whom a reader held up."""
    for path, kind in files_of(state):
        log = path.with_name(f"{path.name}-wal")
        if kind is None or kind.goes != "sweep" or path.suffix != ".sqlite" or not log.exists() or not log.stat().st_size:
            continue
        try:
            with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True, timeout=5.0)) as db:
                if not empty_log(db):
                    yield f"{path.name}: what went still stands in its log, which somebody reads just now"
        except sqlite3.Error as error:
            yield f"{path.name}: {error}"


def expunge_journal(state: Path, now: datetime, before: datetime, notes_before: datetime, *, dry: bool = False) -> Swept:
    """The journal of a régie that is not on air, to the end; of the present, also what a run would resume from has its time.

    Args:
        now, notes_before: wall clock, of host notes. ``before``: by the journal's own clock (`twin.privacy.measured.clock`).

    Raises:
        BadInput: the régie is on air, and does so itself; JournalUnavailable, JournalDamaged.
    """
    with closing(open_readonly(state)) as db:
        meta = read_meta(db)
        outlived_s = to_epoch_s(due_before(now)) if meta.get(PRESENT) else None
        count, _, last_s = due_records(db, to_epoch_s(before), outlived_s)
    swept = Swept("telemetry", count, None if last_s is None else from_epoch_s(last_s))
    if not dry:
        with closing(Journal(state, meta["identity"])) as journal:
            gone = Expunged(1, 0)
            while gone.any:
                at = now.isoformat()
                gone = journal.expunge(to_epoch_s(before), notes_before.isoformat(), SLICE, at=at, outlived_s=outlived_s)
        if not gone.clean:
            raise JournalUnavailable("what went still stands in the log, which somebody reads just now; ask again")
    return swept
