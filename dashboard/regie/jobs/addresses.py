"""The addresses that every room with tasks has: end one, take it up again, remove it, see how it stands, read what it made."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from fastapi import Depends, FastAPI, HTTPException, Request
from starlette.responses import FileResponse, HTMLResponse

from dashboard.regie.access.asked import known, needs
from dashboard.regie.access.roles import Deed, Person
from dashboard.regie.desk import Desk
from dashboard.regie.jobs.task import Task
from dashboard.regie.jobs.tasks import Tasks
from dashboard.regie.jobs.views import progress_and_log, words_of_jobs
from dashboard.regie.page import ROOT, Visit
from twin.contracts.desk_ports import Unavailable
from twin.domain.problems import BadInput

MADE = {
    "debrief.html": "text/html; charset=utf-8",
    "debrief.pdf": "application/pdf",
    "comparison.html": "text/html; charset=utf-8",
    "risk.html": "text/html; charset=utf-8",
    "report.html": "text/html; charset=utf-8",
    "drill.toml": "text/plain; charset=utf-8",
}
"""What commands leave in a task's folder for people to read."""

DOCUMENT_POLICY = (
    "sandbox allow-scripts allow-downloads; default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "img-src data: blob:; frame-ancestors 'self'"
)
"""A made page runs its own script and reaches nothing: not this site, for its origin is none; not the network."""


@contextmanager
def told() -> Iterator[None]:
    """Failures of disk and jobs as answers that say what helps."""
    try:
        yield
    except Unavailable as error:
        raise HTTPException(503, str(error)) from error
    except BadInput as error:
        raise HTTPException(422, "\n".join(map(str, error.problems))) from error
    except (OSError, sqlite3.Error) as error:
        raise HTTPException(503, f"nothing was changed: {error}; free space or try again") from error


def writable(desk: Desk) -> None:
    """Refuse a deed where this address takes none.

    Raises:
        HTTPException: 403.
    """
    if desk.read_only:
        raise HTTPException(403, "this screen is read-only: it is not bound to the loopback address")


def task_of(tasks: Tasks, number: str) -> Task:
    """The task of an address.

    Raises:
        HTTPException: 404 for one that there is not, 503 when the jobs cannot be read.
    """
    with told():
        found = tasks.one(number)
    if found is None:
        raise HTTPException(404, f"task {number}: there is none; it may have been removed")
    return found


def add_task_addresses(server: FastAPI, desk: Desk, tasks: Tasks, room: str, deed: Deed) -> None:
    """Add them below ``room`` ("rehearsal/"); each asks for ``deed``."""
    root, asks = f"{ROOT}{room}", [Depends(needs(deed))]

    def done(name: str, do: Callable[[Person, Task], Any]) -> None:
        def address(number: str, request: Request) -> dict[str, str]:
            writable(desk)
            person, task = known(request), task_of(tasks, number)
            with told():
                do(person, task)
            said = words_of_jobs(Visit.of(request, person, desk, "jobs").words)
            return {"said": said(f"job.{name}_said", what=task.target)}

        server.post(f"{root}task/{{number}}/{name}", name=f"{room}{name}", dependencies=asks)(address)

    done("cancel", tasks.cancel)
    done("again", lambda person, task: tasks.again(person, ended(task)))
    done("remove", lambda person, task: tasks.remove(person, ended(task)))

    @server.get(f"{root}task/{{number}}/state", name=f"{room}state", dependencies=asks)
    def state(number: str, request: Request) -> HTMLResponse:
        task, visit = task_of(tasks, number), Visit.of(request, known(request), desk, "jobs")
        with told():
            return HTMLResponse(
                progress_and_log(task, tasks.log(task), visit.words, root), headers={"cache-control": "no-store"}
            )

    @server.get(
        f"{root}task/{{number}}/made/{{name}}", name=f"{room}made", dependencies=[*asks, Depends(needs(Deed.SEE_MONEY))]
    )
    def made(number: str, name: str) -> FileResponse:
        path = task_of(tasks, number).folder / name
        if name not in MADE or not path.is_file():
            raise HTTPException(404, f"{name}: the task has not made it")
        headers = {"content-security-policy": DOCUMENT_POLICY, "cache-control": "private, no-cache"}
        return FileResponse(path, media_type=MADE[name], headers=headers, filename=name, content_disposition_type="inline")


def ended(task: Task) -> Task:
    """The task, which must have ended.

    Raises:
        HTTPException: 409 while it waits or runs.
    """
    if task.waits:
        raise HTTPException(409, f"{task.target}: it has not ended; cancel it first")
    return task
