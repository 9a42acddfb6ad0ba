"""Members of groups as arrays, and the corridor in which each one's level must stay so that it keeps every promise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from twin.boxes.flexibility.lp.parts import Link, Parts, PerStep, Store, Taper, Unit


@dataclass(frozen=True)
class Members:
    """Devices of one unit and at most one store; arrays have dims (member, step) unless stated.

    Attributes:
        draw_low, draw_high, feed_low, feed_high: limits of either side [MW], own behaviour where it must not be moved.
        per_draw, per_feed: level gained per MW in a step; 0 without a store. ``keep``, ``inflow``: as for the store.
        level0: dims (member,). ``low``, ``high``: corridor of the level at each step's end.
        at_empty, slope: of a charge that slows down, dims (member,); infinite and 0 where it does not.
        mwh_per_level: dims (member,). ``stored``: which have a store at all, dims (member,), bool.
    """

    draw_low: np.ndarray
    draw_high: np.ndarray
    feed_low: np.ndarray
    feed_high: np.ndarray
    per_draw: np.ndarray
    per_feed: np.ndarray
    keep: np.ndarray
    inflow: np.ndarray
    level0: np.ndarray
    low: np.ndarray
    high: np.ndarray
    at_empty: np.ndarray
    slope: np.ndarray
    mwh_per_level: np.ndarray
    stored: np.ndarray

    def of(self, which: np.ndarray) -> Members:
        """Those at ``which`` alone."""
        return Members(**{part.name: getattr(self, part.name)[which] for part in fields(self)})

    def most_draw(self, level: np.ndarray, k: int) -> np.ndarray:
        """Most that each can draw in step ``k`` from ``level`` at its start, dims (member,) [MW]."""
        return np.maximum(np.minimum(self.draw_high[:, k], self.at_empty - self.slope * level), self.draw_low[:, k])

    def after(self, level: np.ndarray, power: np.ndarray, k: int) -> np.ndarray:
        """Level at the end of step ``k``, from the level at its start and the power drawn [MW], dims (member,)."""
        gained = self.per_draw[:, k] * np.maximum(power, 0.0) + self.per_feed[:, k] * np.maximum(-power, 0.0)
        return self.keep[:, k] * level + self.inflow[:, k] + gained

    def reach(self, level: np.ndarray, k: int, goal: np.ndarray) -> np.ndarray:
        """Power in step ``k`` that ends nearest to ``goal``, within each one's limits, dims (member,) [MW]."""
        missing = goal - self.keep[:, k] * level - self.inflow[:, k]
        with np.errstate(divide="ignore", invalid="ignore"):
            up = np.where(self.per_draw[:, k] > 0.0, missing / self.per_draw[:, k], 0.0)
            down = np.where(self.per_feed[:, k] < 0.0, -missing / self.per_feed[:, k], 0.0)
        wanted = np.where(missing >= 0.0, up, down)
        return np.clip(wanted, *self.limits(level, k))

    def limits(self, level: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Least and most power in step ``k`` by the unit alone [MW], dims (member,) each."""
        least = np.where(self.draw_low[:, k] > 0.0, self.draw_low[:, k], -self.feed_high[:, k])
        most = np.where(self.feed_low[:, k] > 0.0, -self.feed_low[:, k], self.most_draw(level, k))
        return least, most

    def within(self, level: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Least and most power in step ``k`` that ends inside the corridor, dims (member,) each [MW]."""
        least, most = self.limits(level, k)
        lowest, highest = self.reach(level, k, self.low[:, k]), self.reach(level, k, self.high[:, k])
        return np.where(self.stored, lowest, least), np.where(self.stored, np.maximum(lowest, highest), most)


def members_of(devices: Sequence[Parts], hours: tuple[float, ...]) -> Members:
    """Arrays of devices that each have one unit and at most one store, in the corridor that keeps every promise."""
    steps, length = len(hours), np.asarray(hours)
    units = [parts.units[0] for parts in devices]
    stores = [parts.stores[0] if parts.stores else NO_STORE for parts in devices]
    links = [parts.links[0] if parts.links else NO_LINK for parts in devices]
    tapers = [unit.taper or NO_TAPER for unit in units]
    low, high = (filled([getattr(store, side) for store in stores], steps) for side in ("low", "high"))
    for at, store in enumerate(stores):
        if store.target is not None:
            low[at, -1] = max(low[at, -1], store.target)
    bounds = Members(
        *_side(units, "draw", steps),
        *_side(units, "feed", steps),
        per_draw=filled([link.per_draw for link in links], steps) * length,
        per_feed=filled([link.per_feed for link in links], steps) * length,
        keep=filled([store.keep for store in stores], steps),
        inflow=filled([store.inflow for store in stores], steps),
        level0=np.array([store.level0 for store in stores]),
        low=low,
        high=high,
        at_empty=np.array([taper.at_empty_mw for taper in tapers]),
        slope=np.array([taper.slope_mw_per_level for taper in tapers]),
        mwh_per_level=np.array([store.mwh_per_level for store in stores]),
        stored=np.array([store is not NO_STORE for store in stores], dtype=bool),
    )
    return _in_corridor(bounds)


NO_STORE = Store(id="", level0=0.0)
NO_LINK = Link(unit="", store="")
NO_TAPER = Taper(store="", at_empty_mw=np.inf, slope_mw_per_level=0.0)


def filled(values: Sequence[PerStep], steps: int) -> np.ndarray:
    """One row per value, dims (value, step); thousands of rows take milliseconds."""
    rows = np.empty((len(values), steps))
    for at, value in enumerate(values):
        rows[at] = value
    return rows


def _side(units: Sequence[Unit], side: str, steps: int) -> tuple[np.ndarray, np.ndarray]:
    limits = ([getattr(unit, f"{side}_{end}_mw") for unit in units] for end in ("min", "max"))
    low, high = (filled([0.0 if limit is None else limit for limit in of_units], steps) for of_units in limits)
    own = filled([unit.own_p_mw for unit in units], steps) * (1.0 if side == "draw" else -1.0)
    free = filled([unit.movable for unit in units], steps) > 0.5
    alone = np.maximum(own, 0.0)
    return np.where(free, low, alone), np.where(free, high, alone)


def _in_corridor(bounds: Members) -> Members:
    """Bounds narrowed to levels that can be reached from now, and from which every later bound can be reached.

    Where a promise cannot be kept any more, the corridor is the best that can be done.
    """
    low, high = _viable(bounds)
    below, above = bounds.level0, bounds.level0
    for k in range(low.shape[1]):
        # Charging at most, from the upper edge; discharging at most, from the lower one.
        most = bounds.after(above, bounds.limits(above, k)[1], k)
        least = bounds.after(below, bounds.limits(below, k)[0], k)
        below, above = np.clip(low[:, k], least, most), np.clip(high[:, k], least, most)
        low[:, k], high[:, k] = below, above
    return replace(bounds, low=low, high=high)


def _viable(bounds: Members) -> tuple[np.ndarray, np.ndarray]:
    """Levels from which later bounds can still be met, dims (member, step) each."""
    low, high = bounds.low.copy(), bounds.high.copy()
    for k in range(low.shape[1] - 1, 0, -1):
        keep, inflow, gain = bounds.keep[:, k], bounds.inflow[:, k], bounds.per_draw[:, k]
        lost = -bounds.per_feed[:, k] * bounds.feed_high[:, k]
        # level after = keep level + inflow + gain min(draw_high, at_empty - slope level): the least level for either branch
        flat = (low[:, k] - inflow - gain * bounds.draw_high[:, k]) / keep
        slowed = bounds.slope > 0.0
        steep = np.maximum(keep - gain * bounds.slope, 1e-9)
        tapered = np.where(slowed, (low[:, k] - inflow - gain * np.where(slowed, bounds.at_empty, 0.0)) / steep, flat)
        low[:, k - 1] = np.maximum(low[:, k - 1], np.maximum(flat, tapered))
        high[:, k - 1] = np.minimum(high[:, k - 1], (high[:, k] - inflow + lost) / keep)
    return np.minimum(low, high), high
