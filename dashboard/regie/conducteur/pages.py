"""The run-of-show as the main page's panel shows it, and the page on which it is edited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from starlette.responses import HTMLResponse

from dashboard.regie.chips import chip
from dashboard.regie.conducteur.closings import closings
from dashboard.regie.conducteur.cue import Cue, Freeze, deviations
from dashboard.regie.conducteur.day import Day
from dashboard.regie.conducteur.timeline import timeline
from dashboard.regie.conducteur.words import title, window
from dashboard.regie.markup import Markup, join, tag
from dashboard.regie.names import Names
from dashboard.regie.page import Visit, page
from dashboard.regie.switching.life import Tag
from dashboard.regie.switching.words import element
from dashboard.regie.words import Words

ROOM = "conducteur/"
_API = "/regie/api/conducteur"
_BY_HAND = ("action", "event", "maintenance", "market", "critical")
_PANEL_LANES, _PAGE_LANES = 4, 30


@dataclass(frozen=True)
class Show:
    """The run-of-show of one day.

    Attributes:
        now: the grid's clock. ``cues``: in order of time. ``dropped``: taken out by hand.
        drafted: what the draft says now, which differs from what is shown while the day is frozen.
    """

    day: Day
    now: datetime
    cues: tuple[Cue, ...]
    dropped: tuple[Cue, ...]
    drafted: tuple[Cue, ...]
    frozen: Freeze | None


def panel(show: Show, tags: Mapping[str, Tag], words: Words, names: Names) -> Markup:
    """The main page's last zone: the day, and how many tags hang on the grid."""
    address = f"/regie/{ROOM}?lang={words.language}"
    drawing, homeless = timeline(show.cues, show.day, show.now, words, names, lanes=_PANEL_LANES, address=address)
    edit = tag("a", words("ui.open"), href=address, class_="open-page", data_focus="cue-open")
    date = tag("span", words.day(show.day.start), class_="meta")
    parts: list[object] = [tag("h2", words("ui.title")), tag("span", date, " ", edit)]
    if show.frozen is not None:
        parts.append(tag("span", "■ ", _frozen(show.frozen, words), class_="warn"))
        if changed := len(deviations(show.drafted, show.frozen.cues)):
            parts.append(tag("span", words("ui.deviations", count=changed), class_="meta"))
    if tags:
        hang = "\n".join(f"{element(each.element, names)}: {each.text} ({each.order})" for each in tags.values())
        place = f"/regie/switching/?lang={words.language}"
        said = words("ui.tags", count=len(tags))
        parts.append(tag("a", "▲ ", said, href=place, class_="warn", data_tip=hang, data_focus="tags"))
    if homeless:
        parts.append(tag("a", words("ui.more_short", count=len(homeless)), href=address, data_focus="cue-more"))
    return tag("div", tag("div", *parts, class_="about"), drawing, class_="conducteur beside")


def _frozen(frozen: Freeze, words: Words) -> str:
    return words("ui.frozen", by=frozen.by, at=words.moment(frozen.at))


# --------------------------------------------------------------------------------------------- the page


def show_page(visit: Visit, show: Show | None, names: Names | None, *, may_edit: bool) -> HTMLResponse:
    """The whole page; ``show`` and ``names`` are None before the first snapshot."""
    words = visit.words
    if show is None or names is None:
        return page(visit, ROOM, words("ui.title"), tag("p", words("ui.waiting"), class_="empty"))
    drawing, homeless = timeline(show.cues, show.day, show.now, words, names, lanes=_PAGE_LANES, address="")
    more = tag("p", words("ui.more", count=len(homeless)), class_="meta") if homeless else None
    body = [
        tag("section", _days(visit, show), _freeze(visit, show, may_edit=may_edit), class_="line wrap"),
        tag("section", drawing, more, class_="panel conducteur large"),
        tag("section", tag("h2", words("ui.cues")), _table(visit, show, names, may_edit=may_edit), class_="panel"),
    ]
    if show.frozen is not None:
        body.append(_deviations(show, show.frozen, words, names))
    if show.dropped:
        body.append(_dropped(visit, show, names, may_edit=may_edit))
    if may_edit:
        body.append(_add(visit, show))
    body.append(_sources(words))
    return page(visit, ROOM, words("ui.title"), *body, styles=("70_conducteur.css",))


def _days(visit: Visit, show: Show) -> Markup:
    words, today = visit.words, Day.of(show.now, show.day.timezone)
    links = [
        tag(
            "a",
            words.day(day.start),
            href=visit.address(f"{ROOM}?day={day.date}"),
            aria_current="page" if day == show.day else None,
        )
        for day in (today.beside(-1), today, today.beside(1))
    ]
    hours = None if show.day.hours == 24 else tag("strong", words("ui.clock_change", hours=show.day.hours))
    return tag("nav", *links, hours, aria_label=words("ui.days"), class_="days")


def _freeze(visit: Visit, show: Show, *, may_edit: bool) -> Markup | None:
    words, frozen = visit.words, show.frozen
    said = None if frozen is None else tag("p", "■ ", _frozen(frozen, words), class_="warn")
    if not may_edit:
        return said
    deed = "freeze" if frozen is None else "release"
    button = tag("button", words(f"ui.{deed}"), type="submit", class_="button", data_tip=words(f"ui.{deed}_why"))
    return join([said, _form(visit, deed, show.day, button)])


def _form(visit: Visit, deed: str, day: Day, *fields: object, **attributes: object) -> Markup:
    hidden = tag("input", type="hidden", name="day", value=day.date.isoformat())
    return tag("form", hidden, *fields, data_post=f"{_API}/{deed}?lang={visit.words.language}", **attributes)


