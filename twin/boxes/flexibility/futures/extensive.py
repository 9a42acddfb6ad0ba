"""The extensive form: all paths side by side, what is ordered now as one column for all of them.

Source: Birge and Louveaux, Introduction to Stochastic Programming, 2nd ed. 2011, section 2.4 (non-anticipativity) and 4
(value of the stochastic solution); Rockafellar and Uryasev, Optimization of conditional value-at-risk, J. Risk 2(3), 2000,
theorem 1 (the tail's mean as a linear programme).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from twin.boxes.flexibility.futures.arrays import PathArrays
from twin.boxes.flexibility.lp.matrix import Matrix
from twin.boxes.flexibility.lp.model import BINARY
from twin.domain.problems import Problems

DECIDED = ("draw_mw", "feed_mw", "q_mvar", "on", "begin")
"""What is ordered; levels, starts, import and the peak follow from it."""


@dataclass(frozen=True, kw_only=True)
class Risk:
    """What is minimised: (1 - weight) times the expected cost, plus weight times the mean of the worst cases.

    Attributes:
        weight: 0..1. ``alpha``: the worst cases are those beyond this share of the probability, 0 <= alpha < 1.
    """

    weight: float = 0.0
    alpha: float = 0.9

    def __post_init__(self) -> None:
        faults = Problems()
        if not 0.0 <= self.weight <= 1.0:
            faults.add("risk.weight", self.weight, "0 to 1", "0 looks at the mean alone, 1 at the worst cases alone")
        if not 0.0 <= self.alpha < 1.0:
            faults.add("risk.alpha", self.alpha, "at least 0, below 1", "0.9 looks at the worst tenth")
        faults.raise_if_any()

    def tail_chf(self, costs_chf: np.ndarray, probabilities: Sequence[float]) -> float:
        """CVaR: mean cost of the worst 1 - alpha of the probability [CHF]; dims (path,)."""
        order = np.argsort(-costs_chf, kind="stable")
        left = 1.0 - self.alpha
        before = np.concatenate([[0.0], np.cumsum(np.asarray(probabilities)[order])[:-1]])
        counted = np.clip(left - before, 0.0, np.asarray(probabilities)[order])
        return float(counted @ costs_chf[order] / left)

    def of(self, costs_chf: np.ndarray, probabilities: Sequence[float]) -> float:
        """The objective of these paths' costs [CHF]; dims (path,)."""
        mean = float(np.asarray(probabilities) @ costs_chf)
        return (1.0 - self.weight) * mean + self.weight * self.tail_chf(costs_chf, probabilities)


@dataclass(frozen=True)
class Extensive:
    """One linear programme for all paths.

    Attributes:
        a: CSC. ``cost``, ``low``, ``high``: dims (column,). ``row_low``, ``row_high``: dims (row,).
        binary: columns that are 0 or 1. ``shared``: how many columns stand for all paths; they are the first.
        shared_columns: which of a path's columns they are, dims (shared,).
        scale: a path's value per shared value, dims (path, shared): 1, or the path's share of the largest upper bound.
        spread: values of all paths' columns = spread @ values of these columns.
        first_column, first_row: where each path begins, and the end, dims (path + 1,).
    """

    a: Any
    cost: np.ndarray
    low: np.ndarray
    high: np.ndarray
    row_low: np.ndarray
    row_high: np.ndarray
    binary: np.ndarray
    shared: int
    shared_columns: np.ndarray
    scale: np.ndarray
    spread: Any
    first_column: np.ndarray
    first_row: np.ndarray

    def columns_of_paths(self) -> np.ndarray:
        """Where each path's columns stand among these, dims (path, column of the path); all paths have equally many."""
        place = np.zeros(self.spread.shape[0], dtype=int)
        entries = self.spread.tocoo()
        place[entries.row] = entries.col
        return place.reshape(len(self.first_column) - 1, -1)


