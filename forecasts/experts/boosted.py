"""Gradient-boosted trees under absolute loss, on the value, on what the profile misses, and on what a ridge misses.

Source: G. Ke et al., LightGBM, NIPS 30 (2017).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from forecasts.experts.day_path import along, days_touched
from forecasts.experts.lessons import Lessons, coming, lessons_of
from forecasts.experts.ridge import Ridge, RidgeFit
from forecasts.features import Table
from forecasts.past import Past
from twin.domain.pack import UnpackError, pack, unpack

_SETTINGS = {
    "objective": "l1",
    "feature_fraction": 0.7,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "max_bin": 63,
    "lambda_l2": 1.0,
    "verbosity": -1,
    "num_threads": 1,
    "deterministic": True,
    "force_row_wise": True,
}
_HEADROOM = 0.15  # predictions stay within the training range and this share of it


@dataclass(frozen=True)
class BoostedSettings:
    """What an analyst may tune: LightGBM's own names, and how many rows are learnt from at most."""

    trees: int = 120
    num_leaves: int = 31
    learning_rate: float = 0.09
    min_data_in_leaf: int = 30
    max_rows: int = 20_000
    half_life_days: float = 240.0


@dataclass(frozen=True)
class BoostedFit:
    """A booster and what it stands on.

    Attributes:
        model: LightGBM's text. ``base``: "value", "profile" or "ridge": what the trees' answer is added to.
        ridge: the regression under it, where there is one.
    """

    name: str
    model: str
    base: str
    ridge: RidgeFit | None
    low: float
    high: float
    deepest: int
    names: tuple[str, ...]
    groups: tuple[str, ...]
    _booster: list[Any]

    def predict(self, past: Past, steps: int) -> np.ndarray:
        """[MW], dims (time,)."""
        table = coming(past, days_touched(past, steps), self.deepest)
        x = _columns(table.columns(self.names), table, self.base)
        added = self._load().predict(x.reshape(-1, x.shape[-1]), num_threads=1).reshape(table.profile.shape)
        return along(np.clip(self._under(table) + added, self.low, self.high), past, steps)

    def contributions(self, past: Past, steps: int) -> dict[str, np.ndarray]:
        """What each group of features adds [MW], dims (time,): Shapley values of the trees.

        Source: S. Lundberg et al., From local explanations to global understanding, Nature Machine Intelligence 2 (2020).
        """
        table = coming(past, days_touched(past, steps), self.deepest)
        x = _columns(table.columns(self.names), table, self.base)
        parts = self._load().predict(x.reshape(-1, x.shape[-1]), num_threads=1, pred_contrib=True)
        parts = np.asarray(parts).reshape(*table.profile.shape, -1)
        found = {"profile": along(self._under(table) + parts[..., -1], past, steps)}
        for group in dict.fromkeys(self.groups):
            members = np.array([g == group for g in self.groups])
            found[group] = along(parts[..., :-1][..., members].sum(axis=-1), past, steps)
        return found

    def to_bytes(self) -> bytes:
        """Packed; equal fits give equal bytes."""
        meta = {k: getattr(self, k) for k in ("name", "model", "base", "low", "high", "deepest")}
        ridge = np.frombuffer(self.ridge.to_bytes() if self.ridge else b"", dtype=np.uint8)
        return pack({**meta, "names": list(self.names), "groups": list(self.groups)}, {"ridge": ridge})

    def _under(self, table: Table) -> np.ndarray:
        if self.base == "value":
            return np.zeros(table.profile.shape)
        return table.profile if self.ridge is None else table.profile + self.ridge.on(table)

    def _load(self) -> Any:
        if not self._booster:
            import lightgbm

            self._booster.append(lightgbm.Booster(model_str=self.model))
        return self._booster[0]