def _table(visit: Visit, show: Show, names: Names, *, may_edit: bool) -> Markup:
    words = visit.words
    if not show.cues:
        return tag("p", words("ui.no_cues"), class_="empty")
    codes = ["when", "kind", "what", "whence", *(["change"] if may_edit else [])]
    heads = tag("tr", *(tag("th", words(f"head.{code}"), scope="col") for code in codes))
    return tag(
        "table", tag("thead", heads), tag("tbody", *(_row(visit, show, cue, names, may_edit=may_edit) for cue in show.cues))
    )


def _row(visit: Visit, show: Show, cue: Cue, names: Names, *, may_edit: bool) -> Markup:
    words = visit.words
    over = cue.end < show.now or (cue.start == cue.end and cue.start < show.now)
    return tag(
        "tr",
        tag("td", window(cue, words), class_="when"),
        tag("td", chip(cue.priority) if cue.priority else None, " ", words(f"kind.{cue.kind}")),
        tag("td", title(cue, words, names)),
        tag("td", _whence(cue, words)),
        tag("td", _change(visit, show, cue, names)) if may_edit else None,
        id=cue.id,
        class_="over" if over else None,
    )


def _whence(cue: Cue, words: Words) -> str:
    if not cue.by or cue.at is None:
        return words("ui.drafted")
    code = "ui.added_by" if cue.code == "hand" else "ui.edited_by"
    return words(code, by=cue.by, at=words.moment(cue.at))


def _change(visit: Visit, show: Show, cue: Cue, names: Names) -> Markup:
    words = visit.words
    what = title(cue, words, names)
    seen = [tag("input", type="hidden", name="id", value=cue.id), tag("input", type="hidden", name="seen", value=cue.version)]
    fields = _fields(
        words, cue.id, text=what, start=words.clock(cue.start), end=words.clock(cue.end) if cue.end != cue.start else ""
    )
    save = tag("button", words("ui.save"), type="submit", class_="button strong")
    edit = tag(
        "details",
        tag("summary", words("ui.edit"), aria_label=f"{words('ui.edit')}: {what}"),
        _form(visit, "write", show.day, *seen, *fields, save),
    )
    drop = tag("button", words("ui.drop"), type="submit", class_="button", aria_label=f"{words('ui.drop')}: {what}")
    return tag("div", edit, _form(visit, "drop", show.day, *seen, drop), class_="line on-top")


def _fields(words: Words, key: str, *, text: str = "", start: str = "", end: str = "") -> list[Markup]:
    return [
        tag(
            "label",
            words("field.title"),
            tag("input", name="title", value=text, required=True, maxlength=200, autocomplete="off", id=f"title-{key}"),
        ),
        tag(
            "label",
            words("field.start"),
            tag("input", name="start", value=start, required=True, size=12, autocomplete="off", id=f"start-{key}"),
        ),
        tag("label", words("field.end"), tag("input", name="end", value=end, size=12, autocomplete="off", id=f"end-{key}")),
    ]


def _deviations(show: Show, frozen: Freeze, words: Words, names: Names) -> Markup:
    rows = [
        tag("li", tag("strong", words(f"ui.deviation_{how}")), " ", window(cue, words), " ", title(cue, words, names))
        for how, cue in deviations(show.drafted, frozen.cues)
    ]
    listing = tag("ul", *rows) if rows else tag("p", words("ui.no_deviations"), class_="empty")
    return tag("section", tag("h2", words("ui.deviations_title")), listing, class_="panel", id="deviations")


def _dropped(visit: Visit, show: Show, names: Names, *, may_edit: bool) -> Markup:
    words = visit.words
    rows = []
    for cue in show.dropped:
        what = title(cue, words, names)
        seen = [
            tag("input", type="hidden", name="id", value=cue.id),
            tag("input", type="hidden", name="seen", value=cue.version),
        ]
        again = tag("button", words("ui.restore"), type="submit", class_="button", aria_label=f"{words('ui.restore')}: {what}")
        form = _form(visit, "restore", show.day, *seen, again) if may_edit else None
        rows.append(tag("li", tag("span", window(cue, words), " ", what, " · ", _whence(cue, words)), form, class_="line"))
    return tag("section", tag("h2", words("ui.dropped")), tag("ul", *rows), class_="panel")


def _add(visit: Visit, show: Show) -> Markup:
    words = visit.words
    options = [tag("option", words(f"kind.{kind}"), value=kind) for kind in _BY_HAND]
    kind = tag("label", words("field.kind"), tag("select", *options, name="kind"))
    button = tag("button", words("ui.add"), type="submit", class_="button strong")
    form = _form(visit, "write", show.day, kind, *_fields(words, "new"), button, class_="line wrap on-floor")
    return tag(
        "section", tag("h2", words("ui.add_title")), form, tag("p", words("ui.time_form"), class_="meta"), class_="panel"
    )


def _sources(words: Words) -> Markup:
    rows = [
        tag(
            "li",
            tag("strong", closing.at),
            " ",
            words(f"cue.closing_{closing.code}"),
            " · ",
            tag("a", closing.source, href=closing.url, rel="noreferrer", lang="en"),
        )
        for closing in closings()
    ]
    return tag(
        "section",
        tag("h2", words("ui.closings")),
        tag("ul", *rows, class_="meta"),
        tag("p", words("ui.rolling"), class_="meta"),
        class_="panel",
    )
