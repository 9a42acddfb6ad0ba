"""What is remembered of rotating machines: arrays with dims (machine, ...), resumable bit for bit.

Nothing in here decides; `monitor.observe` moves it on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from twin.boxes.maintenance.machines.reference import FEATURES, REGRESSORS, Reference, empty_reference

WEIGHT = 0.1
"""Of the newest block in the moving average: drifts of one standard deviation are found fastest near it (Lowry et al. 1992)."""
STUCK_ROWS, STUCK_AT_MOST = 16, 96
"""A running machine's sensor that says exactly the same for four hours is stuck; a coarse one is given twice the longest run
of its reference, a day at most."""


@dataclass
class Monitor:
    """What is remembered, dims (machine, ...).

    Attributes:
        at_s: end of the last row taken in, 0 before the first. ``block``: number of the open block.
        since_s: instant from which the reference was asked to be learnt anew, 0 for never.
        share, slow_share, slow_ambient_c: last operating point. ``steady``: rows since a start or jump.
        rows, x_sum, y_sum, y_rows: of the open block.
        held, held_rows, longest: last reading of each feature, how often it came in a row, and the longest run while learning.
        recent: last two readings of each feature under steady load, dims (machine, 2, feature), newest last.
        recent_s: label of the last, dims (machine, feature).
        learning: blocks so far, dims (machine, block, REGRESSORS + feature), none once all machines have their reference.
        learnt: blocks in it.
        average, average_x: moving averages of deviation and operating point. ``deviation``: T2 over its bar, 1 = the bar.
        excess: deviation of the last judged block as it was, logarithms and kelvin, dims (machine, feature).
        above: blocks in a row above the bar. ``above_s``: start of the first. ``alarm_s``: of the alarm's first, or 0.
        unknown: blocks since the reference at operating points that it did not know. ``judged``: the others.
    """

    at_s: int
    block: int
    since_s: np.ndarray
    share: np.ndarray
    slow_share: np.ndarray
    slow_ambient_c: np.ndarray
    steady: np.ndarray
    rows: np.ndarray
    x_sum: np.ndarray
    y_sum: np.ndarray
    y_rows: np.ndarray
    held: np.ndarray
    held_rows: np.ndarray
    longest: np.ndarray
    recent: np.ndarray
    recent_s: np.ndarray
    learning: np.ndarray
    learnt: np.ndarray
    average: np.ndarray
    average_x: np.ndarray
    deviation: np.ndarray
    excess: np.ndarray
    above: np.ndarray
    above_s: np.ndarray
    alarm_s: np.ndarray
    unknown: np.ndarray
    judged: np.ndarray
    reference: Reference

    @property
    def stuck(self) -> np.ndarray:
        """Sensors that say exactly the same for too long, dims (machine, feature)."""
        patience = np.clip(2.0 * self.longest + 1.0, STUCK_ROWS, STUCK_AT_MOST)
        return self.held_rows >= np.where(self.reference.blocks[:, None] > 0.0, patience, STUCK_AT_MOST)

    @property
    def size(self) -> np.ndarray:
        """The moving average of each feature in its own standard deviations, dims (machine, feature); 0 while learning."""
        variance = self.variance[:, None] * np.diagonal(self.reference.covariance, axis1=1, axis2=2)
        return np.where(self.reference.active, self.average / np.sqrt(variance), 0.0)

    @property
    def variance(self) -> np.ndarray:
        """Of the moving average, in those of a block: of the blocks and, which does not average out, of the reference."""
        return WEIGHT / (2.0 - WEIGHT) + self.reference.leverage(self.average_x)

    def to_arrays(self) -> dict[str, np.ndarray]:
        """All of it by name, for `twin.domain.pack`."""
        arrays = {f.name: np.asarray(getattr(self, f.name)) for f in fields(self) if f.name != "reference"}
        return arrays | {f"reference.{f.name}": getattr(self.reference, f.name) for f in fields(Reference)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Monitor:
        """Inverse of `to_arrays`."""
        own: dict[str, Any] = {f.name: np.array(arrays[f.name]) for f in fields(cls) if f.name != "reference"}
        own |= {"at_s": int(own["at_s"]), "block": int(own["block"])}
        return cls(**own, reference=Reference(**{f.name: np.array(arrays[f"reference.{f.name}"]) for f in fields(Reference)}))


def new_monitor(count: int) -> Monitor:
    """A watch that has seen nothing of ``count`` machines."""
    f, none = len(FEATURES), np.full(count, np.nan)

    def zeros(*more: int) -> np.ndarray:
        return np.zeros((count, *more))

    return Monitor(
        at_s=0,
        block=0,
        since_s=zeros(),
        share=none.copy(),
        slow_share=none.copy(),
        slow_ambient_c=none.copy(),
        steady=zeros(),
        rows=zeros(),
        x_sum=zeros(REGRESSORS),
        y_sum=zeros(f),
        y_rows=zeros(f),
        held=np.full((count, f), np.nan),
        held_rows=zeros(f),
        longest=zeros(f),
        recent=np.full((count, 2, f), np.nan),
        recent_s=zeros(f),
        learning=zeros(0, REGRESSORS + f),
        learnt=zeros(),
        average=zeros(f),
        average_x=zeros(REGRESSORS),
        deviation=zeros(),
        excess=zeros(f),
        above=zeros(),
        above_s=zeros(),
        alarm_s=zeros(),
        unknown=zeros(),
        judged=zeros(),
        reference=empty_reference(count),
    )


def arranged(monitor: Monitor, places: np.ndarray) -> Monitor:
    """The same watch on other machines.

    Args:
        monitor: as it was.
        places: where each machine stands in it, -1 for one that it does not know, dims (machine,).
    """
    arrays, known = new_monitor(len(places)).to_arrays(), places >= 0
    for name, old in monitor.to_arrays().items():
        if not old.ndim:  # the clock is everybody's
            arrays[name] = old
            continue
        if name == "learning":
            arrays[name] = np.full((len(places), *old.shape[1:]), np.nan)
        arrays[name][known] = old[places[known]]
    return Monitor.from_arrays(arrays)
