"""All tasks of a state directory: asked for, listed with how they stand, ended, taken up again, removed.

A task's record is ``task.json`` in its folder below ``jobs/desk``; how it stands, the work process's table says. The record is
written before the job is asked for and completed afterwards, so that a web process killed in between leaves a task that says
that it has no job, and can be begun again.
"""

from __future__ import annotations

import json
import secrets
import shutil
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dashboard.regie.access.roles import Person
from dashboard.regie.desk import Desk
from dashboard.regie.jobs.task import State, Task
from twin.contracts.desk_ports import Jobs, Unavailable

FOLDER = "desk"
_RECORD, _ANSWER = "task.json", "answer.json"
_LOOK_S = 1.0
"""How often a panel's watcher asks whether a running task came further."""

Argv = Callable[[Path], Sequence[str]]
"""The command's words, given the task's folder."""


class Tasks:
    """The tasks of one room.

    Args:
        room: writes its lines of the book ("rehearsal"), and its tasks are those that it asked for.
    """

    def __init__(self, desk: Desk, room: str) -> None:
        self._desk = desk
        self._room = room
        self._folder = desk.state.absolute() / "jobs" / FOLDER / room
        self._looked_at = 0.0
        self._stamp: Hashable = None

    @property
    def _jobs(self) -> Jobs:
        jobs = self._desk.ports.jobs
        if jobs is None:
            raise Unavailable("this web process was started without jobs; start it with regie live")
        return jobs

    def ask(
        self, person: Person, kind: str, target: str, argv: Argv, files: Mapping[str, str] | None = None, /, **params: Any
    ) -> Task:
        """Ask for one.

        Args:
            files: name -> text, written into its folder first.

        Raises:
            Unavailable: where there are no jobs. OSError, sqlite3.Error: when the disk takes nothing.
        """
        jobs, number = self._jobs, secrets.token_hex(4)
        folder = self._folder / number
        self._desk.note(person, f"{self._room}.{kind}", number, of=target, **params)
        folder.mkdir(parents=True)
        for name, text in (files or {}).items():
            (folder / name).write_text(text, encoding="utf-8")
        task = Task(number, kind, target, person.name, datetime.now(UTC), tuple(argv(folder)), folder, None, params)
        _write(task)
        return self._queue(jobs, task)

    def again(self, person: Person, task: Task) -> Task:
        """Queue the same command once more: it goes on where it ended.

        Raises:
            Unavailable: where there are no jobs. OSError, sqlite3.Error: when the disk takes nothing.
        """
        jobs = self._jobs
        self._desk.note(person, f"{self._room}.again", task.id, of=task.target)
        (task.folder / _ANSWER).unlink(missing_ok=True)
        return self._queue(jobs, task)

    def cancel(self, person: Person, task: Task) -> None:
        """Ask for its end.

        Raises:
            Unavailable: where there are no jobs. OSError, sqlite3.Error: when the disk takes nothing.
        """
        if task.job is not None and task.waits:
            self._desk.note(person, f"{self._room}.cancel", task.id, of=task.target)
            self._jobs.cancel(task.job)

    def remove(self, person: Person, task: Task) -> None:
        """Forget it, with all that it left.

        Raises:
            OSError, sqlite3.Error: when the disk takes nothing.
        """
        self._desk.note(person, f"{self._room}.remove", task.id, of=task.target)
        shutil.rmtree(task.folder)

    def all(self, *kinds: str) -> list[Task]:
        """Those that there are, newest first; of these kinds, or all.

        Raises:
            Unavailable: when the jobs cannot be read.
        """
        rows = [] if self._desk.ports.jobs is None else self._desk.ports.jobs.jobs()
        by_id = {row["id"]: row for row in rows}
        waiting = [row["id"] for row in rows if row["kind"] == "command" and row["state"] in ("running", "queued")]
        found = []
        for path in self._folder.glob(f"*/{_RECORD}"):
            task = _read(path)
            if task is not None and (not kinds or task.kind in kinds):
                before = waiting.index(task.job) if task.job in waiting else 0
                found.append(replace(task, row=by_id.get(task.job or ""), before=before))
        found = [self._outlived(task) for task in found]
        return sorted(found, key=lambda task: (task.at, task.id), reverse=True)

    def one(self, number: str) -> Task | None:
        """The task of that id.

        Raises:
            Unavailable: when the jobs cannot be read.
        """
        return next((task for task in self.all() if task.id == number), None)

    def log(self, task: Task) -> str:
        """What it has said."""
        jobs = self._desk.ports.jobs
        return "" if jobs is None or task.job is None else jobs.log(task.job)

    def answer(self, task: Task) -> dict[str, Any] | None:
        """What a finished command with ``--json`` told in its last line; None where it told nothing.

        It is kept in the task's folder, for logs go with the work process's list of old jobs.
        """
        kept = task.folder / _ANSWER
        try:
            if kept.exists():
                text = kept.read_text(encoding="utf-8")
            else:
                text = next((line for line in reversed(self.log(task).splitlines()) if line.startswith("{")), "")
            told = json.loads(text)
        except (OSError, ValueError):
            return None
        if not isinstance(told, dict):
            return None
        if task.state is State.DONE and not kept.exists():
            kept.write_text(text, encoding="utf-8")
        return told

    def stamp(self) -> Hashable:
        """Changes when some task came further; looks at the disk once a second."""
        now = time.monotonic()
        if now - self._looked_at >= _LOOK_S:
            self._looked_at = now
            jobs = self._desk.state / "jobs"
            logs = max((_changed(path)[0] for path in (jobs / "logs").glob("*.log")), default=0)
            watched = (self._folder, jobs / "asked", jobs / "jobs.sqlite", jobs / "jobs.sqlite-wal")
            self._stamp = (logs, *map(_changed, watched))
        return self._stamp

    def _queue(self, jobs: Jobs, task: Task) -> Task:
        queued = replace(task, job=jobs.ask(task.argv), row=None)
        _write(queued)
        return self.one(task.id) or queued

    def _outlived(self, task: Task) -> Task:
        """A task whose job is listed no longer, but whose answer or results are there, was done."""
        if task.row is None and ((task.folder / _ANSWER).exists() or any(task.folder.glob("*/result.json"))):
            done = {
                "state": "done",
                "cancel": False,
                "text": "",
                "tail": [],
                "progress": 1.0,
                "begun_at": None,
                "ended_at": None,
            }
            return replace(task, row=done)
        return task


def _write(task: Task) -> None:
    record = {
        "kind": task.kind,
        "target": task.target,
        "by": task.by,
        "at": task.at.isoformat(),
        "argv": list(task.argv),
        "params": dict(task.params),
        "job": task.job,
    }
    beside = task.folder / f".{_RECORD}"
    beside.write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")
    beside.replace(task.folder / _RECORD)


def _read(path: Path) -> Task | None:
    """None for a folder that is just being removed, or a record that nobody can read."""
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        at, argv = datetime.fromisoformat(facts["at"]), tuple(map(str, facts["argv"]))
        kind, target, by, job, params = (facts[name] for name in ("kind", "target", "by", "job", "params"))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Task(path.parent.name, kind, target, by, at, argv, path.parent, job, params)


def _changed(path: Path) -> tuple[int, int]:
    try:
        stat = path.stat()
    except OSError:
        return 0, 0
    return stat.st_mtime_ns, stat.st_size
