"""The paths of one tick: a hundred futures along its corrected quantiles, and the ten that stand for them.

Errors hang together as they did along the days' paths of the training, and a tick goes on where the day is: at 14 h the steps
of 14 h. Zones that are answered together are drawn together: each is trained alone, and what was issued tells how their errors
go with each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forecasts.futures.dependence import Dependence
from forecasts.futures.paths import representatives, sample_joint_paths
from twin.domain.chance import bits, stream

PATHS = 10
"""As many as a dispatch can plan for in its quarter hour."""

_DRAWN = 100
_WIDEST = 3.0  # at a step where all that were kept lie close together by chance, one of them is not blown up for it


@dataclass(frozen=True)
class Course:
    """What one zone's paths keep to.

    Attributes:
        quantiles: of the tick [MW], ascending, dims (time, quantile). ``low``, ``high``: what is possible [MW], dims (time,).
        slot: interval of the day at which they begin, counted from local midnight.
    """

    quantiles: np.ndarray
    low: np.ndarray
    high: np.ndarray
    dependence: Dependence
    slot: int


@dataclass(frozen=True)
class Futures:
    """What may come.

    Attributes:
        drawn: a hundred, equally probable [MW], dims (path, time, zone).
        few: those that stand for them [MW], dims (time, scenario, zone). ``probability``: of each, dims (scenario,).
    """

    drawn: np.ndarray
    few: np.ndarray
    probability: np.ndarray


def draw(courses: Sequence[Course], *, correlation: np.ndarray, seed: int, instance: str, issue_s: int) -> Futures:
    """Futures of zones that are answered together: path i is one world for all of them.

    Args:
        courses: one for each zone, over the same steps and from the same one on.
        correlation: of the zones' errors at the same step, dims (zone, zone).
        seed: the site's. ``instance``: the box's name. ``issue_s``: label of the first step, epoch seconds.
    """
    quantiles, low, high = (np.stack([getattr(course, name) for course in courses]) for name in ("quantiles", "low", "high"))
    dependence = Dependence.joined([course.dependence for course in courses], correlation)
    # The last hour of the day on which clocks go back has no step of its own and goes on from the one before.
    first = min(courses[0].slot, dependence.steps - quantiles.shape[1])
    number = int(bits(stream(seed, "paths", instance, 0), issue_s)[0])
    drawn = sample_joint_paths(dependence, quantiles, _DRAWN, seed=number, first=first, floor=low, ceiling=high)
    drawn = np.moveaxis(drawn, 1, 2)
    # A path is kept or left in all zones at once; each counts by how far its paths lie apart, not by its size.
    apart = drawn.std(axis=0).mean(axis=0)
    kept, probability = representatives(drawn / np.where(apart > 0.0, apart, 1.0), PATHS)
    few = np.clip(_as_wide_as(drawn, drawn[kept], probability), low.T, high.T)
    return Futures(drawn, np.moveaxis(few, 0, 1), probability)


def _as_wide_as(drawn: np.ndarray, few: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """The few with mean and spread of all that were drawn at each step, dims (scenario, time, zone).

    Who stands for ten neighbours stands in their middle: left alone, ten paths are a quarter too narrow, and off by a sixth of
    the spread at a single step.

    Source: K. Høyland, M. Kaut, S. Wallace, A heuristic for moment-matching scenario generation, Computational Optimization and
    Applications 24 (2003), the first two moments.
    """
    mean = np.tensordot(probability, few, 1)
    spread = np.sqrt(np.tensordot(probability, (few - mean) ** 2, 1))
    wider = np.divide(drawn.std(axis=0), spread, out=np.ones_like(spread), where=spread > 0.0)
    return np.asarray(drawn.mean(axis=0) + np.minimum(wider, _WIDEST) * (few - mean))
