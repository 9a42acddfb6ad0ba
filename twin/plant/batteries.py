"""Batteries: left alone they maximise local self-consumption; under an order they follow it within their limits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.domain.time import HOURS_PER_STEP


@dataclass
class BatteryState:
    """What must be remembered of each battery, dims (battery,).

    Attributes:
        energy_mwh: stored. ``power_mw``: mean of the last quarter hour, charging positive.
    """

    energy_mwh: np.ndarray
    power_mw: np.ndarray


@dataclass(frozen=True)
class Batteries:
    """Nameplates, dims (battery,).

    Attributes:
        p_min_mw, p_max_mw: power limits, charging positive. ``e_max_mwh``: usable energy.
        efficiency: one way, of charging and of discharging each.
    """

    p_min_mw: np.ndarray
    p_max_mw: np.ndarray
    e_max_mwh: np.ndarray
    efficiency: np.ndarray

    def half_full(self) -> BatteryState:
        """Every battery at 50 %, at rest."""
        return BatteryState(0.5 * self.e_max_mwh, np.zeros(len(self.e_max_mwh)))

    def step(self, state: BatteryState, local_net_mw: np.ndarray, wanted_mw: np.ndarray) -> np.ndarray:
        """Run for one quarter hour; ``state`` moves on.

        Args:
            local_net_mw: consumption minus generation at the battery's connection, without it [MW].
            wanted_mw: mean power that an order asks for, NaN where none does.

        Returns:
            Mean power [MW], charging positive: the order, or minus the local net, within power and energy limits.
        """
        wish = np.where(np.isnan(wanted_mw), -local_net_mw, wanted_mw)
        room = (self.e_max_mwh - state.energy_mwh) / (self.efficiency * HOURS_PER_STEP)
        stock = state.energy_mwh * self.efficiency / HOURS_PER_STEP
        power = np.clip(wish, np.maximum(self.p_min_mw, -stock), np.minimum(self.p_max_mw, room))
        stored = np.where(power > 0.0, power * self.efficiency, power / self.efficiency) * HOURS_PER_STEP
        state.energy_mwh = np.clip(state.energy_mwh + stored, 0.0, self.e_max_mwh)
        state.power_mw = power
        return power

    def soc_percent(self, state: BatteryState) -> np.ndarray:
        """State of charge [%]."""
        return 100.0 * state.energy_mwh / self.e_max_mwh
