"""Statistics of every branch and node while the voltages are still in the cache: no result of a year is ever written."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from twin.engines.batch.branch_lanes import loading_and_loss, voltage, winding_loading
from twin.engines.batch.jit import jit
from twin.engines.batch.kernel import forget, gather, settle
from twin.engines.batch.lanes import add_counts, aligned, any_greater, lane_count, load, splat, store, where_greater

LOW, HIGH, SUM, UNDER, OVER, LOW_AT, HIGH_AT, LOSS = range(8)
FIGURES = 8
"""Per element: lowest and highest value, sum, steps below and above its limits, steps of the extremes, sum of losses."""


class Tally(NamedTuple):
    """Running figures of elements, one set per lane.

    Attributes:
        figure: dims (element, figure, lane).
        low, high: limits, in the unit of the values, dims (element,).
        histogram: steps, dims (element, bin); no bins where no quantile is asked.
        first, width: lower edge of the first bin, and the width of all.
    """

    figure: np.ndarray
    low: np.ndarray
    high: np.ndarray
    histogram: np.ndarray
    first: float
    width: float


def make_tally(low: np.ndarray, high: np.ndarray, dtype: np.dtype, *, bins: int, first: float, width: float) -> Tally:
    """An empty tally of as many elements as there are limits."""
    lanes = lane_count(dtype)
    tally = Tally(
        aligned((len(low), FIGURES, lanes), dtype),
        low.astype(dtype),
        high.astype(dtype),
        np.zeros((len(low), bins), np.uint32),
        first,
        width,
    )
    clear(tally)
    return tally


def clear(tally: Tally) -> None:
    """Start the figures anew; the histogram goes on."""
    tally.figure[:] = 0.0
    tally.figure[:, LOW], tally.figure[:, HIGH] = np.inf, -np.inf


@jit
def replay_steps(work, factor, injected, tolerance, branches, branch, node, settled, iterations):  # type: ignore[no-untyped-def]
    """Solve steps and note them.

    Args:
        branch, node: tallies of the branches, then of the three-winding transformers; and of the nodes.
        settled: written, False where a step does not count, dims (time,). ``iterations``: written, dims (time,).
    """
    steps, lanes = len(settled), work.node.shape[2]
    for first in range(0, steps, lanes):
        last = min(first + lanes, steps)
        gather(work, injected, first, last)
        settle(work, factor, injected.has_zip, tolerance)
        for lane in range(last - first):
            settled[first + lane] = work.fine[0, lane] > 0.0
            iterations[first + lane] = int(work.iterations[0, lane])
        note(work, branches, branch, node)
        forget(work)


@jit
def note(work, branches, branch, node):  # type: ignore[no-untyped-def]
    """Add the lanes that count to the tallies."""
    fine, step, zero = load(work.fine, 0), load(work.step, 0), splat(work.fine, 0.0)
    for b in range(len(branches.at_from)):
        value, loss = loading_and_loss(work, branches, b)
        _note(branch, b, value, fine, step)
        at = b * FIGURES + LOSS
        store(branch.figure, at, load(branch.figure, at) + where_greater(fine, zero, loss, zero))
        if branch.histogram.shape[1] > 0:
            _count(branch, b, value, fine)
    for t in range(len(branches.windings)):
        value, place = winding_loading(work, branches, t), len(branches.at_from) + t
        _note(branch, place, value, fine, step)
        if branch.histogram.shape[1] > 0:
            _count(branch, place, value, fine)
    for k in range(len(node.low)):
        value = voltage(work, k)
        _note(node, k, value, fine, step)
        if node.histogram.shape[1] > 0:
            _count(node, k, value, fine)


@jit
def _note(tally, i, value, fine, step):  # type: ignore[no-untyped-def]
    """Most values are no extremes and within their limits: what does not change is not written."""
    figure, at = tally.figure, i * FIGURES
    zero, one = splat(figure, 0.0), splat(figure, 1.0)
    value_or_high = where_greater(fine, zero, value, splat(figure, np.inf))
    value_or_low = where_greater(fine, zero, value, splat(figure, -np.inf))
    low, high = load(figure, at + LOW), load(figure, at + HIGH)
    if any_greater(low, value_or_high):
        store(figure, at + LOW_AT, where_greater(low, value_or_high, step, load(figure, at + LOW_AT)))
        store(figure, at + LOW, where_greater(low, value_or_high, value_or_high, low))
    if any_greater(value_or_low, high):
        store(figure, at + HIGH_AT, where_greater(value_or_low, high, step, load(figure, at + HIGH_AT)))
        store(figure, at + HIGH, where_greater(value_or_low, high, value_or_low, high))
    store(figure, at + SUM, load(figure, at + SUM) + where_greater(fine, zero, value, zero))
    least, most = splat(figure, tally.low[i]), splat(figure, tally.high[i])
    if any_greater(least, value_or_high):
        store(figure, at + UNDER, load(figure, at + UNDER) + where_greater(least, value_or_high, one, zero))
    if any_greater(value_or_low, most):
        store(figure, at + OVER, load(figure, at + OVER) + where_greater(value_or_low, most, one, zero))


@jit
def _count(tally, i, value, fine):  # type: ignore[no-untyped-def]
    """Histogram; values beyond its ends fall into the outer bins."""
    figure, last = tally.figure, tally.histogram.shape[1] - 1.0
    place, zero, top = (value - tally.first) * (1.0 / tally.width), splat(figure, 0.0), splat(figure, last)
    place = where_greater(place, zero, place, zero)
    add_counts(tally.histogram, i, where_greater(top, place, place, top), fine)


@jit
def places(histogram, rank, place, below):  # type: ignore[no-untyped-def]
    """Bin that holds the ``rank``-th value of each element, and how many lie in the bins before it, dims (element,)."""
    for i in range(len(histogram)):
        seen = 0
        for b in range(histogram.shape[1]):
            count = histogram[i, b]
            if seen + count >= rank[i] or b == histogram.shape[1] - 1:
                place[i], below[i] = b, seen
                break
            seen += count
