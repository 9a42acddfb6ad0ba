"""One switching order: what it says, what the engine found, how far it is, what can be done now, and all that was done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import HTMLResponse

from dashboard.format import MISSING
from dashboard.regie.markup import Markup, join, tag
from dashboard.regie.names import Names
from dashboard.regie.page import Visit, page
from dashboard.regie.switching.ask import own_objections
from dashboard.regie.switching.field import Field
from dashboard.regie.switching.life import Order, Progress, Tag, may
from dashboard.regie.switching.pages import ROOM, STYLES
from dashboard.regie.switching.rules import against_step, stale
from dashboard.regie.switching.words import action, condition, element, note, objection, refusal
from dashboard.regie.words import Words

_API = "/regie/api/switching"


def order_page(
    visit: Visit,
    order: Order,
    tags: Mapping[str, Tag],
    field: Field | None,
    names: Names | None,
    *,
    may_edit: bool,
    four_eyes: bool,
) -> HTMLResponse:
    """The whole page; the part that moves with the field refreshes itself. ``four_eyes``: a second person releases."""
    words = visit.words
    part = order_part(visit, order, tags, field, names, may_edit=may_edit, seen=order.version)
    own = four_eyes and order.drafted_by == visit.person.name
    address = f"/regie/{ROOM}{order.id}/part?lang={words.language}&seen={order.version}"
    body = [
        tag("section", _facts(visit, order), class_="panel"),
        tag("section", part, data_refresh=address, data_every=2, class_="panel"),
        tag("section", *_forms(visit, order, own=own), class_="panel deeds") if may_edit else None,
        tag("section", tag("h2", words("ui.history")), _history(order, words, names), class_="panel"),
    ]
    title = words("ui.order_title", order=order.id, title=order.content.title)
    return page(visit, ROOM, title, *body, scripts=("switching.js",), styles=STYLES)


def _facts(visit: Visit, order: Order) -> Markup:
    words, content = visit.words, order.content
    told = [
        ("reason", content.reason),
        ("planned", words.moment(content.planned_at) if content.planned_at is not None else ""),
        ("drafted_by", order.drafted_by),
        ("released_by", order.released_by),
        ("hash", content.hash[:12]),
    ]
    rows = [tag("div", tag("dt", words(f"fact.{code}")), tag("dd", text)) for code, text in told if text]
    if content.undoes:
        link = tag("a", content.undoes, href=visit.address(f"{ROOM}{content.undoes}"))
        rows.append(tag("div", tag("dt", words("fact.undoes")), tag("dd", link)))
    button = tag("button", words("ui.print"), type="button", data_do="print", class_="button")
    return tag("div", tag("dl", *rows, class_="order-facts"), button, class_="line wrap on-top")


def order_part(
    visit: Visit,
    order: Order,
    tags: Mapping[str, Tag],
    field: Field | None,
    names: Names | None,
    *,
    may_edit: bool,
    seen: int,
) -> Markup:
    """State, check and steps as they stand now. ``seen``: the version of the page around it, which may be an older one."""
    words = visit.words
    parts: list[object] = [tag("p", tag("strong", words("ui.state", state=words(f"state.{order.state}"))))]
    if seen != order.version:
        again = tag("a", words("ui.read_again"), href=visit.address(f"{ROOM}{order.id}"), data_focus="read-again")
        parts.append(tag("p", "▲ ", words("ui.changed", by=order.history[-1].by), " ", again, class_="warn"))
    orders = (
        may_edit and field is not None and may(order, "order")
    )  # then what is stale is told below, as what forbids the step
    parts += [_check(order, None if orders else field, words, names), _steps(order, words, names)]
    if orders and field is not None:
        parts.append(_next(visit, order, tags, field, names))
    return tag("div", *parts)


def _check(order: Order, field: Field | None, words: Words, names: Names | None) -> Markup | None:
    check = order.check
    why = None if field is None else stale(order, field)
    if order.state in ("done", "signed", "withdrawn", "aborted"):
        why = None
    if check is None:
        return tag("p", words("ui.not_checked"), class_="meta")
    code = "ui.check_holds" if check.holds else "ui.check_objects"
    said = words(code, tick=check.tick, at=words.moment(check.as_of))
    parts = [tag("p", said if check.holds else join(["▲ ", said]), class_="meta" if check.holds else "warn")]
    if why is not None:
        parts.append(tag("p", "▲ ", words("ui.check_stale", why=refusal(why, words, names)), class_="warn"))
    return join(parts)


def _steps(order: Order, words: Words, names: Names | None) -> Markup:
    codes = ("number", "step", "how", "interlock", "planned", "done_at", "state", "found")
    heads = tag("tr", *(tag("th", words(f"head.{code}"), scope="col") for code in codes))
    rows = [_step(order, number, words, names) for number in range(1, len(order.progress) + 1)]
    return tag("table", tag("thead", heads), tag("tbody", *rows), class_="steps")


def _step(order: Order, number: int, words: Words, names: Names | None) -> Markup:
    step, now = order.content.steps[number - 1], order.progress[number - 1]
    interlocks = [words("ui.after_step", n=", ".join(map(str, step.after)))] if step.after else []
    if step.condition is not None:
        interlocks.append(condition(step.condition, words, names))
    what = [tag("strong", action(step, words, names))]
    if step.tag:
        what.append(tag("div", words(f"ui.tag_{step.tag}", text=step.tag_text), class_="meta"))
    if step.note:
        what.append(tag("div", step.note, class_="meta"))
    start = order.content.planned_at
    planned = "–" if start is None else words.moment(start + order.content.planned(number))
    travel = (
        words("ui.travel", travel=step.travel_min, takes=step.takes_min)
        if step.travel_min
        else words("ui.takes", takes=step.takes_min)
    )
    return tag(
        "tr",
        tag("td", str(number)),
        tag("td", *what),
        tag("td", words(f"how.{step.how}"), tag("div", travel, class_="meta")),
        tag("td", "; ".join(interlocks) or "–"),
        tag("td", planned),
        tag("td", _actual(now, words)),
        tag("td", _state(now, words)),
        tag("td", _found(order, number, words, names)),
        class_=f"step {now.state}{' next' if number == order.next_step else ''}",
    )


def _actual(now: Progress, words: Words) -> str:
    if now.ordered_at is None:
        return "–"
    return words("ui.ordered_done", ordered=words.clock(now.ordered_at), done=words.clock(now.at))


def _state(now: Progress, words: Words) -> Markup:
    text = words(f"step_state.{now.state}")
    who = words("ui.by", by=words("ui.telemetry") if now.by == "telemetry" else now.by) if now.by else ""
    said = join(
        [
            tag("span", text if now.state != "failed" else f"▲ {text}", class_="warn" if now.state == "failed" else None),
            " ",
            who,
        ]
    )
    return join([said, tag("div", note(now.note, words), class_="meta")]) if now.note else said


def _found(order: Order, number: int, words: Words, names: Names | None) -> Markup:
    check = order.check
    told: Mapping[str, Any] = check.steps[number - 1] if check is not None and number <= len(check.steps) else {}
    if not told:
        return tag("span", "–")
    after = told["after"]
    figures = words(
        "ui.found",
        loading=words.number(after["worst_loading_percent"], "%"),
        element=element(after["worst_element"], names) if after["worst_element"] else MISSING,
        low=words.number(after["vm_min_pu"], decimals=3),
        high=words.number(after["vm_max_pu"], "pu"),
        margin=words.number(after["n1_margin_percent"], "%"),
    )
    rest = [words("ui.dark", unsupplied=words.power(after["unsupplied_mw"]))] if after["unsupplied_mw"] else []
    rest += [words("ui.parts", parts=after["parts"])] if after["parts"] != 1 else []
    short = [
        words("ui.short_circuit", ka=words.number(c["ikss_max_ka"], "kA"), before=words.number(c["ikss_before_max_ka"], "kA"))
        for c in told["closings"]
        if c["ikss_max_ka"]
    ]
    against = [tag("div", "▲ ", objection(each, words, names), class_="warn") for each in own_objections(told)]
    before = [
        tag("div", words("ui.existed", said=objection(each, words, names))) for each in told["objections"] if each["existed"]
    ]
    return tag("div", tag("div", "; ".join([figures, *rest, *short])), *against, *before, class_="meta")


# --------------------------------------------------------------------------------------------- what can be done


def _next(visit: Visit, order: Order, tags: Mapping[str, Tag], field: Field, names: Names | None) -> Markup | None:
    """The next step's button, or why it cannot be ordered; while it is on its way, neither."""
    words, number = visit.words, order.next_step
    if number is None or order.progress[number - 1].state == "ordered":
        return None
    faults = against_step(order, number, field, tags)
    if faults:
        return tag("ul", *(tag("li", "▲ ", refusal(why, words, names), class_="warn") for why in faults), class_="step-faults")
    what = action(order.content.steps[number - 1], words, names)
    label = words("ui.order_step", n=number, what=what)
    button = tag("button", label, type="submit", class_="button strong", data_focus="order-step")
    ask = words("ui.order_ask", n=number, what=what)
    return _form(visit, order, "order", _hidden("step", number), button, data_confirm=ask)


