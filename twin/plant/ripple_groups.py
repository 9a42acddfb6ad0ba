"""Heat pumps that a ripple call blocks as one group, and what their buildings draw afterwards.

A block withholds what the thermostats ask for. The buildings cool, and once the group is free it draws a declared share of the
withheld energy again, as a first-order lag pays it back: much at first, little in the end. Receivers keep the agreement by
themselves: a call beyond the longest block, the calls of the day or the rest between two blocks reaches nobody.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.domain.time import HOURS_PER_STEP

LONG_AGO_H = 1e6


@dataclass
class RippleState:
    """What must be remembered of each group, dims (group,).

    Attributes:
        debt_mwh: energy still to be drawn again. ``power_mw``: mean of the last quarter hour.
        blocked_h: how long the running block has lasted, 0 when free. ``free_h``: since the last block.
        calls: blocks begun on local ``day`` (days since 1970-01-01).
    """

    debt_mwh: np.ndarray
    power_mw: np.ndarray
    blocked_h: np.ndarray
    free_h: np.ndarray
    calls: np.ndarray
    day: np.ndarray


@dataclass(frozen=True)
class RippleGroups:
    """Groups of heat pumps, dims (group,).

    Attributes:
        member: 1 where a load's heat pumps belong to the group, dims (group, load). ``weight``: share of the group's rated
            power behind each load, dims (group, load).
        p_max_mw: of all pumps together. Others: see `twin.contracts.devices.Ripple`.
    """

    member: np.ndarray
    weight: np.ndarray
    p_max_mw: np.ndarray
    longest_block_h: np.ndarray
    calls_per_day: np.ndarray
    rest_h: np.ndarray
    rebound_share: np.ndarray
    rebound_h: np.ndarray

    def free(self) -> RippleState:
        """Nobody blocked, nothing owed."""
        n = len(self.p_max_mw)
        zero = np.zeros(n)
        never = np.full(n, LONG_AGO_H)
        return RippleState(zero.copy(), zero.copy(), zero.copy(), never, zero.copy(), np.zeros(n, np.int64))

    def step(self, state: RippleState, day: int, own_mw: np.ndarray, wanted_mw: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Run for one quarter hour; ``state`` moves on.

        Args:
            day: local day. ``own_mw``: what the thermostats ask for, dims (group,). ``wanted_mw``: mean power under a call to
                block (its delay included), NaN where none holds.

        Returns:
            Share of ``own_mw`` that ran, 0..1, and what was drawn beyond it to pay back [MW].
        """
        calls = np.where(state.day == day, state.calls, 0.0)
        running = state.blocked_h > 0.0
        begins = ~running & (calls < self.calls_per_day) & (state.free_h >= self.rest_h)
        blocked = ~np.isnan(wanted_mw) & (begins | (running & (state.blocked_h < self.longest_block_h)))
        kept = np.clip(np.divide(wanted_mw, own_mw, out=np.ones_like(own_mw), where=own_mw > 0.0), 0.0, 1.0)
        share = np.where(blocked, kept, 1.0)
        paid = state.debt_mwh * (1.0 - np.exp(-HOURS_PER_STEP / self.rebound_h)) / HOURS_PER_STEP
        extra = np.where(blocked, 0.0, np.minimum(paid, np.maximum(self.p_max_mw - own_mw, 0.0)))
        withheld = (1.0 - share) * own_mw
        state.debt_mwh = np.maximum(state.debt_mwh + (self.rebound_share * withheld - extra) * HOURS_PER_STEP, 0.0)
        state.power_mw = share * own_mw + extra
        state.blocked_h = np.where(blocked, state.blocked_h + HOURS_PER_STEP, 0.0)
        state.free_h = np.where(blocked, 0.0, state.free_h + HOURS_PER_STEP)
        state.calls = calls + (blocked & begins)
        state.day = np.full(len(calls), day, np.int64)
        return share, extra

    def load_change_mw(self, heat_mw: np.ndarray, share: np.ndarray, extra_mw: np.ndarray) -> np.ndarray:
        """How blocks and paying back change each load [MW], dims (time, load).

        Args:
            heat_mw: what all heat pumps ask for, dims (time, load). ``share``, ``extra_mw``: from `step`, dims (time, group).
        """
        change: np.ndarray = heat_mw * ((share - 1.0) @ self.member) + extra_mw @ self.weight
        return change
