"""A task: one long ``regie`` command that somebody at the desk asked for, with a folder of its own for what it leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

_REFUSED = "exit code 2"
"""How ``regie`` ends when its input has faults; its log then names every one of them."""


class State(StrEnum):
    """How a task stands."""

    UNKNOWN = "unknown"
    """the work process has no job of it any more, or never took it"""
    QUEUED = "queued"
    RUNNING = "running"
    ENDING = "ending"
    """somebody cancelled it, and it has not ended yet"""
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    CANCELLED = "cancelled"


_WAITS = frozenset({State.QUEUED, State.RUNNING, State.ENDING})


@dataclass(frozen=True)
class Task:
    """One task.

    Attributes:
        kind: "run", "debrief", "worth" ...; ``target``: what it is about, a scenario or a box. ``params``: how, JSON values.
        folder: what it leaves stands here. ``row``: its job as `twin.work.listing.list_jobs` tells it, or None.
        before: jobs that are to end before it begins.
    """

    id: str
    kind: str
    target: str
    by: str
    at: datetime
    argv: tuple[str, ...]
    folder: Path
    job: str | None
    params: Mapping[str, Any] = field(default_factory=dict)
    row: Mapping[str, Any] | None = None
    before: int = 0

    @property
    def state(self) -> State:
        """How it stands."""
        if self.row is None:
            return State.UNKNOWN
        state = str(self.row["state"])
        if state == State.RUNNING and self.row["cancel"]:
            return State.ENDING
        if state == State.FAILED and self.row["text"] == _REFUSED:
            return State.REFUSED
        return State(state) if state in set(State) else State.UNKNOWN

    @property
    def waits(self) -> bool:
        """True until it has ended."""
        return self.state in _WAITS

    @property
    def resumes(self) -> bool:
        """True when asking again makes sense: it ended before its end, or got lost."""
        return self.state in (State.CANCELLED, State.FAILED, State.UNKNOWN)

    @property
    def share(self) -> float | None:
        """How much of it is done, 0..1; None where it does not say."""
        return None if self.row is None else self.row["progress"]

    @property
    def last_line(self) -> str:
        """The newest line of its log."""
        return "" if self.row is None or not self.row["tail"] else str(self.row["tail"][-1])
