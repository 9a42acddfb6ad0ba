"""The book's page for administrators: verified, filtered, and to take away as a file. It works without a script."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import Depends, FastAPI, HTTPException, Request
from starlette.responses import Response

from dashboard.regie.access.asked import needs
from dashboard.regie.access.audit import as_csv, as_jsonl, chosen
from dashboard.regie.access.roles import Deed, Person
from dashboard.regie.book import Line
from dashboard.regie.desk import Desk, Look, Screen
from dashboard.regie.markup import Markup, tag
from dashboard.regie.page import Visit, page

PATH = "audit/"
_ROOT = f"/regie/{PATH}"
_AT_ONCE = 200


@dataclass(frozen=True)
class Filter:
    """What somebody looks for; "" for everything. ``before``: only lines with a lower number, 0 for the newest."""

    kind: str = ""
    by: str = ""
    text: str = ""
    before: int = 0


@dataclass(frozen=True)
class AuditRoom:
    """Two addresses: the page, and the file."""

    desk: Desk
    panels: Collection[str] = ()

    def add_to(self, server: FastAPI) -> None:
        """Add the addresses."""

        @server.get(_ROOT)
        def audit(
            request: Request,
            person: Annotated[Person, Depends(needs(Deed.ADMINISTER))],
            kind: str = "",
            by: str = "",
            text: str = "",
            before: int = 0,
        ) -> Response:
            visit = Visit.of(request, person, self.desk, "access")
            return self._page(visit, Filter(kind.strip(), by.strip(), text.strip(), before))

        @server.get(f"{_ROOT}book.{{form}}")
        def book(
            form: Literal["csv", "jsonl"],
            person: Annotated[Person, Depends(needs(Deed.ADMINISTER))],
            kind: str = "",
            by: str = "",
            text: str = "",
        ) -> Response:
            lines = self._lines(Filter(kind, by, text))
            self.desk.note(person, "access.export", form, lines=len(lines))
            made, media = (as_csv(lines), "text/csv") if form == "csv" else (as_jsonl(lines), "application/x-ndjson")
            kept = {"content-disposition": f'attachment; filename="book.{form}"', "cache-control": "no-store"}
            return Response(made, media_type=f"{media}; charset=utf-8", headers=kept)

    def stamp(self) -> Hashable:
        """It has no panel."""
        return None

    def draw(self, _: Look) -> Screen:
        """It has no panel."""
        return {}

    def _lines(self, wanted: Filter) -> list[Line]:
        try:
            lines = self.desk.book.lines()
        except sqlite3.Error as error:
            raise HTTPException(503, f"the book cannot be read: {error}") from error
        return chosen(lines, kind=wanted.kind, by=wanted.by, text=wanted.text)

    def _page(self, visit: Visit, wanted: Filter) -> Response:
        words = visit.words
        found = [line for line in self._lines(wanted) if not wanted.before or line.id < wanted.before]
        shown = found[-_AT_ONCE:][::-1]
        kept = {name: value for name, value in (("kind", wanted.kind), ("by", wanted.by), ("text", wanted.text)) if value}
        older = None
        if len(found) > len(shown):
            address = visit.address(f"{PATH}?{urlencode(kept | {'before': str(shown[-1].id)})}")
            older = tag("p", tag("a", words("audit.older"), href=address, class_="button"))
        exports = [
            tag("a", words("audit.export", form=form.upper()), href=f"{_ROOT}book.{form}?{urlencode(kept)}", class_="button")
            for form in ("csv", "jsonl")
        ]
        body = (self._chain(visit), _form(visit, wanted), tag("p", *exports, class_="access"), _table(visit, shown), older)
        return page(visit, PATH, words("audit.title"), *body, styles=("access.css",))

    def _chain(self, visit: Visit) -> Markup:
        """Walked anew at every visit: what is shown below is what was written."""
        words = visit.words
        try:
            lines, head = self.desk.book.verify()
        except ValueError as error:
            return tag("p", "▲ ", words("audit.broken", why=str(error)), class_="warn", role="alert")
        except sqlite3.Error as error:
            raise HTTPException(503, f"the book cannot be read: {error}") from error
        return tag("p", words("audit.intact", lines=lines), " ", tag("code", head[:16]))


def _form(visit: Visit, wanted: Filter) -> Markup:
    words = visit.words
    fields = [
        tag(
            "label",
            words(f"audit.{name}"),
            tag("input", name=name, value=getattr(wanted, name), maxlength=80, data_focus=f"audit-{name}"),
        )
        for name in ("kind", "by", "text")
    ]
    show = tag("button", words("audit.show"), type="submit", class_="button strong")
    lang = tag("input", type="hidden", name="lang", value=words.language)
    return tag("form", *fields, lang, show, method="get", action=_ROOT, class_="access")


def _table(visit: Visit, lines: Sequence[Line]) -> Markup:
    words = visit.words
    if not lines:
        return tag("p", words("audit.none"), class_="empty")
    names = ("number", "at", "by", "role", "done", "target", "params")
    head = tag("thead", tag("tr", *(tag("th", words(f"audit.{name}"), scope="col") for name in names)))
    rows = [
        tag(
            "tr",
            tag("td", line.id),
            tag("td", f"{words.day(line.at)} {words.wall(line.at)}"),
            tag("td", line.by),
            tag("td", words(f"role_of.{line.role}") if words.known(f"role_of.{line.role}") else line.role),
            tag("td", tag("code", line.kind)),
            tag("td", line.target),
            tag("td", json.dumps(dict(line.params), ensure_ascii=False) if line.params else ""),
        )
        for line in lines
    ]
    table = tag("table", head, tag("tbody", *rows))
    return tag("div", table, class_="book", tabindex=0, role="region", aria_label=words("audit.title"))