def _forms(visit: Visit, order: Order, *, own: bool) -> list[Markup]:
    """Everything else that may be done in this state. ``own``: somebody else than who reads it must release it."""
    words, found = visit.words, list[Markup]()
    number = order.next_step
    if may(order, "check") and number is not None:
        found.append(_form(visit, order, "check", _button(words, "check", strong=order.check is None)))
    if may(order, "edit"):
        found.append(tag("a", words("ui.edit_draft"), href=visit.address(f"{ROOM}{order.id}/edit"), class_="button"))
    if may(order, "release") and own and order.check is not None:
        found.append(tag("p", "▲ ", words("ui.waits_second", by=order.drafted_by), class_="warn"))
    elif may(order, "release"):
        despite = _field(words, "despite") if order.check is not None and not order.check.holds else None
        found.append(_form(visit, order, "release", despite, _button(words, "release", strong=order.check is not None)))
    if number is not None and order.state == "running" and order.progress[number - 1].state == "ordered":
        step, hidden = order.content.steps[number - 1], _hidden("step", number)
        if step.how == "crew":
            fields = [
                _field(words, "crew", required=True),
                _field(words, "at", size=8, placeholder="18:15"),
                _field(words, "note", size=30),
            ]
            found.append(_form(visit, order, "report", hidden, *fields, _button(words, "report", strong=True)))
        found.append(
            _form(
                visit, order, "fail", hidden, _field(words, "why", name="note", size=30, required=True), _button(words, "fail")
            )
        )
    for deed in ("recall", "withdraw", "abort", "sign"):
        if may(order, deed):
            remark = _field(words, "note", size=30) if deed in ("abort", "sign") else None
            ask = words(f"ui.{deed}_ask") if deed in ("withdraw", "abort") else None
            found.append(_form(visit, order, deed, remark, _button(words, deed, strong=deed == "sign"), data_confirm=ask))
    if order.done and order.state in ("aborted", "done", "signed"):
        found.append(_form(visit, order, "back", _button(words, "back")))
    return found


