"""The rehearsal's room: its pages and deeds, and the panel ``scenarios`` of the main page."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable
from dataclasses import replace
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import HTMLResponse

from dashboard.regie.access.asked import needs
from dashboard.regie.access.roles import Deed, Person
from dashboard.regie.desk import Desk, Look, Screen
from dashboard.regie.jobs.addresses import add_task_addresses, task_of, told, writable
from dashboard.regie.jobs.task import State, Task
from dashboard.regie.jobs.tasks import Tasks
from dashboard.regie.markup import Markup, join, tag
from dashboard.regie.names import Names
from dashboard.regie.page import Visit
from dashboard.regie.rehearsal import detail
from dashboard.regie.rehearsal.deeds import Deeds
from dashboard.regie.rehearsal.library import read_library
from dashboard.regie.rehearsal.pages import compare_page, index_page, task_page
from dashboard.regie.rehearsal.result import result_in
from dashboard.regie.rehearsal.shown import ROOM, address, made_list, panel, room_words, run_list, task_title
from dashboard.regie.rehearsal.wanted import Wanted
from dashboard.regie.switching.content import Content
from dashboard.regie.words import Words
from twin.contracts.snapshot import SiteFacts

_ROOT = f"/regie/{ROOM}"
_MADE = ("debrief", "drill", "seal")
_NOWHERE = SiteFacts(name="", title={}, timezone="UTC", notes=())
"""Before the first snapshot nothing has a title; results bring their own."""
_Rehearses = Annotated[Person, Depends(needs(Deed.REHEARSE))]
_SeesMoney = Annotated[Person, Depends(needs(Deed.SEE_MONEY))]
_Commands = Annotated[Person, Depends(needs(Deed.COMMAND))]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Aired(_Strict):
    """Which rehearsed decision is put on air."""

    proposal: str = Field(max_length=200)


class Moment(_Strict):
    """Which moment of a debrief becomes a drill."""

    moment: int = Field(ge=1, le=100)


class Played(_Strict):
    """Where a drill was played; "" for the decisions that were on air."""

    played: str = Field(default="", max_length=400)


class RehearsalRoom:
    """The rehearsal of one desk."""

    panels: Collection[str] = ("scenarios",)

    def __init__(self, desk: Desk, draft: Callable[[Request, Person, Content], str]) -> None:
        """``draft``: drafts a switching order and returns the address of its page."""
        self._desk = desk
        self._draft = draft
        self._tasks = Tasks(desk, "rehearsal")
        self._library = read_library(desk.ports.library)
        self._deeds = Deeds(desk, self._tasks, self._library)

    def stamp(self) -> Hashable:
        """Changes when some rehearsal came further."""
        return self._tasks.stamp()

    def draw(self, look: Look) -> Screen:
        """The panel of the main page."""
        words = room_words(look.words)
        money, may_enter = Deed.SEE_MONEY in look.deeds, Deed.REHEARSE in look.deeds
        shown = panel(self._tasks.all("run"), self._library, words, money=money, may_enter=may_enter)
        return {"scenarios": {"markup": shown, "label": words("panel.title")}}

    # ------------------------------------------------------------------------------------------ addresses

    def add_to(self, server: FastAPI) -> None:
        """The pages and their deeds."""
        add_task_addresses(server, self._desk, self._tasks, ROOM, Deed.REHEARSE)
        self._add_pages(server)
        self._add_deeds(server)

    def _add_pages(self, server: FastAPI) -> None:
        @server.get(_ROOT)
        def index(person: _Rehearses, request: Request) -> HTMLResponse:
            visit = self._visit(request, person)
            return index_page(visit, self._library, self._lists(visit.words), read_only=self._desk.read_only)

        @server.get(f"{_ROOT}lists")
        def lists(person: _Rehearses, request: Request) -> HTMLResponse:
            return HTMLResponse(self._lists(self._visit(request, person).words), headers={"cache-control": "no-store"})

        @server.get(f"{_ROOT}compare")
        def compare(person: _Rehearses, request: Request, of: Annotated[list[str] | None, Query()] = None) -> HTMLResponse:
            with told():
                known = {task.id: task for task in self._tasks.all("run")}
            found = [result_in(known[number].folder) for number in dict.fromkeys(of or ()) if number in known]
            results = [result for result in found if result is not None]
            return compare_page(self._visit(request, person), results, money=person.may(Deed.SEE_MONEY))

        @server.get(f"{_ROOT}debrief")
        def debrief(person: _Rehearses, request: Request) -> HTMLResponse:
            with told():
                of_shift = [task for task in self._tasks.all("debrief") if not task.target]
            visit = self._visit(request, person)
            newest = next((task for task in of_shift if (task.folder / "debrief.html").exists() or task.waits), None)
            if newest is None:
                return index_page(visit, self._library, self._lists(visit.words), read_only=self._desk.read_only)
            return self._page(visit, newest)

        @server.get(f"{_ROOT}task/{{number}}")
        def task(number: str, person: _Rehearses, request: Request) -> HTMLResponse:
            return self._page(self._visit(request, person), task_of(self._tasks, number))

    def _add_deeds(self, server: FastAPI) -> None:
        desk, deeds, one = self._desk, self._deeds, lambda number: task_of(self._tasks, number)

        @server.post(f"{_ROOT}ask")
        def ask(wanted: Wanted, person: _Rehearses, request: Request) -> dict[str, Any]:
            writable(desk)
            words = self._visit(request, person).words
            with told():
                asked = deeds.ask(person, wanted, words.language)
            return {"said": words("ask.said", count=len(asked))}

        @server.post(f"{_ROOT}debrief")
        def debrief_of_shift(person: _Rehearses, _: _SeesMoney, request: Request) -> dict[str, Any]:
            return self._done(request, person, lambda language: deeds.debrief(person, None, language))

        @server.post(f"{_ROOT}task/{{number}}/debrief")
        def debrief_of(number: str, person: _Rehearses, _: _SeesMoney, request: Request) -> dict[str, Any]:
            return self._done(request, person, lambda language: deeds.debrief(person, one(number), language))

        @server.post(f"{_ROOT}task/{{number}}/drill")
        def drill(number: str, asked: Moment, person: _Rehearses, _: _SeesMoney, request: Request) -> dict[str, Any]:
            return self._done(request, person, lambda _: deeds.drill(person, one(number), asked.moment))

        @server.post(f"{_ROOT}task/{{number}}/seal")
        def seal(number: str, asked: Played, person: _Rehearses, _: _SeesMoney, request: Request) -> dict[str, Any]:
            return self._done(request, person, lambda _: deeds.seal(person, one(number), asked.played))

        @server.post(f"{_ROOT}task/{{number}}/air")
        def air(number: str, asked: Aired, person: _Rehearses, _: _Commands, request: Request) -> dict[str, str]:
            writable(desk)
            names = self._names(self._visit(request, person).words)
            with told():
                return deeds.air(
                    person, one(number), asked.proposal, names, lambda content: self._draft(request, person, content)
                )

    def _done(self, request: Request, person: Person, ask: Callable[[str], Task]) -> dict[str, Any]:
        """Ask for a task and go to its page."""
        writable(self._desk)
        words = self._visit(request, person).words
        with told():
            task = ask(words.language)
        return {"go": address(task, words)}

    # ------------------------------------------------------------------------------------------ pages

    def _visit(self, request: Request, person: Person) -> Visit:
        visit = Visit.of(request, person, self._desk, "rehearsal")
        return replace(visit, words=room_words(visit.words))

    def _names(self, words: Words) -> Names:
        snapshot, diagram = self._desk.now.snapshot, self._desk.now.diagram
        if snapshot is None:
            return Names(words, _NOWHERE)
        return Names(words, snapshot.site, diagram.facts if diagram is not None else None)

    def _lists(self, words: Words) -> Markup:
        """What refreshes: rehearsals, then debriefs and drills."""
        with told():
            tasks = self._tasks.all()
        runs = [task for task in tasks if task.kind == "run"]
        made = [task for task in tasks if task.kind in _MADE]
        shift = tag(
            "form",
            tag("button", words("debrief.of_shift"), type="submit", class_="button", data_focus="debrief-shift"),
            data_post=f"{_ROOT}debrief?lang={words.language}",
        )
        second = tag("h2", words("made.title")), None if self._desk.read_only else shift, made_list(made, self._library, words)
        return join([run_list(runs, self._library, words), *second])

    def _page(self, visit: Visit, task: Task) -> HTMLResponse:
        title = task_title(task, self._library, visit.words)
        with told():
            log = self._tasks.log(task)
        return task_page(visit, task, title, log, *self._sections(visit, task))

    def _sections(self, visit: Visit, task: Task) -> tuple[Markup, ...]:
        """What a finished task came to, as far as whoever looks may see it."""
        words, money, may = visit.words, visit.person.may(Deed.SEE_MONEY), not self._desk.read_only
        if task.state is not State.DONE:
            return ()
        if task.kind == "run":
            return self._run_sections(visit, task, may=may)
        if not money:
            return (tag("p", words("debrief.money"), class_="empty"),)
        if task.kind == "debrief":
            return detail.debrief_sections(task, self._tasks.answer(task), self._names(words), may=may)
        if task.kind == "drill":
            return detail.drill_sections(task, words, may=may)
        return detail.seal_sections(self._tasks.answer(task), words)

    def _run_sections(self, visit: Visit, task: Task, *, may: bool) -> tuple[Markup, ...]:
        result = result_in(task.folder)
        if result is None:
            return ()
        names, money = self._names(visit.words), visit.person.may(Deed.SEE_MONEY)
        figures = detail.result_sections(result, names, money=money)
        if result.futures is not None:
            return figures
        button = tag("button", visit.words("debrief.make"), type="submit", class_="button")
        debrief = tag("form", button, data_post=f"{_ROOT}task/{task.id}/debrief?lang={visit.words.language}")
        may_command = may and visit.person.may(Deed.COMMAND)
        air = detail.air_section(task, self._deeds.proposals(task), names, may=may_command)
        return (*figures, *((debrief,) if money and may else ()), air)
