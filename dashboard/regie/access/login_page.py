"""The login page and the page for a new password: plain forms in four languages, nothing that needs a script."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from starlette.responses import HTMLResponse

from dashboard.format import LANGUAGES
from dashboard.regie.access.passwords import LONGEST, SHORTEST
from dashboard.regie.gate import ASSETS, LOGIN
from dashboard.regie.markup import Markup, tag
from dashboard.regie.words import Words


@dataclass(frozen=True)
class Form:
    """What a form needs to know.

    Attributes:
        next: address after it. ``name``: as typed. ``private``: nobody on the way can read along.
        town: the town has a login of its own.
    """

    words: Words
    next: str
    name: str
    private: bool
    town: bool

    @property
    def language(self) -> str:
        """Two-letter code."""
        return self.words.language

    @property
    def next_quoted(self) -> str:
        """As part of another address."""
        return quote(self.next, safe="")

    def address(self, path: str = "") -> str:
        """A page of the login in this language."""
        return f"{LOGIN}{path}?lang={self.language}&next={self.next_quoted}"


def login_page(form: Form, *, fault: str = "", status: int = 200, **params: Any) -> HTMLResponse:
    """Name and password, and the town's own login where there is one."""
    words = form.words
    town = tag("p", tag("a", words("login.town"), href=form.address("/town"), class_="button strong"))
    entry = tag(
        "form",
        tag("input", type="hidden", name="next", value=form.next),
        _field("name", words("login.name"), "text", "username", value=form.name or None, autofocus=not form.name, maxlength=40),
        _field(
            "password", words("login.password"), "password", "current-password", autofocus=bool(form.name), maxlength=LONGEST
        ),
        tag("button", words("login.enter"), type="submit", class_="button strong"),
        method="post",
        action=f"{LOGIN}?lang={form.language}",
    )
    fault = fault or ("" if form.private else "unencrypted")
    body = [_fault(words, fault, params), town if form.town else None, entry if form.private else None]
    return _page(form, words("login.title"), "", status, *body)


def password_page(form: Form, *, first: bool, fault: str = "", status: int = 200) -> HTMLResponse:
    """A password of one's own; ``first``: in place of a one-time password, which needs not be typed again."""
    words = form.words
    limits = {"minlength": SHORTEST, "maxlength": LONGEST}
    entry = tag(
        "form",
        tag("p", words("login.first" if first else "login.change")),
        tag("p", words("login.rule", shortest=SHORTEST), id="rule"),
        tag("input", type="hidden", name="next", value=form.next),
        # unseen, for the browser's own store of passwords
        tag("input", type="text", name="name", value=form.name, autocomplete="username", hidden=True),
        None if first else _field("password", words("login.password_now"), "password", "current-password", autofocus=True),
        _field("new", words("login.new"), "password", "new-password", autofocus=first, aria_describedby="rule", **limits),
        _field("again", words("login.again"), "password", "new-password", **limits),
        tag("button", words("login.keep"), type="submit", class_="button strong"),
        method="post",
        action=f"{LOGIN}/password?lang={form.language}",
    )
    return _page(form, words("login.password_title"), "/password", status, _fault(words, fault, {"shortest": SHORTEST}), entry)


def _field(name: str, label: str, kind: str, autocomplete: str, **attributes: Any) -> Markup:
    box = tag("input", id=name, name=name, type=kind, required=True, autocomplete=autocomplete, **attributes)
    return tag("p", tag("label", label, for_=name), box)


def _fault(words: Words, code: str, params: dict[str, Any]) -> Markup | None:
    return tag("p", "▲ ", words(f"login.fault.{code}", **params), class_="warn", role="alert") if code else None


def _page(form: Form, title: str, path: str, status: int, *body: object) -> HTMLResponse:
    languages = [
        tag(
            "a",
            language.upper(),
            href=f"{LOGIN}{path}?lang={language}&next={form.next_quoted}",
            lang=language,
            aria_current="true" if language == form.language else None,
        )
        for language in LANGUAGES
    ]
    head = (
        Markup('<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'),
        tag("title", f"{title} · Régie"),
        tag("link", rel="icon", href="data:,"),
        *(tag("link", rel="stylesheet", href=f"{ASSETS}{name}") for name in ("regie.css", "rooms.css", "access.css")),
        tag("script", src=f"{ASSETS}05_theme.js"),
    )
    bar = tag("nav", *languages, aria_label=form.words("ui.languages"), class_="languages")
    theme = tag("button", form.words("ui.theme"), type="button", class_="button", data_do="theme")
    content = (tag("header", tag("strong", "Régie"), bar, theme), tag("main", tag("h1", title), *body, class_="panel"))
    html = tag("html", tag("head", *head), tag("body", *content, class_="room login"), lang=form.language)
    return HTMLResponse(f"<!DOCTYPE html>\n{html}\n", status, {"cache-control": "no-store", "vary": "accept-language"})
