"""A group's power handed out to its members, step by step, so that the sum is the plan's and every member keeps its promises.

Everyone ends each step at the same share of its own corridor, as far as its power allows: a car that must leave soon has a
corridor that rises soon, so urgency needs no rule of its own. Where the shares add up to the plan in every step, no split can
follow it more closely.
"""

from __future__ import annotations

import numpy as np

from twin.boxes.flexibility.grouping.members import Members

HALVINGS = 30
"""Of the share, until it is known to 1e-9; between the two ends power is a straight line but for a kink."""


def handed_out(members: Members, group: np.ndarray, plan_p_mw: np.ndarray, given: np.ndarray | None = None) -> np.ndarray:
    """Power of every member [MW], dims (member, step).

    Args:
        members: of all groups. ``group``: of each member, dims (member,). ``plan_p_mw``: of every group, dims (group, step).
        given: power that is already decided [MW], NaN where it is not, dims (member, step); limits of a member stand above it.
    """
    power = np.zeros((len(group), plan_p_mw.shape[1]))
    level = members.level0
    for k in range(plan_p_mw.shape[1]):
        least, most = members.within(level, k)
        power[:, k] = _step(members, group, plan_p_mw[:, k], level, k, least, most)
        if given is not None:
            power[:, k] = np.where(np.isnan(given[:, k]), power[:, k], np.clip(given[:, k], least, most))
        level = members.after(level, power[:, k], k)
    return power


def _step(
    members: Members,
    group: np.ndarray,
    wanted: np.ndarray,
    level: np.ndarray,
    k: int,
    least: np.ndarray,
    most: np.ndarray,
) -> np.ndarray:
    groups = len(wanted)

    def total(power: np.ndarray) -> np.ndarray:
        return np.bincount(group, power, groups)

    def at(share: np.ndarray) -> np.ndarray:
        """Power of every member when its group stands at ``share`` of the corridor."""
        mine = share[group]
        level_wanted = members.low[:, k] + mine * (members.high[:, k] - members.low[:, k])
        linear = least + mine * (most - least)
        return np.where(members.stored, np.clip(members.reach(level, k, level_wanted), least, most), linear)

    low, high = np.zeros(groups), np.ones(groups)
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        short = total(at(middle)) < wanted
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    under, over = at(low), at(high)
    gap = total(over) - total(under)
    missing = np.clip(wanted - total(under), 0.0, np.maximum(gap, 0.0))
    share = np.where(gap > 0.0, missing / np.where(gap > 0.0, gap, 1.0), 0.0)
    return under + share[group] * (over - under)
