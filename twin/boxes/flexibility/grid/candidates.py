"""One-sided limits that could become rows: every watched voltage from above and below, every branch end from all sides.

A limit on a current's magnitude is a disc. Rows lay tangents to it, 22.5 degrees apart as seen from the voltage there, and one
where the current points at this plan; that one stays for the linearisations that follow. So the polygon, at first 1.9 % too
large between two tangents, closes in on the disc where plans go.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from twin.boxes.flexibility.grid.case import Case
from twin.boxes.flexibility.grid.measures import Measures

DIRECTIONS = 16
"""Fixed sides from which a disc is cut."""
Cuts = Mapping[str, tuple[np.ndarray, ...]]
"""Directions of earlier plans' currents against the voltage there [rad], dims (step,) each, by branch end ("line:66:from")."""


@dataclass(frozen=True)
class Candidates:
    """``first_factor * measure[first] + second_factor * measure[second] <= limit``.

    Attributes:
        first, second: measures, dims (candidate,).
        first_factor, second_factor: dims (step, candidate).
        limit: of the left side, dims (candidate,).
        place: "node", "branch" or "source", and its number.
        key: stable name, element and side: "high_voltage:bus:458", "line:66:from:45 degree", "line:66:from:cut 1".
        kind: "voltage", "line", "trafo", "trafo3w" or "site". ``element``: its name. ``unit``: "pu", "%", "MW" or "Mvar".
    """

    first: np.ndarray
    first_factor: np.ndarray
    second: np.ndarray
    second_factor: np.ndarray
    limit: np.ndarray
    place: tuple[tuple[str, int], ...]
    key: tuple[str, ...]
    kind: tuple[str, ...]
    element: tuple[str, ...]
    unit: tuple[str, ...]

    def of(self, measured: np.ndarray) -> np.ndarray:
        """Left-hand sides from measures, dims (..., step, measure) -> (..., step, candidate)."""
        return np.asarray(measured[..., self.first] * self.first_factor + measured[..., self.second] * self.second_factor)

    def slopes(self, step: int, chosen: np.ndarray, slopes: np.ndarray) -> np.ndarray:
        """Slopes of ``chosen`` candidates in one step from those of the measures, dims (measure, control)."""
        first = slopes[self.first[chosen]] * self.first_factor[step, chosen, None]
        return np.asarray(first + slopes[self.second[chosen]] * self.second_factor[step, chosen, None])


def candidates(case: Case, measures: Measures, cuts: Cuts) -> Candidates:
    """All limits on what is measured.

    Args:
        cuts: directions of earlier linearisations.
    """
    made = [*_voltages(case, measures), *_ends(case, measures, cuts), *_sources(case, measures)]
    first, angle, limit, second, *names = list(zip(*made, strict=True)) if made else [()] * 9
    angles = np.stack([np.broadcast_to(a, (case.steps,)) for a in angle], axis=1) if made else np.zeros((case.steps, 0))
    at, beside = np.array(first, dtype=int), np.array(second, dtype=int)
    return Candidates(at, np.cos(angles), beside, np.sin(angles) * (beside != at), np.array(limit, dtype=float), *names)


def end_key(case: Case, end: int, branch: int) -> str:
    """Stable name of a branch's end."""
    table, index, _ = case.network.elements[branch]
    winding = f":branch {branch}" if table == "trafo3w" else ""
    return f"{table}:{index}:{('from', 'to')[end]}{winding}"


_Made = tuple[int, np.ndarray | float, float, int, tuple[str, int], str, str, str, str]
"""First measure, angle [rad] of the cut between first and second, limit, second measure, and the names."""


def _voltages(case: Case, measures: Measures) -> list[_Made]:
    low, high = case.network.node_band_pu
    found: list[_Made] = []
    for k, node in enumerate(measures.node.tolist()):
        key, name = case.network.bus_key(node), case.network.bus_name(node)
        for side, angle, limit in (("high", 0.0, high[node]), ("low", np.pi, -low[node])):
            if np.isfinite(limit):
                found.append((k, angle, float(limit), k, ("node", node), f"{side}_voltage:{key}", "voltage", name, "pu"))
    return found


def _ends(case: Case, measures: Measures, cuts: Cuts) -> list[_Made]:
    limit = case.network.branch_limit_percent
    found: list[_Made] = []
    along, across = measures.along.start, measures.across.start
    for k, (end, branch) in enumerate(zip(measures.end.tolist(), measures.branch.tolist(), strict=True)):
        table, _, name = case.network.elements[branch]
        key, now = end_key(case, end, branch), measures.angle[:, k]
        sides = [(2.0 * np.pi * n / DIRECTIONS - now, f"{n * 360.0 / DIRECTIONS:g} degree") for n in range(DIRECTIONS)]
        sides += [(angle - now, f"cut {n}") for n, angle in enumerate((*cuts.get(key, ()), now))]
        for angle, side in sides:
            place = ("branch", branch)
            found.append((along + k, angle, float(limit[branch]), across + k, place, f"{key}:{side}", table, name, "%"))
    return found


def _sources(case: Case, measures: Measures) -> list[_Made]:
    at = measures.across.stop
    found: list[_Made] = []
    for k, (what, band, unit) in enumerate((("p", case.source_p_mw, "MW"), ("q", case.source_q_mvar, "Mvar"))):
        for side, angle, limit in (("low", np.pi, -band[0]), ("high", 0.0, band[1])):
            if np.isfinite(limit):
                found.append((at + k, angle, limit, at + k, ("source", k), f"{side}_source_{what}", "site", "source", unit))
    return found
