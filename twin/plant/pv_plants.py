"""Photovoltaic plants whose feed-in an order may cap; left alone each feeds in what its sun and its inverter allow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass
class PvPlantState:
    """What must be remembered of each plant, dims (plant,). ``power_mw``: mean of the last quarter hour, feeding negative."""

    power_mw: np.ndarray


@dataclass(frozen=True)
class PvPlants:
    """Plants that take orders, dims (plant,).

    Attributes:
        sgen: position of each among the net's sgens. ``rated_mw``: installed power.
    """

    sgen: np.ndarray
    rated_mw: np.ndarray

    def idle(self) -> PvPlantState:
        """Every plant at rest."""
        return PvPlantState(np.zeros(len(self.sgen)))

    def step(self, state: PvPlantState, available_mw: np.ndarray, wanted_mw: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Feed in for one quarter hour; ``state`` moves on.

        Args:
            available_mw: what sun, inverter and supply allow, >= 0. ``wanted_mw``: the order (-0.02: at most 20 kW), NaN where
                none holds.

        Returns:
            Mean power [MW], feeding negative, and the limit in force (its rating where nobody limits), >= 0.
        """
        limit = np.where(np.isnan(wanted_mw), self.rated_mw, np.clip(-wanted_mw, 0.0, self.rated_mw))
        # Sun on a cold plant may exceed its rating; only an order takes that away.
        state.power_mw = -np.where(np.isnan(wanted_mw), available_mw, np.minimum(available_mw, limit))
        return state.power_mw, limit
