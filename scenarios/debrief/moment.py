"""A key moment: when, what, how much, and what would have made it better."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from twin.domain.finite import finite


@dataclass(frozen=True)
class Moment:
    """One finding about a window. Words stand in ``dashboard/locale/debrief.*.toml``: ``moment.<kind>``, ``change.<change>``.

    Attributes:
        kind: what sort of moment. ``at``: when it was at its worst or best; ``begin``, ``end``: how long it lasted.
        subject: element ("trafo:2"), box instance, device group or device; ``name``: what people call it.
        value, unit: its figure. ``rank``: 0 (worth knowing) to 100 (people in the dark): what is told first.
        facts: what the words need beside these. ``change``: code of what to change, None where nothing follows.
    """

    kind: str
    at: datetime
    begin: datetime
    end: datetime
    subject: str
    name: str
    value: float
    unit: str
    rank: float
    facts: Mapping[str, Any] = field(default_factory=dict)
    change: str | None = None

    @property
    def params(self) -> dict[str, Any]:
        """Everything that its words may name."""
        own = {"at": self.at, "begin": self.begin, "end": self.end, "name": self.name, "subject": self.subject}
        return {**self.facts, **own, "value": self.value}

    def to_json(self) -> dict[str, Any]:
        """As JSON carries it."""
        plain = vars(self) | {"at": self.at.isoformat(), "begin": self.begin.isoformat(), "end": self.end.isoformat()}
        facts = {k: v.isoformat() if isinstance(v, datetime) else v for k, v in self.facts.items()}
        return dict(finite({**plain, "facts": facts}))
