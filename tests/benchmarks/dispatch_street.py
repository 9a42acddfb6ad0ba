"""A neighbourhood whose monthly peak costs money, on a measured load where there is one: what is known of it when.

The load is a Dutch substation's with its day-ahead price (openstef_nl in ../shared/data), scaled to 1 MW; a synthetic, seeded
one elsewhere. The forecast is naive: the mean of the last seven days at that time, and the last error, fading. Its paths are
its own errors of the last ten days. Outdoor temperature and prices are known.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from dispatch_fleet import CAR_EFFICIENCY, EFFICIENCY, QUARTER_H, Fleet, Place, Session, drawn_fleet

from twin.boxes.flexibility.devices.charger import CarPool
from twin.boxes.flexibility.lp.problem import Device

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "openstef_nl"
DAY = 96
BEFORE_DAYS = 28
"""Days of the past that forecasts and paths draw on; the evaluated window begins after them."""
GRID_CHF_PER_MWH = 80.0
"""Use of the upper grid, on top of the day-ahead price."""
PEAK_CHF_PER_MW = 8_000.0
PATHS = tuple(range(2, 12))
"""Days back of the errors that make the paths; 36 h of yesterday's are not known yet."""
FADES_H = 3.0
CARS_EACH = 5
"""Cars that come and go together as one."""


