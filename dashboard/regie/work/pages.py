"""The two pages on a phone: all orders, and one order with the form that reports it back. They work without any script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboard.format import LANGUAGES
from dashboard.regie.markup import Markup, tag
from dashboard.regie.work.document import FORM, footer, heading, history, html_page, parts, state
from dashboard.regie.work.photos import MAX_BYTES, MAX_PHOTOS, MEDIA_TYPES
from dashboard.regie.work.words import OrderWords
from twin.contracts.work_order import FOLLOWS, SCORES, Kept

ROOT = "/regie/work/"
_HEAD = (tag("link", rel="icon", href="data:,"),)
"""No picture beside the title: without it a browser asks for one that is not there."""
_NAMES = {"fr": "Français", "de": "Deutsch", "it": "Italiano", "en": "English"}


@dataclass(frozen=True)
class View:
    """What a page needs to know beside the orders.

    Attributes:
        language: of the page. ``read_only``: whether reports are refused here. ``now``: on the site's clock, None unknown.
        by: who reports. ``key``: of the submission that the form will make: the same form sent twice is one report.
        said: code of what was just stored. ``faults``: why nothing was, in words. ``typed``: what the form held then.
    """

    language: str
    read_only: bool = False
    now: datetime | None = None
    by: str = ""
    key: str = ""
    said: str = ""
    faults: Sequence[str] = ()
    typed: Mapping[str, str] | None = None

    def address(self, path: str = "") -> str:
        """A page in this language."""
        return f"{ROOT}{path}?lang={self.language}"


def list_page(orders: Sequence[Kept], view: View) -> str:
    """Every order: what is still to be done first, by the beginning of its window; then what came back, the newest first."""
    words = OrderWords.of(view.language)
    todo = sorted((kept for kept in orders if kept.is_open), key=_soonest)
    back = [kept for kept in reversed(orders) if not kept.is_open]
    sections = [
        [tag("h2", words(code)), tag("ul", *(_card(kept, view) for kept in found), class_="cards")]
        for code, found in (("open", todo), ("reported", back))
        if found
    ]
    body = (
        _header(words, view, tag("a", words("screen"), href=f"/regie/?lang={view.language}"), ""),
        tag("main", tag("h1", words("list")), sections, None if orders else tag("p", words("none"))),
    )
    return html_page(words("list"), view.language, body, head=_HEAD)


def order_page(kept: Kept, view: View) -> str:
    """One order: everything that the crew reads, the form, and what was reported so far."""
    order = kept.order
    words = OrderWords.of(view.language, order.timezone)
    late = view.now is not None and kept.is_late(view.now)
    body = (
        _header(words, view, tag("a", words("back"), href=view.address()), order.id, heading(kept, words)),
        tag(
            "main",
            tag("p", words(f"said.{view.said}"), class_="note", role="status") if view.said else None,
            _faults(words, view),
            tag("a", words("report"), href="#h-report", class_="jump") if kept.is_open else None,
            *parts(kept, words, late=late, ticks_form=FORM if kept.is_open and not view.read_only else None),
            _form(kept, words, view),
            history(kept.changes, words, photo_address=f"{ROOT}photo/"),
            tag("p", tag("a", words("offline"), href=view.address(f"{order.id}/document.html"), download=f"{order.id}.html")),
        ),
        footer(order, words),
    )
    return html_page(f"{order.id} {words.asset(order)}", view.language, body, head=_HEAD)


def message_page(message: str, view: View) -> str:
    """A page that only says why there is nothing to show."""
    words = OrderWords.of(view.language)
    body = (
        _header(words, view, tag("a", words("back"), href=view.address()), ""),
        tag("main", tag("h1", words("list")), tag("p", message, class_="warn", role="alert")),
    )
    return html_page(words("list"), view.language, body, head=_HEAD)


def _header(words: OrderWords, view: View, way_back: Markup, path: str, *below: Markup) -> Markup:
    languages = [
        tag("a", code, href=f"{ROOT}{path}?lang={code}", lang=code, hreflang=code, title=_NAMES[code],
            aria_current="page" if code == view.language else None)
        for code in LANGUAGES
    ]  # fmt: skip
    bar = tag("div", way_back, tag("nav", *languages, class_="languages", aria_label=words("languages")), class_="bar")
    return tag("header", bar, *below)


def _soonest(kept: Kept) -> tuple[datetime, str]:
    order = kept.order
    return (order.valid_until if order.window is None else order.window.start, order.id)


def _card(kept: Kept, view: View) -> Markup:
    order = kept.order
    words = OrderWords.of(view.language, order.timezone)
    place = order.place.address or order.place.station
    when = words.window(order) if kept.is_open else words.change(kept.changes[-1])
    late = view.now is not None and kept.is_late(view.now)
    return tag(
        "li",
        tag(
            "a",
            tag("p", f"{order.id} ", state(kept, words), class_="muted"),
            tag("p", words.asset(order), class_="title"),
            tag("p", words.action(order)),
            tag("p", words("late") if late else when, class_="muted"),
            tag("p", place, class_="muted") if place else None,
            href=view.address(order.id),
        ),
        class_="card",
    )


def _faults(words: OrderWords, view: View) -> Markup | None:
    if not view.faults:
        return None
    lines = tag("ul", *(tag("li", fault) for fault in view.faults))
    return tag("div", tag("p", tag("strong", words("not_taken"))), lines, class_="warn", role="alert")


def _form(kept: Kept, words: OrderWords, view: View) -> Markup | None:
    if not kept.is_open:
        return None
    if view.read_only:
        return tag(
            "section",
            tag("h2", words("report"), id="h-report"),
            tag("p", words("read_only", id=kept.order.id), class_="warn"),
            aria_labelledby="h-report",
        )
    typed = view.typed or {}
    earlier = [name for name in ("accepted", "started") if name in FOLLOWS[kept.state]]
    return tag(
        "section",
        tag("h2", words("report"), id="h-report"),
        tag(
            "form",
            # Enter in a field must not report the work as done: without a first button of its own it would press that one
            tag("button", words("form.done"), type="submit", disabled=True, hidden=True),
            tag("input", type="hidden", name="key", value=view.key),
            tag("p", words("form.signed", by=view.by), class_="muted"),
            tag("div", *(_button(name, words) for name in earlier), class_="pair") if earlier else None,
            _line("found", words, typed, maxlength=200, autocomplete="off"),
            _scores(words, typed),
            _note(words, typed),
            _photos(words),
            _button("done", words, strong=True),
            _button("not_done", words),
            id=FORM,
            method="post",
            enctype="multipart/form-data",
            action=view.address(f"{kept.order.id}/report"),
        ),
        aria_labelledby="h-report",
    )


def _button(name: str, words: OrderWords, *, strong: bool = False) -> Markup:
    return tag("button", words(f"form.{name}"), type="submit", name="state", value=name, class_="strong" if strong else None)


def _line(name: str, words: OrderWords, typed: Mapping[str, str], **attributes: object) -> Markup:
    box = tag("input", type="text", name=name, value=typed.get(name, ""), **attributes)
    return tag("label", tag("span", words(f"form.{name}")), box, class_="field")


def _note(words: OrderWords, typed: Mapping[str, str]) -> Markup:
    box = tag("textarea", typed.get("note", ""), name="note", rows=3, maxlength=2000)
    return tag("label", tag("span", words("form.note")), box, class_="field")


def _scores(words: OrderWords, typed: Mapping[str, str]) -> Markup:
    asked = typed.get("score", "")
    choices = [("", words("form.score_none")), *((str(score), f"{score} · {words(f'score.{score}')}") for score in SCORES)]
    boxes = [
        tag("label", tag("input", type="radio", name="score", value=value, checked=value == asked), tag("span", text))
        for value, text in choices
    ]
    return tag("fieldset", tag("legend", words("form.score")), *boxes, class_="scores")


def _photos(words: OrderWords) -> Markup:
    limits = words("form.photos", count=MAX_PHOTOS, mb=MAX_BYTES / 1e6)
    box = tag("input", type="file", name="photo", accept=",".join(MEDIA_TYPES.values()), multiple=True)
    return tag(
        "div",
        tag("label", tag("span", limits), box, class_="field"),
        tag("p", words("form.photos_why"), class_="muted small"),
    )
