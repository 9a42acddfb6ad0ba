"""Vibration and bearing temperature of the plant's rotating machines: the truth that the maintenance box may only measure.

Vibration grows with the square of power and swells at part load, where the water in a draft tube swirls (at 30 to 60 % of
rated flow: P. Doerfler, M. Sick, A. Coutu, Flow-Induced Pulsation and Vibration in Hydroelectric Machinery, 2013, chapter 2);
wear adds one per cent a year. A bearing follows its final temperature with a time constant. The figures are assumptions for a
healthy machine; each differs from them by a hash of (seed, name), and wanders by a hash of (seed, name, time).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from twin.domain import chance
from twin.domain.time import QUARTER_HOUR_S
from twin.site.machine import Machine

QUARTER_MIN = 15.0
STANDSTILL_SHARE = 0.01
"""Of rated power; below it the machine stands."""
STANDSTILL_MM_S = 0.05
"""What its neighbours shake into a machine at rest."""
SWIRL_AT, SWIRL_WIDTH = 0.42, 0.12
WEAR_PER_YEAR = 0.01
WANDER, WANDER_STEPS = 0.03, 24
"""Relative, over six hours: head, temperature of the water, leaves on the rack."""
YEAR_S = 365.25 * 86400.0
_SPREADS = {"base": (0.55, 0.15), "full": (0.6, 0.2), "swirl": (0.8, 0.2), "rise": (30.0, 0.1), "tau": (80.0, 0.2)}
"""Parameter -> its value and by which share it differs from machine to machine."""


@dataclass(frozen=True)
class Machines:
    """Hidden parameters, dims (machine,).

    Attributes:
        powers: table ("sgen", "load") and position of each machine's power. ``rated_mw``: of each.
        base_mm_s: vibration at no load. ``full``, ``swirl``: what full load and part load add, relative to it.
        rise_k: of the bearing at full load. ``tau_min``: its time constant. ``since_s``: put into service [epoch s].
        wander: streams of chance.
    """

    powers: tuple[tuple[str, int], ...]
    rated_mw: np.ndarray
    base_mm_s: np.ndarray
    full: np.ndarray
    swirl: np.ndarray
    rise_k: np.ndarray
    tau_min: np.ndarray
    since_s: np.ndarray
    wander: np.ndarray

    def share(self, truth: Mapping[str, np.ndarray]) -> np.ndarray:
        """Power over rated power, dims (time, machine); a machine without voltage stands."""
        columns = [np.nan_to_num(truth[f"{table}_p_mw"][:, position]) for table, position in self.powers]
        return np.stack(columns, axis=1) / self.rated_mw if columns else np.zeros((len(truth["load_p_mw"]), 0))

    def vibration_mm_s(self, share: np.ndarray, labels_s: np.ndarray) -> np.ndarray:
        """Velocity r.m.s. of quarter hours [mm/s], dims (time, machine).

        Args:
            share: power over rated power, dims (time, machine).
            labels_s: of the quarter hours, epoch seconds, dims (time,).
        """
        swirl = self.swirl * np.exp(-(((share - SWIRL_AT) / SWIRL_WIDTH) ** 2))
        years = (labels_s[:, None] - self.since_s) / YEAR_S
        position = (labels_s // QUARTER_HOUR_S)[:, None] / WANDER_STEPS
        wander = np.exp(WANDER * chance.smooth(self.wander[None, :], position))
        running = self.base_mm_s * (1.0 + self.full * share**2 + swirl) * (1.0 + WEAR_PER_YEAR * years) * wander
        return np.where(share > STANDSTILL_SHARE, running, STANDSTILL_MM_S)

    def final_c(self, share: np.ndarray, ambient_c: float) -> np.ndarray:
        """Bearing temperature that a lasting power would reach [degC], dims (machine,): oil is cooled by water and hall."""
        hall_c = 20.0 + 0.3 * (ambient_c - 10.0)
        return np.where(share > STANDSTILL_SHARE, hall_c + self.rise_k * (0.5 + 0.5 * share), hall_c)

    def step(self, bearing_c: np.ndarray, share: np.ndarray, ambient_c: float) -> np.ndarray:
        """Bearing temperature a quarter hour later [degC], dims (machine,); NaN before the first one begins settled."""
        final = self.final_c(share, ambient_c)
        before = np.where(np.isnan(bearing_c), final, bearing_c)
        return final + (before - final) * np.exp(-QUARTER_MIN / self.tau_min)


def built_machines(seed: int, machines: Sequence[Machine], places: Mapping[str, Mapping[str, int]]) -> Machines:
    """The machines as built.

    Args:
        seed: of the site.
        machines: as declared.
        places: table -> index -> position in the grid.
    """
    names = tuple(machine.name for machine in machines)

    def moved(parameter: str) -> np.ndarray:
        value, spread = _SPREADS[parameter]
        return value * (1.0 + spread * (2.0 * chance.uniform(chance.streams(seed, f"machine {parameter}", names)) - 1.0))

    parts = [machine.power_channel.split(".") for machine in machines]
    return Machines(
        powers=tuple((table, places[table][index]) for table, index, _ in parts),
        rated_mw=np.array([machine.rated_mw for machine in machines]),
        base_mm_s=moved("base"),
        full=moved("full"),
        swirl=moved("swirl"),
        rise_k=moved("rise"),
        tau_min=moved("tau"),
        since_s=np.array([datetime(machine.installed_year, 1, 1, tzinfo=UTC).timestamp() for machine in machines]),
        wander=chance.streams(seed, "machine wander", names),
    )
