"""What happens to the plant's grid: outages, switchings, devices and drives out of control, at declared moments."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass
from datetime import datetime

from twin.contracts.ports import GridEvent
from twin.domain.grid import Topology
from twin.domain.problems import Problems
from twin.domain.time import from_epoch_s, to_epoch_s
from twin.site.rules import PlantEvent

_ENDS = frozenset({"restore", "refused_end"})
_OUT_OF_CONTROL = frozenset({"refuse", "refused_end"})
"""Nobody sees it in the grid."""
_OPPOSITE = {"outage": "restore", "open": "close", "close": "open", "refuse": "refused_end"}
_TABLES = {
    "outage": ("line", "trafo"),
    "restore": ("line", "trafo"),
    "open": ("switch",),
    "close": ("switch",),
    "refuse": ("device", "switch"),
    "refused_end": ("device", "switch"),
}


@dataclass(frozen=True, order=True)
class Change:
    """One change at one moment [epoch s]. In the same second what ends goes before what ``begins``."""

    at_s: int
    begins: bool
    kind: str
    table: str
    element: str


class Schedule:
    """All declared changes in order of time, and the topology that follows from them."""

    def __init__(self, changes: Iterable[Change], *, open_in_file: Set[int]) -> None:
        self._changes = tuple(sorted(changes))
        self._open_in_file = open_in_file
        self._moments = sorted({change.at_s for change in self._changes})
        self._topologies: dict[int, Topology] = {}

    def topology(self, at_s: int) -> Topology:
        """Switches and outages in force at ``at_s`` (a change at that very second has happened)."""
        count = sum(moment <= at_s for moment in self._moments)
        if count not in self._topologies:
            self._topologies[count] = self._build(at_s)
        return self._topologies[count]

    def before(self, end_s: int) -> tuple[Change, ...]:
        """All that happens before ``end_s``."""
        return tuple(change for change in self._changes if change.at_s < end_s)

    def joined(self, changes: Iterable[Change]) -> Schedule:
        """This one and what else happens."""
        return Schedule((*self._changes, *changes), open_in_file=self._open_in_file)

    def refusing(self, at_s: int, table: str = "device") -> frozenset[str]:
        """Devices, or switches, that obey nobody at ``at_s``."""
        return self._in_force(at_s, table, "refuse")

    def next_event(self, after: datetime, until: datetime) -> GridEvent | None:
        """The first change of the grid with ``after < at < until``, or None."""
        for change in self._changes:
            if change.kind not in _OUT_OF_CONTROL and to_epoch_s(after) < change.at_s < to_epoch_s(until):
                detail = {"table": change.table, "index": int(change.element)}
                return GridEvent(from_epoch_s(change.at_s), change.kind, f"{change.table}.{change.element}", detail)
        return None

    def _in_force(self, at_s: int, table: str, kind: str) -> frozenset[str]:
        either = (kind, _OPPOSITE[kind])
        last = {c.element: c.kind for c in self._changes if c.at_s <= at_s and c.table == table and c.kind in either}
        return frozenset(element for element, now in last.items() if now == kind)

    def _indices(self, at_s: int, table: str, kind: str) -> frozenset[int]:
        return frozenset(int(element) for element in self._in_force(at_s, table, kind))

    def _build(self, at_s: int) -> Topology:
        return Topology(
            open_switches=self._indices(at_s, "switch", "open") - self._open_in_file,
            closed_switches=self._indices(at_s, "switch", "close") & self._open_in_file,
            out_lines=self._indices(at_s, "line", "outage"),
            out_trafos=self._indices(at_s, "trafo", "outage"),
        )


def schedule(events: Iterable[PlantEvent], *, exists: Callable[[str, str], bool], open_in_file: Set[int]) -> Schedule:
    """The changes of declared events; one with ``until`` undoes itself then.

    Args:
        exists: whether (table, element) is known. ``open_in_file``: switches that the grid file has open.

    Raises:
        BadInput: naming every event whose element is unknown or does not fit its kind.
    """
    problems = Problems()
    changes = []
    for number, event in enumerate(events):
        place = f"plant.events[{number}] {event.kind} {event.element}"
        table, _, element = event.element.partition(".")
        if table not in _TABLES[event.kind]:
            problems.add(place, table, f"one of {', '.join(_TABLES[event.kind])}", "correct kind or element")
        elif not exists(table, element):
            problems.add(place, element, f"a {table} of the site", "correct the element")
        elif event.at.tzinfo is None or (event.until is not None and event.until.tzinfo is None):
            problems.add(place, event.at, "a moment with its offset", "write it like 2016-01-27T17:45:00+01:00")
        elif event.until is not None and (event.until <= event.at or event.kind not in _OPPOSITE):
            problems.add(place, event.until, "an end after the beginning of something that can end", "correct until")
        else:
            changes.append(Change(to_epoch_s(event.at), event.kind not in _ENDS, event.kind, table, element))
            if event.until is not None:
                changes.append(Change(to_epoch_s(event.until), False, _OPPOSITE[event.kind], table, element))
    problems.raise_if_any()
    return Schedule(changes, open_in_file=open_in_file)
