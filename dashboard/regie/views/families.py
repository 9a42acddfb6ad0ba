"""Alarms as a dispatcher works through them: under their root cause, the most urgent first, as many as a person can read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from twin.contracts.snapshot import AlarmView

MOST_ROWS = 60
"""Alarms drawn at most, beside P1, which are always drawn: nobody reads further, and a flood must not slow the screen."""

MOST_CHILDREN = 12
"""Of one root cause."""


@dataclass(frozen=True)
class Family:
    """A root cause and what follows from it.

    Attributes:
        drawn: those of the ``children`` that the screen draws.
    """

    root: AlarmView
    children: tuple[AlarmView, ...] = ()
    drawn: tuple[AlarmView, ...] = ()

    @property
    def members(self) -> tuple[AlarmView, ...]:
        """Root and children."""
        return (self.root, *self.children)


def families(alarms: Sequence[AlarmView]) -> list[Family]:
    """Every alarm in one family, in the order of their most urgent members; a child of an absent root stands for itself."""
    position = {alarm.key: number for number, alarm in enumerate(alarms)}
    by_key = {alarm.key: alarm for alarm in alarms}
    members: dict[str, list[AlarmView]] = {}
    for alarm in alarms:
        members.setdefault(_root(alarm, by_key, position), []).append(alarm)
    return [Family(by_key[root], tuple(alarm for alarm in family if alarm.key != root)) for root, family in members.items()]


def _root(alarm: AlarmView, by_key: Mapping[str, AlarmView], position: Mapping[str, int]) -> str:
    """Key of the last cause that is on the list; of alarms that name each other, of the first."""
    way = [alarm.key]
    while (parent := by_key[way[-1]].parent) is not None and parent in by_key:
        if parent in way:
            return min(way[way.index(parent) :], key=position.__getitem__)
        way.append(parent)
    return way[-1]


def readable(found: Sequence[Family]) -> tuple[list[Family], list[AlarmView]]:
    """What is drawn, and the alarms that are only counted: P1 never are."""
    shown: list[Family] = []
    rest: list[AlarmView] = []
    room = MOST_ROWS
    for family in found:
        urgent = [alarm for alarm in family.children if is_urgent(alarm)]
        if room <= 0 and not urgent and not is_urgent(family.root):
            rest += family.members
            continue
        others = [alarm for alarm in family.children if not is_urgent(alarm)]
        fitting = max(0, min(MOST_CHILDREN, room - 1 - len(urgent)))
        shown.append(Family(family.root, family.children, (*urgent, *others[:fitting])))
        rest += others[fitting:]
        room -= 1 + len(shown[-1].drawn)
    return shown, rest


def is_urgent(alarm: AlarmView) -> bool:
    """True for P1 that stands."""
    return alarm.priority == 1 and alarm.cleared_at is None
