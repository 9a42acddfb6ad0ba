"""A cue: one line of the run-of-show, and what people made of the draft (a fold of the book's lines ``cue.*``)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from dashboard.regie.book import Line

KINDS = ("critical", "alarm", "peak", "action", "maintenance", "event", "market")
"""What a cue can be, most urgent first."""


@dataclass(frozen=True)
class Cue:
    """One line of the run-of-show.

    Attributes:
        id: stable. ``kind``: of `KINDS`. ``ref``: what it is about ("trafo:2", a recommendation's id), "" for nothing.
        code, params: its words where it was drafted; ``title``: its words where somebody wrote them.
        start, end: UTC; equal for an instant. ``priority``: 1 to 4 where something is abnormal, else None.
        by, at: who changed or added it by hand, and when on the grid's clock; "" and None for the draft's own.
        version: id of the book's last line about it, 0 for none.
    """

    id: str
    kind: str
    ref: str
    code: str
    params: Mapping[str, Any]
    start: datetime
    end: datetime
    priority: int | None = None
    title: str = ""
    by: str = ""
    at: datetime | None = None
    version: int = 0

    def is_same(self, other: Cue) -> bool:
        """True when both tell of one thing: the same id, or the same matter in windows that touch (a forecast moves)."""
        return self.id == other.id or (
            (self.kind, self.ref, self.code) == (other.kind, other.ref, other.code)
            and self.start <= other.end
            and other.start <= self.end
        )

    def to_json(self) -> dict[str, Any]:
        """As the book keeps it."""
        return {
            "id": self.id,
            "kind": self.kind,
            "ref": self.ref,
            "code": self.code,
            "params": dict(self.params),
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "priority": self.priority,
            "title": self.title,
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Cue:
        """Back from the book.

        Raises:
            KeyError, TypeError, ValueError: for what is no cue.
        """
        start, end = datetime.fromisoformat(told["start"]), datetime.fromisoformat(told["end"])
        if told["kind"] not in KINDS or end < start or start.tzinfo is None or end.tzinfo is None:
            raise ValueError(f"no cue: {told['kind']!r} from {start} to {end}")
        names = ("id", "kind", "ref", "code", "params", "priority", "title")
        return cls(**{name: told[name] for name in names}, start=start, end=end)


@dataclass(frozen=True)
class Freeze:
    """The run-of-show of one day as it stood when somebody froze it; ``at`` on the grid's clock."""

    cues: tuple[Cue, ...]
    by: str
    at: datetime


@dataclass(frozen=True)
class Hand:
    """What people made of the draft.

    Attributes:
        kept: cues that were added, or edited in the draft: they stand whatever the draft says. ``dropped``: taken out.
        frozen: by local day ("2016-01-25").
    """

    kept: Mapping[str, Cue] = field(default_factory=dict)
    dropped: Mapping[str, Cue] = field(default_factory=dict)
    frozen: Mapping[str, Freeze] = field(default_factory=dict)

    def version(self, cue: str) -> int:
        """Id of the last line about it, 0 for none."""
        known = self.kept.get(cue) or self.dropped.get(cue)
        return 0 if known is None else known.version


def take(hand: Hand, line: Line) -> Hand:
    """What stands after one more line; a line that is no cue's, or damaged, changes nothing."""
    try:
        return _taken(hand, line)
    except (KeyError, TypeError, ValueError, AttributeError):
        return hand


def _taken(hand: Hand, line: Line) -> Hand:
    at = datetime.fromisoformat(line.params["as_of"]) if "as_of" in line.params else line.at
    if line.kind in ("cue.freeze", "cue.release"):
        days = {day: freeze for day, freeze in hand.frozen.items() if day != line.target}
        if line.kind == "cue.freeze":
            days[line.target] = Freeze(tuple(map(Cue.from_json, line.params["cues"])), line.by, at)
        return replace(hand, frozen=days)
    if line.kind not in ("cue.add", "cue.edit", "cue.drop", "cue.restore"):
        return hand
    kept, dropped = dict(hand.kept), dict(hand.dropped)
    cue = replace(Cue.from_json(line.params["cue"]), id=line.target, by=line.by, at=at, version=line.id)
    kept.pop(cue.id, None)
    dropped.pop(cue.id, None)
    (dropped if line.kind == "cue.drop" else kept)[cue.id] = cue
    return replace(hand, kept=kept, dropped=dropped)


def run_of_show(drafted: Iterable[Cue], hand: Hand) -> tuple[Cue, ...]:
    """The draft with what people made of it, in order of time."""
    changed = (*hand.kept.values(), *hand.dropped.values())
    untouched = [cue for cue in drafted if not any(cue.is_same(own) for own in changed)]
    return tuple(sorted((*untouched, *hand.kept.values()), key=lambda cue: (cue.start, KINDS.index(cue.kind), cue.id)))


def deviations(drafted: Iterable[Cue], frozen: Iterable[Cue]) -> tuple[tuple[str, Cue], ...]:
    """How today's draft differs from the one that was frozen: ("new" | "gone" | "moved", cue).

    What has moved is told as the draft has it now.
    """
    now, then = tuple(drafted), tuple(frozen)
    found: list[tuple[str, Cue]] = []
    for cue in now:
        before = [old for old in then if cue.is_same(old)]
        if not before:
            found.append(("new", cue))
        elif not any((old.start, old.end, old.priority) == (cue.start, cue.end, cue.priority) for old in before):
            found.append(("moved", cue))
    found += [("gone", old) for old in then if not any(old.is_same(cue) for cue in now)]
    return tuple(found)