def assemble(
    paths: Sequence[PathArrays], probabilities: Sequence[float], matrix: Matrix, *, shared_steps: int, risk: Risk
) -> Extensive:
    """All paths in one programme.

    Where the paths disagree on a side's upper limit (what the sun lets a plant feed in), its share of that limit is shared, not
    its power: the order reads "so many percent of what is available", and every path can obey it.

    Args:
        paths: of one structure. ``probabilities``: of each. ``matrix``: the structure's.
        shared_steps: steps whose decisions are the same on all paths. ``risk``: what is minimised.
    """
    from scipy import sparse

    columns = _decided(matrix, shared_steps)
    scale, low, high = _shared_bounds(paths, columns)
    spread, own = _spread(paths, columns, scale)
    weights = np.concatenate([(1.0 - risk.weight) * p * path.cost for p, path in zip(probabilities, paths, strict=True)])
    a = (sparse.block_diag([path.a for path in paths], format="csc") @ spread).tocsc()
    kinds = np.zeros(matrix.a.shape[1], dtype=bool)
    for name in BINARY:
        kinds[matrix.columns[name].ravel()] = True
    of_paths = np.concatenate([np.append(kinds, np.zeros(len(path.cost) - len(kinds), dtype=bool)) for path in paths])
    form = Extensive(
        a=a,
        cost=spread.T @ weights,
        low=np.concatenate([low, np.concatenate([path.low for path in paths])[own]]),
        high=np.concatenate([high, np.concatenate([path.high for path in paths])[own]]),
        row_low=np.concatenate([path.row_low for path in paths]),
        row_high=np.concatenate([path.row_high for path in paths]),
        binary=np.flatnonzero(np.concatenate([kinds[columns], of_paths[own]])),
        shared=len(columns),
        shared_columns=columns,
        scale=scale,
        spread=spread,
        first_column=np.concatenate([[0], np.cumsum([len(path.cost) for path in paths])]),
        first_row=np.concatenate([[0], np.cumsum([len(path.row_low) for path in paths])]),
    )
    return form if risk.weight == 0.0 else _with_tail(form, paths, probabilities, risk)


def _decided(matrix: Matrix, steps: int) -> np.ndarray:
    """A path's columns that are ordered in the first ``steps`` steps."""
    return np.concatenate([matrix.columns[name][:, :steps].ravel() for name in DECIDED])


def _shared_bounds(paths: Sequence[PathArrays], columns: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scale, dims (path, shared), and bounds of the shared columns, dims (shared,)."""
    low, high = (np.stack([getattr(path, name)[columns] for path in paths]) for name in ("low", "high"))
    most = high.max(axis=0)
    differs = np.isfinite(most) & (high.min(axis=0) >= 0.0) & (high.min(axis=0) < most)
    scale = np.where(differs, high / np.where(differs, most, 1.0), 1.0)
    # A path that cannot move at all obeys any order; every other one reaches its own upper limit at ``most``.
    least = np.where(scale > 0.0, low / np.where(scale > 0.0, scale, 1.0), -np.inf).max(axis=0)
    highest = np.where(differs, most, high.min(axis=0))
    # Above by rounding of the division alone.
    return scale, np.minimum(least, highest), highest


def _spread(paths: Sequence[PathArrays], columns: np.ndarray, scale: np.ndarray) -> tuple[Any, np.ndarray]:
    """Matrix ``spread`` (CSC), and which of all paths' columns keep a column of their own."""
    from scipy import sparse

    sizes = [len(path.cost) for path in paths]
    first = np.concatenate([[0], np.cumsum(sizes)])
    own = np.ones(first[-1], dtype=bool)
    for start in first[:-1]:
        own[start + columns] = False
    count = len(columns)
    mine = np.flatnonzero(own)
    row = np.concatenate([start + columns for start in first[:-1]] + [mine])
    column = np.concatenate([np.tile(np.arange(count), len(paths)), count + np.arange(len(mine))])
    value = np.concatenate([scale.ravel(), np.ones(len(mine))])
    spread = sparse.csc_matrix((value, (row, column)), shape=(first[-1], count + len(mine)))
    spread.eliminate_zeros()
    return spread, own


def _with_tail(form: Extensive, paths: Sequence[PathArrays], probabilities: Sequence[float], risk: Risk) -> Extensive:
    """CVaR = min over v of v + E[max(0, cost - v)] / (1 - alpha): a column v, a column and a row per path."""
    from scipy import sparse

    count = len(paths)
    costs = sparse.block_diag([path.cost[None, :] for path in paths], format="csr") @ form.spread
    tail = sparse.hstack([-costs, sparse.csc_matrix(np.ones((count, 1))), sparse.identity(count)])
    empty = sparse.csc_matrix((form.a.shape[0], 1 + count))
    beyond = risk.weight * np.asarray(probabilities) / (1.0 - risk.alpha)
    return replace(
        form,
        a=sparse.vstack([sparse.hstack([form.a, empty]), tail]).tocsc(),
        cost=np.concatenate([form.cost, [risk.weight], beyond]),
        low=np.concatenate([form.low, [-np.inf], np.zeros(count)]),
        high=np.concatenate([form.high, np.full(1 + count, np.inf)]),
        row_low=np.concatenate([form.row_low, np.zeros(count)]),
        row_high=np.concatenate([form.row_high, np.full(count, np.inf)]),
    )
