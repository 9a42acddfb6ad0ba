"""What a state directory holds, kind by kind: the officer's page and ``regie privacy held`` tell the same."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from dashboard.regie.book import Book
from twin.contracts.privacy import Deletion, Held, Holdings
from twin.domain.retention import due_before, goes_on
from twin.domain.time import from_epoch_s
from twin.privacy import measured
from twin.privacy.deletion import LINE
from twin.privacy.kinds import KINDS, Clock, Kind, files_of
from twin.regie.chain import open_readonly
from twin.regie.expunge import read_log


def holdings(state: Path, now: datetime) -> Holdings:
    """All of it.

    Args:
        now: wall clock, by which everything grows old but the ticks of a past that is simulated or replayed.

    Raises:
        BadInput, sqlite3.Error, OSError, ValueError: a store that cannot be read.
    """
    journal, strangers = measured.clock(state, now), []
    files: dict[str, list[Path]] = {kind.id: [] for kind in KINDS}
    for path, kind in files_of(state):
        if kind is None:
            strangers.append(path.relative_to(state).as_posix())
        else:
            files[kind.id].append(path)
    held = tuple(_held(state, kind, files[kind.id], (kind.clock, now) if kind.clock != "grid" else journal) for kind in KINDS)
    grid = measured.newest_tick(state)
    return Holdings(at=now, grid=grid, held=held, strangers=tuple(strangers), deletions=tuple(_deletions(state)))


def _held(state: Path, kind: Kind, files: list[Path], clock: tuple[Clock, datetime] | None) -> Held:
    stats = [stat for path in files if (stat := _stat(path)) is not None]
    if kind.id in measured.OF:
        found = measured.OF[kind.id](state)
    else:
        written = [at for path in files if (at := measured.written_at(path)) is not None]
        found = measured.Measured(len(stats), min(written, default=None))
    oldest = found.oldest
    name, at = clock or (kind.clock, None)
    ageing = oldest if kind.clock else None
    late = ageing is not None and at is not None and ageing < due_before(at)
    return Held(
        kind=kind.id,
        personal=kind.personal,
        clock=name,
        goes=kind.goes,
        places=kind.paths,
        count=None if kind.goes == "elsewhere" else found.count,
        size_bytes=sum(stat.st_size for stat in stats),
        oldest=oldest,
        until=None if ageing is None else goes_on(ageing),
        overdue=late,
    )


def _stat(path: Path) -> Any:
    try:
        return path.lstat()
    except FileNotFoundError:  # gone meanwhile
        return None


def _deletions(state: Path) -> list[Deletion]:
    found = [
        Deletion(at=line.at, kind=line.target, count=int(line.params["count"]), newest=_instant(line.params["newest"]))
        for line in Book(state).lines("privacy")
        if line.kind == LINE
    ]
    if (state / "journal.sqlite").exists():
        with closing(open_readonly(state)) as db:
            for at, detail in read_log(db):
                if detail["records"]:
                    newest = from_epoch_s(detail["as_of_s"][1])
                    found.append(Deletion(at=at, kind="telemetry", count=detail["records"], newest=newest))
                if detail["notes"]:
                    found.append(Deletion(at=at, kind="host_notes", count=detail["notes"], newest=None))
    return sorted(found, key=lambda one: one.at, reverse=True)


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