class _Boosted:
    """What the three have in common: rows, weights, booster."""

    name: ClassVar[str]
    base: ClassVar[str]
    kinds: ClassVar[frozenset[str]] = frozenset({"load"})

    def __init__(self, settings: BoostedSettings | None = None) -> None:
        self._settings = settings or BoostedSettings()

    def fit(self, past: Past, *, days_ahead: int, seed: int) -> BoostedFit:
        """Trees over every past day at changing depths.

        Raises:
            NotEnoughHistory: with fewer than three weeks of usable days.
        """
        lessons = lessons_of(past, days_ahead)
        ridge = self._ridge(past, days_ahead, seed)
        s = self._settings
        x, y, w = _rows(lessons, self.base, ridge, s)
        import lightgbm

        params = {
            **_SETTINGS,
            "num_leaves": s.num_leaves,
            "learning_rate": s.learning_rate,
            "min_data_in_leaf": min(s.min_data_in_leaf, max(5, len(y) // 100)),
            "seed": seed % 2**31,
        }
        booster = lightgbm.train(params, lightgbm.Dataset(x, y, weight=w, params={"max_bin": 63}), num_boost_round=s.trees)
        low, high = np.nanmin(lessons.truth), np.nanmax(lessons.truth)
        margin = _HEADROOM * (high - low)
        groups = (*lessons.groups, *(["level", *["lags"] * 5] if self.base == "value" else []), "calendar")
        return BoostedFit(
            self.name, booster.model_to_string(), self.base, ridge, float(low - margin), float(high + margin), lessons.deepest,
            lessons.names, groups, [booster],
        )  # fmt: skip

    def load(self, data: bytes) -> BoostedFit:
        """Inverse of `BoostedFit.to_bytes`.

        Raises:
            UnpackError: when the bytes are none of this expert's.
        """
        meta, arrays = unpack(data)
        if meta.get("name") != self.name:
            raise UnpackError(f"no {self.name}")
        ridge = arrays["ridge"].tobytes()
        names, groups = tuple(meta.pop("names")), tuple(meta.pop("groups"))
        return BoostedFit(**meta, ridge=Ridge().load(ridge) if ridge else None, names=names, groups=groups, _booster=[])

    def _ridge(self, past: Past, days_ahead: int, seed: int) -> RidgeFit | None:  # noqa: ARG002 - two of three need none
        return None


class Boosted(_Boosted):
    """Trees on the value itself."""

    name: ClassVar[str] = "boosted"
    base: ClassVar[str] = "value"


class BoostedProfile(_Boosted):
    """Trees on what the day-type profile misses."""

    name: ClassVar[str] = "boosted_profile"
    base: ClassVar[str] = "profile"


class BoostedRidge(_Boosted):
    """Trees on what the ridge misses."""

    name: ClassVar[str] = "boosted_ridge"
    base: ClassVar[str] = "ridge"

    def _ridge(self, past: Past, days_ahead: int, seed: int) -> RidgeFit | None:
        return past.shared("ridge", lambda: Ridge().fit(past, days_ahead=days_ahead, seed=seed))


def _columns(x: np.ndarray, table: Table, base: str) -> np.ndarray:
    """Features as trees read them, dims (day, slot, feature): with depth, and for the value with levels beside differences."""
    depth = np.broadcast_to(table.depth[:, None, None].astype(float), (*table.profile.shape, 1))
    if base != "value":
        return np.concatenate([x, depth], axis=-1)
    lags = x[..., :5] + table.profile[..., None]
    return np.concatenate([x, table.profile[..., None], lags, depth], axis=-1)


def _rows(lessons: Lessons, base: str, ridge: RidgeFit | None, s: BoostedSettings) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(features, target, weight) of at most ``max_rows`` rows: all depths while that fits, then days at changing depths."""
    days, slots = lessons.truth.shape
    depths = len(lessons.tables)
    copies = int(np.clip(s.max_rows // max(days * slots, 1), 1, depths))
    age = lessons.known - lessons.day
    xs, ys, ws = [], [], []
    for depth, table in enumerate(lessons.tables):
        chosen = (np.arange(days) + depth) % depths < copies
        x = _columns(lessons.x(depth), table, base)[chosen]
        under = {"value": 0.0, "profile": table.profile, "ridge": table.profile + (ridge.on(table) if ridge else 0.0)}[base]
        y = (lessons.truth - under)[chosen]
        w = np.broadcast_to(0.5 ** (age[chosen] / s.half_life_days)[:, None], y.shape)
        known = np.isfinite(y)
        xs.append(x[known])
        ys.append(y[known])
        ws.append(w[known])
    x, y, w = np.concatenate(xs), np.concatenate(ys), np.concatenate(ws)
    step = -(-len(y) // s.max_rows)
    return x[::step], y[::step], w[::step]
