"""Which element of another grid is meant: the one that bears the name; what the site itself adds is counted in its order."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from twin.site import Site

TABLES = ("bus", "line", "trafo", "trafo3w", "switch", "load", "sgen", "storage")
"""pandapower's tables that a site or a scenario refers to."""
_NAMELESS = frozenset({"", "nan", "None"})


class Mismatch(LookupError):
    """An element that the other grid does not have, or not only once: value, limit and remedy of the fault."""

    def __init__(self, value: str, limit: str, remedy: str) -> None:
        super().__init__(f"{value}; expected {limit}; {remedy}")
        self.value, self.limit, self.remedy = value, limit, remedy


@dataclass(frozen=True)
class Correspondence:
    """Two grids side by side.

    Attributes:
        there: what the other grid is called.
        home: table -> index -> name, of what the published home grid has. ``other``: table -> name -> indices, likewise.
        added: table -> index at home -> index there, of what the site adds to either grid.
        turned: the home grid's lines that run the other way there: what enters them here leaves them there.
    """

    there: str
    home: Mapping[str, Mapping[int, str]]
    other: Mapping[str, Mapping[str, tuple[int, ...]]]
    added: Mapping[str, Mapping[int, int]]
    turned: frozenset[int]

    def index(self, table: str, index: int) -> int:
        """The other grid's index of an element of the home grid.

        Raises:
            Mismatch: saying what is missing, doubled or without a name, and which names come close.
        """
        if index in self.added.get(table, {}):
            return self.added[table][index]
        if index not in self.home[table]:
            raise Mismatch(f"{table} {index}", f"a {table} of the home grid", "correct the index")
        name = self.home[table][index]
        value = f"{table} {name!r} ({index} at home)"
        if name in _NAMELESS:
            raise Mismatch(f"{table} {index} without a name", "a name to look for", "name it on the home grid")
        twins = [each for each, its in self.home[table].items() if its == name and each != index]
        if twins:
            raise Mismatch(value, f"a name that {table} {_listed(twins)} does not have too", "rename one on the home grid")
        found = self.other[table].get(name, ())
        if len(found) > 1:
            raise Mismatch(value, f"one {table} of that name on {self.there}, not {_listed(found)}", "rename the others there")
        if not found:
            close = _close(name, tuple(self.other[table]))
            limit = f"a {table} of {self.there}" + (f", such as {', '.join(map(repr, close))}" if close else "")
            raise Mismatch(value, limit, "name it so there, or leave it out")
        return found[0]


def correspondence(site: Site, home: Any, other: Any, *, there: str) -> Correspondence:
    """What is where, on two pandapower nets that are only read.

    Args:
        home: with the overlay of ``site``. ``other``: as published, without it.
    """
    stations = len(site.grid.overlay.typed_stations)
    counts = {"bus": stations, "trafo": stations, "sgen": len(site.grid.overlay.pv.new)}
    batteries = [device.element for device in site.devices if device.kind == "battery"]
    added = {table: _added(home[table].index, other[table].index, count) for table, count in counts.items()}
    added["storage"] = {number: number for number in batteries}
    return Correspondence(
        there=there,
        home={table: {i: name for i, name in _names(home[table]) if i not in added.get(table, {})} for table in TABLES},
        other={table: _indices(other[table]) for table in TABLES},
        added=added,
        turned=_turned(home, other),
    )


def _added(home: Iterable[int], other: Iterable[int], count: int) -> dict[int, int]:
    """What is added gets the numbers behind the highest index, as pandapower gives them."""
    first = max(map(int, other), default=-1) + 1
    last = sorted(map(int, home))[-count:] if count else []
    return {index: first + number for number, index in enumerate(last)}


def _names(frame: Any) -> list[tuple[int, str]]:
    return [(int(index), str(name).strip()) for index, name in frame["name"].items()]


def _indices(frame: Any) -> dict[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for index, name in _names(frame):
        if name not in _NAMELESS:
            found[name] = (*found.get(name, ()), index)
    return found


def _turned(home: Any, other: Any) -> frozenset[int]:
    there = {name: tuple(ends) for name, *ends in _ends(other).values()}
    ends = _ends(home)
    return frozenset(i for i, (name, start, end) in ends.items() if start != end and there.get(name) == (end, start))


def _ends(net: Any) -> dict[int, tuple[str, str, str]]:
    """Index -> the line's name and those of the buses that it runs from and to."""
    bus, line = dict(_names(net.bus)), net.line
    rows = zip(_names(line), line["from_bus"], line["to_bus"], strict=True)
    return {index: (name, bus[int(start)], bus[int(end)]) for (index, name), start, end in rows}


@cache
def _close(name: str, names: tuple[str, ...]) -> list[str]:
    return difflib.get_close_matches(name, names, n=3)


def _listed(indices: Iterable[int]) -> str:
    return ", ".join(map(str, indices))
