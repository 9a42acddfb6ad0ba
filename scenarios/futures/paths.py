"""The path of one future: every forecast series at once, drawn from its own quantiles, coherent over the hours.

A future is drawn on its own: its number and the seed are all it depends on, so that it is the same whoever draws it, alone or
among ten thousand. Ranks are therefore not shuffled within a batch (Schaake, `forecasts.futures.paths`): the normal score of
each step is read off the step's distribution.

Source: P. Pinson, H. Madsen, H. Nielsen, G. Papaefthymiou, B. Klöckl, From probabilistic forecasts to statistical scenarios of
short-term wind power production, Wind Energy 12 (2009).
"""

from __future__ import annotations

import numpy as np

from forecasts.futures.marginals import LEVEL_SCORES
from forecasts.quantiles import LEVELS
from scenarios.futures.start import Start
from twin.domain.chance import bits, stream

_MEDIAN = LEVELS.index(0.5)
_A_DAY = 96


def drawn_paths(start: Start, number: int, *, seed: int, spread: float = 1.0) -> np.ndarray:
    """The power of every series in future ``number`` [MW], dims (series, time).

    Args:
        spread: width of every forecast's band as a multiple of its own.
    """
    scores = _scores(start, number, seed)
    middle = start.quantiles[..., _MEDIAN, None]
    wide = middle + spread * (start.quantiles - middle)
    return np.clip(values_along(wide, scores), 0.0, start.ceiling_mw[:, None]) * start.world


def _scores(start: Start, number: int, seed: int) -> np.ndarray:
    """Normal scores, dims (series, time); errors of the days beyond what a box knows of its own begin anew at a midnight."""
    parts: list[np.ndarray] = []
    done = 0
    while done < start.steps:
        own = int(bits(stream(seed, "future", "paths"), number, len(parts))[0])
        first = start.slot if done == 0 else (start.slot + done) % _A_DAY
        steps = min(start.steps - done, start.dependence.steps - first)
        parts.append(start.dependence.scores(1, steps=steps, seed=own, first=first)[:, 0])
        done += steps
    return np.concatenate(parts, axis=1)


def values_along(quantiles: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Values at standard normal scores, one for each step; see `forecasts.futures.marginals.values_at`, dims (..., time).

    Args:
        quantiles: ascending, dims (..., time, quantile). ``scores``: dims (..., time).
    """
    left = np.clip(np.searchsorted(LEVEL_SCORES, scores, side="right") - 1, 0, len(LEVELS) - 2)
    share = (scores - LEVEL_SCORES[left]) / (LEVEL_SCORES[left + 1] - LEVEL_SCORES[left])
    low, high = (np.take_along_axis(quantiles, left[..., None] + i, axis=-1)[..., 0] for i in (0, 1))
    return np.asarray(low + share * (high - low))
