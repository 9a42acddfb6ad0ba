"""Ridge regression per hour and depth, neighbouring hours pooled: what recent days, weather and calendar add to the profile.

Source: A. Hoerl, R. Kennard, Ridge Regression, Technometrics 12 (1970).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from forecasts.experts.day_path import along, days_touched
from forecasts.experts.lessons import coming, lessons_of
from forecasts.features import Table
from forecasts.past import Past
from twin.domain.pack import UnpackError, pack, unpack

_HELD_OUT = 0.2  # newest share of days on which the penalty is chosen
_OUTLIERS = 0.002  # share of targets at each end that is drawn in: a blackout is no lesson for tomorrow
_HEADROOM = 0.15  # predictions stay within the training range and this share of it


@dataclass(frozen=True)
class RidgeSettings:
    """What an analyst may tune.

    Attributes:
        alphas: penalties tried, per training row. ``half_life_days``: age at which a day counts half.
    """

    alphas: tuple[float, ...] = (1e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1.0)
    half_life_days: float = 120.0


@dataclass(frozen=True)
class RidgeFit:
    """Coefficients by depth and hour.

    Attributes:
        beta: dims (depth, hour, feature), on standardised features. ``offset``: dims (depth, hour).
        centre, scale: of the features, dims (depth, feature).
        low, high: [MW], limits of what it answers.
    """

    beta: np.ndarray
    offset: np.ndarray
    centre: np.ndarray
    scale: np.ndarray
    low: float
    high: float
    names: tuple[str, ...]
    groups: tuple[str, ...]

    def predict(self, past: Past, steps: int) -> np.ndarray:
        """[MW], dims (time,)."""
        table = coming(past, days_touched(past, steps), len(self.beta) - 1)
        return along(np.clip(table.profile + self.on(table), self.low, self.high), past, steps)

    def on(self, table: Table) -> np.ndarray:
        """What is added to the profile [MW], dims (day, slot)."""
        return self._parts(table).sum(axis=-1) + self.offset[table.depth][:, self._hours(table)]

    def contributions(self, past: Past, steps: int) -> dict[str, np.ndarray]:
        """What each group of features adds to the profile [MW], dims (time,)."""
        table = coming(past, days_touched(past, steps), len(self.beta) - 1)
        parts = self._parts(table)
        found = {"profile": along(table.profile + self.offset[table.depth][:, self._hours(table)], past, steps)}
        for group in dict.fromkeys(self.groups):
            members = np.array([g == group for g in self.groups])
            found[group] = along(parts[..., members].sum(axis=-1), past, steps)
        return found

    def to_bytes(self) -> bytes:
        """Packed; equal fits give equal bytes."""
        arrays = {name: getattr(self, name) for name in ("beta", "offset", "centre", "scale")}
        return pack(
            {"expert": Ridge.name, "low": self.low, "high": self.high, "names": list(self.names), "groups": list(self.groups)},
            arrays,
        )

    def _hours(self, table: Table) -> np.ndarray:
        slots = table.profile.shape[1]
        return np.arange(slots) * 24 // slots

    def _parts(self, table: Table) -> np.ndarray:
        x = (table.columns(self.names) - self.centre[table.depth][:, None]) / self.scale[table.depth][:, None]
        return np.nan_to_num(x) * self.beta[table.depth][:, self._hours(table)]


class Ridge:
    """The expert."""

    name: ClassVar[str] = "ridge"
    kinds: ClassVar[frozenset[str]] = frozenset({"load"})

    def __init__(self, settings: RidgeSettings | None = None) -> None:
        self._settings = settings or RidgeSettings()

    def fit(self, past: Past, *, days_ahead: int, seed: int) -> RidgeFit:  # noqa: ARG002 - nothing here is random
        """Coefficients for every hour and depth.

        Raises:
            NotEnoughHistory: with fewer than three weeks of usable days.
        """
        lessons = lessons_of(past, days_ahead)
        age = lessons.known - lessons.day
        weight = 0.5 ** (age / self._settings.half_life_days)
        held = len(lessons.day) - max(2, int(_HELD_OUT * len(lessons.day)))
        fits = [
            _fit_depth(lessons.x(d), lessons.truth - t.profile, weight, held, self._settings.alphas)
            for d, t in enumerate(lessons.tables)
        ]
        low, high = np.nanmin(lessons.truth), np.nanmax(lessons.truth)
        margin = _HEADROOM * (high - low)
        beta, offset, centre, scale = (np.stack(part) for part in zip(*fits, strict=True))
        return RidgeFit(beta, offset, centre, scale, float(low - margin), float(high + margin), lessons.names, lessons.groups)

    def load(self, data: bytes) -> RidgeFit:
        """Inverse of `RidgeFit.to_bytes`.

        Raises:
            UnpackError: when the bytes are no ridge.
        """
        meta, arrays = unpack(data)
        if meta.get("expert") != self.name:
            raise UnpackError("no ridge")
        wide = {name: array.astype(np.float64) for name, array in arrays.items()}
        names, groups = tuple(meta["names"]), tuple(meta["groups"])
        return RidgeFit(**wide, low=meta["low"], high=meta["high"], names=names, groups=groups)


def _fit_depth(
    features: np.ndarray, target: np.ndarray, weight: np.ndarray, held: int, alphas: tuple[float, ...]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(beta, offset, centre, scale) of one depth; ``target``: what the profile missed [MW], dims (day, slot)."""
    known = np.isfinite(target)
    low, high = np.quantile(target[known], (_OUTLIERS, 1.0 - _OUTLIERS))
    y = np.where(known, np.clip(target, low, high), 0.0)
    flat = features.reshape(-1, features.shape[-1])
    centre = flat.mean(axis=0)
    scale = np.where(flat.std(axis=0) > 1e-9 * (np.abs(centre) + 1e-12), flat.std(axis=0), np.inf)  # a constant says nothing
    x = np.concatenate([(features - centre) / scale, np.ones((*y.shape, 1))], axis=-1)
    w = np.where(known, weight[:, None], 0.0)
    train, test = slice(0, held), slice(held, None)
    gram, cross, mass = _moments(x[train], y[train], w[train])
    error = np.zeros(len(alphas))
    for i, alpha in enumerate(alphas):
        beta = _solve(gram, cross, mass, alpha)
        missed = y[test] - np.einsum("dsf,sf->ds", x[test], _by_slot(beta, y.shape[1]))
        error[i] = np.sum(np.abs(missed) * w[test])
    gram, cross, mass = (a + b for a, b in zip((gram, cross, mass), _moments(x[test], y[test], w[test]), strict=True))
    beta = _solve(gram, cross, mass, alphas[int(np.argmin(error))])
    return beta[:, :-1], beta[:, -1], centre, scale


