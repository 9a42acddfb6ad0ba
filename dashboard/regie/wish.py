"""What a browser may ask for: checked for form here, for meaning by the loop."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from twin.contracts.snapshot import Snapshot

SHORTEST_LIFE = timedelta(minutes=2)
SHELVED_MINUTES = (15, 8 * 60)
"""The shortest and longest time for which an alarm goes out of sight."""
_TAKES = {"minutes": {"shelve"}, "value": {"switch"}}
_NEEDS_MOTIVE = {"refuse", "shelve"}

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Kind = Literal["acknowledge", "shelve", "unshelve", "accept", "refuse", "promote", "withdraw", "shadow", "switch"]


class Wish(BaseModel):
    """One command as the page sends it; who sends it, the gate knows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    target: Line
    motive: Line | None = None
    minutes: int | None = Field(default=None, ge=SHELVED_MINUTES[0], le=SHELVED_MINUTES[1])
    value: Literal["open", "closed"] | None = None

    @model_validator(mode="after")
    def _has_what_its_kind_needs(self) -> Wish:
        if self.kind in _NEEDS_MOTIVE and self.motive is None:
            raise ValueError(f"{self.kind} needs a motive")
        for name, kinds in _TAKES.items():
            if (self.kind in kinds) != (getattr(self, name) is not None):
                raise ValueError(f"{self.kind} {'needs' if self.kind in kinds else 'takes no'} {name}")
        if self.kind == "switch" and not self.target.isdecimal():
            raise ValueError("a switch is named by its index")
        return self


def expiry(issued_at: datetime, snapshot: Snapshot | None) -> datetime:
    """A command holds until the tick after next: later the grid may no longer be what the dispatcher saw."""
    if snapshot is None or snapshot.next_at is None:
        return issued_at + SHORTEST_LIFE
    interval = snapshot.next_at - snapshot.published_at
    return max(issued_at + SHORTEST_LIFE, snapshot.next_at + interval)
