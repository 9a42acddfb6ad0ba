"""The officer's page: what is held and why, what is public, who consented, what has gone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from dashboard.regie.markup import Markup, tag
from dashboard.regie.page import Visit
from dashboard.regie.words import Words
from twin.contracts.privacy import Deletion, Disclosure, Held, Holdings

PATH = "privacy/"
_SHOWN = 60
"""Deletions on the page; the file that can be taken away has all."""
_UNITS = ("B", "kB", "MB", "GB")


def body(visit: Visit, holdings: Holdings, disclosure: Disclosure | None) -> tuple[Markup | None, ...]:
    """Everything below the heading."""
    words = visit.words
    return (
        tag("p", words("intro")),
        _clocks(words, holdings),
        _away(words),
        _strangers(words, holdings.strangers),
        _part(words, "held", _held(words, holdings.held)),
        _part(words, "published", _published(words, disclosure)),
        _part(words, "consents", _consents(words, disclosure)),
        _part(words, "deletions", _deletions(words, holdings.deletions)),
    )


def _clocks(words: Words, holdings: Holdings) -> Markup:
    by = next(one.clock for one in holdings.held if one.kind == "telemetry")
    read = words("clocks", wall=_when(words, holdings.at), grid=_when(words, holdings.grid))
    return tag("p", read, " ", words(f"ages.{by}"), class_="muted")


def _away(words: Words) -> Markup:
    printing = tag("button", words("print"), type="button", class_="button", data_do="print")
    return tag("p", printing, " ", tag("a", words("take"), href=f"/regie/{PATH}held.json", class_="button"), class_="away")


def _strangers(words: Words, paths: Sequence[str]) -> Markup | None:
    if not paths:
        return None
    return tag("p", "▲ ", words("strangers"), " ", *(tag("code", path, " ") for path in paths), class_="warn", role="alert")


def _part(words: Words, name: str, content: Markup) -> Markup:
    about = tag("p", words(f"{name}.about"), class_="muted")
    return tag("section", tag("h2", words(f"{name}.title")), about, content, class_="panel privacy")


def _held(words: Words, held: Iterable[Held]) -> Markup:
    names = ("what", "why", "rule", "count", "size", "oldest", "until", "where")
    return _table(words, "held", names, [_row(words, one) for one in held])


def _row(words: Words, one: Held) -> tuple[Markup, ...]:
    kind = f"kind.{one.kind}"
    whose = (
        tag("span", words(f"{kind}.whose"), class_="muted")
        if one.personal
        else tag("span", words("not_personal"), class_="muted")
    )
    until = tag("span", "▲ ", words("overdue"), class_="warn") if one.overdue else tag("span", _day(words, one.until))
    places = [tag("code", place) for place in one.places if not place.endswith(("-wal", "-shm"))]
    return (
        tag("th", words(f"{kind}.what"), tag("br"), whose, scope="row"),
        tag("td", words(f"{kind}.why"), class_="text"),
        tag("td", words(f"{kind}.rule"), tag("br"), tag("span", words(f"goes.{one.goes}"), class_="muted"), class_="text"),
        tag("td", words.number(one.count), class_="figure"),
        tag("td", _size(words, one.size_bytes) if one.places else words.number(None), class_="figure"),
        tag("td", _day(words, one.oldest)),
        tag("td", until),
        tag("td", *places) if places else tag("td", words("part" if one.goes != "elsewhere" else "outside")),
    )


def _published(words: Words, disclosure: Disclosure | None) -> Markup:
    if disclosure is None or not disclosure.published:
        return tag("p", words("published.none"), class_="empty")
    rows = [
        (
            tag("th", words(f"figure.{one.figure}"), scope="row"),
            tag("td", _title(words, one.where)),
            tag("td", words("resolution", seconds=one.resolution_s) if one.public else words.clock(None)),
            tag("td", words("public" if one.public else "held_back"), class_=None if one.public else "warn"),
            tag("td", words.fill(f"reason.{one.reason}", one.params)),
        )
        for one in disclosure.published
    ]
    return _table(words, "published", ("figure", "place", "resolution", "state", "reason"), rows)


def _consents(words: Words, disclosure: Disclosure | None) -> Markup:
    if disclosure is None or not disclosure.consents:
        return tag("p", words("consents.none"), class_="empty")
    rows = [(tag("th", _title(words, one.where), scope="row"), tag("td", one.words)) for one in disclosure.consents]
    return _table(words, "consents", ("place", "record"), rows)


def _deletions(words: Words, deletions: Sequence[Deletion]) -> Markup:
    if not deletions:
        return tag("p", words("deletions.none"), class_="empty")
    rows = [
        (
            tag("td", _when(words, one.at)),
            tag("td", words(f"kind.{one.kind}.what")),
            tag("td", words.number(one.count), class_="figure"),
            tag("td", _day(words, one.newest)),
        )
        for one in deletions[:_SHOWN]
    ]
    return _table(words, "deletions", ("at", "what", "count", "newest"), rows)


def _table(words: Words, part: str, names: Sequence[str], rows: Sequence[Sequence[Markup]]) -> Markup:
    head = tag("thead", tag("tr", *(tag("th", words(f"column.{name}"), scope="col") for name in names)))
    table = tag("table", head, tag("tbody", *(tag("tr", *row) for row in rows)))
    return tag("div", table, class_="wide", tabindex=0, role="region", aria_label=words(f"{part}.title"))


def _title(words: Words, titles: Mapping[str, str]) -> str:
    return titles.get(words.language) or next(iter(titles.values()), "")


def _when(words: Words, instant: datetime | None) -> str:
    return words.clock(None) if instant is None else f"{words.day(instant)} {words.clock(instant)}"


def _day(words: Words, instant: datetime | None) -> str:
    return words.clock(None) if instant is None else words.day(instant)


def _size(words: Words, size_bytes: int) -> str:
    """In the unit in which it has at most three digits before the point."""
    size, unit = float(size_bytes), 0
    while size >= 1000.0 and unit < len(_UNITS) - 1:
        size, unit = size / 1000.0, unit + 1
    return words.number(size, _UNITS[unit], decimals=1 if unit else 0)
