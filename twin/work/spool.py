"""Asking for a job, and for its end, from any process: a small file below ``jobs/asked``, taken by the work process.

A file is renamed into place, so nobody sees half of one; it goes only after the work process has the job in its own table.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from twin.domain.problems import BadInput, Problem
from twin.domain.whole_file import write_whole

FOLDER = "asked"
LOCK = "lock"
"""Held by the process that works here, and by the last job of a killed one."""
_NOT_AS_JOBS = ("live", "jobs")


@dataclass(frozen=True)
class Asked:
    """``argv`` None: end the job. ``cwd``: where its relative paths begin."""

    id: str
    at: str
    argv: tuple[str, ...] | None
    cwd: str


def ask_job(jobs: Path, argv: Sequence[str], *, cwd: Path, now: datetime) -> str:
    """Ask for a ``regie`` command as a job; returns its id.

    Args:
        jobs: the ``jobs`` directory of a state. ``argv``: the command's words, without ``regie``.

    Raises:
        BadInput: without words, or for a command that is no job.
    """
    if not argv or argv[0] in _NOT_AS_JOBS:
        found = " ".join(argv) or "no command"
        raise BadInput([Problem("job", found, "a command that ends by itself, not live, not jobs", "name one after --")])
    asked = Asked(secrets.token_hex(4), now.isoformat(timespec="microseconds"), tuple(argv), str(cwd))
    _put(jobs, asked, "run")
    return asked.id


def ask_cancel(jobs: Path, job: str, *, now: datetime) -> None:
    """Ask for a job's end."""
    _put(jobs, Asked(job, now.isoformat(timespec="seconds"), None, ""), "cancel")


def asked_files(jobs: Path) -> Iterator[tuple[Path, Asked]]:
    """What nobody has taken yet, jobs before cancellations, each as they were asked; what is no such file is left out."""
    folder = jobs / FOLDER
    for suffix in ("run", "cancel"):
        found = []
        for path in folder.glob(f"[!.]*.{suffix}"):
            with suppress(OSError, ValueError, TypeError, KeyError):
                facts = json.loads(path.read_bytes())
                argv = None if facts["argv"] is None else tuple(map(str, facts["argv"]))
                found.append((path, Asked(str(facts["id"]), str(facts["at"]), argv, str(facts["cwd"]))))
        yield from sorted(found, key=lambda each: (each[1].at, each[0].name))


def _put(jobs: Path, asked: Asked, suffix: str) -> None:
    folder = jobs / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / f"{asked.id}.{suffix}", json.dumps(vars(asked)).encode())
