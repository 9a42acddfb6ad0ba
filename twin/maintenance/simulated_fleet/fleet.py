"""The assets of the simulated fleet: ages, loads, life used up, customers, sensors; drawn by seed.

Weekly ageing comes from the twin's own IEC 60076-7 model over a day of every week of the year.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.boxes.maintenance.thermal.iec60076 import TYPICAL, Paper, loss_of_life_h, roll, steady_state
from twin.maintenance.simulated_fleet.hazards import AGEING, AGEING_STEEPNESS, FRAILTY_SHAPE, MODES, NORMAL_LIFE_H, Kind

WEEKS_A_YEAR = 52
KINDS = tuple(Kind)
BASE_COUNTS = {Kind.MV_LV: 600, Kind.HV_MV: 16, Kind.CABLE: 200, Kind.HYDRO: 4}
"""A town utility: 600 stations, eight substations of two transformers, the 100 km of feeder trunks, four run-of-river units."""
BASE_COVERAGE = 0.25
"""Share of MV/LV transformers with a thermometer; those of HV/MV and the hydro units all have sensors."""


@dataclass(frozen=True)
class Fleet:
    """Arrays with dims (asset,) unless said otherwise.

    Attributes:
        kind: index into KINDS.
        age_y: at the start. ``life_used``: share of the normal insulation life used up (transformers, else 0).
        ageing_per_week: share of the normal life used up in each week of the year, dims (52, asset).
        peak_load: yearly peak over rating. ``customers``, ``p_mw``: supplied through it (hydro: its production).
        restore_h: until supply or production is back after a failure.
        sensor: whether it has a thermometer or vibration sensor.
        slot_asset, slot_mode: dims (slot,), one slot for each asset and mode of its kind.
        slot_rate: true rate of the slot at the start [1/week], dims (slot,).
    """

    kind: np.ndarray
    age_y: np.ndarray
    life_used: np.ndarray
    ageing_per_week: np.ndarray
    peak_load: np.ndarray
    customers: np.ndarray
    p_mw: np.ndarray
    restore_h: np.ndarray
    sensor: np.ndarray
    slot_asset: np.ndarray
    slot_mode: np.ndarray
    slot_rate: np.ndarray

    @property
    def count(self) -> int:
        """Number of assets."""
        return len(self.kind)

    def of(self, kind: Kind) -> np.ndarray:
        """True for assets of the kind, dims (asset,)."""
        return self.kind == KINDS.index(kind)

    def slots_of(self, kind: Kind, name: str) -> np.ndarray:
        """True for slots of the mode, dims (slot,)."""
        return self.slot_mode == mode_index(kind, name)


def mode_index(kind: Kind, name: str) -> int:
    """Place of a mode in MODES."""
    return next(at for at, mode in enumerate(MODES) if (mode.kind, mode.name) == (kind, name))


def draw_fleet(*, counts: dict[Kind, int], coverage: float, precursor_share: float, seed: int) -> Fleet:
    """Draw a fleet.

    Args:
        counts: number of assets of each kind.
        coverage: share of MV/LV transformers with a thermometer, 0 to 1.
        precursor_share: factor on the share of failures with a precursor, 1.0 = as stated in MODES; what it takes
            away (adds) goes to (comes from) the mode 'external', so that the total rate stays.
        seed: of the draw.

    Raises:
        ValueError: for a share that leaves less than nothing to 'external'.
    """
    least = min(stated_percent(at, precursor_share) for at in range(len(MODES)))
    if least < 0.0:
        raise ValueError(f"precursor_share {precursor_share:g} leaves a rate of {least:g} %; use at most 1.14")
    rng = np.random.default_rng([seed, 1])
    kind = np.repeat(np.arange(len(KINDS)), [counts[each] for each in KINDS])
    mv_lv, hv_mv, cable, hydro = (kind == at for at in range(len(KINDS)))
    count = len(kind)
    age_y = np.clip(rng.gamma(4.0, 7.0, count), 1.0, 60.0)  # mean 28 years: networks built mostly 1960 to 2010
    # Peaks: stations are bought large (median 0.55); one in twenty meets heat pumps and chargers above its rating, and
    # nobody leaves one above 1.25. An assumption.
    peak_load = np.where(mv_lv, np.minimum(rng.lognormal(np.log(0.55), 0.35, count), 1.25), rng.uniform(0.5, 0.8, count))
    warmth_k = rng.normal(0.0, 3.0, count) + np.where(mv_lv, 5.0, 0.0)  # indoors and sun; an assumption
    ageing = np.zeros((WEEKS_A_YEAR, count))
    for chosen, size, cooling, paper in (
        (mv_lv, "distribution", "ONAN", Paper.NORMAL),
        (hv_mv, "power", "ONAF", Paper.UPGRADED),
    ):
        ageing[:, chosen] = _ageing_per_week(peak_load[chosen], warmth_k[chosen], (size, cooling), paper)
    # Loads grew: over its past years a unit aged at 60 % of today's pace; an assumption.
    life_used = np.minimum(0.6 * age_y * ageing.sum(axis=0), 1.2)
    customers, p_mw, restore_h = _supplied(mv_lv, hv_mv, cable, rng)
    sensor = np.where(mv_lv, rng.random(count) < coverage, hv_mv | hydro)
    slots = [(asset, at) for at, mode in enumerate(MODES) for asset in np.flatnonzero(kind == KINDS.index(mode.kind))]
    slot_asset, slot_mode = (np.array(column, dtype=np.int64) for column in zip(*slots, strict=True))
    frailty = rng.gamma(FRAILTY_SHAPE, 1.0 / FRAILTY_SHAPE, len(slot_asset))
    rate = _rates(age_y[slot_asset], life_used[slot_asset], slot_mode, frailty, precursor_share)
    return Fleet(kind, age_y, life_used, ageing, peak_load, customers, p_mw, restore_h, sensor, slot_asset, slot_mode, rate)


def _supplied(
    mv_lv: np.ndarray, hv_mv: np.ndarray, cable: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Customers, power [MW] and hours until supply (hydro: production) is back; assumptions.

    A mobile set or a spare for a station, the second transformer of a substation after a short switching, the ring's
    other side for a cable, weeks for a hydro unit.
    """
    count, kinds = len(mv_lv), [mv_lv, hv_mv, cable]
    many = [rng.gamma(2.0, 30.0, count), rng.uniform(2e3, 5e3, count), rng.gamma(3.0, 80.0, count)]
    customers = np.round(np.select(kinds, many, 0.0))
    p_mw = np.where(np.any(kinds, axis=0), customers * 0.9e-3, rng.uniform(0.2, 0.8, count))  # 0.9 kW each, trade included
    hours = [rng.uniform(2.0, 5.0, count), rng.uniform(0.25, 0.75, count), rng.uniform(0.75, 2.0, count)]
    return customers, p_mw, np.select(kinds, hours, rng.uniform(240.0, 720.0, count))


