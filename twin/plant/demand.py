"""What the town would draw and feed in if nobody steered anything: published profiles, moved by habits and chance.

Everything here is a function of time: it is computed in whole UTC days, so that a block is the same bits however it is read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from twin.domain import chance
from twin.domain.signals import OUTSIDE_SIGNALS
from twin.domain.time import QUARTER_HOUR_S
from twin.plant.clock import DAY_S
from twin.plant.heat_pumps import LAG_STEPS, duty, lagged_temperature
from twin.plant.lumped_cars import expected_power_mw
from twin.plant.town import Prepared, Town

STEPS = 96
KEPT_DAYS = 9  # a week that begins in the middle of a day, and the next one

# The published profile is the expectation, the truth wanders around it: in parts over days, hours and quarter hours.
WANDER = ((96.0, 0.5), (8.0, 0.7), (1.0, 0.5))
PV_WANDER_SHARE = 0.03  # soiling, a cloud of its own
HEAT_PUMP_WANDER_SHARE = 0.15


class Outside(Protocol):
    """The world around the site as it really is. ``laws``: digest of how its values come about."""

    @property
    def laws(self) -> str:
        """The same for the same values."""
        ...

    def actual(self, signal: str, utc_s: np.ndarray) -> np.ndarray:
        """True values of ``temp_c``, ``ghi_w_m2``, ``price_chf_per_kwh`` ... at quarter-hour labels [epoch s]."""
        ...


@dataclass(frozen=True)
class Day:
    """One UTC day, dims (96, element), before single cars and batteries.

    Attributes:
        start_s: label of the first quarter hour. ``load_p_mw``, ``load_q_mvar``: heat pumps and lumped cars included.
        heat_p_mw: the heat pumps' part of it.
        sgen_p_mw: behind the inverters' cap. ``outside``: signal -> (96,).
    """

    start_s: int
    load_p_mw: np.ndarray
    load_q_mvar: np.ndarray
    heat_p_mw: np.ndarray
    sgen_p_mw: np.ndarray
    outside: dict[str, np.ndarray]


@dataclass
class Demand:
    """The town's demand and generation by day; keeps the newest days."""

    town: Town
    prepared: Prepared
    outside: Outside
    _days: dict[int, Day] = field(default_factory=dict, repr=False)

    def day(self, label_s: int) -> Day:
        """The UTC day that holds ``label_s``."""
        number = label_s // DAY_S
        if number not in self._days:
            while len(self._days) >= KEPT_DAYS:
                del self._days[min(self._days)]
            self._days[number] = self._build(number * DAY_S)
        return self._days[number]

    def _build(self, start_s: int) -> Day:
        town = self.town
        labels = start_s + QUARTER_HOUR_S * np.arange(STEPS)
        rows, stamped = self.prepared.rows(labels), self.prepared.stamped_rows(labels)
        profiles = self.prepared.profiles
        factor = {quantity: town.world.factor(quantity, labels) for quantity in ("load", "heat_pumps", "cars", "sun", "hydro")}
        wander = (1.0 + town.load_wander * self._wander(town.load_chance, labels)) * factor["load"]
        load_p = profiles["load_p_mw"][stamped].astype(float) * wander
        load_q = profiles["load_q_mvar"][stamped].astype(float) * wander
        heat = self._heat_pumps(labels) * factor["heat_pumps"]
        load_p += heat
        load_q += heat * town.heat_pump_tan_phi
        local_s = town.clock.local_s(labels)
        load_p += np.outer(expected_power_mw(town.lumped_car_mw, local_s), town.lumped_cars) * factor["cars"]
        available = profiles["sgen_available_p_mw"]
        made = np.where(town.pv, available[rows], available[stamped]).astype(float)
        sky = (1.0 + PV_WANDER_SHARE * self._wander(town.sgen_chance, labels)) * factor["sun"]
        made *= np.where(town.pv, sky, factor["hydro"])
        outside = {signal: self.outside.actual(signal, labels) for signal in OUTSIDE_SIGNALS}
        return Day(start_s, load_p, load_q, heat, np.clip(made, 0.0, town.sgen_cap_mw), outside)

    def _heat_pumps(self, labels: np.ndarray) -> np.ndarray:
        town = self.town
        earlier = labels[0] + QUARTER_HOUR_S * np.arange(1 - LAG_STEPS, STEPS)
        lagged = lagged_temperature(self.outside.actual("temp_c", earlier))
        shape = duty(lagged, town.clock.local_s(labels) % DAY_S / 3600.0)
        single = 1.0 + HEAT_PUMP_WANDER_SHARE * self._wander(town.heat_pump_chance, labels)
        return shape[:, None] * (town.lumped_heat_pump_mw + town.single_heat_pump_mw * np.maximum(single, 0.0))

    @staticmethod
    def _wander(base: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Unit-variance noise of each element around its profile, dims (time, element)."""
        quarter = (labels // QUARTER_HOUR_S)[:, None].astype(float)
        parts = []
        for number, (steps, weight) in enumerate(WANDER):
            own = chance.bits(base, number)[None, :]
            draw = chance.smooth(own, quarter / steps) if steps > 1 else chance.normal(own, quarter.astype(np.int64))
            parts.append(weight * draw)
        return sum(parts) / np.sqrt(sum(weight**2 for _, weight in WANDER))
