"""Electric cars: when they are plugged in, how much they want, and what happens to that under an order.

Mobility of the demo town (an assumption, stated as such): plugged in on 55 % of days, 10.4 kWh a session, x 1.2 in winter;
arrival N(18, 2.5) h on working days and N(16.5, 3.2) h at weekends, departure the next day N(7.25, 0.8) h and N(9.5, 1.5) h.
A session is a hash of (seed, car, day): the same car comes home at the same minute whatever anybody decided.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import ndtri

from twin.domain import chance
from twin.domain.time import QUARTER_HOUR_S
from twin.plant.charging import uptake_mwh
from twin.plant.clock import DAY_S, LocalClock, is_weekend, year_fraction
from twin.plant.world import PUBLISHED, World

PLUG_SHARE = 0.55
SESSION_MWH = 0.0104
SESSION_SPREAD = 0.5  # a session's energy is uniform within +-50 % of the mean
WINTER_FACTOR = 1.2
ARRIVAL_H = ((18.0, 2.5), (16.5, 3.2))  # (mean, deviation) on working days, at weekends
DEPARTURE_H = ((7.25, 0.8), (9.5, 1.5))
# Nobody arrives before a car of the day before has left, nor leaves before the last one has arrived.
ARRIVAL_LIMITS_H = (12.5, 25.0)
DEPARTURE_LIMITS_H = (4.5, 12.0)


def is_winter(day: np.ndarray | int) -> np.ndarray:
    """True from 1 November to the end of March (day 90 and day 304 of the year)."""
    fraction = year_fraction(day)
    return (fraction < 90 / 365.2425) | (fraction >= 304 / 365.2425)


def expected_session_mwh(day: np.ndarray) -> np.ndarray:
    """Energy that a car draws from its charger on each local ``day``, on average over plugging in or not [MWh]."""
    return PLUG_SHARE * SESSION_MWH * np.where(is_winter(day), WINTER_FACTOR, 1.0)


@dataclass(frozen=True)
class Sessions:
    """The sessions of one local day, dims (car,); ``energy_mwh`` is 0 for a car that does not plug in."""

    arrival_s: np.ndarray
    departure_s: np.ndarray
    energy_mwh: np.ndarray


@dataclass
class CarState:
    """What must be remembered of each car, dims (car,).

    Attributes:
        missing_mwh: still wanted. ``energy_mwh``: of the whole session. ``departure_s``: 0 when away.
        power_mw: mean power of the last quarter hour.
    """

    missing_mwh: np.ndarray
    energy_mwh: np.ndarray
    departure_s: np.ndarray
    power_mw: np.ndarray


@dataclass(frozen=True)
class Cars:
    """A fleet of single cars, each with its own charger.

    Attributes:
        names: one per car, keys of their chance. ``rated_mw``: charger's power, dims (car,).
        world: what a session needs is multiplied by its ``cars`` when the car comes home.
    """

    seed: int
    clock: LocalClock
    names: tuple[str, ...]
    rated_mw: np.ndarray
    world: World = PUBLISHED

    @cached_property
    def _chance(self) -> np.ndarray:
        return chance.streams(self.seed, "car", self.names)

    @cached_property
    def _memory(self) -> dict[int, Sessions]:
        return {}

    def away(self) -> CarState:
        """Every car on the road."""
        zero = np.zeros(len(self.names))
        return CarState(zero.copy(), zero.copy(), np.zeros(len(self.names), np.int64), zero.copy())

    def sessions(self, day: int) -> Sessions:
        """The sessions that begin on local ``day`` (days since 1970-01-01)."""
        if day not in self._memory:
            while len(self._memory) > 3:
                self._memory.pop(min(self._memory))
            self._memory[day] = self._draw(day)
        return self._memory[day]

    def _draw(self, day: int) -> Sessions:
        def hours(law: tuple[tuple[float, float], ...], limits: tuple[float, float], on: int, what: int) -> np.ndarray:
            mean, deviation = law[int(is_weekend(on))]
            return np.clip(mean + deviation * ndtri(chance.uniform(self._chance, day, what)), *limits)

        midnight = day * DAY_S
        arrival = hours(ARRIVAL_H, ARRIVAL_LIMITS_H, day, 0) * 3600 + midnight - self.clock.noon_offset_s(day)
        arrival_s = np.round(arrival).astype(np.int64)
        departure = hours(DEPARTURE_H, DEPARTURE_LIMITS_H, day + 1, 1) * 3600 + midnight + DAY_S
        plugged = chance.uniform(self._chance, day, 2) < PLUG_SHARE
        spread = 1.0 + SESSION_SPREAD * (2.0 * chance.uniform(self._chance, day, 3) - 1.0)
        energy = SESSION_MWH * spread * np.where(is_winter(day), WINTER_FACTOR, 1.0)
        energy = energy * self.world.factor("cars", arrival_s)[:, 0]
        return Sessions(
            arrival_s,
            np.round(departure - self.clock.noon_offset_s(day + 1)).astype(np.int64),
            np.where(plugged, energy, 0.0),
        )

    def step(self, state: CarState, label_s: int, limit_mw: np.ndarray) -> np.ndarray:
        """Charge for one quarter hour; ``state`` moves on.

        Args:
            label_s: start of the quarter hour [epoch s]. ``limit_mw``: power an order allows, inf without one.

        Returns:
            Mean power of each car [MW], dims (car,).
        """
        end_s = label_s + QUARTER_HOUR_S
        plug_s = np.full(len(self.names), label_s)
        day = self.clock.day(label_s)
        for begun in (day - 1, day):
            today = self.sessions(begun)
            new = (today.arrival_s >= label_s) & (today.arrival_s < end_s) & (today.energy_mwh > 0.0)
            state.missing_mwh = np.where(new, today.energy_mwh, state.missing_mwh)
            state.energy_mwh = np.where(new, today.energy_mwh, state.energy_mwh)
            state.departure_s = np.where(new, today.departure_s, state.departure_s)
            plug_s = np.where(new, today.arrival_s, plug_s)
        hours = np.clip(np.minimum(state.departure_s, end_s) - plug_s, 0, QUARTER_HOUR_S) / 3600.0
        limit = np.minimum(limit_mw, self.rated_mw)
        taken = uptake_mwh(state.missing_mwh, state.energy_mwh, limit, self.rated_mw, hours)
        state.missing_mwh = state.missing_mwh - taken
        state.power_mw = taken / (QUARTER_HOUR_S / 3600.0)
        left = (state.departure_s > 0) & (state.departure_s <= end_s)
        for name in ("missing_mwh", "energy_mwh", "departure_s"):
            setattr(state, name, np.where(left, 0, getattr(state, name)))
        return state.power_mw
