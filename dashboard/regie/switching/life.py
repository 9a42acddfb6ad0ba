"""Where switching orders stand: a fold of the book's lines ``switching.*`` over one table of what may follow what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from dashboard.regie.book import Line
from dashboard.regie.switching.content import Content

FOLLOWS: Mapping[tuple[str, str], str] = {
    ("draft", "edit"): "draft",
    ("draft", "check"): "draft",
    ("draft", "release"): "released",
    ("draft", "withdraw"): "withdrawn",
    ("released", "check"): "released",
    ("released", "recall"): "draft",
    ("released", "withdraw"): "withdrawn",
    ("released", "order"): "running",
    ("running", "check"): "running",
    ("running", "order"): "running",
    ("running", "confirm"): "running",
    ("running", "report"): "running",
    ("running", "fail"): "running",
    ("running", "abort"): "aborted",
    ("done", "sign"): "signed",
    ("aborted", "sign"): "signed",
}
"""(state, what is done) -> state. An order whose last step is done is "done" by itself."""
STEP_FOLLOWS: Mapping[tuple[str, str], str] = {
    ("waiting", "order"): "ordered",
    ("failed", "order"): "ordered",
    ("ordered", "confirm"): "done",
    ("ordered", "report"): "done",
    ("ordered", "fail"): "failed",
}
"""The same of one step: telemetry confirms a remote one, a person reports a crew's."""
STATES = ("draft", "released", "running", "done", "aborted", "signed", "withdrawn")
OPEN = ("draft", "released", "running", "done", "aborted")
"""Somebody still has to do something."""


@dataclass(frozen=True)
class Progress:
    """How far a step is. Instants are the grid's clock; ``at`` is when it was done, as whoever did it says."""

    state: str = "waiting"
    ordered_at: datetime | None = None
    ordered_by: str = ""
    at: datetime | None = None
    by: str = ""
    note: str = ""


@dataclass(frozen=True)
class Check:
    """What the engine said of the order.

    Attributes:
        content: hash of what was checked. ``positions``: elements that stood open then (`field.open_elements`).
        steps: of the engine's answer, one per step. ``holds``: no step has an objection of its own.
    """

    content: str
    positions: tuple[str, ...]
    tick: int
    as_of: datetime
    holds: bool
    steps: tuple[Mapping[str, Any], ...]

    @property
    def done(self) -> int:
        """How many steps were done when it was made: the engine was not asked about them."""
        return sum(not step for step in self.steps)


@dataclass(frozen=True)
class Event:
    """One line of the order's history. ``as_of``: the grid's clock."""

    kind: str
    by: str
    as_of: datetime
    params: Mapping[str, Any]


@dataclass(frozen=True)
class Order:
    """One switching order.

    Attributes:
        version: id of its last line: who acts on an older one is refused. ``drafted_by``: who wrote what it says now.
        released_by: "" before. ``despite``: why it was released with objections, "" where it had none.
    """

    id: str
    version: int
    content: Content
    state: str
    drafted_by: str
    progress: tuple[Progress, ...]
    check: Check | None = None
    released_by: str = ""
    despite: str = ""
    history: tuple[Event, ...] = ()

    @property
    def next_step(self) -> int | None:
        """Number (from 1) of the first step that is not done."""
        return next((number for number, each in enumerate(self.progress, 1) if each.state != "done"), None)

    @property
    def done(self) -> int:
        """How many steps are done; they are done strictly in order."""
        return sum(each.state == "done" for each in self.progress)


@dataclass(frozen=True)
class Tag:
    """A tag that hangs on an element: while it does, nobody operates it."""

    element: str
    order: str
    text: str
    by: str
    since: datetime


@dataclass(frozen=True)
class Orders:
    """Every order by id, in the order in which they were drafted, and the tags that hang, by element."""

    all: Mapping[str, Order] = field(default_factory=dict)
    tags: Mapping[str, Tag] = field(default_factory=dict)


def take(orders: Orders, line: Line) -> Orders:
    """What stands after one more line; one that may not follow, or is damaged, changes nothing."""
    room, _, kind = line.kind.partition(".")
    if room != "switching":
        return orders
    try:
        known = orders.all.get(line.target)
        after = _drafted(line) if kind == "draft" and known is None else _moved(known, kind, line)
        tags = _tags(orders.tags, known, after, line, kind)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        return orders
    return Orders({**orders.all, after.id: after}, tags)


def may(order: Order, kind: str) -> bool:
    """True when that may be done with the order now."""
    return (order.state, kind) in FOLLOWS


def _as_of(line: Line) -> datetime:
    return datetime.fromisoformat(line.params["as_of"])


def _event(kind: str, line: Line) -> Event:
    kept = {name: value for name, value in line.params.items() if name not in ("content", "answer", "as_of")}
    return Event(kind, line.by, _as_of(line), kept)


def _drafted(line: Line) -> Order:
    content = Content.model_validate(line.params["content"])
    waiting = (Progress(),) * len(content.steps)
    return Order(line.target, line.id, content, "draft", line.by, waiting, history=(_event("draft", line),))


def _moved(order: Order | None, kind: str, line: Line) -> Order:
    if order is None or (order.state, kind) not in FOLLOWS:
        raise ValueError(f"{line.kind} does not follow")
    moved = replace(order, version=line.id, state=FOLLOWS[order.state, kind], history=(*order.history, _event(kind, line)))
    if kind == "edit":
        content = Content.model_validate(line.params["content"])
        return replace(moved, content=content, drafted_by=line.by, check=None, progress=(Progress(),) * len(content.steps))
    if kind == "check":
        return replace(moved, check=_check(line))
    if kind == "release":
        return replace(moved, released_by=line.by, despite=str(line.params.get("despite", "")))
    if kind == "recall":
        return replace(moved, released_by="", despite="")
    if "step" in line.params:
        return _stepped(moved, kind, int(line.params["step"]), line)
    return moved


def _check(line: Line) -> Check:
    told, answer = line.params, line.params["answer"]
    return Check(
        told["hash"], tuple(told["positions"]), int(told["tick"]), _as_of(line), bool(told["holds"]), tuple(answer["steps"])
    )


def _stepped(order: Order, kind: str, number: int, line: Line) -> Order:
    if number != order.next_step:
        raise ValueError(f"step {number} is not the next one")
    before = order.progress[number - 1]
    state = STEP_FOLLOWS.get((before.state, kind))
    if state is None:
        raise ValueError(f"{kind} does not follow {before.state}")
    if state == "ordered":
        now = Progress(state, _as_of(line), line.by)
    else:
        at = datetime.fromisoformat(line.params["at"]) if "at" in line.params else _as_of(line)
        who = str(line.params.get("crew") or line.by)
        now = replace(before, state=state, at=at, by=who, note=str(line.params.get("note", "")))
    progress = (*order.progress[: number - 1], now, *order.progress[number:])
    over = all(each.state == "done" for each in progress)
    return replace(order, progress=progress, state="done" if over else order.state)


def _tags(tags: Mapping[str, Tag], before: Order | None, after: Order, line: Line, kind: str) -> Mapping[str, Tag]:
    """A tag is removed when its step is ordered, and hung when its step is done."""
    if before is None or "step" not in line.params:
        return tags
    step = after.content.steps[int(line.params["step"]) - 1]
    if step.tag == "remove" and kind == "order":
        return {element: tag for element, tag in tags.items() if element != step.element}
    if step.tag == "hang" and kind in ("confirm", "report"):
        return {**tags, step.element: Tag(step.element, after.id, step.tag_text, line.by, _as_of(line))}
    return tags
