"""Tasks of the rehearsal as lists: what runs, waits and is finished, with the three figures of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from dashboard.regie.jobs.task import State, Task
from dashboard.regie.jobs.views import bar, buttons, state_in_words
from dashboard.regie.markup import Markup, tag
from dashboard.regie.page import ROOT
from dashboard.regie.rehearsal.figures import gap, rows_for
from dashboard.regie.rehearsal.library import Packaged
from dashboard.regie.rehearsal.result import LEADING, Result, result_in
from dashboard.regie.words import Words

ROOM = "rehearsal/"
_PANEL_ROWS = 4


def room_words(words: Words) -> Words:
    """The screen's words with those of the rehearsal, and those that ``regie compare`` has for figures and limits."""
    return Words.of(words.language, words.timezone, words.now, "rehearsal", "compare")


def title_of(task: Task, library: Mapping[str, Packaged], words: Words) -> str:
    """What people call it: its scenario's title, else the name under which it was asked for; with what was asked besides."""
    packaged = library.get(task.target)
    title = packaged.title.get(words.language, task.target) if packaged is not None else task.target
    besides = []
    if task.params.get("start") is not None:
        start = datetime.fromisoformat(task.params["start"]).replace(tzinfo=ZoneInfo(words.timezone))
        besides.append(words.moment(start))
    if task.params.get("hours") is not None:
        besides.append(hours_in_words(task.params["hours"], words))
    if task.params.get("futures") is not None:
        besides.append(words("task.futures", count=words.number(task.params["futures"])))
    if task.params.get("seed") is not None:
        besides.append(words("task.seed", seed=str(task.params["seed"])))
    return f"{title} ({', '.join(besides)})" if besides else title


def hours_in_words(hours: float, words: Words) -> str:
    """The length of a window."""
    return words.number(hours, "h", decimals=0 if hours == int(hours) else 2)


def task_title(task: Task, library: Mapping[str, Packaged], words: Words) -> str:
    """The title of its page: a rehearsal's own, or what it makes of which."""
    return title_of(task, library, words) if task.kind == "run" else words(f"made.{task.kind}", of=_of(task, library, words))


def address(task: Task, words: Words) -> str:
    """The task's page."""
    return f"{ROOT}{ROOM}task/{task.id}?lang={words.language}"


def run_list(tasks: Sequence[Task], library: Mapping[str, Packaged], words: Words) -> Markup:
    """All rehearsals, newest first; finished ones can be ticked for a comparison."""
    if not tasks:
        return tag("p", words("list.none"), class_="empty")
    rows = [_run(task, title_of(task, library, words), words) for task in tasks]
    heads = tag(
        "tr", *(tag("th", words(f"list.{name}"), scope="col") for name in ("tick_head", "scenario", "asked", "state", "deeds"))
    )
    return tag("table", tag("thead", heads), tag("tbody", *rows), class_="tasks")


def _run(task: Task, title: str, words: Words) -> Markup:
    done = task.state is State.DONE
    tick = tag(
        "input",
        type="checkbox",
        name="of",
        value=task.id,
        form="compare",
        data_focus=f"tick-{task.id}",
        aria_label=words("list.tick", title=title),
    )
    return tag(
        "tr",
        tag("td", tick if done else None),
        tag("td", tag("a", title, href=address(task, words), data_focus=f"open-{task.id}")),
        tag("td", words("list.asked_by", by=task.by, at=words.moment(task.at)), class_="meta"),
        tag("td", state_in_words(task, words), bar(task, words)),
        tag("td", buttons(task, words, f"{ROOT}{ROOM}"), class_="task-buttons"),
    )


def made_list(tasks: Sequence[Task], library: Mapping[str, Packaged], words: Words) -> Markup:
    """Debriefs, drills and opened seals, newest first."""
    if not tasks:
        return tag("p", words("made.none"), class_="empty")
    items = [
        tag(
            "li",
            tag(
                "a",
                task_title(task, library, words),
                href=address(task, words),
                data_focus=f"open-{task.id}",
            ),
            tag("span", state_in_words(task, words), bar(task, words), class_="meta"),
            tag("span", words("list.asked_by", by=task.by, at=words.moment(task.at)), class_="meta"),
            tag("span", buttons(task, words, f"{ROOT}{ROOM}"), class_="task-buttons"),
        )
        for task in tasks
    ]
    return tag("ul", *items, class_="made")


def _of(task: Task, library: Mapping[str, Packaged], words: Words) -> str:
    return words("made.of_the_shift") if not task.target else title_of(task, library, words)


def panel(tasks: Sequence[Task], library: Mapping[str, Packaged], words: Words, *, money: bool, may_enter: bool) -> Markup:
    """The main page's panel: what runs, and the finished ones beside each other in the three figures."""
    link = tag(
        "a", words("panel.open"), href=f"{ROOT}{ROOM}?lang={words.language}", class_="button", data_focus="rehearsal-open"
    )
    head = tag(
        "div", tag("h2", words("panel.title")), tag("span", link, class_="buttons") if may_enter else None, class_="line"
    )
    waiting = [task for task in reversed(tasks) if task.waits]
    items = [
        tag(
            "li",
            tag("span", title_of(task, library, words), class_="name"),
            bar(task, words),
            tag("span", state_in_words(task, words), class_="meta"),
        )
        for task in waiting[:_PANEL_ROWS]
    ]
    finished = [(task, result) for task in tasks if task.state is State.DONE and (result := result_in(task.folder)) is not None]
    played = [(task, result) for task, result in finished if result.futures is None][:_PANEL_ROWS]
    failed = sum(task.state in (State.FAILED, State.REFUSED) for task in tasks)
    parts = [
        tag("ul", *items, class_="running") if items else None,
        _small_table(played, library, words, money=money, may_enter=may_enter) if played else None,
        tag("p", words("panel.failed", count=failed), class_="meta") if failed else None,
        tag("p", words("panel.none"), class_="empty") if not items and not played and not failed else None,
    ]
    inner = tag("div", *parts, class_="scroll", tabindex=0, data_focus="scenarios", aria_label=words("panel.title"))
    return tag("div", head, inner, class_="filled")


def _small_table(
    played: Sequence[tuple[Task, Result]], library: Mapping[str, Packaged], words: Words, *, money: bool, may_enter: bool
) -> Markup:
    shown = [row for row in rows_for(money=money) if row[1] in LEADING]
    heads = tag(
        "tr",
        tag("th", words("panel.finished"), scope="col"),
        *(tag("th", words(f"short.{row[1]}"), scope="col") for row in shown),
    )
    body = []
    for task, result in played:
        title = title_of(task, library, words)
        cells = [tag("td", gap(result.figure(triple, name, "difference"), unit, words)) for triple, name, unit in shown]
        name = tag("a", title, href=address(task, words), data_focus=f"rehearsed-{task.id}") if may_enter else title
        body.append(tag("tr", tag("th", name, scope="row"), *cells))
    return tag(
        "table", tag("caption", words("panel.against"), class_="meta"), tag("thead", heads), tag("tbody", *body), class_="small"
    )
