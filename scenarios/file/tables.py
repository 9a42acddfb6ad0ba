"""One file of a scenario as far as it can be read: what has a fault is left out, so that it hides no fault elsewhere."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from scenarios.file.clock import Clock
from scenarios.file.parts import Content, Part
from scenarios.file.scenario import Scenario
from twin.domain.problems import Problem
from twin.site.faults import translated
from twin.site.locate import Places, child

NO_START = datetime(2016, 1, 1, tzinfo=UTC)
"""Stands for a window's start that cannot be read, so that moments are looked at nevertheless."""
_NEEDED: Content = {
    "scenario": {"name": "unnamed", "title": "", "teaches": ""},
    "window": {"start": NO_START, "hours": 744.0},
}
"""Stands for tables that a scenario must have and that have a fault; such a scenario never leaves the reading."""

_WHOLE = frozenset({*_NEEDED, "sites"})
"""Go with all that they hold, whatever of it has a fault."""


@dataclass(frozen=True)
class ReadPart:
    """A part of a scenario.

    Attributes:
        scenario: of what could be read. ``stated``: keys of the file itself.
        numbers: table -> number in the file of each entry that could be read.
        windowed: whether its window has no fault, or is stated elsewhere.
    """

    scenario: Scenario
    places: Places
    stated: frozenset[str]
    numbers: Mapping[str, tuple[int, ...]]
    windowed: bool
    problems: tuple[Problem, ...]


def read_part(part: Part, clock: Clock, *, windowed: bool) -> ReadPart:
    """What the part's file declares, on ``clock``.

    Args:
        windowed: whether some part states the window, so that this one needs none.
    """
    reading = _Reading(part, {"window": _NEEDED["window"], **part.content} if windowed else part.content)
    scenario = reading.scenario(clock)
    problems = translated(reading.errors, part.places, Scenario)
    return ReadPart(scenario, part.places, frozenset(part.content), reading.numbers, "window" not in reading.replaced, problems)


@dataclass
class _Reading:
    part: Part
    content: Content
    errors: list[ErrorDetails] = field(default_factory=list)
    replaced: set[str] = field(default_factory=set)
    left_out: set[tuple[str | int, ...]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.content = copy.deepcopy(self.content)
        lists = {table: entries for table, entries in self.content.items() if isinstance(entries, list)}
        self.numbers: dict[str, tuple[int, ...]] = {table: tuple(range(len(entries))) for table, entries in lists.items()}

    def scenario(self, clock: Clock) -> Scenario:
        """Each round takes something away or puts a stand-in, so the rounds end."""
        while True:
            try:
                return Scenario.model_validate({**self.content, "file": self.part.path}, context={"clock": clock})
            except ValidationError as error:
                found = _causes(error.errors(include_url=False))
            # A key that went for its fault is not also missing.
            self.errors += [self._in_file(fault) for fault in found if fault["loc"] not in self.left_out]
            doomed = {self._doomed(fault) for fault in found}
            # Keys inside an entry before the entry, and later entries before earlier ones, whose numbers they leave alone.
            for keys in sorted(doomed, key=lambda keys: (len(keys), *map(_order, keys)), reverse=True):
                self._leave_out(keys)
            self.left_out |= {keys for keys in doomed if isinstance(keys[-1], str)}

    def _in_file(self, fault: ErrorDetails) -> ErrorDetails:
        """The fault at the entry's number in the file: those before it may be left out by now."""
        table, *rest = fault["loc"]
        if table in self.numbers and rest and isinstance(rest[0], int):
            rest[0] = self.numbers[str(table)][rest[0]]
        return {**fault, "loc": (table, *rest)}

    def _doomed(self, fault: ErrorDetails) -> tuple[str | int, ...]:
        """What must go: an unknown key alone, else the entry of a list, the key of a table, or the whole table."""
        loc = fault["loc"]
        if fault["type"] == "extra_forbidden":
            return loc
        held = child(self.content, loc[0])
        if len(loc) > 1 and child(held, loc[1]) is not None and loc[0] not in _WHOLE:
            return loc[:2]
        return loc[:1]

    def _leave_out(self, keys: tuple[str | int, ...]) -> None:
        table = str(keys[0])
        if len(keys) == 1:
            self.content.pop(table, None)
            if table in _NEEDED:
                self.content[table] = _NEEDED[table]
                self.replaced.add(table)
            return
        holder: Any = self.content
        for key in keys[:-1]:
            holder = child(holder, key)
        if isinstance(holder, list):
            del holder[int(keys[-1])]
            if len(keys) == 2:
                kept = self.numbers[table]
                self.numbers[table] = (*kept[: int(keys[1])], *kept[int(keys[1]) + 1 :])
        elif holder is not None:
            holder.pop(keys[-1], None)


def _causes(found: list[ErrorDetails]) -> list[ErrorDetails]:
    """Without lists that are too short only because what they hold has a fault."""
    holders = {fault["loc"][:-1] for fault in found}
    return [fault for fault in found if fault["type"] != "too_short" or fault["loc"] not in holders]


def _order(key: str | int) -> tuple[int, str]:
    return (key, "") if isinstance(key, int) else (0, key)
