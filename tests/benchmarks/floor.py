"""The physical floor of a replay: what must be read and computed at least, over what this machine reads and computes.

Bytes: every element power once, nothing else; the factor and the voltages of a block stay in the cache. Flops: the iteration
V <- V0 + Y^-1 conj(S/V) on a factor without fill, then voltages, loadings and statistics once. By this method nobody gets
below the larger of the two times, so ours over the floor says how much is left.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from clock import span_of
from nets import Case

from twin.domain.grid import Grid
from twin.engines.compile import compile_net

_PER_NODE = 24
"""Flops per node and iteration: S/V 11 (a complex product, |V|^2, a division), diagonal 6, V0 2, change of V 5."""
_PER_OFF_DIAGONAL = 16
"""Flops per entry of the factor and iteration: a complex multiply-add forwards and one backwards."""
_PER_BRANCH = 2 * 18 + 5
"""Flops per branch and step: at both ends a current (two complex products, a sum) and its square; root and statistics."""
_PER_BUS = 8
"""Flops per node and step: |V| and its minimum, maximum, sum and count."""
_TRIES = 20
"""The best of them counts: a neighbour on the same processor halves the others."""
_LEAST_ITERATIONS = 2.0
"""One that moves the voltages and one that shows they no longer move."""


@dataclass(frozen=True)
class Rates:
    """What this machine does on one core: bytes read per second, float64 operations per second."""

    bytes_per_s: float
    flops_per_s: float


def measure_rates() -> Rates:
    """A numpy copy of 256 MB (read and written), and a 768 x 768 product, BLAS's peak; the best of `_TRIES`."""
    source = np.ones(32_000_000)
    target = np.empty_like(source)
    matrix = np.random.default_rng(0).random((768, 768))
    copy = min(span_of(lambda: np.copyto(target, source)).cpu_s for _ in range(_TRIES))
    product = min(span_of(lambda: matrix @ matrix).cpu_s for _ in range(_TRIES))
    return Rates(2.0 * source.nbytes / copy, 2.0 * matrix.shape[0] ** 3 / product)


def floor_of(case: Case, rates: Rates, iterations: float = _LEAST_ITERATIONS) -> dict[str, Any]:
    """Bytes and flops of a step, and the floor [us]; ``iterations`` as our engine needs them, at least 2."""
    grid = compile_net(case.net).grid
    read = 8 * sum(len(profiles.column) for profiles in case.profiles.values())
    iterations = max(iterations, _LEAST_ITERATIONS)
    flops = _flops(grid, iterations)
    memory_us, compute_us = 1e6 * read / rates.bytes_per_s, 1e6 * flops / rates.flops_per_s
    return {
        "bytes_per_step": read,
        "flops_per_step": round(flops),
        "iterations": iterations,
        "floor_us": max(memory_us, compute_us),
        "bound": "memory" if memory_us > compute_us else "flops",
    }


def _flops(grid: Grid, iterations: float) -> float:
    unknown = grid.nodes - len(np.unique(grid.source_node))
    inside = ~(np.isin(grid.branch_from, grid.source_node) | np.isin(grid.branch_to, grid.source_node))
    pairs = len(np.unique(np.sort(np.stack([grid.branch_from[inside], grid.branch_to[inside]]), axis=0), axis=1).T)
    once = _PER_BRANCH * len(grid.branch_from) + _PER_BUS * grid.nodes
    return iterations * (_PER_NODE * unknown + _PER_OFF_DIAGONAL * pairs) + once
