"""The paths of one tick: a hundred futures along its corrected quantiles, and the ten that stand for them.

Errors hang together as they did along the days' paths of the training, and a tick goes on where the day is: at 14 h the steps
of 14 h. Zones that are answered together share their paths' numbers and probabilities; their errors are drawn apart, for each
zone is trained alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forecasts.dependence import Dependence
from forecasts.paths import representatives, sample_paths
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


def draw(courses: Sequence[Course], *, seed: int, instance: str, issue_s: int) -> tuple[np.ndarray, np.ndarray]:
    """Paths [MW], float32, dims (time, scenario, zone), and how probable each is, dims (scenario,).

    Args:
        courses: one for each zone, over the same steps.
        seed: the site's. ``instance``: the box's name. ``issue_s``: label of the first step, epoch seconds.
    """
    drawn = np.stack(
        [_drawn(course, int(bits(stream(seed, "paths", instance, i), issue_s)[0])) for i, course in enumerate(courses)], axis=-1
    )
    # A path is kept or left in all zones at once; each counts by how far its paths lie apart, not by its size.
    apart = drawn.std(axis=0).mean(axis=0)
    kept, probability = representatives(drawn / np.where(apart > 0.0, apart, 1.0), PATHS)
    low, high = (np.stack([getattr(course, name) for course in courses], axis=-1) for name in ("low", "high"))
    few = np.clip(_as_wide_as(drawn, drawn[kept], probability), low, high)
    return np.moveaxis(few, 0, 1).astype(np.float32), probability


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


def _drawn(course: Course, seed: int) -> np.ndarray:
    """[MW], dims (path, time)."""
    # The last hour of the day on which clocks go back has no step of its own and goes on from the one before.
    first = min(course.slot, course.dependence.steps - len(course.quantiles))
    return sample_paths(
        course.dependence, course.quantiles, _DRAWN, seed=seed, first=first, floor=course.low, ceiling=course.high
    )
