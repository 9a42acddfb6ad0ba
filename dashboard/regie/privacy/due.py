"""Which lines of the book have had their time: older than the retention, and of nothing that still holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from dashboard.regie.book import Line
from dashboard.regie.conducteur.cue import Cue
from dashboard.regie.switching.life import Orders, take

STAY = ("publish", "consent", "privacy")
"""Rooms whose lines stay: who approved a public figure and who consented is to be proven as long as it is public; the log of
deletions names nobody."""
IN_FORCE = ("released", "running", "done", "aborted")
"""States of a switching order that somebody must still bring to an end. A draft that nobody touched for so long is none."""


def stays(line: Line) -> bool:
    """True for a line that is kept for what it proves."""
    return line.kind.partition(".")[0] in STAY


def due(lines: Sequence[Line], before: datetime) -> list[int]:
    """Ids of the lines to expunge.

    Switching orders go in their order: none before an older one that is in force, or whose tag hangs, because a later line may
    be the one that removed its tag.

    Args:
        lines: all that are held, oldest first. ``before``: wall clock.
    """
    first_in_force = _first_in_force(lines)
    return [
        line.id
        for line in lines
        if _until(line) < before
        and not stays(line)
        and (not line.kind.startswith("switching.") or first_in_force is None or line.id < first_in_force)
    ]


def _first_in_force(lines: Sequence[Line]) -> int | None:
    orders, first = Orders(), dict[str, int]()
    for line in lines:
        if line.kind.startswith("switching."):
            first.setdefault(line.target, line.id)
            orders = take(orders, line)
    held = {order.id for order in orders.all.values() if order.state in IN_FORCE}
    held |= {tag.order for tag in orders.tags.values()}
    return min((first[order] for order in held), default=None)


def _until(line: Line) -> datetime:
    """Until when a line tells of something: a line of the run-of-show is noted ahead of its day."""
    cue = line.params.get("cue")
    if line.kind.startswith("cue.") and isinstance(cue, dict):
        try:
            return max(line.at, Cue.from_json(cue).end)
        except (KeyError, TypeError, ValueError):
            return line.at
    return line.at