@dataclass(frozen=True)
class Street:
    """Arrays over quarter hours, the past first.

    Attributes:
        load_mw, price_chf_per_mwh, temp_c: dims (quarter,). ``source``: where they come from.
        days: evaluated.
    """

    load_mw: np.ndarray
    price_chf_per_mwh: np.ndarray
    temp_c: np.ndarray
    fleet: Fleet
    days: int
    source: str
    first: int = field(default=BEFORE_DAYS * DAY + 48)
    """The first evaluated quarter hour: a noon, when no car is plugged in; so is the last."""

    @property
    def last(self) -> int:
        """Behind the last evaluated quarter hour."""
        return self.first + self.days * DAY

    def forecast(self, now: int, quarters: int) -> np.ndarray:
        """Load as it is expected from ``now`` on, dims (quarter,)."""
        lead = np.arange(quarters)
        return np.asarray(self._naive(now, now + lead) + self._error(now) * np.exp(-lead * QUARTER_H / FADES_H))

    def paths(self, now: int, quarters: int) -> np.ndarray:
        """How it may turn out: the forecast and its errors of so many days ago, dims (path, quarter)."""
        mean, found = self.forecast(now, quarters), []
        for days in PATHS:
            then = now - days * DAY
            found.append(mean + self.load_mw[then : then + quarters] - self.forecast(then, quarters))
        return np.stack(found)

    def to_come(self, now: int, quarters: int) -> np.ndarray:
        """What cars that arrive after ``now`` would draw by themselves, dims (quarter,)."""
        total = np.zeros(quarters)
        for car in self.fleet.cars:
            here = self.fleet.here(car.id, now)
            first = now if here is None else min(here.leave, now + quarters)
            total[first - now :] += self._arriving[car.id][first : now + quarters]
        return total

    def to_come_paths(self, now: int, quarters: int) -> np.ndarray:
        """The same so many days ago, dims (path, quarter)."""
        return np.stack([self.to_come(now - days * DAY, quarters) for days in PATHS])

    def known_cars(self, now: int, hours: tuple[float, ...], got: dict[str, float]) -> tuple[Device, ...]:
        """All stays that begin within the plan, for who knows the future; each car between two envelopes."""
        ends = now + 4.0 * np.cumsum(hours)
        return tuple(self._envelopes(car, ends, np.asarray(hours), got[car.id]) for car in self.fleet.cars)

    def _envelopes(self, car: Place, ends: np.ndarray, hours: np.ndarray, got: float) -> CarPool:
        low, high, power, own = (np.zeros(len(hours)) for _ in range(4))
        rate = car.p_max_mw * CAR_EFFICIENCY * QUARTER_H
        starts = ends - 4.0 * hours
        for stay in self.fleet.stays[car.id]:
            if stay.leave <= starts[0] or stay.arrive >= ends[-1]:
                continue
            wanted = stay.mwh - (got if stay.arrive <= starts[0] else 0.0)
            high += np.clip(rate * (ends - max(stay.arrive, starts[0])), 0.0, wanted)
            low += np.clip(wanted - rate * np.maximum(stay.leave - ends, 0.0), 0.0, wanted)
            here = np.clip((np.minimum(ends, stay.leave) - np.maximum(starts, stay.arrive)) / (ends - starts), 0.0, 1.0)
            power += here * car.p_max_mw
        return CarPool(
            id=car.id, efficiency=CAR_EFFICIENCY, charge_max_mw=power, energy_min_mwh=np.minimum(low, high),
            energy_max_mwh=high,
            own_p_mw=own, later_chf_per_mwh=self.night_chf_per_mwh / CAR_EFFICIENCY,
        )  # fmt: skip

    def _naive(self, now: int, at: np.ndarray) -> np.ndarray:
        """Mean of the same quarter hour on the last seven days that are known."""
        last = at - DAY * np.maximum(-(-(at - now + 1) // DAY), 1)
        return np.asarray(np.mean([self.load_mw[last - DAY * back] for back in range(7)], axis=0))

    def _error(self, now: int) -> float:
        """Mean of the last hour's errors."""
        at = np.arange(now - 4, now)
        return float(np.mean(self.load_mw[at] - self._naive(now - 4, at)))

    @cached_property
    def night_chf_per_mwh(self) -> float:
        """What energy costs in the cheapest fifth of the past: who need not be full yet waits for such hours."""
        return float(np.quantile(self.price_chf_per_mwh[: self.first], 0.2))

    @cached_property
    def _arriving(self) -> dict[str, np.ndarray]:
        return self.fleet.on_arrival_mw(len(self.load_mw))


def street_of(*, days: int, series: int = 287, seed: int = 11) -> Street:
    """The neighbourhood for so many evaluated days.

    Args:
        series: number of the Dutch substation.
    """
    quarters = (BEFORE_DAYS + days + 3) * DAY
    measured = _measured(series, quarters)
    load, price, temp_c = measured or _synthetic(quarters, seed)
    price = price + GRID_CHF_PER_MWH
    worth = float(price.mean()) * EFFICIENCY
    houses = drawn_fleet([0], batteries=0, cars=10, pumps=0, days=quarters // DAY, seed=seed)
    cars = tuple(Place(id=car.id, bus=0, p_max_mw=CARS_EACH * car.p_max_mw) for car in houses.cars)
    stays = {
        car: tuple(Session(s.arrive, s.leave, CARS_EACH * s.mwh) for s in of if s.leave <= quarters)
        for car, of in houses.stays.items()
    }
    fleet = Fleet(
        batteries=tuple(Place(id=f"battery_{k}", bus=0, p_max_mw=0.05, size=0.1) for k in range(2)),
        cars=cars,
        pumps=tuple(Place(id=f"pump_{k}", bus=0, p_max_mw=0.045 + 0.01 * k, size=2.4e-3 + 4e-4 * k) for k in range(2)),
        stays=stays,
        owned_chf_per_mwh=0.0,
        stored_chf_per_mwh=worth,
    )
    return Street(load, price, temp_c, fleet, days, f"NL {series}" if measured else "synthetic, seeded")


def _measured(series: int, quarters: int) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    import pandas as pd

    path = DATA / f"get_model_input_pid_{series}.parquet"
    if not path.is_file():
        return None
    frame = pd.read_parquet(path, columns=["load", "APX", "temp"]).interpolate(limit_direction="both").iloc[:quarters]
    load, price, temp_c = (frame[name].to_numpy(dtype=float) for name in ("load", "APX", "temp"))
    return load / np.quantile(np.abs(load), 0.999), price, temp_c


def _synthetic(quarters: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    hour = np.arange(quarters) / 4.0
    noise, drift = np.zeros(quarters), 0.0
    for k in range(quarters):
        drift = 0.97 * drift + 0.025 * rng.standard_normal()
        noise[k] = drift
    day = 0.35 * np.exp(-(((hour % 24.0 - 19.0) / 2.5) ** 2)) + 0.2 * np.exp(-(((hour % 24.0 - 8.0) / 2.0) ** 2))
    price = 45.0 + 15.0 * np.cos(2.0 * np.pi * (hour - 19.0) / 24.0) + 12.0 * np.cos(4.0 * np.pi * (hour - 8.0) / 24.0)
    return 0.4 + day + noise, price, 5.0 - 4.0 * np.cos(2.0 * np.pi * (hour - 3.0) / 24.0)
