"""Expert ``hydro_ridge``: what a river makes of its last days, its week, rain and melt, by one ridge for each day ahead.

The target is the change from the newest known day at the same hour, so that a ridge shrunk to nothing is yesterday.

Source: A. Hoerl, R. Kennard, Ridge Regression, Technometrics 12 (1970).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from forecasts.expert import NotEnoughHistory
from forecasts.experts.day_path import along, days_touched
from forecasts.experts.hydro_days import DEGREE_DAY_FACTORS_MM_K_D, RiverDays, river_days, water_inputs
from forecasts.past import Past
from forecasts.profile import profiles
from forecasts.sheet import Sheet, sheet_of
from twin.domain.pack import UnpackError, pack, unpack

_BACK = 8  # days that the features reach back from the newest known one
_FEWEST_DAYS = 30
_ALPHAS = (1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0)  # per row, on standardised features
_HELD_OUT = 0.2  # newest share of days, on which the penalty is chosen
_HALF_LIFE_DAYS = 240.0  # a season and a half: melt must remember last spring
_OUTLIERS = 0.005  # share of changes at each end that is drawn in: a stop for revision is no lesson
_HEADROOM = 0.15
_FACTOR_MM_K_D = DEGREE_DAY_FACTORS_MM_K_D[2]


@dataclass(frozen=True)
class FittedHydroRidge:
    """Coefficients by day ahead.

    Attributes:
        beta: on standardised features, dims (day ahead, feature). ``offset``: dims (day ahead,) [MW].
        centre, scale: of the features, dims (day ahead, feature). ``highest_mw``: limit of what is answered.
    """

    beta: np.ndarray
    offset: np.ndarray
    centre: np.ndarray
    scale: np.ndarray
    highest_mw: float

    def predict(self, past: Past, steps: int) -> np.ndarray:
        """Point forecast [MW], dims (time,); NaN when no day of ``past`` is good enough to tell a level."""
        sheet = sheet_of(past, days_touched(past, steps))
        if not sheet.good.any():
            return np.full(steps, np.nan)
        river = river_days(sheet)
        ahead = np.empty((sheet.days - sheet.known, sheet.slots))
        for number in range(len(ahead)):
            depth = min(number, len(self.beta) - 1)
            base, x = _features(sheet, river, np.array([sheet.known + number]), number)
            change = ((x - self.centre[depth]) / self.scale[depth]) @ self.beta[depth] + self.offset[depth]
            ahead[number] = np.clip(base + change, 0.0, self.highest_mw)[0]
        return along(ahead, past, steps)

    def to_bytes(self) -> bytes:
        """All of it."""
        arrays = {"beta": self.beta, "offset": self.offset, "centre": self.centre, "scale": self.scale}
        return pack({"highest_mw": self.highest_mw}, arrays)


class HydroRidge:
    """Expert ``hydro_ridge``."""

    name: ClassVar[str] = "hydro_ridge"
    kinds: ClassVar[frozenset[str]] = frozenset({"hydro"})

    def fit(self, past: Past, *, days_ahead: int, seed: int) -> FittedHydroRidge:  # noqa: ARG002 - nothing here is random
        """Learn every day ahead.

        Raises:
            NotEnoughHistory: below thirty good days.
        """
        sheet = sheet_of(past, days_ahead)
        if sheet.good.sum() < _FEWEST_DAYS:
            raise NotEnoughHistory(f"hydro_ridge needs {_FEWEST_DAYS} good days; there are {int(sheet.good.sum())}")
        highest = past.capacity_mw if past.capacity_mw is not None else (1.0 + _HEADROOM) * float(np.nanmax(past.values))
        river = river_days(sheet)
        fits = [_fit(sheet, river, depth) for depth in range(days_ahead)]
        beta, offset, centre, scale = (np.stack(part) for part in zip(*fits, strict=True))
        return FittedHydroRidge(beta, offset, centre, scale, max(float(highest), 0.0))

    def load(self, data: bytes) -> FittedHydroRidge:
        """Inverse of `FittedHydroRidge.to_bytes`."""
        meta, arrays = unpack(data)
        try:
            beta, offset, centre, scale = (arrays[name] for name in ("beta", "offset", "centre", "scale"))
            return FittedHydroRidge(beta, offset, centre, scale, float(meta["highest_mw"]))
        except (KeyError, TypeError, ValueError) as error:
            raise UnpackError(f"no hydro ridge: {error!r}") from error


def _features(sheet: Sheet, river: RiverDays, target: np.ndarray, depth: int) -> tuple[np.ndarray, np.ndarray]:
    """``(base, features)``: the newest known day at the same hour, dims (target, slot), and (target, slot, feature).

    Args:
        target: days to forecast, their newest known day being ``target - 1 - depth``.
    """
    newest = target - 1 - depth
    filled = np.where(np.isfinite(sheet.values), sheet.values, river.level[:, None] * river.habit[sheet.types[: sheet.known]])

    def day(number: np.ndarray) -> np.ndarray:
        return filled[np.maximum(number, 0)]

    base = day(newest)
    week = day(target - 7) if depth < 7 else day(newest - 6)
    until = np.maximum(newest + 1, 1)
    types = np.concatenate([sheet.types[: sheet.known], sheet.types[target]])
    alike = profiles(filled, types, np.concatenate([np.zeros(sheet.known, dtype=int), until]))[sheet.known :]
    sums = np.concatenate([[0.0], np.cumsum(river.level)])

    def level(days: int) -> np.ndarray:
        return (sums[newest + 1] - sums[np.maximum(newest + 1 - days, 0)]) / np.minimum(days, newest + 1)

    now = river.level[newest]
    habit = river.habit[sheet.types[target]] - river.habit[sheet.types[newest]]
    daily = [
        level(2) - now,
        level(7) - now,
        level(28) - now,
        river.normal[target] - now,
        river.normal[target] - river.normal[newest],
        river.rising[newest],
    ]
    water = water_inputs(sheet, _FACTOR_MM_K_D)
    daily += [water[target, c] for c in range(water.shape[1])]
    daily += [water[newest, c] for c in (0, 3)]
    hourly = [week - base, alike - base, day(newest - 1) - base, habit * now[:, None]]
    wide = [np.repeat(column[:, None], sheet.slots, axis=1) for column in daily]
    return base, np.stack([*hourly, *wide], axis=-1)


def _fit(sheet: Sheet, river: RiverDays, depth: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    target = np.arange(_BACK + depth, sheet.known)
    base, x = _features(sheet, river, target, depth)
    truth = sheet.values[target] - base
    usable = np.isfinite(truth) & (river.measured[target] & river.measured[target - 1 - depth])[:, None]
    low, high = np.quantile(truth[usable], (_OUTLIERS, 1.0 - _OUTLIERS))
    y = np.clip(np.where(usable, truth, 0.0), low, high)
    w = np.where(usable, 0.5 ** ((sheet.known - target) / _HALF_LIFE_DAYS)[:, None], 0.0)
    flat = x.reshape(-1, x.shape[-1])
    centre, spread = flat.mean(axis=0), flat.std(axis=0)
    scale = np.where(spread > 1e-9 * (np.abs(centre) + 1e-12), spread, np.inf)  # a constant says nothing
    z = np.concatenate([(x - centre) / scale, np.ones((*y.shape, 1))], axis=-1)
    held = len(target) - max(2, int(_HELD_OUT * len(target)))
    early, late = _moments(z[:held], y[:held], w[:held]), _moments(z[held:], y[held:], w[held:])
    missed = [np.sum(w[held:] * np.abs(y[held:] - z[held:] @ _solve(*early, alpha))) for alpha in _ALPHAS]
    gram, cross, mass = (a + b for a, b in zip(early, late, strict=True))
    beta = _solve(gram, cross, mass, _ALPHAS[int(np.argmin(missed))])
    return beta[:-1], beta[-1], centre, scale


def _moments(z: np.ndarray, y: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    weighted = (z * w[..., None]).reshape(-1, z.shape[-1])
    return weighted.T @ z.reshape(-1, z.shape[-1]), weighted.T @ y.ravel(), np.sum(w)


def _solve(gram: np.ndarray, cross: np.ndarray, mass: np.ndarray, alpha: float) -> np.ndarray:
    """Coefficients; the constant, in last place, is not penalised."""
    penalty = np.full(len(gram), alpha * float(mass))
    penalty[-1] = 0.0
    return np.linalg.solve(gram + np.diag(penalty + 1e-9 * (float(mass) + 1.0)), cross)
