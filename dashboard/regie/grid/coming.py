"""The coming hours, quarter hour by quarter hour: from the preview service's look-ahead, else from the snapshot's horizon."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from twin.contracts.preview import LookAheadAnswer
from twin.contracts.snapshot import Horizon

Series = Sequence[float | None]


@dataclass(frozen=True)
class Coming:
    """Worst figures per step, as planned; all of one length, None where nothing is known.

    Attributes:
        margin: N-1 margin [%], below 0 an outage overloads something; ``outage``: which, "line 12".
        risk: probability that some loading or voltage is beyond its limit.
        checked_only: from the horizon of the snapshot, which knows neither margin nor risk.
        quality: of the state on which it rests. ``as_of``: its instant.
    """

    start: datetime
    step_s: int
    loading: Series
    element: Sequence[str]
    vm_min: Series
    vm_max: Series
    margin: Series
    outage: Sequence[str]
    risk: Series
    checked_only: bool
    quality: tuple[str, ...]
    as_of: datetime

    @classmethod
    def of_answer(cls, answer: LookAheadAnswer) -> Coming:
        """From the preview service."""
        course = answer.course
        return cls(
            answer.start,
            answer.step_s,
            course.worst_loading_percent,
            course.worst_element,
            course.vm_min_pu,
            course.vm_max_pu,
            answer.n1_margin_percent,
            answer.n1_worst_outage,
            answer.p_violation,
            False,
            answer.quality,
            answer.as_of,
        )

    @classmethod
    def of_horizon(cls, horizon: Horizon, as_of: datetime) -> Coming:
        """From the snapshot: AC-checked, without N-1 and without probabilities."""
        nothing: Series = (None,) * len(horizon.loading_after_percent)
        return cls(
            horizon.start,
            horizon.step_s,
            horizon.loading_after_percent,
            horizon.worst_element,
            horizon.vm_min_pu,
            horizon.vm_max_pu,
            nothing,
            ("",) * len(nothing),
            nothing,
            True,
            ("forecast",),
            as_of,
        )

    def at(self, step: int) -> datetime:
        """Label of a step."""
        return self.start + timedelta(seconds=self.step_s * step)

    def __len__(self) -> int:
        return len(self.loading)
