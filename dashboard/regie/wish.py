"""What a browser may ask for: checked for form here, for meaning by the loop."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator

from twin.contracts.snapshot import Snapshot

SHORTEST_LIFE = timedelta(minutes=2)

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]


class Wish(BaseModel):
    """One command as the page sends it; who sends it, the gate knows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["acknowledge", "accept", "refuse"]
    target: Line
    motive: Line | None = None

    @model_validator(mode="after")
    def _refusal_has_motive(self) -> Wish:
        if self.kind == "refuse" and self.motive is None:
            raise ValueError("a refusal needs a motive")
        return self


def expiry(issued_at: datetime, snapshot: Snapshot | None) -> datetime:
    """A command holds until the tick after next: later the grid may no longer be what the dispatcher saw."""
    if snapshot is None or snapshot.next_at is None:
        return issued_at + SHORTEST_LIFE
    interval = snapshot.next_at - snapshot.published_at
    return max(issued_at + SHORTEST_LIFE, snapshot.next_at + interval)
