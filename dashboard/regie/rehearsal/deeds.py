"""What people do in the rehearsal: ask for runs, debriefs, drills and seals, and put on air what was rehearsed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from fastapi import HTTPException

from dashboard.regie.access.roles import Person
from dashboard.regie.book import Line
from dashboard.regie.conducteur.cue import Cue
from dashboard.regie.desk import Desk
from dashboard.regie.jobs.task import State, Task
from dashboard.regie.jobs.tasks import Tasks
from dashboard.regie.names import Names
from dashboard.regie.rehearsal.detail import proposal_in_words
from dashboard.regie.rehearsal.library import Packaged
from dashboard.regie.rehearsal.on_air import Proposal, proposals
from dashboard.regie.rehearsal.result import result_folder, result_in
from dashboard.regie.rehearsal.shown import title_of
from dashboard.regie.rehearsal.switchings import switchings_of
from dashboard.regie.rehearsal.wanted import FILE, Wanted, argv, check, name_in, scenario_file
from dashboard.regie.switching.content import Content, Step
from dashboard.regie.wish import Wish


class Deeds:
    """The deeds of one desk's rehearsal; each is refused with an `HTTPException` or the faults of what was asked."""

    def __init__(self, desk: Desk, tasks: Tasks, library: Mapping[str, Packaged]) -> None:
        self._desk = desk
        self._tasks = tasks
        self._library = library

    def ask(self, person: Person, wanted: Wanted, language: str) -> list[Task]:
        """Queue one run for each scenario.

        Raises:
            BadInput: every fault that shows without a grid; nothing is queued. Unavailable, OSError, sqlite3.Error.
        """
        check(wanted, self._library)
        asked = {
            key: value for key, value in wanted.model_dump(mode="json").items() if key in ("start", "hours", "seed", "futures")
        }
        params = {key: value for key, value in asked.items() if value is not None}
        files = {name: scenario_file(self._library[name], wanted) for name in wanted.scenarios}
        if wanted.text is not None:
            files[name_in(wanted.text, language) or FILE] = wanted.text
        return [self._run(person, target, text, params, language) for target, text in files.items()]

    def _run(self, person: Person, target: str, text: str | None, params: Mapping[str, Any], language: str) -> Task:
        """One run of a packaged scenario as it is, or of a file (``text``)."""

        def words(folder: Path) -> Sequence[str]:
            return argv(target if text is None else str(folder / FILE), folder, params.get("futures"), language)

        return self._tasks.ask(person, "run", target, words, {} if text is None else {FILE: text}, **params)

    def debrief(self, person: Person, task: Task | None, language: str) -> Task:
        """Queue the debrief of a finished rehearsal, or of the shift so far (None)."""
        place = self._desk.state.absolute() if task is None else self._finished(task)

        def words(folder: Path) -> Sequence[str]:
            made = ("--html", str(folder / "debrief.html"), "--pdf", str(folder / "debrief.pdf"))
            return ("debrief", str(place), *made, "--lang", language, "--json")

        target, of = ("", "") if task is None else (task.target, task.id)
        return self._tasks.ask(person, "debrief", target, words, run=of)

    def drill(self, person: Person, task: Task, moment: int) -> Task:
        """Queue the drawing of a drill from a moment of a debrief."""
        if task.kind != "debrief":
            raise HTTPException(409, f"{task.target or task.id}: no debrief; a drill is drawn from a debrief's moment")
        words = ("debrief", task.argv[1], "--moment", str(moment), "--json", "--scenario")
        return self._tasks.ask(person, "drill", task.target, lambda folder: (*words, str(folder / "drill.toml")), moment=moment)

    def seal(self, person: Person, task: Task, played: str) -> Task:
        """Queue the opening of a drill's seal, for the state directory in which it was played; "" for what was on air."""
        file = task.folder / "drill.toml"
        if task.kind != "drill" or not file.exists():
            raise HTTPException(409, f"{task.target or task.id}: no drill, or it is not drawn yet")
        words = ("drill", str(file), "--json", *(("--played", played) if played else ()))
        return self._tasks.ask(person, "seal", task.target, lambda _: words, played=played)

    def proposals(self, task: Task) -> Sequence[Proposal]:
        """What of a rehearsal could be put on air now; nothing for one of futures, or unfinished."""
        result = result_in(task.folder)
        if result is None or result.futures is not None:
            return ()
        library = self._desk.ports.library
        own = task.folder / FILE
        file = own if own.exists() or library is None else library / f"{task.target}.toml"
        switchings = switchings_of(file, library, result.start, result.timezone)
        found = proposals(result, switchings, self._desk.now.snapshot, datetime.now(UTC))
        planned = {line.params["proposal"]: line for line in self._desk.book.lines("rehearsal") if _plans(line, task)}
        return [one if one.id not in planned else _planned(one, planned[one.id]) for one in found]

    def air(self, person: Person, task: Task, wanted: str, names: Names, draft: Callable[[Content], str]) -> dict[str, str]:
        """Put one rehearsed decision on air: an ordinary command, a line of the run-of-show, a drafted switching order.

        Args:
            draft: drafts an order and returns the address of its page.

        Returns:
            What the page says, and where it goes.

        Raises:
            HTTPException: 404 for none such, 409 with the reason where the present differs.
        """
        words = names.words
        one = next((one for one in self.proposals(task) if one.id == wanted), None)
        if one is None:
            raise HTTPException(404, words("air.gone"))
        if one.reason:
            raise HTTPException(409, words.fill(f"not.{one.reason}", one.params))
        said, title, answer = proposal_in_words(one, names), title_of(task, self._library, words), {}
        if one.kind == "switching":  # the draft is refused with its faults before anything is written
            answer["go"] = draft(_order(one, words("air.cue", what=said), title))
        self._desk.note(person, "rehearsal.air", task.id, of=task.target, proposal=one.id, deed=one.kind, answers=one.target)
        waits = False
        if one.kind == "accept" or one.kind == "refuse":  # noqa: PLR1714 - mypy narrows a comparison, not a membership
            motive = words("air.motive", title=title) if one.kind == "refuse" else None
            waits = not self._desk.command(person, Wish(kind=one.kind, target=one.target, motive=motive))
        elif one.kind == "action":
            cue = Cue(
                f"hand:{uuid4().hex[:12]}", "action", one.ref, "hand", {}, one.at, one.until, title=words("air.cue", what=said)
            )
            self._desk.note(person, "cue.add", cue.id, cue=cue.to_json())
        return {"said": words("air.waits" if waits else f"air.{one.kind}_said", what=said), **answer}

    def _finished(self, task: Task) -> Path:
        folder = result_folder(task.folder)
        if task.state is not State.DONE or folder is None:
            raise HTTPException(409, f"{task.target}: not finished; a debrief needs its results")
        return folder


def _plans(line: Line, task: Task) -> bool:
    """An answer can be given again where the loop refused it; a plan stands where plans stand, and is changed there."""
    return line.kind == "rehearsal.air" and line.target == task.id and line.params["deed"] in ("action", "switching")


def _planned(one: Proposal, line: Line) -> Proposal:
    return one if one.reason else replace(one, reason="planned", params={"by": line.by})


def _order(one: Proposal, title: str, reason: str) -> Content:
    """A switching order of the one step that was rehearsed; how it is done on the spot, whoever releases it knows."""
    step = Step(operation="close" if one.closed else "open", element=one.ref, how="remote")
    return Content(title=title[:200], reason=reason[:200], planned_at=one.at, steps=(step,))
