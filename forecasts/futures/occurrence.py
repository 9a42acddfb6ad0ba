"""How good a probability was: the Brier score of an event that happened or did not, and what it is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

_BINS = 10


@dataclass(frozen=True)
class Occurrence:
    """Score of probabilities against what happened; everything is NaN without a case.

    Attributes:
        cases: forecasts that could be judged. ``rate``: share of them in which the event happened.
        brier: mean squared difference of probability and outcome, 0 is perfect.
        reliability: how far the frequency was from the probability that was said, 0 is perfect.
        resolution: how far the frequency in a bin was from the rate, the more the better.
        uncertainty: the Brier score of always saying the rate.
        curve: of each bin that was used: mean probability said, frequency seen, cases.
    """

    cases: int
    rate: float
    brier: float
    reliability: float
    resolution: float
    uncertainty: float
    curve: tuple[tuple[float, float, int], ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, NaN as None."""
        numbers = {name: getattr(self, name) for name in ("rate", "brier", "reliability", "resolution", "uncertainty")}
        known = {name: plain(value) for name, value in numbers.items()}
        return {"cases": self.cases, **known, "curve": [list(point) for point in self.curve]}


def judge(probability: np.ndarray, happened: np.ndarray) -> Occurrence:
    """Brier score and its partition: brier = reliability - resolution + uncertainty, exact where a bin holds one probability.

    Args:
        probability: 0..1, any dims, NaN = no forecast. ``happened``: 0 or 1, same dims, NaN = unknown.

    Source: G. Brier, Monthly Weather Review 78 (1950), its score for one of the two classes (half of the sum over both);
    A. Murphy, A New Vector Partition of the Probability Score, Journal of Applied Meteorology 12 (1973), ten bins.
    """
    said, seen = np.ravel(probability).astype(np.float64), np.ravel(happened).astype(np.float64)
    known = np.isfinite(said) & np.isfinite(seen)
    said, seen = said[known], seen[known]
    cases = len(said)
    if not cases:
        nothing = float("nan")
        return Occurrence(0, nothing, nothing, nothing, nothing, nothing, ())
    rate = float(seen.mean())
    bins = np.minimum((said * _BINS + 1e-9).astype(np.int64), _BINS - 1)  # 0.3 belongs to the bin that begins there
    count = np.bincount(bins, minlength=_BINS)
    used = count > 0
    mean_said, frequency = (np.bincount(bins, weights=a, minlength=_BINS)[used] / count[used] for a in (said, seen))
    share = count[used] / cases
    return Occurrence(
        cases=cases,
        rate=rate,
        brier=float(np.mean((said - seen) ** 2)),
        reliability=float(np.sum(share * (mean_said - frequency) ** 2)),
        resolution=float(np.sum(share * (frequency - rate) ** 2)),
        uncertainty=rate * (1.0 - rate),
        curve=tuple((float(a), float(b), int(c)) for a, b, c in zip(mean_said, frequency, count[used], strict=True)),
    )


def plain(value: float) -> float | None:
    """A figure for JSON: None where it is not known."""
    return float(value) if np.isfinite(value) else None
