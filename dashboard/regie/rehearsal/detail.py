"""What a finished task came to, as sections of its page: figures, decisions for the air, a debrief, a drill, its seal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from dashboard.regie.jobs.task import State, Task
from dashboard.regie.markup import Markup, join, tag
from dashboard.regie.names import Names
from dashboard.regie.page import ROOT
from dashboard.regie.rehearsal.figures import figure, margins, own_figures, violations
from dashboard.regie.rehearsal.on_air import Proposal
from dashboard.regie.rehearsal.result import QUARTER, ROWS, Result
from dashboard.regie.rehearsal.shown import ROOM
from dashboard.regie.words import Words

_SIDES = ("own", "plan", "hindsight", "do_nothing")


def result_sections(result: Result, names: Names, *, money: bool) -> tuple[Markup, ...]:
    """The figures of a rehearsal, and where limits were broken."""
    words = names.words
    told = (own_figures(result, words, money=money), *_fallbacks(result, names), margins([result], words))
    table = tag("section", *told, class_="panel")
    if result.futures is not None:
        return (table,)
    return table, tag("section", tag("h2", words("figures.violations")), violations(result, names), class_="panel")


def _fallbacks(result: Result, names: Names) -> list[Markup]:
    """Boxes that did not answer themselves: then the figures are not those of their plan."""
    words, of = names.words, round((result.end - result.start) / QUARTER)
    fallen = (result.facts.get("fallback_ticks") or {}).items()
    said = [words("figures.fallback", box=names.of(f"box:{box}"), count=str(n), of=str(of)) for box, n in sorted(fallen) if n]
    return [tag("p", "◇ ", one, class_="warn") for one in said]


def air_section(task: Task, found: Sequence[Proposal], names: Names, *, may: bool) -> Markup:
    """What was rehearsed and can be put on air now, one by one; and what cannot, with the reason."""
    words = names.words
    open_now, closed = [one for one in found if not one.reason], [one for one in found if one.reason]
    offers = [_offer(task, one, names, may=may) for one in open_now]
    refused = [
        tag(
            "li",
            tag("span", proposal_in_words(one, names)),
            tag("span", "◇ ", words.fill(f"not.{one.reason}", one.params), class_="meta"),
        )
        for one in closed
    ]
    parts = [
        tag("h2", words("air.title")),
        tag("p", words("air.note"), class_="meta"),
        tag("ul", *offers, class_="offers") if offers else tag("p", words("air.none"), class_="empty"),
    ]
    if refused:
        parts.append(
            tag("details", tag("summary", words("air.not_now", count=len(refused))), tag("ul", *refused, class_="offers"))
        )
    return tag("section", *parts, class_="panel", aria_label=words("air.title"))


def _offer(task: Task, one: Proposal, names: Names, *, may: bool) -> Markup:
    words, said = names.words, proposal_in_words(one, names)
    button = tag("button", words(f"air.{one.kind}"), type="submit", class_="button", data_focus=f"air-{one.id}")
    hidden = tag("input", type="hidden", name="proposal", value=one.id)
    form = tag(
        "form",
        hidden,
        button,
        data_post=f"{ROOT}{ROOM}task/{task.id}/air?lang={words.language}",
        data_confirm=words(f"air.{one.kind}_sure", what=said),
    )
    return tag("li", tag("span", said), form if may else None)


def proposal_in_words(one: Proposal, names: Names) -> str:
    """One rehearsed decision as a sentence."""
    words = names.words
    params = {
        "what": names.of(one.ref),
        "at": one.at,
        "until": one.until,
        "devices": one.devices,
        "power": words.power(one.p_mw),
    }
    code = one.kind if one.kind != "switching" else "close" if one.closed else "open"
    return words.fill(f"proposal.{code}", params)


def debrief_sections(task: Task, answer: Mapping[str, Any] | None, names: Names, *, may: bool) -> tuple[Markup, ...]:
    """A debrief to read, its paper, and a drill of any of its moments."""
    words = names.words
    if task.state is not State.DONE or not (task.folder / "debrief.html").exists():
        return ()
    made = f"{ROOT}{ROOM}task/{task.id}/made/"
    paper = tag("p", tag("a", words("debrief.pdf"), href=f"{made}debrief.pdf", class_="button", download="debrief.pdf"))
    frame = tag("iframe", src=f"{made}debrief.html", sandbox="allow-scripts", title=words("debrief.frame"), class_="made-page")
    moments = [] if answer is None else answer.get("moments", [])
    drills = [_moment(task, number, moment, names, may=may) for number, moment in enumerate(moments, 1)]
    listed = tag("details", tag("summary", words("drill.of_moments")), tag("ol", *drills, class_="offers")) if drills else None
    return (tag("section", paper, listed, class_="panel"), tag("section", frame, aria_label=words("debrief.frame")))


def _moment(task: Task, number: int, moment: Mapping[str, Any], names: Names, *, may: bool) -> Markup:
    """One moment by its number in the debrief, where it is told in full."""
    words, at = names.words, datetime.fromisoformat(moment["at"])
    said = words("drill.moment", number=words.number(number), at=at, name=names.of(moment["subject"]))
    form = tag(
        "form",
        tag("input", type="hidden", name="moment", value=number),
        tag("button", words("drill.make"), type="submit", class_="button", aria_label=f"{words('drill.make')}: {said}"),
        data_post=f"{ROOT}{ROOM}task/{task.id}/drill?lang={words.language}",
    )
    return tag("li", tag("span", said), form if may else None)


def drill_sections(task: Task, words: Words, *, may: bool) -> tuple[Markup, ...]:
    """How a drill is played, and the deed that opens its seal."""
    file = task.folder / "drill.toml"
    if task.state is not State.DONE or not file.exists():
        return ()
    played = tag("input", name="played", placeholder=words("drill.played_hint"), aria_label=words("drill.played"))
    form = tag(
        "form",
        tag("label", words("drill.played"), played),
        tag("button", words("drill.open"), type="submit", class_="button strong"),
        data_post=f"{ROOT}{ROOM}task/{task.id}/seal?lang={words.language}",
        data_confirm=words("drill.open_sure"),
        class_="fields",
    )
    how = tag("p", words("drill.how"), " ", tag("code", f"regie live --scenario {file}"))
    file_link = tag(
        "a", words("drill.file"), href=f"{ROOT}{ROOM}task/{task.id}/made/drill.toml", class_="button", download="drill.toml"
    )
    return (tag("section", how, tag("p", file_link), form if may else None, class_="panel"),)


def seal_sections(answer: Mapping[str, Any] | None, words: Words) -> tuple[Markup, ...]:
    """The sides of a drill beside each other: own, the plan's, perfect hindsight's, nobody's."""
    if answer is None:
        return ()
    kpis = answer["kpis"]
    sides = [side for side in _SIDES if side in kpis]
    heads = [words("figures.what"), *(words(f"side.{answer['own_is'] if side == 'own' else side}") for side in sides)]
    body = [
        tag(
            "tr",
            tag("th", words(f"compare.figure.{name}"), scope="row"),
            *(tag("td", figure(kpis[side].get(triple, {}).get(name), unit, words)) for side in sides),
        )
        for triple, name, unit in ROWS
        if any(kpis[side].get(triple, {}).get(name) is not None for side in sides)
    ]
    top = tag("tr", *(tag("th", head, scope="col") for head in heads))
    caption = tag("caption", words("seal.caption"))
    apart = answer.get("quarter_hours_decided_otherwise_than_the_plan")
    note = tag("p", words("seal.apart", count=words.number(apart)), class_="meta")
    kept = None if answer.get("counterfactual") else tag("p", "◇ ", words("seal.measured"), class_="warn")
    table = tag("table", caption, tag("thead", top), tag("tbody", *body), class_="figures-table")
    return (tag("section", table, join([note, kept]), class_="panel"),)
