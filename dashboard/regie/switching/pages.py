"""The list of switching orders and tags, and the form in which an order is drafted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from starlette.responses import HTMLResponse

from dashboard.regie.markup import Markup, tag
from dashboard.regie.names import Names
from dashboard.regie.page import Visit, page
from dashboard.regie.switching.content import Step
from dashboard.regie.switching.field import Field
from dashboard.regie.switching.life import OPEN, Order, Orders, Tag
from dashboard.regie.switching.words import element
from dashboard.regie.words import Words

ROOM = "switching/"
STYLES = ("70_conducteur.css", "switching.css")
_OPERATIONS = ("open", "close", "earth", "unearth", "test", "work", "report")
_CONDITIONS = ("", "open", "closed", "dead", "live", "below")


def list_page(visit: Visit, orders: Orders, names: Names | None, *, may_edit: bool) -> HTMLResponse:
    """Open orders, tags that hang, and what is closed."""
    words = visit.words
    opened = [order for order in orders.all.values() if order.state in OPEN]
    closed = [order for order in reversed(tuple(orders.all.values())) if order.state not in OPEN]
    new = tag("p", tag("a", words("ui.new"), href=visit.address(f"{ROOM}new"), class_="button strong")) if may_edit else None
    body = [
        tag("p", words("ui.what_if_is_none"), class_="meta"),
        new,
        tag("section", tag("h2", words("ui.open_orders")), _orders(visit, opened), class_="panel"),
        tag("section", tag("h2", words("ui.tags")), tags_table(orders.tags, visit, names), class_="panel"),
        tag("section", tag("h2", words("ui.closed_orders")), _orders(visit, closed), class_="panel"),
    ]
    return page(visit, ROOM, words("ui.title"), *body, styles=STYLES)


def _orders(visit: Visit, orders: Sequence[Order]) -> Markup:
    words = visit.words
    if not orders:
        return tag("p", words("ui.no_orders"), class_="empty")
    heads = [tag("th", words(f"head.{code}"), scope="col") for code in ("order", "title", "state", "planned", "steps", "by")]
    rows = [
        tag(
            "tr",
            tag("td", tag("a", order.id, href=visit.address(f"{ROOM}{order.id}"))),
            tag("td", order.content.title),
            tag("td", words(f"state.{order.state}")),
            tag("td", words.moment(order.content.planned_at)),
            tag("td", words("ui.steps_done", done=order.done, count=len(order.progress))),
            tag("td", order.drafted_by),
        )
        for order in orders
    ]
    return tag("table", tag("thead", tag("tr", *heads)), tag("tbody", *rows))


def tags_table(tags: Mapping[str, Tag], visit: Visit, names: Names | None) -> Markup:
    """Every tag that hangs."""
    words = visit.words
    if not tags:
        return tag("p", words("ui.no_tags"), class_="empty")
    heads = [tag("th", words(f"head.{code}"), scope="col") for code in ("element", "tag", "order", "since", "by")]
    rows = [
        tag(
            "tr",
            tag("td", element(each.element, names)),
            tag("td", tag("strong", "▲ ", each.text)),
            tag("td", tag("a", each.order, href=visit.address(f"{ROOM}{each.order}"))),
            tag("td", words.moment(each.since)),
            tag("td", each.by),
        )
        for each in tags.values()
    ]
    return tag("table", tag("thead", tag("tr", *heads)), tag("tbody", *rows))


# --------------------------------------------------------------------------------------------- the form


def draft_page(visit: Visit, order: Order | None, field: Field | None, names: Names | None) -> HTMLResponse:
    """Draft an order, or edit one that is not released."""
    words = visit.words
    title = words("ui.new") if order is None else words("ui.edit", order=order.id)
    if field is None or names is None:
        return page(visit, ROOM, title, tag("p", words("ui.waiting"), class_="empty"))
    content = None if order is None else order.content
    hidden = [] if order is None else [_hidden("id", order.id), _hidden("seen", order.version)]
    planned = "" if content is None or content.planned_at is None else words.clock(content.planned_at)
    facts = tag(
        "div",
        _label(
            words, "title", _input("title", "" if content is None else content.title, required=True, maxlength=200, size=50)
        ),
        _label(words, "reason", _input("reason", "" if content is None else content.reason, maxlength=200, size=50)),
        _label(words, "planned", _input("planned", planned, size=8, placeholder="18:15")),
        class_="line wrap on-floor",
    )
    steps: Iterable[Step | None] = (None,) if content is None else content.steps
    rows = [_row(words, number, step) for number, step in enumerate(steps, 1)]
    buttons = tag(
        "div",
        tag("button", words("ui.add_step"), type="button", data_do="add-step", class_="button"),
        tag("button", words("ui.save"), type="submit", class_="button strong"),
        class_="line wrap",
    )
    listed = tag("ol", *rows, class_="draft-steps", data_step=words("ui.step", n="{n}"))
    address = f"/regie/api/switching/draft?lang={words.language}"
    form = tag("form", *hidden, facts, listed, buttons, data_post=address, class_="panel draft")
    choices = tag("datalist", *(tag("option", value=f"{name} · {key}") for key, name in _choices(field, names)), id="elements")
    notes = tag("p", words("ui.draft_notes"), class_="meta")
    return page(visit, ROOM, title, notes, form, choices, scripts=("switching.js",), styles=STYLES)


def _choices(field: Field, names: Names) -> list[tuple[str, str]]:
    facts = field.facts
    keys = [f"switch:{switch.index}" for switch in facts.switches]
    keys += [f"line:{edge.index}" for edge in facts.lines] + [f"trafo:{edge.index}" for edge in facts.trafos]
    keys += [f"bus:{bus.index}" for bus in facts.buses] + [f"device:{device}" for device in sorted(facts.devices)]
    return [(key, element(key, names)) for key in keys]


def _row(words: Words, number: int, step: Step | None) -> Markup:
    """One step of the form; a blank one is copied by the page's script."""
    condition = None if step is None else step.condition
    limit = "" if condition is None or condition.limit_percent is None else f"{condition.limit_percent:g}"
    many = {"data_many": True}
    first = [
        _choice(words, "operation", "operation_short", _OPERATIONS, step.operation if step else "open"),
        _label(
            words, "element", _input("element", step.element if step else "", list="elements", size=26, maxlength=120, **many)
        ),
        _choice(words, "how", "how", ("remote", "crew"), step.how if step else "remote"),
        _label(words, "travel_min", _input("travel_min", step.travel_min if step else 0, size=4, inputmode="numeric", **many)),
        _label(words, "takes_min", _input("takes_min", step.takes_min if step else 5, size=4, inputmode="numeric", **many)),
        _choice(words, "tag", "tag", ("", "hang", "remove"), step.tag if step else ""),
        _label(words, "tag_text", _input("tag_text", step.tag_text if step else "", size=18, maxlength=200, **many)),
    ]
    second = [
        _label(words, "after", _input("after", " ".join(map(str, step.after)) if step else "", size=8, **many)),
        _choice(words, "condition", "condition_short", _CONDITIONS, condition.kind if condition else ""),
        _label(
            words,
            "condition_element",
            _input(
                "condition_element", condition.element if condition else "", list="elements", size=22, maxlength=120, **many
            ),
        ),
        _label(words, "condition_limit", _input("condition_limit", limit, size=5, inputmode="decimal", **many)),
        _label(words, "note", _input("note", step.note if step else "", size=28, maxlength=200, **many)),
        tag("button", words("ui.up"), type="button", data_do="step-up", class_="button"),
        tag("button", words("ui.remove_step"), type="button", data_do="remove-step", class_="button"),
    ]
    legend = tag("legend", words("ui.step", n=number))
    return tag(
        "li",
        tag(
            "fieldset",
            legend,
            tag("div", *first, class_="line wrap on-floor"),
            tag("div", *second, class_="line wrap on-floor"),
        ),
    )


def _label(words: Words, name: str, control: Markup) -> Markup:
    return tag("label", words(f"field.{name}"), control)


def _input(name: str, value: object, **more: object) -> Markup:
    return tag("input", name=name, value=value, autocomplete="off", **more)


def _hidden(name: str, value: object) -> Markup:
    return tag("input", type="hidden", name=name, value=value)


def _choice(words: Words, name: str, family: str, codes: Sequence[str], chosen: str) -> Markup:
    options = [tag("option", words(f"{family}.{code or 'none'}"), value=code, selected=code == chosen) for code in codes]
    return _label(words, name, tag("select", *options, name=name, data_many=True))
