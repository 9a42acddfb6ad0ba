"""Every kind of data that a state directory holds: whose it is, how long it stays, and by what it goes.

What it is, whose, for what and on which basis is said for people, in four languages: ``dashboard/locale/privacy.<lang>.toml``,
``kind.<id>``. A file that no kind names is shown as a fault on the officer's page, and fails a test.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

Clock = Literal["grid", "wall", ""]
Goes = Literal["loop", "sweep", "replaced", "stays", "elsewhere"]
"""By what it goes: the loop between two ticks; the daily sweep; newer data in its place; nothing, for a reason that its words
give; or whoever took it out of the state directory."""


@dataclass(frozen=True)
class Kind:
    """One kind.

    Attributes:
        paths: patterns below the state directory, ``*`` across folders; a file is of the first kind whose pattern it matches.
            () for what has no file of its own: a part of another kind's file, or outside.
        personal: it can be of somebody. ``clock``: by which its age counts: "grid" of its ticks, which is the wall's where they
            are of the present (`twin.privacy.measured.clock`), "wall", or "" where none counts.
    """

    id: str
    paths: tuple[str, ...]
    personal: bool
    clock: Clock
    goes: Goes


KINDS: tuple[Kind, ...] = (
    Kind("telemetry", ("journal.sqlite", "journal.sqlite-wal", "journal.sqlite-shm"), True, "grid", "loop"),
    Kind("host_notes", (), True, "wall", "loop"),
    Kind("digests", (), False, "", "stays"),
    Kind("reserve", ("journal.reserve", "lock", "jobs/lock"), False, "", "stays"),
    Kind("book", ("desk.sqlite", "desk.sqlite-wal", "desk.sqlite-shm"), True, "wall", "sweep"),
    Kind("approvals", (), True, "", "stays"),
    Kind("accounts", ("access/people.toml",), True, "wall", "sweep"),
    Kind("sessions", ("access/access.sqlite", "access/access.sqlite-wal", "access/access.sqlite-shm"), True, "wall", "sweep"),
    Kind("settings", ("access/*",), False, "", "stays"),
    Kind("commands", ("commands.sqlite", "commands.sqlite-wal", "commands.sqlite-shm"), True, "wall", "sweep"),
    Kind("work_orders", ("work_orders/*",), True, "wall", "sweep"),
    Kind("facts", tuple(f"snapshots/{name}.json" for name in ("diagram", "history", "disclosure")), False, "", "replaced"),
    Kind("kit", ("jobs/preview.kit", "jobs/preview.sock"), False, "", "replaced"),
    Kind("snapshots", ("snapshots/*",), True, "wall", "replaced"),
    Kind("window", ("run/*",), True, "", "replaced"),
    Kind("histories", ("artifacts/history-*", "jobs/fits/*", "jobs/run/*"), True, "wall", "replaced"),
    Kind("models", ("artifacts/*",), True, "wall", "replaced"),
    Kind("tasks", ("jobs/desk/*",), True, "wall", "sweep"),
    Kind("jobs", ("jobs/*",), True, "wall", "sweep"),
    Kind("series", ("series/*",), True, "wall", "sweep"),
    Kind("ranking", ("maintenance/*",), False, "", "replaced"),
    Kind("logs", ("logs/*",), True, "wall", "sweep"),
    Kind("public", ("public/*",), False, "", "stays"),
    Kind("publication", ("publication/*",), False, "", "stays"),
    Kind("exports", (), True, "", "elsewhere"),
    Kind("rehearsals", (), True, "", "elsewhere"),
    Kind("mails", (), True, "", "elsewhere"),
    Kind("backups", (), True, "", "elsewhere"),
)


def kind_of(path: str) -> Kind | None:
    """The kind of a file, by its path below the state directory; None for one that nobody declared."""
    return next((kind for kind in KINDS if any(fnmatchcase(path, pattern) for pattern in kind.paths)), None)


def files_of(state: Path) -> Iterator[tuple[Path, Kind | None]]:
    """Every file below a state directory with its kind, in order; sockets and links are files too."""
    found = list[Path]()
    for folder, folders, names in os.walk(state):  # a folder that is gone meanwhile is none
        found += [Path(folder, name) for name in (*names, *(link for link in folders if Path(folder, link).is_symlink()))]
    for path in sorted(found):
        yield path, kind_of(path.relative_to(state).as_posix())
