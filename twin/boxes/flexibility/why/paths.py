"""How surely a reason holds: the share of the forecast's paths on which what binds would bind without any move."""

from __future__ import annotations

import numpy as np

from twin.boxes.flexibility.lp.problem import Problem
from twin.boxes.flexibility.lp.rows import GridRow
from twin.boxes.flexibility.why.own import own_p_mw


def over_by_itself_mw(problem: Problem, row: GridRow, step: int) -> float:
    """How far all units' own behaviour would lie beyond a row's limit, its margin not counted; negative within [MW]."""
    margin = np.broadcast_to(row.margin_mw, (len(problem.hours),))[step]
    return float(row.by_p[:, step] @ own_p_mw(problem)[:, step] - row.room_mw[step] - margin)


def row_holds(problem: Problem, row: GridRow, step: int) -> float:
    """Share of paths that would exceed the row in ``step``, 0..1; 1 where there are none."""
    if row.paths_mw is None:
        return 1.0
    return float(np.mean(row.paths_mw[:, step] > -over_by_itself_mw(problem, row, step)))


def peak_holds(problem: Problem, interval: int, net_paths_mw: np.ndarray | None) -> float:
    """Share of paths on which the month's peak would rise in a tariff interval, 0..1; 1 where there are none.

    Args:
        net_paths_mw: how far each path of the connection's net import lies above the plan's, dims (quantile, step).
    """
    if net_paths_mw is None:
        return 1.0
    site = problem.site
    lift = 0.0 if site.peak_lift_mw is None else float(site.peak_lift_mw[interval])
    net = site.net_p_mw + _electric(problem)[:, None].T @ own_p_mw(problem) + net_paths_mw
    mean = sum(share * net[:, k] for k, share in site.intervals[interval])
    return float(np.mean(np.asarray(mean) + lift > site.peak_so_far_mw))


def surplus_holds(rest_mw: np.ndarray, step: int, net_paths_mw: np.ndarray | None) -> float:
    """Share of paths on which the connection has a surplus in ``step``, 0..1; 1 where there are none.

    Args:
        rest_mw: net import without the device in question, dims (step,).
    """
    if net_paths_mw is None:
        return 1.0
    return float(np.mean(rest_mw[step] + net_paths_mw[:, step] < 0.0))


def rest_mw(problem: Problem, p_mw: np.ndarray, unit: int) -> np.ndarray:
    """Net import of the connection without ``unit``, the others as planned (dims (unit, step)) [MW], dims (step,)."""
    others = _electric(problem)
    others[unit] = 0.0
    return np.asarray(problem.site.net_p_mw + others @ p_mw)


def _electric(problem: Problem) -> np.ndarray:
    return np.array([unit.electric for unit in problem.parts.units], dtype=float)
