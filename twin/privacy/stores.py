"""How each store beside the journal lets go what has had its time; a kill in between leaves the rest to the next sweep.

Each function takes the state directory, the instant before which things go (wall clock) and whether to only count, and returns
what went.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dashboard.regie.access.ledger import FILE as LEDGER
from dashboard.regie.access.people import People
from dashboard.regie.access.settings import folder_of
from dashboard.regie.book import Book
from dashboard.regie.privacy.due import due
from dashboard.regie.work.store import OrderStore
from twin.domain.overwriting import overwriting
from twin.privacy.kinds import files_of
from twin.privacy.measured import TASK, can_go_on, task_folders, written_at
from twin.regie.commands import FILE as COMMANDS
from twin.regie.lock import LOCK, is_held
from twin.work.table import FILE as JOBS


@dataclass(frozen=True)
class Gone:
    """How many went, and from when the newest of them was."""

    count: int
    newest: datetime | None


Store = Callable[[Path, datetime, bool], Gone]


def book(state: Path, before: datetime, dry: bool) -> Gone:
    """Words of old lines."""
    kept = Book(state)
    lines = kept.lines()
    ids = set(due(lines, before))
    if ids and not dry:
        kept.expunge(ids)
    return _gone([line.at for line in lines if line.id in ids])


def accounts(state: Path, before: datetime, dry: bool) -> Gone:
    """People who have been shut out since; a bar on somebody of the town's own login stays, for it is what keeps them out."""
    people = People(state)
    old = [e for e in people.all().values() if e.disabled and e.password is not None and e.changed_at < before]
    if old and not dry:
        people.remove(entry.name for entry in old)
    return _gone([entry.changed_at for entry in old])


def sessions(state: Path, before: datetime, dry: bool) -> Gone:
    """Old sessions, failed logins, and tokens that no longer hold."""
    queries = (
        ("session", "opened_at", "opened_at < ?1"),
        ("failure", "at", "at < ?1"),
        ("token", "min(expires, coalesce(revoked_at, expires))", "min(expires, coalesce(revoked_at, expires)) < ?1"),
        ("errand", "expires", "expires < ?1"),
    )
    found = _delete(folder_of(state) / LEDGER, queries, before.timestamp(), dry)
    return _gone([datetime.fromtimestamp(at, UTC) for at in found])


def commands(state: Path, before: datetime, dry: bool) -> Gone:
    """Commands that were obeyed or expired long ago; their numbers are never given again."""
    found = _delete(state / COMMANDS, (("command", "issued_at", "issued_at < ?1"),), before.isoformat(), dry)
    return _gone([datetime.fromisoformat(at) for at in found])


def work_orders(state: Path, before: datetime, dry: bool) -> Gone:
    """Names, words and photos of orders that were over by then; what was done at which asset stays."""
    return _gone(OrderStore(state).forget_people(before, dry=dry))


def tasks(state: Path, before: datetime, dry: bool) -> Gone:
    """Folders of rehearsals, debriefs and studies; the record goes last, by which a folder that a kill left half is found."""
    old = {folder: at for folder, at in task_folders(state) if at < before}
    for folder in () if dry else old:
        with suppress(FileNotFoundError):  # another sweep at the same time takes it
            for path in folder.iterdir():
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                elif path.name != TASK:
                    path.unlink()
            (folder / TASK).unlink(missing_ok=True)
            folder.rmdir()
    return _gone(list(old.values()))


def jobs(state: Path, before: datetime, dry: bool) -> Gone:
    """Rows of ended jobs, and old files of the work process."""
    rows = _delete(state / "jobs" / JOBS, (("job", "ended_at", "ended_at < ?1"),), before.isoformat(), dry)
    files = files_before(state, "jobs", before, dry)
    found = [*(datetime.fromisoformat(at) for at in rows), *([files.newest] if files.newest else [])]
    return Gone(len(rows) + files.count, max(found, default=None))


def files_before(state: Path, kind: str, before: datetime, dry: bool) -> Gone:
    """Files of a kind that nobody has written since; databases have their own rules."""
    found = []
    for path, its in files_of(state):
        written = written_at(path) if its is not None and its.id == kind else None
        if written is not None and written < before:
            found.append(written)
            if not dry:
                _remove(path)
    return _gone(found)


def _remove(path: Path) -> None:
    """A log may be open: it is emptied, and whoever writes it writes on."""
    if path.suffix == ".log":
        os.truncate(path, 0)
    else:
        path.unlink(missing_ok=True)  # by another sweep at the same time


def _files(kind: str) -> Store:
    return lambda state, before, dry: files_before(state, kind, before, dry)


def _left_behind(kind: str) -> Store:
    """What newer data would replace, of a régie that is not on air any more: nothing does."""
    return lambda state, before, dry: Gone(0, None) if is_held(state / LOCK) else files_before(state, kind, before, dry)


def models(state: Path, before: datetime, dry: bool) -> Gone:
    """Models of a régie that has no state any more with which it could go on."""
    return Gone(0, None) if can_go_on(state) else files_before(state, "models", before, dry)


STORES: Mapping[str, Store] = {
    "book": book,
    "accounts": accounts,
    "sessions": sessions,
    "commands": commands,
    "work_orders": work_orders,
    "tasks": tasks,
    "jobs": jobs,
    "series": _files("series"),
    "snapshots": _files("snapshots"),
    "logs": _files("logs"),
    "window": _left_behind("window"),
    "histories": _left_behind("histories"),
    "models": models,
}
"""By kind. On air, histories and models go with the training that replaces them: a resume needs what is in force."""


def _delete(path: Path, queries: tuple[tuple[str, str, str], ...], before: object, dry: bool) -> list[Any]:
    """Rows of tables that are there, as ``(table, its instant, condition)``; returns the instants."""
    if not path.exists():
        return []
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=5.0)) as db:
        there = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        found = [
            at
            for table, instant, old in queries
            if table in there
            for (at,) in db.execute(f"SELECT {instant} FROM {table} WHERE {old}", (before,))  # noqa: S608 - constants
        ]
    if found and not dry:
        with overwriting(path) as db:
            for table, _, old in queries:
                if table in there:
                    db.execute(f"DELETE FROM {table} WHERE {old}", (before,))  # noqa: S608 - constants
    return found


def _gone(instants: list[datetime]) -> Gone:
    return Gone(len(instants), max(instants, default=None))
