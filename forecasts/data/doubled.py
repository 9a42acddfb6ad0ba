"""Which of two values of a doubled autumn hour came first, where the file does not tell: the smoothest way through both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Pair(NamedTuple):
    """Two values of one wall label, in the file's order; NaN is missing and costs nothing."""

    one: float
    other: float


def smoothest(pairs: Sequence[Pair], before: float, after: float) -> list[bool]:
    """For each pair, True where its second value belongs to the first run.

    The way goes from ``before`` through one value of each pair, then through the others to ``after``; of all ways the one with
    the least sum of squared steps is taken (a load moves in many small steps rather than a few large ones). Found exactly, by
    dynamic programming over the pairs for each choice in the first pair, which the turn from first to second run sees again.
    """
    best: tuple[float, list[bool]] = (np.inf, [False] * len(pairs))
    for opening in (False, True):
        first, second = _ordered(pairs[0], opening)
        ways = {opening: (_cost(before, first), [opening])}
        for place in range(1, len(pairs)):
            ways = {swap: _cheapest(ways, pairs[place - 1], pairs[place], swap) for swap in (False, True)}
        for swap, (cost, choices) in ways.items():
            last_first, last_second = _ordered(pairs[-1], swap)
            whole = cost + _cost(last_first, second) + _cost(last_second, after)
            if whole < best[0]:
                best = (whole, choices)
    return best[1]


def _cheapest(ways: dict[bool, tuple[float, list[bool]]], left: Pair, right: Pair, swap: bool) -> tuple[float, list[bool]]:
    first, second = _ordered(right, swap)

    def through(before: bool) -> tuple[float, list[bool]]:
        cost, choices = ways[before]
        one, other = _ordered(left, before)
        return cost + _cost(one, first) + _cost(other, second), [*choices, swap]

    return min((through(before) for before in ways), key=lambda way: way[0])


def _ordered(pair: Pair, swap: bool) -> tuple[float, float]:
    return (pair.other, pair.one) if swap else (pair.one, pair.other)


def _cost(one: float, other: float) -> float:
    step = other - one
    return step * step if np.isfinite(step) else 0.0
