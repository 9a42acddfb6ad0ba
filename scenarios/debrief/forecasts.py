"""What the boxes foretold against what was measured later: by box and zone, and the biggest miss of all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from scenarios.debrief.moment import Moment
from scenarios.debrief.recall import Recalled
from scenarios.debrief.tape import Tape
from twin.domain.time import QUARTER_HOUR, floor_quarter, to_epoch_s
from twin.regie.shadow import TRUTH, measured

JUDGED_STEPS = 16
"""A forecast is judged by its first four hours: what the next decisions rest on."""
_KNOWN_STEPS = 12
SETTLED = timedelta(hours=1)
_OUTSIDE_SHARE = 0.3
"""A 90 % band that misses more than three times as often as it says is too narrow."""


@dataclass(frozen=True)
class Miss:
    """One forecast of a box for one zone: its worst issue, and how it did in all.

    Attributes:
        issued_at: of the issue with the largest mean error over the first four hours.
        low, median, high: that issue's path and 90 % band [MW], dims (time,); a box without quantiles has no band.
        truth: what was measured [MW], dims (time,), NaN where not (yet).
        error_percent: mean error of that issue in percent of the window's highest measured value. ``bias_percent``: with sign,
            positive where too much was foretold.
        mean_percent: likewise over all issues. ``covered``: share inside the 90 % band over all issues, NaN without one.
        fallback: the rung that served that issue, None where the box itself did. ``role``: of the box.
    """

    box: str
    zone: str
    signal: str
    issued_at: datetime
    low: np.ndarray
    median: np.ndarray
    high: np.ndarray
    truth: np.ndarray
    error_percent: float
    bias_percent: float
    mean_percent: float
    covered: float
    fallback: str | None
    shadows: str | None


def misses(tape: Tape, recalled: Recalled) -> list[Miss]:
    """Every forecast of quarter hours, the worst first."""
    shadows = {box.name: box.shadows for box in recalled.site.boxes}
    found = []
    for box, card in recalled.cards.items():
        for provide in card.provides:
            if provide.signal in TRUTH and provide.resolution == QUARTER_HOUR and provide.horizon > QUARTER_HOUR:
                for column, zone in enumerate(provide.elements):
                    miss = _miss(tape, recalled, box, provide.signal, zone, column, shadows.get(box))
                    found += [] if miss is None else [miss]
    return sorted(found, key=lambda miss: -miss.error_percent)


def forecast_moments(found: Sequence[Miss]) -> list[Moment]:
    """The biggest miss of a box in charge."""
    champions = [miss for miss in found if miss.shadows is None]
    if not champions:
        return []
    worst = champions[0]
    rivals = [miss for miss in found if miss.shadows == worst.box and miss.zone == worst.zone and miss.signal == worst.signal]
    better = min(rivals, key=lambda miss: miss.mean_percent, default=None)
    facts = {
        "zone": worst.zone,
        "off_percent": abs(worst.bias_percent),
        "mean_percent": worst.mean_percent,
        "covered": worst.covered,
        "error_kw": 1000.0 * float(np.nanmean(np.abs(worst.median - worst.truth)[:JUDGED_STEPS])),
        "fallback": worst.fallback,
    }
    change = None
    if worst.fallback is not None:
        change = "forecast_fallback"
    elif better is not None and better.mean_percent < worst.mean_percent:
        facts |= {"shadow": better.box, "shadow_percent": better.mean_percent}
        change = "forecast_shadow"
    elif worst.covered < 1.0 - _OUTSIDE_SHARE:
        change = "forecast_band"
    elif worst.error_percent > 10.0:
        change = "forecast_high" if worst.bias_percent > 0.0 else "forecast_low"
    end = worst.issued_at + JUDGED_STEPS * QUARTER_HOUR
    rank = min(48.0, 15.0 + worst.error_percent)
    kind = "forecast_high" if worst.bias_percent > 0.0 else "forecast_low"
    return [
        Moment(kind, worst.issued_at, worst.issued_at, end, worst.box, worst.box, worst.error_percent, "%", rank, facts, change)
    ]


def _miss(tape: Tape, recalled: Recalled, box: str, signal: str, zone: str, column: int, shadows: str | None) -> Miss | None:
    issues = []
    for entry in tape.regular:
        array = entry.arrays.get(f"box.{box}.{signal}")
        if array is not None:
            path = np.asarray(array, dtype=float)[..., column]
            issues.append((entry, path if path.ndim == 2 else np.repeat(path[:, None], 3, axis=1)))
    if not issues:
        return None
    columns = ((TRUTH[signal], zone),)
    truths = [
        measured(recalled.frame, columns, to_epoch_s(floor_quarter(entry.as_of)), len(path))[:, 0] for entry, path in issues
    ]
    scale = max((float(np.nanmax(np.abs(truth))) for truth in truths if np.isfinite(truth).any()), default=0.0)
    errors = [_mean_error(path, truth) for (_, path), truth in zip(issues, truths, strict=True)]
    if scale <= 0.0 or not np.isfinite(errors).any():
        return None
    at = int(np.nanargmax(errors))
    entry, path = issues[at]
    error = (path[:, path.shape[1] // 2] - truths[at])[:JUDGED_STEPS]
    inside = [
        (truth >= path[:, 0]) & (truth <= path[:, -1])
        for (_, path), truth in zip(issues, truths, strict=True)
        if path.shape[1] > 1 and (path[:, 0] < path[:, -1]).any()
    ]
    known = [np.isfinite(truth) for truth in truths]
    counted = np.concatenate([i[k] for i, k in zip(inside, known, strict=True)]) if len(inside) == len(known) else np.zeros(0)
    return Miss(
        box,
        zone,
        signal,
        entry.as_of,
        path[:, 0],
        path[:, path.shape[1] // 2],
        path[:, -1],
        truths[at],
        100.0 * float(errors[at]) / scale,
        100.0 * float(np.nanmean(error)) / scale,
        100.0 * float(np.nanmean(errors)) / scale,
        float(counted.mean()) if len(counted) else float("nan"),
        entry.meta["boxes"].get(box, {}).get("fallback"),
        shadows,
    )


def _mean_error(path: np.ndarray, truth: np.ndarray) -> float:
    """Mean absolute error of the median over the first four hours [MW]; NaN where too little of them is known."""
    error = np.abs(path[:, path.shape[1] // 2] - truth)[:JUDGED_STEPS]
    known = error[np.isfinite(error)]
    return float(known.mean()) if len(known) >= _KNOWN_STEPS else float("nan")
