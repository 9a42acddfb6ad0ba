"""Why a forecast looks as it does: which expert with which weight, what drove each of them, and which days were alike.

The parts add up. The champion's median is the weighted sum of its members' medians, a member's median is the sum of what its
groups of features add (where the expert can tell) and of its own calibration, and what remains is the champion's calibration
and the correction of the tick.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np

from forecasts.expert import Fitted
from forecasts.explain.similar_days import SimilarDay, similar_days
from forecasts.past import Past
from forecasts.quantiles import LEVELS

_MEDIAN = LEVELS.index(0.5)
_SIMILAR = 5


@runtime_checkable
class Explains(Protocol):
    """An expert that can tell what its answer is made of."""

    def contributions(self, past: Past, steps: int) -> dict[str, np.ndarray]:
        """What each group of features adds [MW], dims (time,); together they are the point forecast."""
        ...


@dataclass(frozen=True)
class Said:
    """What one member of the champion said of one interval.

    Attributes:
        weight: share of each level, dims (quantile,). ``quantiles``: [MW], dims (quantile,).
        parts: group -> MW, adding up to its point forecast; empty where the expert cannot tell.
    """

    name: str
    weight: tuple[float, ...]
    quantiles: tuple[float, ...]
    parts: Mapping[str, float]


@dataclass(frozen=True)
class Explanation:
    """One interval of one forecast, taken apart.

    Attributes:
        quantiles: [MW] of the champion, dims (quantile,), tick correction included.
        members: heaviest first. ``parts``: group -> MW, adding up to the champion's median.
        correction_mw: what the newest measurements added. ``similar``: nearest past days first.
        silent: experts that said nothing -> why.
    """

    quantiles: tuple[float, ...]
    members: tuple[Said, ...]
    parts: Mapping[str, float]
    correction_mw: float
    similar: tuple[SimilarDay, ...]
    silent: Mapping[str, str]

    def to_json(self) -> dict[str, Any]:
        """JSON-able, NaN as None."""
        found: dict[str, Any] = _plain(asdict(self))
        return found


@dataclass(frozen=True)
class Issue:
    """One issue of the champion, with what it was made of; steps count from the instant of the issue.

    Attributes:
        past: what the experts saw; it ends at the local midnight before. ``offset``: intervals from there to the issue.
        reach: intervals that the experts answer from midnight on.
        members: names. ``weights``: dims (time, member, quantile); 0 for a member that said nothing.
        said: of each member, with its band [MW], dims (time, quantile). ``champion``: dims (time, quantile).
        correction: what the tick added to the median [MW], dims (time,).
        silent: experts that said nothing -> why.
        fitted: experts by name, as they were when they spoke.
    """

    past: Past
    offset: int
    reach: int
    members: Sequence[str]
    weights: np.ndarray
    said: Mapping[str, np.ndarray]
    champion: np.ndarray
    correction: np.ndarray
    silent: Mapping[str, str]
    fitted: Mapping[str, Fitted]


def explain(issue: Issue, step: int) -> Explanation:
    """Take the interval ``step`` of an issue apart."""
    members = [
        Said(
            name=name,
            weight=tuple(issue.weights[step, rank].tolist()),
            quantiles=tuple(issue.said[name][step].tolist()),
            parts=_parts(issue, name, step),
        )
        for rank, name in enumerate(issue.members)
    ]
    members.sort(key=lambda said: (-said.weight[_MEDIAN], said.name))
    past, row = issue.past, issue.past.rows + issue.offset + step
    day, slot = past.place.calendar.locate(past.labels(past.rows, row + 1), step_s=past.step_s)
    return Explanation(
        quantiles=tuple(issue.champion[step].tolist()),
        members=tuple(members),
        parts=blended(members, float(issue.champion[step, _MEDIAN]), float(issue.correction[step])),
        correction_mw=float(issue.correction[step]),
        similar=tuple(similar_days(past, days_ahead=int(day[-1] - day[0]), slot=int(slot[-1]), count=_SIMILAR)),
        silent=issue.silent,
    )


def blended(members: Sequence[Said], median: float, correction: float) -> dict[str, float]:
    """What each group of features adds to the champion's median [MW], over all members by their weights.

    A member that cannot tell is a group of its own. "calibration" is what conformal bands and online recalibration move the
    median by, "measured since" what the tick's correction does.
    """
    found: dict[str, float] = {}
    for said in members:
        weight, point = said.weight[_MEDIAN], said.quantiles[_MEDIAN]
        if not weight > 0.0:  # it said nothing
            continue
        for group, value in (said.parts or {f"as {said.name} says": point}).items():
            found[group] = found.get(group, 0.0) + weight * value
    return {**found, "measured since": correction, "calibration": median - correction - sum(found.values())}


def _parts(issue: Issue, name: str, step: int) -> dict[str, float]:
    expert: object = issue.fitted.get(name)
    found = expert.contributions(issue.past, issue.reach) if isinstance(expert, Explains) else {}
    return {group: float(values[issue.offset + step]) for group, values in found.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value