def _form(visit: Visit, order: Order, deed: str, *fields: object, **attributes: object) -> Markup:
    address = f"{_API}/{order.id}/{deed}?lang={visit.words.language}"
    seen = _hidden("seen", order.version)
    return tag("form", seen, *fields, data_post=address, class_="line wrap on-floor", **attributes)


def _hidden(name: str, value: object) -> Markup:
    return tag("input", type="hidden", name=name, value=value)


def _button(words: Words, deed: str, *, strong: bool = False) -> Markup:
    return tag("button", words(f"ui.{deed}"), type="submit", class_="button strong" if strong else "button")


def _field(words: Words, code: str, *, name: str = "", **more: object) -> Markup:
    return tag("label", words(f"field.{code}"), tag("input", name=name or code, autocomplete="off", maxlength=200, **more))


# --------------------------------------------------------------------------------------------- what was done


def _history(order: Order, words: Words, names: Names | None) -> Markup:
    rows = [
        tag(
            "li",
            tag("time", words.moment(event.as_of), datetime=event.as_of.isoformat()),
            " ",
            event_in_words(event.kind, event.by, event.params, order, words, names),
        )
        for event in order.history
    ]
    return tag("ol", *rows)


def event_in_words(kind: str, by: str, params: Mapping[str, Any], order: Order, words: Words, names: Names | None) -> str:
    """One line of the history."""
    step = ""
    if "step" in params and 1 <= int(params["step"]) <= len(order.content.steps):
        number = int(params["step"])
        step = words("ui.step_is", n=number, what=action(order.content.steps[number - 1], words, names))
    who = words("ui.telemetry") if by == "telemetry" else by
    beside = note(str(params.get("note") or params.get("despite") or ""), words)
    said = words(f"event.{kind}", by=who, step=step, crew=params.get("crew", ""))
    return f"{said} – {beside}" if beside else said
