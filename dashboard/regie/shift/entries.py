"""Every entry of the log in one order: what people wrote, what they did, and what the loop's journal tells."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboard.format import readable
from dashboard.regie.book import Line
from dashboard.regie.messages import about
from dashboard.regie.names import Names
from dashboard.regie.switching.deeds import TELEMETRY
from dashboard.regie.switching.life import Orders
from dashboard.regie.switching.order_page import event_in_words
from dashboard.regie.switching.words import element
from dashboard.regie.views.records import line_in_words
from dashboard.regie.words import Words
from twin.contracts.snapshot import Snapshot

ROOMS = ("log", "command", "switching", "cue", "recommendation", "rehearsal", "analyst", "access")
"""Rooms of the book whose lines belong into the log."""
_COMING_AND_GOING = ("access.login", "access.logout")
"""What of the door belongs into the log; the rest is the audit's."""
LONGEST = 400
"""Entries on one page; older ones are found by searching."""


@dataclass(frozen=True)
class Entry:
    """One entry.

    Attributes:
        at: the grid's clock; a line of the book that does not say has that of a line beside it. ``wall``: None for the
            journal.
        room: "log" for what people wrote, "journal" for the loop's, else the book's. ``element``: what it is about, or "".
    """

    at: datetime
    wall: datetime | None
    by: str
    room: str
    element: str
    text: str


def entries(
    lines: Sequence[Line], snapshot: Snapshot | None, orders: Orders, words: Words, switching: Words, names: Names | None
) -> list[Entry]:
    """Newest first. ``switching``: words of the switching orders."""
    found: list[tuple[datetime, int, Entry]] = []
    clock = next((at for line in lines if (at := _grid_clock(line)) is not None), None if snapshot is None else snapshot.as_of)
    for line in lines:
        if line.kind.startswith("access.") and line.kind not in _COMING_AND_GOING:
            continue
        clock = _grid_clock(line) or clock
        at = clock or line.at
        text, about_what = _told(line, orders, words, switching, names)
        by = switching("ui.telemetry") if line.by == TELEMETRY else line.by
        found.append((at, line.id, Entry(at, line.at, by, line.kind.partition(".")[0], about_what, text)))
    if snapshot is not None and names is not None:
        known = {alarm.key: names.of(about(alarm)) for alarm in snapshot.alarms}
        for number, each in enumerate(snapshot.journal):
            text = line_in_words(each, known, names)
            found.append((each.at, -number, Entry(each.at, None, str(each.params.get("by", "")), "journal", "", text)))
    return [entry for *_, entry in sorted(found, key=lambda one: one[:2], reverse=True)]


def _grid_clock(line: Line) -> datetime | None:
    says = line.params.get("as_of")
    return datetime.fromisoformat(says) if isinstance(says, str) else None


def matching(found: Iterable[Entry], asked: str, room: str) -> list[Entry]:
    """Entries with every word that was asked for, of one room or all."""
    wanted = asked.casefold().split()
    return [
        entry
        for entry in found
        if (not room or entry.room == room)
        and all(word in f"{entry.text} {entry.by} {entry.element}".casefold() for word in wanted)
    ]


def _told(line: Line, orders: Orders, words: Words, switching: Words, names: Names | None) -> tuple[str, str]:
    """(text, element) of one line."""
    room, _, kind = line.kind.partition(".")
    name: Callable[[str], str] = (lambda key: element(key, names)) if names is not None else str
    if line.kind == "log.write":
        return str(line.params.get("text", "")), name(line.target) if line.target else ""
    if room == "switching" and (order := orders.all.get(line.target)) is not None:
        said = event_in_words(kind, line.by, line.params, order, switching, names)
        return f"{line.target} {order.content.title}: {said}", ""
    target = line.target
    if room == "command" and names is not None:
        target = name(f"switch:{target}") if kind == "switch" else names.asked(target)
    if room == "cue" and isinstance(cue := line.params.get("cue"), dict):
        target = cue.get("title") or readable(str(cue.get("code", "")))
    code = f"line.{line.kind}"
    params = {"target": target, "by": line.by, "to": line.params.get("to", "")}
    said = words.fill(code, params) if words.known(code) else f"{readable(line.kind)} {target}".strip()
    return (f"{said} – {line.params['motive']}" if line.params.get("motive") else said), ""
