"""The pages of the shift: the log with its search, the handover sheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.responses import HTMLResponse

from dashboard.regie.markup import Markup, tag
from dashboard.regie.names import Names
from dashboard.regie.page import Visit, page
from dashboard.regie.shift.entries import ROOMS, Entry
from dashboard.regie.shift.log import Log, Sheet
from dashboard.regie.shift.sheet import PARTS, in_words
from dashboard.regie.switching.words import element
from dashboard.regie.words import Words

ROOM = "shift/"
_STYLES = ("70_conducteur.css", "shift.css")
_SCRIPTS = ("switching.js",)
_API = "/regie/api/shift"


@dataclass(frozen=True)
class Spoken:
    """Words of the rooms that a sheet tells of; ``names`` is None before the first snapshot."""

    switching: Words
    cues: Words
    names: Names | None


def log_page(
    visit: Visit, found: Sequence[Entry], count: int, log: Log, spoken: Spoken, *, q: str, room: str, may: bool
) -> HTMLResponse:
    """The log. ``count``: how many entries were found, of which the newest are shown."""
    words = visit.words
    body = [
        tag("section", _links(visit, log), class_="line wrap"),
        _write(visit, spoken.names) if may else None,
        tag("section", _search(visit, q, room), _table(found, count, words), class_="panel"),
    ]
    return page(visit, ROOM, words("ui.title"), *body, scripts=_SCRIPTS, styles=_STYLES)


def _links(visit: Visit, log: Log) -> Markup:
    words = visit.words
    links = [tag("a", words("ui.handover"), href=visit.address(f"{ROOM}handover"), class_="button")]
    if log.waiting is not None:
        waits = words("ui.waits", sheet=log.waiting.id, by=log.waiting.by)
        links.append(tag("a", "▲ ", waits, href=visit.address(f"{ROOM}handover/{log.waiting.id}"), class_="warn"))
    links += [
        tag("a", sheet.id, href=visit.address(f"{ROOM}handover/{sheet.id}"), title=words("ui.sheet_of", by=sheet.by))
        for sheet in list(reversed(tuple(log.sheets.values())))[:7]
    ]
    return tag("nav", *links, aria_label=words("ui.sheets"), class_="line wrap")


def _write(visit: Visit, names: Names | None) -> Markup:
    words = visit.words
    text = tag("label", words("field.text"), tag("textarea", name="text", required=True, rows=2, cols=70, maxlength=2000))
    about = tag("label", words("field.element"), tag("input", name="element", list="elements", size=26, autocomplete="off"))
    button = tag("button", words("ui.write"), type="submit", class_="button strong")
    address = f"{_API}/write?lang={words.language}"
    form = tag("form", text, about, button, data_post=address, class_="line wrap on-floor")
    return tag("section", tag("h2", words("ui.write_title")), form, _choices(names), class_="panel")


def _choices(names: Names | None) -> Markup:
    facts = None if names is None else names.diagram
    keys = [] if facts is None else [f"switch:{each.index}" for each in facts.switches]
    keys += [] if facts is None else [f"line:{each.index}" for each in facts.lines]
    keys += [] if facts is None else [f"trafo:{each.index}" for each in facts.trafos]
    keys += [] if facts is None else [f"bus:{each.index}" for each in facts.buses]
    return tag("datalist", *(tag("option", value=f"{element(key, names)} · {key}") for key in keys), id="elements")


def _search(visit: Visit, q: str, room: str) -> Markup:
    words = visit.words
    options = [
        tag("option", words(f"room.{code or 'all'}"), value=code, selected=code == room) for code in ("", *ROOMS, "journal")
    ]
    return tag(
        "form",
        tag("input", type="hidden", name="lang", value=words.language),
        tag("label", words("field.search"), tag("input", type="search", name="q", value=q, size=30)),
        tag("label", words("field.room"), tag("select", *options, name="room")),
        tag("button", words("ui.search"), type="submit", class_="button"),
        method="get",
        role="search",
        class_="line wrap on-floor",
    )


def _table(found: Sequence[Entry], count: int, words: Words) -> Markup:
    said = tag("p", words("ui.found", count=count, shown=len(found)), class_="meta")
    if not found:
        return tag("div", said)
    heads = [tag("th", words(f"head.{code}"), scope="col") for code in ("grid", "wall", "by", "room", "text")]
    rows = [
        tag(
            "tr",
            tag("td", words.moment(entry.at), class_="when"),
            tag("td", "–" if entry.wall is None else f"{words.day(entry.wall)} {words.wall(entry.wall)}", class_="when"),
            tag("td", entry.by),
            tag("td", words(f"room.{entry.room}")),
            tag("td", tag("strong", entry.element, ": ") if entry.element else None, entry.text, class_="text"),
            class_="written" if entry.room == "log" else None,
        )
        for entry in found
    ]
    return tag("div", said, tag("table", tag("thead", tag("tr", *heads)), tag("tbody", *rows)))


# --------------------------------------------------------------------------------------------- the sheet


def sheet_page(
    visit: Visit, sheet: Sheet | None, items: Sequence[Mapping[str, Any]], spoken: Spoken, *, may: bool
) -> HTMLResponse:
    """A sheet that is kept, or, with None, the one that could be signed now."""
    words = visit.words
    title = words("ui.handover_now") if sheet is None else words("ui.sheet", sheet=sheet.id)
    if spoken.names is None:
        return page(visit, ROOM, title, tag("p", words("ui.waiting"), class_="empty"))
    print_button = tag("button", words("ui.print"), type="button", data_do="print", class_="button")
    body: list[object] = [tag("p", tag("a", words("ui.to_log"), href=visit.address(ROOM)), " ", print_button, class_="line")]
    if sheet is not None:
        body.append(_signatures(sheet, words))
        if sheet.text:
            body.append(tag("section", tag("h2", words("ui.free_text")), tag("p", sheet.text, class_="free"), class_="panel"))
    body += [_part(part, items, words, spoken) for part in PARTS]
    if may and sheet is None:
        body.append(_hand_over(words))
    if may and sheet is not None and not sheet.taken_by and sheet.by != visit.person.name:
        body.append(_take_over(sheet, words))
    return page(visit, ROOM, title, *body, scripts=_SCRIPTS, styles=_STYLES)


def _part(part: str, items: Sequence[Mapping[str, Any]], words: Words, spoken: Spoken) -> Markup:
    assert spoken.names is not None
    own = [in_words(item, words, spoken.switching, spoken.cues, spoken.names) for item in items if item["part"] == part]
    listed = tag("ul", *(tag("li", text) for text in own)) if own else tag("p", words("ui.nothing_open"), class_="empty")
    return tag("section", tag("h2", words(f"part.{part}"), f" ({words.number(len(own))})"), listed, class_="panel sheet-part")


def _signatures(sheet: Sheet, words: Words) -> Markup:
    given = words("ui.given", by=sheet.by, at=words.moment(sheet.at))
    if sheet.taken_by:
        taken = tag("p", tag("strong", words("ui.taken", by=sheet.taken_by, at=words.moment(sheet.taken_at))))
    else:
        expected = words("ui.expected", to=sheet.to) if sheet.to else words("ui.nobody_yet")
        taken = tag("p", "▲ ", expected, class_="warn")
    told = tag("p", sheet.taken_text, class_="free") if sheet.taken_text else None
    kept = tag("p", words("ui.kept", hash=sheet.hash[:16]), class_="meta")
    return tag("section", tag("p", tag("strong", given)), taken, told, kept, class_="panel")


def _hand_over(words: Words) -> Markup:
    text = tag("label", words("field.free_text"), tag("textarea", name="text", rows=4, cols=80, maxlength=2000))
    to = tag("label", words("field.to"), tag("input", name="to", maxlength=80, autocomplete="off"))
    button = tag("button", words("ui.hand_over"), type="submit", class_="button strong")
    form = tag(
        "form",
        text,
        to,
        button,
        data_post=f"{_API}/handover?lang={words.language}",
        data_confirm=words("ui.hand_over_ask"),
        class_="line wrap on-floor",
    )
    return tag("section", tag("h2", words("ui.sign_title")), form, class_="panel")


def _take_over(sheet: Sheet, words: Words) -> Markup:
    text = tag("label", words("field.remark"), tag("textarea", name="text", rows=2, cols=80, maxlength=2000))
    button = tag("button", words("ui.take_over"), type="submit", class_="button strong")
    address = f"{_API}/takeover/{sheet.id}?lang={words.language}"
    form = tag("form", text, button, data_post=address, class_="line wrap on-floor")
    return tag("section", tag("h2", words("ui.take_title")), form, class_="panel")
