"""Expert ``wind_boosted``: gradient-boosted trees on what the power curve leaves unexplained, aiming at the median.

Trees see what a curve cannot: a front that comes early, a direction that stalls a row, the hours in which a forecast flatters
the wind, and, near the present, what the plant makes now.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from forecasts.expert import NotEnoughHistory
from forecasts.experts.wind_power_curve import FittedPowerCurve, WindPowerCurve
from forecasts.experts.wind_rows import WindRows, issue_rows, wind_rows
from forecasts.past import Past
from twin.domain.pack import UnpackError, pack, unpack

ROUNDS = 250
_SETTINGS: dict[str, Any] = {
    "objective": "l1",
    "learning_rate": 0.04,
    "num_leaves": 10,
    "min_data_in_leaf": 120,
    "feature_fraction": 0.7,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "verbosity": -1,
}
_MOST_ROWS = 20_000  # beyond, rows are quarter hours of the same gusts
_FEWEST_DAYS = 20  # below, the curve alone does better
_BLIND = 0.15  # share of issues that learn without the present, for the day on which telemetry fails


@dataclass(frozen=True)
class WindTable:
    """Rows to train on.

    Attributes:
        rows: what was known of each row. ``share``: what was made of capacity, 0..1, dims (row,), NaN = unknown.
        issue: number of the issue that each row belongs to. ``usable``: rows with wind and power, thinned; dims (row,).
    """

    rows: WindRows
    capacity_mw: float
    share: np.ndarray
    issue: np.ndarray
    usable: np.ndarray


@dataclass(frozen=True)
class FittedWindBoosted:
    """Trees on top of a fitted curve; ``text`` is LightGBM's own format."""

    text: str
    base: FittedPowerCurve
    weather: tuple[str, ...]

    def predict(self, past: Past, steps: int) -> np.ndarray:
        """Point forecast [MW], dims (time,), within 0..capacity; the curve's or the decay's where the wind is unknown."""
        assert self.base.curve is not None
        here = np.array([past.rows])
        rows = wind_rows(past, here, steps, curve=self.base.curve, decay=self.base.decay, weather=self.weather)
        known = np.isfinite(rows.curve_mw)
        made = rows.faded_mw.copy()
        if known.any():
            made[known] = answer(self.text, rows, known, self.base.decay.capacity_mw) * self.base.decay.capacity_mw
        return made

    def to_bytes(self) -> bytes:
        """All of it."""
        base = np.frombuffer(self.base.to_bytes(), dtype=np.uint8)
        return pack({"trees": self.text, "weather": list(self.weather)}, {"base": base})


class WindBoosted:
    """Expert ``wind_boosted``."""

    name: ClassVar[str] = "wind_boosted"
    kinds: ClassVar[frozenset[str]] = frozenset({"wind"})

    def fit(self, past: Past, *, days_ahead: int, seed: int) -> FittedWindBoosted:
        """Learn trees from issues at past midnights.

        Raises:
            NotEnoughHistory: below twenty days with both wind and power.
        """
        base, weather = base_of(past, days_ahead)
        table = table_of(past, base, weather, days_ahead * past.slots_per_day, seed)
        return FittedWindBoosted(train(table, table.usable, seed), base, weather)

    def load(self, data: bytes) -> FittedWindBoosted:
        """Inverse of `FittedWindBoosted.to_bytes`."""
        meta, arrays = unpack(data)
        try:
            base = WindPowerCurve().load(arrays["base"].tobytes())
            return FittedWindBoosted(str(meta["trees"]), base, tuple(meta["weather"]))
        except (KeyError, TypeError) as error:
            raise UnpackError(f"no boosted wind: {error!r}") from error


def base_of(past: Past, days_ahead: int) -> tuple[FittedPowerCurve, tuple[str, ...]]:
    """The curve below the trees, and the names of the weather that they see.

    Raises:
        NotEnoughHistory: when there is no wind to learn a curve from.
    """
    if np.isfinite(past.values).sum() < _FEWEST_DAYS * past.slots_per_day:
        raise NotEnoughHistory(f"boosted wind needs {_FEWEST_DAYS} days of values")
    base = past.shared(f"wind/base/{days_ahead}", lambda: WindPowerCurve().fit(past, days_ahead=days_ahead, seed=0))
    if base.curve is None:
        raise NotEnoughHistory("boosted wind needs the wind of its history")
    return base, tuple(sorted(name for name, column in past.weather.items() if np.isfinite(column).any()))


def table_of(past: Past, base: FittedPowerCurve, weather: tuple[str, ...], steps: int, seed: int) -> WindTable:
    """What the trees learn from: every past issue, some of them blind to the present.

    Raises:
        NotEnoughHistory: below twenty issues whose wind and power are known.
    """
    assert base.curve is not None
    origin = issue_rows(past, steps)
    rng = np.random.default_rng(seed)
    rows = wind_rows(past, origin, steps, curve=base.curve, decay=base.decay, weather=weather)
    blind = np.repeat(rng.random(len(origin)) < _BLIND, steps)
    rows.features[blind, 3] = np.nan
    truth = past.values[(origin[:, None] + np.arange(steps)).ravel()]
    usable = np.isfinite(truth) & np.isfinite(rows.curve_mw)
    if usable.sum() < _FEWEST_DAYS * past.slots_per_day:
        raise NotEnoughHistory(f"boosted wind needs {_FEWEST_DAYS} days of wind with power")
    thin = max(1, round(usable.sum() / _MOST_ROWS))
    usable &= (np.arange(len(usable)) + np.repeat(np.arange(len(origin)), steps)) % thin == 0
    capacity = base.decay.capacity_mw
    return WindTable(rows, capacity, truth / capacity, np.repeat(np.arange(len(origin)), steps), usable)


def train(table: WindTable, rows: np.ndarray, seed: int) -> str:
    """Trees of the chosen ``rows`` (a mask), as LightGBM's text."""
    import lightgbm

    unexplained = table.share[rows] - table.rows.curve_mw[rows] / table.capacity_mw
    data = lightgbm.Dataset(table.rows.features[rows], unexplained)
    return str(lightgbm.train({**_SETTINGS, "seed": seed}, data, num_boost_round=ROUNDS).model_to_string())


def answer(text: str, rows: WindRows, asked: np.ndarray, capacity_mw: float) -> np.ndarray:
    """Power as a share of capacity, 0..1, of the ``asked`` rows (a mask; their wind is known), dims (asked row,)."""
    import lightgbm

    trees = lightgbm.Booster(model_str=text)
    correction = np.asarray(trees.predict(rows.features[asked], num_threads=1))
    return np.clip(rows.curve_mw[asked] / capacity_mw + correction, 0.0, 1.0)
