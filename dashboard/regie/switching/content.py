"""What a switching order says: its steps, as somebody drafts them. Where it stands, `dashboard.regie.switching.life` tells."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

Operation = Literal["open", "close", "earth", "unearth", "test", "work", "report"]
OPPOSITE: dict[Operation, Operation] = {"open": "close", "close": "open", "earth": "unearth", "unearth": "earth"}
"""How a step is undone; tests, work and reports are not."""
MOVES: tuple[Operation, ...] = ("open", "close", "earth", "unearth")
"""What a tag on an element forbids."""
ELEMENT = r"^(switch|line|trafo|bus|device):[A-Za-z0-9_.-]+$"

Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Element = Annotated[str, StringConstraints(strip_whitespace=True, max_length=80, pattern=ELEMENT)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Condition(_Frozen):
    """What must hold in the newest telemetry before a step is ordered.

    Attributes:
        kind: "open" or "closed" of a switch or line; "dead" or "live" of a bus; "below" for a line's or transformer's loading.
        limit_percent: of "below".
    """

    kind: Literal["open", "closed", "dead", "live", "below"]
    element: Element
    limit_percent: float | None = Field(default=None, gt=0.0, le=300.0)


class Step(_Frozen):
    """One step.

    Attributes:
        element: "switch:33", "line:4", "trafo:2", "bus:19", "device:battery_town".
        how: "remote" from here, or by a "crew" on the spot, which travels ``travel_min``. ``takes_min``: on the spot.
        tag: whether a tag is hung on the element after the step, or removed before it; ``tag_text``: what it says.
        after: numbers of steps (from 1) whose result must still stand in the telemetry when this one is ordered.
    """

    operation: Operation
    element: Element
    how: Literal["remote", "crew"]
    travel_min: int = Field(default=0, ge=0, le=600)
    takes_min: int = Field(default=5, ge=0, le=6000)
    tag: Literal["", "hang", "remove"] = ""
    tag_text: Text = ""
    after: tuple[int, ...] = ()
    condition: Condition | None = None
    note: Text = ""

    @property
    def takes(self) -> timedelta:
        """From the word to the answer, travel included."""
        return timedelta(minutes=self.travel_min + self.takes_min)


class Content(_Frozen):
    """A whole order.

    Attributes:
        planned_at: when the first step is to be ordered, None where nobody has said.
        undoes: the order whose way back it is, "" for none.
    """

    title: Annotated[Text, StringConstraints(min_length=1)]
    reason: Text = ""
    planned_at: AwareDatetime | None = None
    steps: tuple[Step, ...] = Field(min_length=1, max_length=40)
    undoes: str = ""

    @property
    def hash(self) -> str:
        """A check and a release hold for this content and no other."""
        told = self.model_dump(mode="json")
        return hashlib.sha256(json.dumps(told, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    @property
    def takes(self) -> timedelta:
        """From the first word to the last answer."""
        return sum((step.takes for step in self.steps), timedelta())

    def planned(self, number: int) -> timedelta:
        """When step ``number`` (from 1) is to be ordered, after the first."""
        return sum((step.takes for step in self.steps[: number - 1]), timedelta())


def way_back(content: Content, done: int, title: str, undoes: str) -> Content | None:
    """The first ``done`` steps undone, in reverse; None where nothing of them can be.

    A tag that was hung is removed before its element moves again, and the other way round.
    """
    steps = []
    for step in reversed(content.steps[:done]):
        opposite = OPPOSITE.get(step.operation)
        if opposite is None and not step.tag:
            continue
        tag: Literal["", "hang", "remove"] = {"hang": "remove", "remove": "hang"}.get(step.tag, "")  # type: ignore[assignment]  # a dict of two of its words
        told = {"operation": opposite or "report", "tag": tag, "after": (), "condition": None, "note": ""}
        steps.append(step.model_copy(update=told))
    if not steps:
        return None
    return Content(title=title, reason=content.title, steps=tuple(steps), undoes=undoes)