def _moments(x: np.ndarray, y: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weighted Gram matrix, cross moments and mass of each hour with both neighbours."""
    days, slots, features = x.shape
    hours = x.reshape(days, 24, slots // 24, features).transpose(1, 0, 2, 3).reshape(24, -1, features)
    weight = w.reshape(days, 24, -1).transpose(1, 0, 2).reshape(24, -1)
    value = y.reshape(days, 24, -1).transpose(1, 0, 2).reshape(24, -1)
    scaled = hours * weight[..., None]
    gram = scaled.transpose(0, 2, 1) @ hours
    cross = np.einsum("hrf,hr->hf", scaled, value)
    mass = weight.sum(axis=1)
    gram, cross, mass = (m + 0.5 * (np.roll(m, 1, axis=0) + np.roll(m, -1, axis=0)) for m in (gram, cross, mass))
    return gram, cross, mass


def _solve(gram: np.ndarray, cross: np.ndarray, mass: np.ndarray, alpha: float) -> np.ndarray:
    """Coefficients of every hour, dims (hour, feature); the constant is not penalised."""
    features = gram.shape[1]
    penalty = alpha * mass[:, None, None] * np.eye(features)
    penalty[:, -1, -1] = 1e-9 * (mass + 1.0)
    return np.linalg.solve(gram + penalty + 1e-9 * np.eye(features), cross[..., None])[..., 0]


def _by_slot(beta: np.ndarray, slots: int) -> np.ndarray:
    return beta[np.arange(slots) * 24 // slots]
