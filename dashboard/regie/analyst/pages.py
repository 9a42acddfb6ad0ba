"""The analyst's pages: boxes with their deeds, the forms, what was asked for; and one task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.responses import HTMLResponse

from dashboard.regie.analyst.asked import SERIES
from dashboard.regie.analyst.boxes import ROOM
from dashboard.regie.jobs.task import Task
from dashboard.regie.jobs.views import bar, buttons, progress_and_log, state_in_words
from dashboard.regie.markup import Markup, tag
from dashboard.regie.page import ROOT, Visit, page
from dashboard.regie.words import Words
from twin.contracts.snapshot import BoxFacts

SCRIPTS, STYLES = ("rehearsal.js",), ("rehearsal.css", "analyst.css")
EVERY_S = 2
_UNITS = ("kWh", "MWh", "Wh", "kW", "MW", "W")
_KINDS = ("load", "pv", "wind", "hydro")


def index_page(
    visit: Visit, boxes: Markup, tasks: Markup, history: Markup, forms: Sequence[Markup], *, read_only: bool
) -> HTMLResponse:
    """Boxes first, then what runs, then what can be asked for, then how roles changed."""
    words = visit.words
    listed = tag(
        "div", tasks, data_refresh=f"{ROOT}{ROOM}lists?lang={words.language}", data_every=EVERY_S, id="analyses", class_="tall"
    )
    asking = tag("p", "▲ ", words("ask.read_only"), class_="warn") if read_only else tag("div", *forms, class_="two")
    sections = (("boxes.title", boxes), ("list.title", listed), ("ask.title", asking), ("history.title", history))
    made = [
        tag("section", tag("h2", words(code)), tag("div", body, class_="wide"), class_="panel", aria_label=words(code))
        for code, body in sections
    ]
    return page(visit, ROOM, words("title"), *made, scripts=SCRIPTS, styles=STYLES)


def forms(words: Words, files: Sequence[str], boxes: Mapping[str, BoxFacts]) -> tuple[Markup, ...]:
    """A backtest and a search, on a series that lies in the state directory."""
    if not boxes:
        return (tag("p", words("ui.waiting"), class_="empty"),)
    if not files:
        return (tag("p", words("ask.no_series", folder=SERIES), class_="empty"),)
    backtest = _form("backtest", words, files, boxes)
    minutes = tag("label", words("ask.minutes"), tag("input", type="number", name="minutes", value=10, min=0.1, step="any"))
    return backtest, _form("tune", words, files, boxes, minutes)


def _form(kind: str, words: Words, files: Sequence[str], boxes: Mapping[str, BoxFacts], *more: Markup) -> Markup:
    forecasting = sorted(box for box, facts in boxes.items() if facts.kind in _KINDS)
    fields = [
        _select("box", words, forecasting or sorted(boxes)),
        _select("file", words, files),
        _select("kind", words, _KINDS, told="kind_of."),
        _text("time", words, "time"),
        _text("value", words, "p"),
        _select("unit", words, _UNITS),
        _select("label", words, ("start", "end"), told="label_of."),
        _text("tz", words, "Europe/Zurich"),
        _text("start", words, "", pattern=r"\d{4}-\d{2}-\d{2}", required=False),
        _text("end", words, "", pattern=r"\d{4}-\d{2}-\d{2}", required=False),
        tag("label", words("ask.train_days"), tag("input", type="number", name="train_days", min=1, max=3650)),
        _text("experts", words, "", required=False),
        *more,
    ]
    button = tag("button", words(f"ask.{kind}"), type="submit", class_="button strong")
    return tag(
        "form",
        tag("h3", words(f"ask.{kind}_title")),
        tag("p", words(f"ask.{kind}_note"), class_="meta"),
        tag("div", *fields, class_="fields"),
        button,
        data_post=f"{ROOT}{ROOM}{kind}?lang={words.language}",
        class_="asking",
    )


def _select(name: str, words: Words, values: Sequence[str], *, told: str = "") -> Markup:
    """``told``: how the codes of its values begin; a value without words is told as it is."""
    options = [tag("option", words(f"{told}{value}") if told else value, value=value) for value in values]
    return tag("label", words(f"ask.{name}"), tag("select", *options, name=name))


def _text(name: str, words: Words, value: str, *, pattern: str | None = None, required: bool = True) -> Markup:
    field = tag("input", name=name, value=value or None, pattern=pattern, required=required, maxlength=120)
    return tag("label", words(f"ask.{name}"), field)


def task_list(tasks: Sequence[Task], words: Words) -> Markup:
    """What was asked for, newest first."""
    if not tasks:
        return tag("p", words("list.none"), class_="empty")
    rows = [
        tag(
            "tr",
            tag("td", tag("a", title_of(task, words), href=address(task, words), data_focus=f"open-{task.id}")),
            tag("td", words("list.asked_by", by=task.by, at=words.moment(task.at)), class_="meta"),
            tag("td", state_in_words(task, words), bar(task, words)),
            tag("td", buttons(task, words, f"{ROOT}{ROOM}"), class_="task-buttons"),
        )
        for task in tasks
    ]
    top = tag("tr", *(tag("th", words(f"list.{name}"), scope="col") for name in ("what", "asked", "state", "deeds")))
    return tag("table", tag("thead", top), tag("tbody", *rows), class_="tasks")


def title_of(task: Task, words: Words) -> str:
    """What it is, and for which box."""
    return words(f"task.{task.kind}", box=task.target)


def address(task: Task, words: Words) -> str:
    """The task's page."""
    return f"{ROOT}{ROOM}task/{task.id}?lang={words.language}"


def task_page(visit: Visit, task: Task, log: str, *body: object) -> HTMLResponse:
    """One task: how it stands, its log, and what it came to."""
    words = visit.words
    part = tag(
        "div",
        progress_and_log(task, log, words, f"{ROOT}{ROOM}"),
        data_refresh=f"{ROOT}{ROOM}task/{task.id}/state?lang={words.language}" if task.waits else None,
        data_every=EVERY_S if task.waits else None,
        data_ends=task.waits,
    )
    back = tag("p", tag("a", words("task.back"), href=visit.address(ROOM)))
    asked = tag("p", words("list.asked_by", by=task.by, at=words.moment(task.at)), class_="meta")
    state = tag("section", part, class_="panel", aria_label=words("list.state"))
    return page(visit, ROOM, title_of(task, words), back, asked, state, *body, scripts=SCRIPTS, styles=STYLES)
