"""How much of each kind there is and from when the oldest is: read from the stores themselves, and only read."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from stat import S_ISREG
from typing import Any, Literal

from dashboard.regie.access.ledger import FILE as LEDGER
from dashboard.regie.access.people import People
from dashboard.regie.access.settings import folder_of
from dashboard.regie.book import Book
from dashboard.regie.privacy.due import due, stays
from dashboard.regie.work.store import OrderStore
from twin.domain.time import from_epoch_s
from twin.regie.chain import PRESENT, open_readonly, read_meta
from twin.regie.commands import FILE as COMMANDS
from twin.regie.expunge import NOTE, ages_by


@dataclass(frozen=True)
class Measured:
    """How many there are, and the oldest one's own time; None for none."""

    count: int
    oldest: datetime | None


NOTHING = Measured(0, None)
TASK = "task.json"
"""Record in the folder of a task."""
_FAR = datetime.max.replace(tzinfo=UTC)


def telemetry(state: Path) -> Measured:
    """Records of ticks whose content is held, by grid time."""
    count, oldest_s = _row(state, "SELECT count(*), min(as_of_s) FROM tick")
    return Measured(count, None if oldest_s is None else from_epoch_s(oldest_s))


def host_notes(state: Path) -> Measured:
    """Notes about the host beside the chain, without the log of deletions."""
    return _noted(*_row(state, "SELECT count(*), min(at) FROM ops WHERE kind <> ?", NOTE))


def digests(state: Path) -> Measured:
    """What is left of expunged records."""
    count, oldest_s = _row(state, "SELECT count(*), min(as_of_s) FROM expunged")
    return Measured(count, None if oldest_s is None else from_epoch_s(oldest_s))


def newest_tick(state: Path) -> datetime | None:
    """The grid's clock as the journal tells it, by ticks whose content has gone as well."""
    query = "SELECT 0, max(as_of_s) FROM (SELECT as_of_s FROM tick UNION ALL SELECT as_of_s FROM expunged)"
    _, as_of_s = _row(state, query)
    return None if as_of_s is None else from_epoch_s(as_of_s)


def clock(state: Path, now: datetime) -> tuple[Literal["grid", "wall"], datetime] | None:
    """By which clock the journal grows old, and where that stands; None without a tick. ``now``: of the wall."""
    grid = newest_tick(state)
    if grid is None:
        return None
    with closing(open_readonly(state)) as db:
        present = bool(read_meta(db).get(PRESENT))
    return "wall" if present else "grid", ages_by(grid, now, present=present)


def book(state: Path) -> Measured:
    """Lines that go with their time; the oldest of those that nothing in force holds back."""
    lines = Book(state).lines()
    free = set(due(lines, _FAR))
    return Measured(sum(not stays(line) for line in lines), min((line.at for line in lines if line.id in free), default=None))


def approvals(state: Path) -> Measured:
    """Lines that stay for what they prove."""
    return _of([line.at for line in Book(state).lines() if stays(line)])


def accounts(state: Path) -> Measured:
    """People who may log in or no longer may; the oldest of those who no longer may, and whose entry goes."""
    entries = People(state).all().values()
    out = [entry.changed_at for entry in entries if entry.disabled and entry.password is not None]
    return Measured(len(entries), min(out, default=None))


def sessions(state: Path) -> Measured:
    """Sessions, failed logins, and tokens from their end on."""
    path = folder_of(state) / LEDGER
    if not path.exists():
        return NOTHING
    query = """SELECT opened_at FROM session UNION ALL SELECT at FROM failure
               UNION ALL SELECT min(expires, coalesce(revoked_at, expires)) FROM token"""
    return _of([datetime.fromtimestamp(at, UTC) for (at,) in _rows(path, query)])


def commands(state: Path) -> Measured:
    """Commands in the loop's queue, obeyed ones too."""
    path = state / COMMANDS
    rows = _rows(path, "SELECT issued_at FROM command") if path.exists() else []
    return _of([datetime.fromisoformat(at) for (at,) in rows])


def work_orders(state: Path) -> Measured:
    """Entries of work orders that still name somebody; the oldest by when its order was over."""
    naming = [kept for kept in OrderStore(state).all() if any(map(OrderStore.names_somebody, kept.changes))]
    count = sum(OrderStore.names_somebody(change) for kept in naming for change in kept.changes)
    return Measured(count, min((kept.changes[-1].at for kept in naming if not kept.is_open), default=None))


def tasks(state: Path) -> Measured:
    """Rehearsals, debriefs and studies that somebody asked for."""
    return _of([at for _, at in task_folders(state)])


def task_folders(state: Path) -> Iterator[tuple[Path, datetime]]:
    """Every task's folder with when it was asked for; where no record says so, with when it was last written."""
    for folder in sorted((state / "jobs" / "desk").glob("*/*/")):
        try:
            at = datetime.fromisoformat(json.loads((folder / TASK).read_text(encoding="utf-8"))["at"])
            yield folder, at if at.tzinfo else at.replace(tzinfo=UTC)
        except (OSError, ValueError, KeyError, TypeError):
            with suppress(FileNotFoundError):  # gone meanwhile
                yield folder, datetime.fromtimestamp(folder.stat().st_mtime, UTC)


def written_at(path: Path) -> datetime | None:
    """When a file was last written; None for an empty one, and for databases, of which rows go."""
    try:
        stat = path.stat()
    except FileNotFoundError:  # gone meanwhile, or a link to nothing
        return None
    if not S_ISREG(stat.st_mode) or not stat.st_size or ".sqlite" in path.name:
        return None
    return datetime.fromtimestamp(stat.st_mtime, UTC)


def can_go_on(state: Path) -> bool:
    """Whether the journal holds a state from which a run would go on."""
    return bool(_row(state, "SELECT count(*), 0 FROM resume")[0])


OF: Mapping[str, Callable[[Path], Measured]] = {
    "telemetry": telemetry,
    "host_notes": host_notes,
    "digests": digests,
    "book": book,
    "approvals": approvals,
    "accounts": accounts,
    "sessions": sessions,
    "commands": commands,
    "work_orders": work_orders,
    "tasks": tasks,
}
"""By kind; the others are counted as files, as old as they were last written."""


def _row(state: Path, query: str, *values: object) -> tuple[int, Any]:
    """A count and one more value of the journal; nothing where there is none."""
    if not (state / "journal.sqlite").exists():
        return 0, None
    with closing(open_readonly(state)) as db:
        found: tuple[int, Any] = db.execute(query, values).fetchone()
        return found


def _rows(path: Path, query: str) -> list[tuple[Any]]:
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=5.0)) as db:
        return db.execute(query).fetchall()


def _noted(count: int, oldest: str | None) -> Measured:
    return Measured(count, None if oldest is None else datetime.fromisoformat(oldest))


def _of(instants: list[datetime]) -> Measured:
    return Measured(len(instants), min(instants, default=None))
