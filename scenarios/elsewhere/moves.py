"""References to elements, moved one by one: every one that finds no element is noted with its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Any

from scenarios.elsewhere.correspondence import TABLES, Correspondence, Mismatch
from twin.domain.problems import Problem, Problems
from twin.site import Site
from twin.site.device_tables import PLACES_KEY
from twin.site.devices import device_id

_REFERENCE = re.compile(rf"({'|'.join(TABLES)})([.:])(\d+)((?:\..*)?)")
"""\"line.66\", "line:66", "line.66.p_mw"."""
PLACE_TABLE = {"buses": "bus", "loads": "load", "sgens": "sgen"}
"""What the places of a device group are indices of."""


class Moves:
    """References of one site, and of scenarios that refer to it.

    What finds no element stays as it is; nobody may use the result then, because there are ``problems``.
    """

    def __init__(self, site: Site, grids: Correspondence) -> None:
        self.grids = grids
        self._problems = Problems()
        self._names = _names_of(site, grids)
        self._devices = {
            device_id(group, place): (group, place)
            for group in site.device_groups
            if group.kind != "heat_pumps"  # one device, named after no place
            for place in group.places
        }

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Every mismatch, each once at a place."""
        return tuple(dict.fromkeys(self._problems))

    def index(self, table: str, index: int, place: str) -> int:
        """Of an element."""
        try:
            return self.grids.index(table, index)
        except Mismatch as fault:
            self._problems.add(place, fault.value, fault.limit, fault.remedy)
            return index

    def indices(self, table: str, indices: Iterable[int], place: str) -> tuple[int, ...]:
        """Of several elements of one table."""
        return tuple(self.index(table, index, place) for index in indices)

    def device(self, name: str, place: str) -> str:
        """A device's id, which holds the index of where it stands; one that nobody knows stays."""
        if name not in self._devices:
            return name
        group, stands = self._devices[name]
        moved = self.index(PLACE_TABLE[PLACES_KEY[group.kind]], stands, place)
        return name if name == group.id else f"{group.id}_{moved}"

    def reference(self, text: str, place: str) -> str:
        """Of "line.66", "line:66", a channel or a device's id; any other text stays."""
        if found := _REFERENCE.fullmatch(text):
            table, point, index, rest = found.groups()
            return f"{table}{point}{self.index(table, int(index), place)}{rest}"
        table, _, rest = text.partition(".")
        if table == "device":
            name, point, quantity = rest.partition(".")
            return f"device.{self.device(name, place)}{point}{quantity}"
        return self.device(text, place)

    def patterns(self, patterns: Sequence[str], place: str) -> tuple[str, ...]:
        """Of names and patterns of channels: one that speaks of figures means there what it means at home."""
        moved: list[str] = []
        for pattern in patterns:
            home = [name for name in self._names if fnmatchcase(name, pattern)] if re.search(r"\d", pattern) else []
            moved += [self.reference(name, place) for name in home] or [pattern]
        return tuple(moved)

    def anything(self, value: Any, place: str) -> Any:
        """Of a value of a box's configuration, whatever holds it."""
        if isinstance(value, dict):
            return {key: self.anything(held, place) for key, held in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(self.anything(held, place) for held in value)
        return self.reference(value, place) if isinstance(value, str) else value


def _names_of(site: Site, grids: Correspondence) -> tuple[str, ...]:
    """All that can be silent: channels, and what protection reports."""
    tables = [(table, index) for table in ("line", "trafo") for index in (*grids.home[table], *grids.added.get(table, ()))]
    return (*site.measured, *(f"{table}.{index}.in_service" for table, index in tables))
