"""The frame of the régie's other pages: navigation, clock and alarm counters in sight wherever somebody is, theme, footer.

The main page is Dash's; every other room is plain HTML from the server, with the same style sheet and a few lines of script.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from fastapi import Request
from starlette.responses import HTMLResponse

from dashboard.format import LANGUAGES, choose_language
from dashboard.regie.access.roles import DEEDS, Deed, Person, Role
from dashboard.regie.desk import Desk
from dashboard.regie.markup import Markup, join, tag
from dashboard.regie.words import Words

ROOT = "/regie/"
ASSETS = f"{ROOT}assets/"
ROOMS = (
    ("", "nav.screen", Deed.SEE),
    ("rehearsal/", "nav.rehearsal", Deed.REHEARSE),
    ("conducteur/", "nav.conducteur", Deed.SEE),
    ("switching/", "nav.switching", Deed.SEE),
    ("shift/", "nav.shift", Deed.SEE),
    ("analyst/", "nav.analyst", Deed.ANALYSE),
    ("publishing/", "nav.publishing", Deed.PUBLISH),
    ("work/", "nav.work", Deed.REPORT),
    ("privacy/", "nav.privacy", Deed.INSPECT),
    ("audit/", "nav.audit", Deed.ADMINISTER),
)
"""Rooms below `ROOT`, their name's code and what one must be allowed to do to enter."""


def home_of(role: Role) -> str:
    """The first room that a role may enter, below `ROOT`: where a login leads that asked for no other."""
    return next((path for path, _, deed in ROOMS if deed in DEEDS[role]), "")


@dataclass(frozen=True)
class Visit:
    """Somebody's request for a page: who, in which language, with the words of the page and of one room.

    Attributes:
        asked: the rest of what the address asks for, which another language keeps.
    """

    person: Person
    words: Words
    asked: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, request: Request, person: Person, desk: Desk, room: str) -> Visit:
        """The visit that a request makes; ``room`` names the room's words (``locale/<room>.<language>.toml``)."""
        language = choose_language(request.query_params.get("lang"), request.headers.get("accept-language"))
        snapshot = desk.now.snapshot
        timezone, now = ("UTC", None) if snapshot is None else (snapshot.site.timezone, snapshot.as_of)
        asked = tuple(pair for pair in request.query_params.multi_items() if pair[0] != "lang")
        return cls(person, Words.of(language, timezone, now, room), asked)

    def address(self, path: str = "") -> str:
        """A page below `ROOT` in this language."""
        return f"{ROOT}{path}{'&' if '?' in path else '?'}lang={self.words.language}"


def page(
    visit: Visit,
    room: str,
    title: str,
    *body: object,
    scripts: Sequence[str] = (),
    styles: Sequence[str] = (),
    status: int = 200,
) -> HTMLResponse:
    """A whole page of one room.

    Args:
        room: its path below `ROOT` ("rehearsal/"), marked in the navigation. ``scripts``, ``styles``: files among the assets
            that it loads.
    """
    words = visit.words
    head = (
        Markup('<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'),
        tag("title", f"{title} · Régie"),
        tag("link", rel="icon", href="data:,"),
        tag("link", rel="stylesheet", href=f"{ASSETS}regie.css"),
        tag("link", rel="stylesheet", href=f"{ASSETS}rooms.css"),
        *(tag("link", rel="stylesheet", href=f"{ASSETS}{name}") for name in styles),
        *(tag("script", src=f"{ASSETS}{name}") for name in ("05_theme.js", "06_forms.js")),
        *(tag("script", src=f"{ASSETS}{name}", defer=True) for name in ("rooms.js", "60_hand.js", *scripts)),
    )
    pulse = tag("div", id="pulse-bar", role="status", data_lang=words.language)
    content = (
        tag("a", words("nav.skip"), href="#main", class_="skip"),
        tag("header", _navigation(visit, room), pulse if visit.person.may(Deed.SEE) else None),
        tag("main", tag("h1", title), *body, id="main"),
        tag("div", id="said", role="status"),
    )
    html = tag("html", tag("head", *head), tag("body", *content, class_="room"), lang=words.language)
    return HTMLResponse(f"<!DOCTYPE html>\n{html}\n", status, headers={"cache-control": "no-store", "vary": "accept-language"})


def _navigation(visit: Visit, room: str) -> Markup:
    words = visit.words
    links = [
        tag("a", words(code), href=visit.address(path), aria_current="page" if path == room else None)
        for path, code, deed in ROOMS
        if visit.person.may(deed)
    ]
    languages = [
        tag(
            "a",
            language.upper(),
            href=f"?{urlencode([*visit.asked, ('lang', language)])}",
            lang=language,
            aria_current="true" if language == words.language else None,
        )
        for language in LANGUAGES
    ]
    theme = tag("button", words("ui.theme"), type="button", class_="button", data_do="theme")
    who = tag("span", words("nav.who", name=visit.person.name, role=words(f"role_of.{visit.person.role}")), class_="muted")
    out = tag("button", words("nav.logout"), type="submit", class_="button")
    leave = tag("form", out, method="post", action=f"{ROOT}logout")
    return join(
        [
            tag("nav", *links, aria_label=words("nav.rooms"), class_="rooms"),
            tag(
                "div",
                who,
                leave,
                tag("nav", *languages, aria_label=words("ui.languages"), class_="languages"),
                theme,
                class_="who",
            ),
        ]
    )
