"""The log of the desk: what people wrote, handed over and took over (a fold of the book's lines ``log.*``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from dashboard.regie.book import Line


@dataclass(frozen=True)
class Sheet:
    """A handover sheet. What was open then stays in it as it was; nothing of it is altered any more.

    Attributes:
        at, taken_at: on the grid's clock. ``to``: who was expected; ``taken_by``: who took over, "" while nobody has.
        items: of `dashboard.regie.shift.sheet`, as the book keeps them. ``hash``: of the book's line, printed on the sheet.
    """

    id: str
    by: str
    to: str
    at: datetime
    text: str
    items: tuple[Mapping[str, Any], ...]
    hash: str
    taken_by: str = ""
    taken_at: datetime | None = None
    taken_text: str = ""


@dataclass(frozen=True)
class Log:
    """Every handover sheet by id, oldest first."""

    sheets: Mapping[str, Sheet] = field(default_factory=dict)

    @property
    def waiting(self) -> Sheet | None:
        """The sheet that nobody has taken over yet."""
        return next((sheet for sheet in self.sheets.values() if not sheet.taken_by), None)


def take(log: Log, line: Line) -> Log:
    """What stands after one more line; one that may not follow, or is damaged, changes nothing.

    One sheet waits at a time, and nobody takes over from themselves.
    """
    try:
        if line.kind == "log.handover" and log.waiting is None and line.target not in log.sheets:
            return replace(log, sheets={**log.sheets, line.target: _sheet(line)})
        sheet = log.sheets.get(line.target)
        if line.kind == "log.takeover" and sheet is not None and not sheet.taken_by and line.by != sheet.by:
            at = datetime.fromisoformat(line.params["as_of"])
            taken = replace(sheet, taken_by=line.by, taken_at=at, taken_text=str(line.params.get("text", "")))
            return replace(log, sheets={**log.sheets, sheet.id: taken})
    except (KeyError, TypeError, ValueError, AttributeError):
        return log
    return log


def _sheet(line: Line) -> Sheet:
    told = line.params
    at = datetime.fromisoformat(told["as_of"])
    return Sheet(line.target, line.by, str(told["to"]), at, str(told["text"]), tuple(map(dict, told["items"])), line.hash)
