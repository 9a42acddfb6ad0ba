"""The analyst's room: its page and its deeds. Roles change only by commands of the loop; jobs change nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Request
from starlette.responses import HTMLResponse

from dashboard.regie.access.asked import needs
from dashboard.regie.access.roles import Deed, Person
from dashboard.regie.analyst import reports
from dashboard.regie.analyst.asked import (
    Backtest,
    Cast,
    Series,
    Tuning,
    Worth,
    backtest_argv,
    check_file,
    series_files,
    tune_argv,
)
from dashboard.regie.analyst.boxes import ROOM, box_table, history
from dashboard.regie.analyst.pages import address, forms, index_page, task_list, task_page
from dashboard.regie.desk import Desk, Look, Screen
from dashboard.regie.jobs.addresses import add_task_addresses, task_of, told, writable
from dashboard.regie.jobs.task import State, Task
from dashboard.regie.jobs.tasks import Tasks
from dashboard.regie.markup import Markup, tag
from dashboard.regie.names import Names
from dashboard.regie.page import Visit
from dashboard.regie.wish import Wish
from dashboard.regie.words import Words

_ROOT = f"/regie/{ROOM}"
_Analyses = Annotated[Person, Depends(needs(Deed.ANALYSE))]
_SeesMoney = Annotated[Person, Depends(needs(Deed.SEE_MONEY))]


class AnalystRoom:
    """The analyst's room of one desk."""

    panels: Collection[str] = ()

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._tasks = Tasks(desk, "analyst")

    def stamp(self) -> Hashable:
        """It has no panel."""
        return None

    def draw(self, _: Look) -> Screen:
        """It has no panel."""
        return {}

    # ------------------------------------------------------------------------------------------ addresses

    def add_to(self, server: FastAPI) -> None:
        """The page, its tasks and its deeds."""
        add_task_addresses(server, self._desk, self._tasks, ROOM, Deed.ANALYSE)

        @server.get(_ROOT)
        def index(person: _Analyses, request: Request) -> HTMLResponse:
            return self._index(self._visit(request, person))

        @server.get(f"{_ROOT}lists")
        def lists(person: _Analyses, request: Request) -> HTMLResponse:
            return HTMLResponse(self._list(self._visit(request, person).words), headers={"cache-control": "no-store"})

        @server.get(f"{_ROOT}task/{{number}}")
        def task(number: str, person: _Analyses, request: Request) -> HTMLResponse:
            found, visit = task_of(self._tasks, number), self._visit(request, person)
            with told():
                log = self._tasks.log(found)
            return task_page(visit, found, log, *self._sections(visit, found))

        @server.post(f"{_ROOT}cast")
        def cast(asked: Cast, person: _Analyses, request: Request) -> dict[str, Any]:
            return self._cast(person, asked, self._visit(request, person).words)

        @server.post(f"{_ROOT}worth")
        def worth(asked: Worth, person: _Analyses, _: _SeesMoney, request: Request) -> dict[str, Any]:
            words = ("worth", asked.box, "--state", str(self._desk.state.absolute()), "--json")
            return self._asked(request, person, lambda: self._tasks.ask(person, "worth", asked.box, lambda _: words))

        @server.post(f"{_ROOT}backtest")
        def backtest(asked: Backtest, person: _Analyses, request: Request) -> dict[str, Any]:
            params, state = self._checked(asked)
            return self._asked(
                request,
                person,
                lambda: self._tasks.ask(person, "backtest", asked.box, lambda at: backtest_argv(asked, state, at), **params),
            )

        @server.post(f"{_ROOT}tune")
        def tune(asked: Tuning, person: _Analyses, request: Request) -> dict[str, Any]:
            params, state = self._checked(asked)
            return self._asked(
                request,
                person,
                lambda: self._tasks.ask(person, "tune", asked.box, lambda at: tune_argv(asked, state, at), **params),
            )

    def _checked(self, asked: Series) -> tuple[dict[str, Any], Path]:
        """What was asked as JSON values, and where its series lies; refused before anything is written."""
        with told():
            check_file(asked, self._desk.state)
        return asked.model_dump(mode="json", exclude_none=True), self._desk.state

    def _asked(self, request: Request, person: Person, ask: Callable[[], Task]) -> dict[str, Any]:
        """Ask for a task and go to its page."""
        writable(self._desk)
        with told():
            task = ask()
        return {"go": address(task, self._visit(request, person).words)}

    def _cast(self, person: Person, asked: Cast, words: Words) -> dict[str, Any]:
        """A change of roles as a command; the loop judges it again and writes what became of it."""
        writable(self._desk)
        snapshot = self._desk.now.snapshot
        if snapshot is None or asked.box not in snapshot.site.boxes:
            raise HTTPException(404, words("cast.unknown", box=asked.box))
        with told():
            waits = not self._desk.command(person, Wish(kind=asked.kind, target=asked.box, motive=asked.motive))
        name = Names(words, snapshot.site).of(f"box:{asked.box}")
        return {"said": words("cast.waits" if waits else f"cast.{asked.kind}_said", box=name)}

    # ------------------------------------------------------------------------------------------ pages

    def _visit(self, request: Request, person: Person) -> Visit:
        visit = Visit.of(request, person, self._desk, "analyst")
        words = visit.words
        return replace(visit, words=Words.of(words.language, words.timezone, words.now, "rehearsal", "compare", "analyst"))

    def _index(self, visit: Visit) -> HTMLResponse:
        snapshot, diagram, words = self._desk.now.snapshot, self._desk.now.diagram, visit.words
        may, money = not self._desk.read_only, visit.person.may(Deed.SEE_MONEY)
        if snapshot is None:
            boxes, known, past = tag("p", words("ui.waiting"), class_="empty"), {}, Markup()
        else:
            names = Names(words, snapshot.site, diagram.facts if diagram is not None else None)
            boxes, known = box_table(snapshot, names, may=may, money=money), dict(snapshot.site.boxes)
            with told():
                past = history(self._desk.book.lines("command"), snapshot.journal, names)
        asking = forms(words, series_files(self._desk.state), known)
        return index_page(visit, boxes, self._list(words), past, asking, read_only=not may)

    def _list(self, words: Words) -> Markup:
        with told():
            return task_list(self._tasks.all(), words)

    def _sections(self, visit: Visit, task: Task) -> tuple[Markup, ...]:
        """What a finished task came to, as far as whoever looks may see it."""
        if task.state is not State.DONE:
            return ()
        answer, words = self._tasks.answer(task), visit.words
        if task.kind == "backtest":
            return reports.backtest_sections(task, answer, words)
        if answer is None:
            return ()
        if task.kind == "worth":
            return reports.worth_sections(answer, words, money=visit.person.may(Deed.SEE_MONEY))
        return reports.tune_sections(answer, words)
