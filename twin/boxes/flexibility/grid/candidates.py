"""One-sided limits that could become rows: every watched voltage from above and below, every branch end from all sides.

A limit on a current's magnitude is a disc. Rows lay tangents to it: 22.5 degrees apart as seen from the voltage there, and
where the current points at the plans met so far. The polygon, 1.9 % too large between two tangents at first, closes in on the
disc where plans go.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from twin.boxes.flexibility.grid.case import Case
from twin.boxes.flexibility.grid.measures import Measures
from twin.boxes.flexibility.grid.network import Network

DIRECTIONS = 16
"""Fixed sides from which a disc is cut."""
Cuts = Mapping[int, tuple[np.ndarray, ...]]
"""Further directions, against the voltage there [rad], dims (step,) each, by end: 2 * branch + (0 from, 1 to)."""
_NODE, _END, _SOURCE = range(3)
_KIND, _NUMBER = 10**15, 10**6


@dataclass(frozen=True)
class Named:
    """What a row says of itself; ``place``: "node", "branch" or "source", and its number."""

    key: str
    kind: str
    element: str
    unit: str
    place: tuple[str, int]
    below: bool


@dataclass(frozen=True)
class Candidates:
    """``first_factor * measure[first] + second_factor * measure[second] <= limit``.

    Attributes:
        first, second: measures, dims (candidate,).
        first_factor, second_factor: dims (step, candidate).
        limit: of the left side, dims (candidate,).
        code: the same for the same limit in every linearisation, ascending, dims (candidate,).
    """

    network: Network
    first: np.ndarray
    first_factor: np.ndarray
    second: np.ndarray
    second_factor: np.ndarray
    limit: np.ndarray
    code: np.ndarray

    def of(self, measured: np.ndarray) -> np.ndarray:
        """Left-hand sides from measures, dims (..., step, measure) -> (..., step, candidate)."""
        return np.asarray(measured[..., self.first] * self.first_factor + measured[..., self.second] * self.second_factor)

    def slopes(self, step: int | np.ndarray, chosen: np.ndarray, slopes: np.ndarray) -> np.ndarray:
        """Slopes of ``chosen`` candidates, dims (chosen, control).

        Args:
            step: one for all, or one for each. ``slopes``: of the measures, dims (step, measure, control).
        """
        first = slopes[step, self.first[chosen]] * self.first_factor[step, chosen, None]
        return np.asarray(first + slopes[step, self.second[chosen]] * self.second_factor[step, chosen, None])

    def per_unit(self, of: Mapping[str, float]) -> np.ndarray:
        """A number by the limit's unit for every candidate, dims (candidate,)."""
        kind, side = self.code // _KIND, self.code % _NUMBER
        return np.select([kind == _NODE, kind == _END, side // 2 == 0], [of["pu"], of["%"], of["MW"]], of["Mvar"])

    def named(self, candidate: int) -> Named:
        """Its names; keys are "high_voltage:bus:458", "from_45_degree:line:66", "from_cut_1:line:66", "low_source_p"."""
        code = int(self.code[candidate])
        kind, number, side = code // _KIND, code % _KIND // _NUMBER, code % _NUMBER
        if kind == _NODE:
            key = f"{('high', 'low')[side]}_voltage:{self.network.bus_key(number)}"
            return Named(key, "voltage", self.network.bus_name(number), "pu", ("node", number), side == 1)
        if kind == _SOURCE:
            key = f"{('high', 'low')[side % 2]}_source_{'pq'[side // 2]}"
            return Named(key, "site", "source", ("MW", "Mvar")[side // 2], ("source", side // 2), side % 2 == 1)
        branch, end = divmod(number, 2)
        table, index, name = self.network.elements[branch]
        winding = f":branch {branch}" if table == "trafo3w" else ""
        turned = f"{side * 360.0 / DIRECTIONS:g}_degree" if side < DIRECTIONS else f"cut_{side - DIRECTIONS}"
        key = f"{('from', 'to')[end]}_{turned}:{table}:{index}{winding}"
        return Named(key, table, name, "%", ("branch", branch), below=False)


def candidates(case: Case, measures: Measures, cuts: Cuts) -> Candidates:
    """All limits on what is measured."""
    parts = [_voltages(case, measures), _ends(case, measures, cuts), _sources(case, measures)]
    first, second, limit, code = (np.concatenate([part[k] for part in parts]) for k in range(4))
    angle = np.concatenate([part[4] for part in parts], axis=1)
    order = np.flatnonzero(np.isfinite(limit))
    order = order[np.argsort(code[order], kind="stable")]
    first, second, angle = first[order], second[order], angle[:, order]
    sine = np.sin(angle) * (first != second)
    return Candidates(case.network, first, np.cos(angle), second, sine, limit[order], code[order])


_Part = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""First and second measure, limit, code, dims (candidate,); angle of the cut between the two [rad], dims (step, candidate)."""


def _voltages(case: Case, measures: Measures) -> _Part:
    low, high = case.network.node_band_pu
    count = len(measures.node)
    at, node = np.tile(np.arange(count), 2), np.tile(measures.node, 2)
    side = np.repeat([0, 1], count)
    limit = np.concatenate([high[measures.node], -low[measures.node]])
    angle = np.broadcast_to(np.pi * side, (case.steps, 2 * count))
    return at, at, limit, _NODE * _KIND + node * _NUMBER + side, angle


def _ends(case: Case, measures: Measures, cuts: Cuts) -> _Part:
    number = 2 * measures.branch + measures.end
    fixed = 2.0 * np.pi * np.arange(DIRECTIONS) / DIRECTIONS
    at, side = np.repeat(np.arange(len(number)), DIRECTIONS), np.tile(np.arange(DIRECTIONS), len(number))
    angle = np.broadcast_to(fixed[side], (case.steps, len(side)))
    more = [(k, n, cut) for k, end in enumerate(number.tolist()) for n, cut in enumerate(cuts.get(end, ()))]
    if more:
        at = np.concatenate([at, [k for k, _, _ in more]])
        side = np.concatenate([side, [DIRECTIONS + n for _, n, _ in more]])
        angle = np.concatenate([angle, np.stack([cut for _, _, cut in more], axis=1)], axis=1)
    limit = case.network.branch_limit_percent[measures.branch][at]
    code = _END * _KIND + number[at] * _NUMBER + side
    return measures.along.start + at, measures.across.start + at, limit, code, angle - measures.angle[:, at]


def _sources(case: Case, measures: Measures) -> _Part:
    at = measures.across.stop + np.array([0, 0, 1, 1])
    (low_p, high_p), (low_q, high_q) = case.source_p_mw, case.source_q_mvar
    limit = np.array([high_p, -low_p, high_q, -low_q])
    angle = np.broadcast_to(np.pi * np.array([0, 1, 0, 1]), (case.steps, 4))
    return at, at, limit, _SOURCE * _KIND + np.arange(4), angle