def _rates(age_y: np.ndarray, life_used: np.ndarray, slot_mode: np.ndarray, frailty: np.ndarray, share: float) -> np.ndarray:
    """True rate of every slot [1/week]; its mean over the slots of a mode is the stated one."""
    rate = np.zeros(len(slot_mode))
    for at, mode in enumerate(MODES):
        mine = slot_mode == at
        if not mine.any():
            continue
        if mode.name == AGEING:
            weight = np.exp(AGEING_STEEPNESS * life_used[mine])
        elif mode.has_precursor:
            weight = frailty[mine] * (age_y[mine] / age_y[mine].mean()) ** mode.age_exponent
        else:
            weight = np.ones(mine.sum())
        rate[mine] = stated_percent(at, share) / 100.0 / WEEKS_A_YEAR * weight / weight.mean()
    return rate


def stated_percent(at: int, share: float) -> float:
    """Stated rate of a mode [per 100 asset-years] when precursors are ``share`` times as common as in MODES."""
    mode = MODES[at]
    if mode.has_precursor:
        return mode.rate_percent * share
    if mode.name == "external":
        with_precursor = sum(other.rate_percent for other in MODES if other.kind is mode.kind and other.has_precursor)
        return mode.rate_percent + (1.0 - share) * with_precursor
    return mode.rate_percent


def _ageing_per_week(peak_load: np.ndarray, warmth_k: np.ndarray, typical: tuple[str, str], paper: Paper) -> np.ndarray:
    """Share of the normal life used up in each week of the year, dims (52, trafo): one day a week, hour by hour."""
    week, hour = np.arange(WEEKS_A_YEAR)[:, None], np.arange(24)[None, :]
    season = np.cos(2.0 * np.pi * (week - 3) / WEEKS_A_YEAR)  # 1 in mid-January
    # Mean and swings of a Swiss plateau town: 10 degC, 9 K over the year, 4 K over the day.
    ambient_c = 10.0 - 9.0 * season - 4.0 * np.cos(2.0 * np.pi * (hour - 3) / 24.0)
    shape = (0.70 + 0.15 * season) * (1.0 + 0.30 * np.sin(2.0 * np.pi * (hour - 9) / 24.0)) / 1.105
    load = shape.reshape(-1, 1) * peak_load
    air_c = ambient_c.reshape(-1, 1) + warmth_k
    parameters = TYPICAL[typical]
    states = roll(parameters, steady_state(parameters, load[0], air_c[0]), load, air_c, minutes=60.0)
    lost_h = loss_of_life_h(parameters, states, load, air_c, minutes=60.0, paper=paper)
    return lost_h.reshape(WEEKS_A_YEAR, 24, -1).sum(axis=1) * 7.0 / NORMAL_LIFE_H
