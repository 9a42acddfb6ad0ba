"""The rehearsal's pages: the library with the form, one task, and results side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.responses import HTMLResponse

from dashboard.regie.jobs.task import Task
from dashboard.regie.jobs.views import progress_and_log
from dashboard.regie.markup import Markup, tag
from dashboard.regie.page import ROOT, Visit, page
from dashboard.regie.rehearsal.figures import LETTERS, margins, risk_table, side_by_side
from dashboard.regie.rehearsal.library import Packaged
from dashboard.regie.rehearsal.result import Result
from dashboard.regie.rehearsal.shown import ROOM, hours_in_words
from dashboard.regie.words import Words

SCRIPTS, STYLES = ("rehearsal.js",), ("rehearsal.css",)
EVERY_S = 2
_MOMENT = "[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:(00|15|30|45)"
"""A quarter hour, written; a browser's own field for moments would speak its language and its clock, not the page's."""


def lists_address(words: Words) -> str:
    """Where the refreshing lists come from."""
    return f"{ROOT}{ROOM}lists?lang={words.language}"


def index_page(visit: Visit, library: Mapping[str, Packaged], lists: Markup, *, read_only: bool) -> HTMLResponse:
    """The library with the form, and beside it what runs and what is finished."""
    words = visit.words
    left = tag(
        "section",
        tag("h2", words("ask.title")),
        tag("p", "▲ ", words("ask.read_only"), class_="warn") if read_only else _form(library, words),
        class_="panel ask",
        aria_label=words("ask.title"),
    )
    listed = tag(
        "div", lists, data_refresh=lists_address(words), data_every=EVERY_S, id="rehearsals", class_="tall", tabindex=-1
    )
    compare = tag(
        "form",
        tag("input", type="hidden", name="lang", value=words.language),
        tag("button", words("beside.button"), type="submit", class_="button strong"),
        tag("span", words("beside.hint"), class_="meta"),
        id="compare",
        action=f"{ROOT}{ROOM}compare",
        method="get",
        class_="line",
    )
    right = tag("section", tag("h2", words("list.title")), compare, listed, class_="panel", aria_label=words("list.title"))
    return page(visit, ROOM, words("title"), tag("div", left, right, class_="rehearsal-two"), scripts=SCRIPTS, styles=STYLES)


def _form(library: Mapping[str, Packaged], words: Words) -> Markup:
    choices = [_choice(scenario, words) for scenario in library.values()]
    fields = [
        tag("label", words("ask.start"), tag("input", name="start", placeholder="2016-01-25 17:45", pattern=_MOMENT)),
        tag("label", words("ask.hours"), tag("input", type="number", name="hours", min=0.25, max=744, step=0.25)),
        tag("label", words("ask.seed"), tag("input", type="number", name="seed", min=0, step=1)),
        tag("label", words("ask.futures"), tag("input", type="number", name="futures", min=1, max=1_000_000, step=1)),
    ]
    own = tag(
        "details",
        tag("summary", words("ask.own")),
        tag("p", words("ask.own_hint"), class_="meta"),
        tag("textarea", name="text", rows=12, spellcheck="false", aria_label=words("ask.own")),
    )
    return tag(
        "form",
        tag("fieldset", tag("legend", words("ask.choose")), *choices, class_="library", tabindex=0),
        tag("p", words("ask.left_out"), class_="meta"),
        tag("div", *fields, class_="fields"),
        own,
        tag("button", words("ask.button"), type="submit", class_="button strong"),
        data_post=f"{ROOT}{ROOM}ask?lang={words.language}",
        class_="asking",
    )


def _choice(scenario: Packaged, words: Words) -> Markup:
    """One packaged scenario: a tick, its title, when it plays, and what it teaches."""
    title = scenario.title.get(words.language, scenario.name)
    window = []
    if scenario.start is not None and scenario.hours is not None:
        window = [
            tag(
                "span",
                words(
                    "ask.window",
                    day=scenario.start.date().isoformat(),
                    hours=hours_in_words(scenario.hours, words),
                ),
                class_="meta",
            )
        ]
    return tag(
        "div",
        tag(
            "label",
            tag("input", type="checkbox", name="scenarios", value=scenario.name, data_many=True),
            tag("strong", title),
            *window,
            class_="tick",
        ),
        tag("details", tag("summary", words("ask.teaches")), tag("p", scenario.teaches.get(words.language, ""))),
        class_="choice",
    )


def task_page(visit: Visit, task: Task, title: str, log: str, *body: object) -> HTMLResponse:
    """One task: how it stands, its log, and what it came to (``body``)."""
    words = visit.words
    state = tag(
        "section",
        tag(
            "div",
            progress_and_log(task, log, words, f"{ROOT}{ROOM}"),
            data_refresh=f"{ROOT}{ROOM}task/{task.id}/state?lang={words.language}" if task.waits else None,
            data_every=EVERY_S if task.waits else None,
            data_ends=task.waits,
        ),
        class_="panel",
        aria_label=words("task.state"),
    )
    back = tag("p", tag("a", words("task.back"), href=visit.address(ROOM)))
    asked = tag("p", words("list.asked_by", by=task.by, at=words.moment(task.at)), class_="meta")
    return page(visit, ROOM, title, back, asked, state, *body, scripts=SCRIPTS, styles=STYLES)


def compare_page(visit: Visit, results: Sequence[Result], *, money: bool) -> HTMLResponse:
    """Two to four results side by side."""
    words = visit.words
    back = tag("p", tag("a", words("task.back"), href=visit.address(ROOM)))
    if not 2 <= len(results) <= len(LETTERS):
        note = tag("p", "▲ ", words("beside.how_many", most=str(len(LETTERS))), class_="warn")
        return page(visit, ROOM, words("beside.title"), back, note, scripts=SCRIPTS, styles=STYLES, status=422)
    played = [result for result in results if result.futures is None]
    many = [result for result in results if result.futures is not None]
    parts = []
    if played and many:
        parts.append(tag("p", "◇ ", words("beside.kinds_differ"), class_="warn"))
    if len({(result.site, result.start, result.end) for result in results}) > 1:
        parts.append(tag("p", "◇ ", words("beside.windows_differ"), class_="warn"))
    if played:
        table = side_by_side(played, words, money=money)
        parts.append(tag("section", _scrolling(table, words), margins(played, words), class_="panel"))
    if many:
        parts.append(tag("section", _scrolling(risk_table(many, words, money=money), words), class_="panel"))
    return page(visit, ROOM, words("beside.title"), back, *parts, scripts=SCRIPTS, styles=STYLES)


def _scrolling(table: Markup, words: Words) -> Markup:
    return tag("div", table, class_="wide", tabindex=0, role="region", aria_label=words("beside.title"))
