"""Four eyes: what one person wished and a second one has not answered yet, as a fold of the book's lines."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from dashboard.regie.book import Line
from dashboard.regie.wish import Wish

ROOM = "second"
ASK, CONFIRM, REJECT = f"{ROOM}.ask", f"{ROOM}.confirm", f"{ROOM}.reject"


@dataclass(frozen=True)
class Pending:
    """One wish that waits. ``id``: of its line in the book; after ``expires`` nobody can confirm it any more."""

    id: int
    by: str
    wish: Wish
    at: datetime
    expires: datetime


def pending(lines: Iterable[Line], now: datetime) -> list[Pending]:
    """What waits at ``now``, oldest first."""
    waiting: dict[int, Pending] = {}
    for line in lines:
        if line.kind == ASK:
            wish, expires = Wish.model_validate(line.params["wish"]), datetime.fromisoformat(line.params["expires"])
            waiting = {ask: one for ask, one in waiting.items() if (one.by, one.wish) != (line.by, wish)}  # asked again
            waiting[line.id] = Pending(line.id, line.by, wish, line.at, expires)
        elif line.kind in (CONFIRM, REJECT):
            waiting.pop(int(line.params["ask"]), None)
    return [one for one in waiting.values() if now < one.expires]
