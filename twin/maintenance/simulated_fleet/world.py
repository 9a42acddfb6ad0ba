"""What really happens to the simulated fleet, week by week: defects start, grow, fail, or are put right in time.

Chance is drawn once per seed and belongs to the slot (asset and mode) and to the week, never to a policy: two
policies on one seed meet the same lightning, the same defects and the same luck of the inspector (common random
numbers), so that their difference is the policy's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.maintenance.simulated_fleet.fleet import WEEKS_A_YEAR, Fleet
from twin.maintenance.simulated_fleet.hazards import AGEING, AGEING_STEEPNESS, MODES

DRAWS = 6
"""Defects of one slot that have chances of their own; a slot lives through one or two in ten years."""


@dataclass(frozen=True)
class Chances:
    """Everything random, drawn ahead.

    Attributes:
        patience: hazard to live through before the k-th defect starts, unit exponentials, the last infinite, dims (slot, k).
        stretch: of the k-th P-F interval, standard normal, dims (slot, k).
        shyness: uniform; how large the k-th defect must grow until a sensor's alarm is raised, dims (slot, k).
        late_sign: uniform; whether the k-th defect shows on ordinary instruments before it fails, dims (slot, k).
        open_, elapsed: uniform; whether a defect is there at the start, and its share of the P-F interval gone, dims (slot,).
        luck: uniform; of what is done to the slot in the week by a person, dims (week, slot).
        signal: uniform; of what a sensor says of the slot in the week, dims (week, slot).
    """

    patience: np.ndarray
    stretch: np.ndarray
    shyness: np.ndarray
    late_sign: np.ndarray
    open_: np.ndarray
    elapsed: np.ndarray
    luck: np.ndarray
    signal: np.ndarray


def draw_chances(fleet: Fleet, *, weeks: int, seed: int) -> Chances:
    """Chances of one seed."""
    rng = np.random.default_rng([seed, 2])
    slots = len(fleet.slot_asset)
    patience = rng.exponential(1.0, (slots, DRAWS))
    patience[:, -1] = np.inf
    return Chances(
        patience,
        rng.standard_normal((slots, DRAWS)),
        rng.random((slots, DRAWS)),
        rng.random((slots, DRAWS)),
        rng.random(slots),
        rng.random(slots),
        rng.random((weeks, slots), dtype=np.float32),
        rng.random((weeks, slots), dtype=np.float32),
    )


class World:
    """The true state. A policy sees it only through `observations`; hindsight alone looks inside.

    Attributes:
        week: number of weeks lived. ``life_used``, ``age_y``: today, dims (asset,).
        hazard: lived through since the last defect, dims (slot,). ``drawn``: defects so far.
        started, interval: week in which the open defect started, infinite without one; its P-F interval [weeks].
    """

    def __init__(self, fleet: Fleet, chances: Chances) -> None:
        self.fleet, self.chances, self.week = fleet, chances, 0
        self.life_used, self.age_y = fleet.life_used.copy(), fleet.age_y.copy()
        slots = len(fleet.slot_asset)
        self.hazard = np.zeros(slots)
        self.drawn = np.zeros(slots, dtype=np.int64)
        self.started = np.full(slots, np.inf)
        self.interval = np.ones(slots)
        self._pf_weeks = np.array([mode.pf_weeks for mode in MODES])[fleet.slot_mode]
        self._spread = np.array([mode.pf_spread for mode in MODES])[fleet.slot_mode]
        self._ageing = np.flatnonzero(np.array([mode.name == AGEING for mode in MODES])[fleet.slot_mode])
        self._rows = np.arange(slots)
        self._begin()

    def _begin(self) -> None:
        """Defects that are on their way when the years begin, as many as in an untreated fleet's steady state.

        By Little's law rate x mean P-F interval; a long interval is more likely to be met than a short one, which moves the
        lognormal's logarithm up by its variance.
        """
        mean_weeks = self._pf_weeks * np.exp(self._spread**2 / 2.0)
        expected = self.fleet.slot_rate * mean_weeks
        there = np.flatnonzero(self.chances.open_ < expected / (1.0 + expected))
        stretch = self._spread * self.of_this_defect(self.chances.stretch) + self._spread**2
        self.interval[there] = np.maximum(1.0, self._pf_weeks[there] * np.exp(stretch[there]))
        self.started[there] = -np.floor(self.chances.elapsed[there] * self.interval[there])

    @property
    def severity(self) -> np.ndarray:
        """Share of the P-F interval gone, 0 without a defect, dims (slot,)."""
        return np.clip((self.week - self.started) / self.interval, 0.0, 1.0)

    def of_this_defect(self, drawn: np.ndarray) -> np.ndarray:
        """The chance that belongs to each slot's present or next defect; ``drawn`` has dims (slot, k)."""
        return drawn[self._rows, np.minimum(self.drawn, DRAWS - 1)]

    def rate(self) -> np.ndarray:
        """True rate of every slot this week [1/week]: ageing paper's grows with the life used up."""
        rate, worn = self.fleet.slot_rate.copy(), self.fleet.slot_asset[self._ageing]
        rate[self._ageing] *= np.exp(AGEING_STEEPNESS * (self.life_used - self.fleet.life_used)[worn])
        return rate

    def live(self) -> np.ndarray:
        """One more week; gives the slots that fail in it. They are put right at once, by the standby service."""
        self.life_used += self.fleet.ageing_per_week[self.week % WEEKS_A_YEAR]
        self.age_y += 1.0 / WEEKS_A_YEAR
        sound = np.isinf(self.started)
        self.hazard += np.where(sound, self.rate(), 0.0)
        starts = np.flatnonzero(sound & (self.hazard >= self.of_this_defect(self.chances.patience)))
        self.started[starts] = self.week
        stretch = np.exp(self._spread * self.of_this_defect(self.chances.stretch))[starts]
        self.interval[starts] = np.where(self._pf_weeks[starts] > 0.0, np.maximum(1.0, self._pf_weeks[starts] * stretch), 0.0)
        self.week += 1
        failed = np.flatnonzero(self.week >= self.started + np.maximum(self.interval, 1.0))
        self.repair(failed)
        return failed

    def repair(self, slots: np.ndarray) -> None:
        """Put these slots' defects right; a sound slot stays as it is. Worn paper goes with its transformer."""
        slots = slots[np.isfinite(self.started[slots])]
        self.started[slots], self.hazard[slots] = np.inf, 0.0
        self.drawn[slots] += 1
        self._renew(self.fleet.slot_asset[np.intersect1d(slots, self._ageing)])

    def replace(self, asset: int) -> None:
        """A new unit in place of the old: no defect, no life used, new paper. What its place does to it stays."""
        mine = np.flatnonzero(self.fleet.slot_asset == asset)
        self.repair(mine)
        paper = np.intersect1d(mine, self._ageing)
        self.hazard[paper] = 0.0
        self.drawn[paper] += 1
        self._renew(np.array([asset]))

    def _renew(self, assets: np.ndarray) -> None:
        self.age_y[assets], self.life_used[assets] = 0.0, 0.0
