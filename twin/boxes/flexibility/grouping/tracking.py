"""The tracking programme: where equal shares miss a group's plan, the split that misses it least."""

from __future__ import annotations

from typing import Any

import numpy as np

from twin.boxes.flexibility.grouping.members import Members

FIRST = 100.0
"""How much more a MW missed in the next step counts than one in a later step: the next one is ordered."""
FAIR = 1e-3
"""How much a MW away from the equal shares counts: it breaks ties towards them, and never outweighs the plan."""
USE = 1e-4
"""How much a MW drawn or fed in counts, so that nothing charges and discharges at once for its own sake."""
GUARD_S = 1.0
"""Wall clock, far above the tenth of a second that 500 devices take; equal shares stand where it ends the search."""
EDGE = 1e-9
"""The corridor's edge is known to rounding only."""


def tracked(members: Members, group: np.ndarray, plan_p_mw: np.ndarray, fair_p_mw: np.ndarray) -> np.ndarray | None:
    """Power of every member that follows the groups' plans most closely [MW], dims (member, step); None without an answer.

    Minimises the distance to the plans, weighted by step, plus a little of the distance to equal shares, subject to every
    member's limits and corridor.

    Args:
        members: of all groups that miss their plan. ``group``: of each member, dims (member,).
        plan_p_mw: of every group, dims (group, step). ``fair_p_mw``: the equal shares, dims (member, step).
    """
    from scipy import sparse
    from scipy.optimize import Bounds, LinearConstraint, milp

    count, steps = fair_p_mw.shape
    cells = count * steps
    away = np.zeros(2 * (cells + plan_p_mw.size))
    low, high = (
        [getattr(members, name).ravel() for name in names]
        for names in (("draw_low", "feed_low", "low"), ("draw_high", "feed_high", "high"))
    )
    first = np.ones(plan_p_mw.shape)
    first[:, 0] = FIRST
    cost = [np.full(2 * cells, USE), np.zeros(cells), np.full(2 * cells, FAIR), first.ravel(), first.ravel()]
    at_empty, room = _tapers(members, steps, len(away))
    equal = np.concatenate([_start(members).ravel(), fair_p_mw.ravel(), plan_p_mw.ravel()])
    found = milp(
        np.concatenate(cost),
        constraints=LinearConstraint(
            sparse.vstack([_equal(members, group, steps), at_empty], format="csc"),
            np.concatenate([equal, np.full(len(room), -np.inf)]),
            np.concatenate([equal, room]),
        ),
        bounds=Bounds(
            np.concatenate([low[0], low[1], low[2] - EDGE, away]),
            np.concatenate([high[0], high[1], high[2] + EDGE, away + np.inf]),
        ),
        options={"time_limit": GUARD_S},
    )
    return (found.x[:cells] - found.x[cells : 2 * cells]).reshape(count, steps) if found.status == 0 else None


def _equal(members: Members, group: np.ndarray, steps: int) -> Any:
    """Balance of levels, distance to equal shares, distance to the plans.

    Columns: draw, feed, level, above and below the equal share (member, step); above and below the plan (group, step).
    """
    from scipy import sparse

    count = len(group)
    gain, loss, keep = (getattr(members, name).copy() for name in ("per_draw", "per_feed", "keep"))
    keep[:, 0] = 0.0
    eye = sparse.identity(count * steps, format="csr")
    balance = eye - sparse.diags(keep.ravel()[1:], -1, shape=eye.shape)
    belongs = sparse.csr_matrix((np.ones(count), (group, np.arange(count))), shape=(int(group.max()) + 1, count))
    follow = sparse.kron(belongs, sparse.identity(steps, format="csr"), format="csr")
    missed = sparse.identity(follow.shape[0], format="csr")
    return sparse.bmat(
        [
            [-sparse.diags(gain.ravel()), -sparse.diags(loss.ravel()), balance, None, None, None, None],
            [eye, -eye, None, -eye, eye, None, None],
            [follow, -follow, None, None, None, -missed, missed],
        ],
        format="csr",
    )


def _start(members: Members) -> np.ndarray:
    start = members.inflow.copy()
    start[:, 0] += members.keep[:, 0] * members.level0
    return start


def _tapers(members: Members, steps: int, others: int) -> tuple[Any, np.ndarray]:
    """Draw + slope (level before) <= at_empty, of those that slow down."""
    from scipy import sparse

    slowed = np.flatnonzero(members.slope > 0.0)
    slope, room = (np.repeat(array[:, None], steps, axis=1) for array in (members.slope, members.at_empty))
    room[:, 0] -= members.slope * members.level0
    slope[:, 0] = 0.0
    eye = sparse.identity(slope.size, format="csr")
    before = sparse.diags(slope.ravel()[1:], -1, shape=eye.shape)
    rows = sparse.hstack([eye, 0.0 * eye, before, sparse.csr_matrix((slope.size, others))], format="csr")
    which = (slowed[:, None] * steps + np.arange(steps)).ravel()
    return rows[which], np.maximum(room.ravel()[which], 0.0)
