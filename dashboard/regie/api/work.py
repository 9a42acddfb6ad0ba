"""Addresses that ask for something: scenarios, jobs, commands for the loop. Every deed is in the book before it is done."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request, Response
from fastapi import Path as InPath
from pydantic import BaseModel, ConfigDict, Field

from dashboard.regie.access.asked import needs
from dashboard.regie.access.roles import Deed, Person
from dashboard.regie.api.now import SEEN, Viewer
from dashboard.regie.api.problem import documented
from dashboard.regie.api.served import served_model
from dashboard.regie.desk import Desk
from dashboard.regie.jobs.addresses import writable
from dashboard.regie.jobs.task import Task
from dashboard.regie.jobs.tasks import Tasks
from dashboard.regie.rehearsal.library import Packaged, read_library
from dashboard.regie.rehearsal.wanted import argv
from dashboard.regie.wish import Wish
from twin.domain.problems import BadInput, Problem

ROOM = "rehearsal"
"""Jobs that are asked for here stand in that room as well."""
_OF_THE_ANALYST = {"promote", "withdraw", "shadow"}
_MOST_FUTURES = 1_000

Rehearser = Annotated[Person, Depends(needs(Deed.REHEARSE))]
JobId = Annotated[str, InPath(max_length=40, pattern=r"^[0-9a-zA-Z]+$")]
DONE: dict[int | str, dict[str, Any]] = documented(401, 403, 404, 422, 503)


class ScenarioFacts(BaseModel):
    """A packaged scenario: titles and what it teaches by language, its window where its own file says one."""

    name: str
    title: dict[str, str]
    teaches: dict[str, str]
    local_start: str | None = Field(
        description="ISO 8601, local time of its site: it has no offset", examples=["2016-01-25T00:00:00"]
    )
    hours: float | None


class ScenarioList(BaseModel):
    """What can be rehearsed."""

    items: list[ScenarioFacts]


class JobFacts(BaseModel):
    """A job: how it stands and how far it came.

    Attributes:
        state: "queued", "running", "ending", "done", "refused", "failed", "cancelled" or "unknown".
        progress: 0 to 1, null where it does not say. ``says``: the end of its log.
    """

    id: str
    kind: str
    target: str
    by: str
    asked_at: datetime
    state: str
    progress: float | None
    says: list[str]


class JobList(BaseModel):
    """Jobs, newest first."""

    items: list[JobFacts]


class JobWish(BaseModel):
    """A rehearsal to run: one played window, or so many futures of it."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"scenario": "winter_evening", "futures": 100}})

    scenario: Annotated[str, Field(max_length=80)]
    futures: Annotated[int | None, Field(ge=1, le=_MOST_FUTURES)] = None


class Accepted(BaseModel):
    """The command's number in the loop's queue; it is obeyed or refused in one of the next ticks.

    None where the site wants four eyes for this kind: nothing is sent before somebody else confirms it on a screen.
    """

    id: int | None


def add_work(api: APIRouter, desk: Desk) -> None:
    """Add the addresses."""
    _add_jobs(api, desk, Tasks(desk, ROOM))

    @api.get("/scenarios", response_model=ScenarioList, responses=SEEN, tags=["work"])
    def scenarios(request: Request, _: Viewer) -> Response:
        """The packaged scenarios."""
        items = [_scenario(packaged) for packaged in read_library(desk.ports.library).values()]
        return served_model(request, ScenarioList(items=items))

    @api.post("/commands", response_model=Accepted, status_code=202, responses=DONE, tags=["work"])
    def command(wish: Wish, person: Viewer) -> Accepted:
        """A command as the screen sends it; switches move by switching orders alone, which are checked step by step."""
        writable(desk)
        deed = Deed.ANALYSE if wish.kind in _OF_THE_ANALYST else Deed.COMMAND
        if not person.may(deed):
            raise HTTPException(403, f"the role {person.role} may not {deed}")
        if wish.kind == "switch":
            raise HTTPException(403, "a switch is moved by a switching order, not by a command of its own")
        return Accepted(id=desk.command(person, wish))


def _add_jobs(api: APIRouter, desk: Desk, tasks: Tasks) -> None:
    def task(number: str) -> Task:
        found = tasks.one(number)
        if found is None:
            raise HTTPException(404, f"job {number}: there is none; it may have been removed")
        return found

    @api.get("/jobs", response_model=JobList, responses=SEEN, tags=["work"])
    def jobs(request: Request, _: Rehearser) -> Response:
        """Rehearsals that were asked for, here or on the screen."""
        return served_model(request, JobList(items=[_facts(one) for one in tasks.all()]))

    @api.post("/jobs", response_model=JobFacts, status_code=202, responses=DONE, tags=["work"])
    def ask(wish: JobWish, person: Rehearser) -> JobFacts:
        """Run a scenario beside the air."""
        writable(desk)
        if wish.scenario not in read_library(desk.ports.library):
            problem = Problem("scenario", repr(wish.scenario), "a packaged scenario", "see the list of scenarios")
            raise BadInput([problem])
        made = tasks.ask(person, "run", wish.scenario, lambda folder: argv(wish.scenario, folder, wish.futures, "en"))
        return _facts(made)

    @api.get("/jobs/{job}", response_model=JobFacts, responses=SEEN, tags=["work"])
    def job(request: Request, _: Rehearser, job: JobId) -> Response:
        """How one stands."""
        return served_model(request, _facts(task(job)))

    @api.delete("/jobs/{job}", response_model=JobFacts, status_code=202, responses=DONE, tags=["work"])
    def cancel(person: Rehearser, job: JobId) -> JobFacts:
        """Ask for its end; one that has ended stays as it is."""
        writable(desk)
        found = task(job)
        tasks.cancel(person, found)
        return _facts(found)


def _scenario(packaged: Packaged) -> ScenarioFacts:
    return ScenarioFacts(
        name=packaged.name,
        title=dict(packaged.title),
        teaches=dict(packaged.teaches),
        local_start=None if packaged.start is None else packaged.start.isoformat(),
        hours=packaged.hours,
    )


def _facts(task: Task) -> JobFacts:
    says = [] if task.row is None else list(task.row["tail"])
    return JobFacts(
        id=task.id,
        kind=task.kind,
        target=task.target,
        by=task.by,
        asked_at=task.at,
        state=str(task.state),
        progress=task.share,
        says=says,
    )
