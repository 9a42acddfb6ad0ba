"""The quantile stack: trees under quantile loss on what the other experts said, taught by issues that they had not seen.

Source: D. Wolpert, Stacked generalization, Neural Networks 5 (1992) 241-259.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np

from forecasts.expert import NotEnoughHistory
from forecasts.quantiles import LEVELS
from twin.domain.pack import UnpackError, pack, unpack

_TAUGHT = (0.05, 0.2, 0.5, 0.8, 0.95)  # the levels between follow from their neighbours
_FEWEST_ISSUES = 14
_SPOKEN = 0.9  # share of its values that a member must have given lately
_MOST_ROWS = 12_000
_TREES = 60


@dataclass(frozen=True)
class StackFit:
    """Boosters of the taught levels.

    Attributes:
        members: whom it listens to, in order. ``unit``: [MW] that answers are scaled with.
    """

    members: tuple[str, ...]
    models: tuple[str, ...]
    unit: float
    _boosters: list[Any] = field(default_factory=list)

    def predict(self, paths: Mapping[str, np.ndarray]) -> np.ndarray:
        """[MW], dims (depth, slot, quantile); NaN where a member is silent that it was taught with."""
        if any(name not in paths for name in self.members):
            shape = next(iter(paths.values())).shape
            return np.full((*shape[:2], len(LEVELS)), np.nan)
        said = _said({name: paths[name][None] for name in self.members})
        x, middle = _columns(said / self.unit)
        if not self._boosters:
            import lightgbm

            self._boosters.extend(lightgbm.Booster(model_str=model) for model in self.models)
        shape = middle.shape[1:]
        taught = np.stack([b.predict(x, num_threads=1).reshape(shape) for b in self._boosters], axis=-1)
        taught = np.sort(taught, axis=-1)
        wide = np.stack([_between(taught, level) for level in LEVELS], axis=-1)
        answer = (middle[0][..., None] + wide) * self.unit
        return np.where(np.isfinite(middle[0])[..., None], answer, np.nan)

    def to_bytes(self) -> bytes:
        """Packed; equal fits give equal bytes."""
        return pack({"expert": Stack.name, "members": list(self.members), "models": list(self.models), "unit": self.unit})


class Stack:
    """The expert that listens to the others."""

    name: ClassVar[str] = "stack"
    kinds: ClassVar[frozenset[str]] = frozenset({"load", "pv", "wind", "hydro"})

    def fit_on(self, truth: np.ndarray, paths: Mapping[str, np.ndarray], *, seed: int) -> StackFit:
        """Learn from issues whose truth is in.

        Args:
            truth: [MW], dims (issue, depth, slot). ``paths``: dims (issue, depth, slot, level).

        Raises:
            NotEnoughHistory: with fewer than a fortnight of issues, or nobody to listen to.
        """
        spoken = {n: np.isfinite(p[-_FEWEST_ISSUES:]).all(axis=-1) for n, p in paths.items() if n != self.name and len(p)}
        asked = np.any(list(spoken.values()), axis=0) if spoken else np.zeros(0, dtype=bool)  # a path may end within a day
        members = tuple(name for name, said in spoken.items() if asked.any() and said[asked].mean() > _SPOKEN)
        issues = int(np.isfinite(truth[:, 0]).any(axis=1).sum())
        if issues < _FEWEST_ISSUES or len(members) < 2:
            raise NotEnoughHistory(
                f"{issues} past issues of {len(members)} experts; a stack needs {_FEWEST_ISSUES} issues of at least two"
            )
        import lightgbm

        said = _said({name: paths[name] for name in members})
        unit = float(np.nanmax(np.abs(truth))) or 1.0
        x, middle = _columns(said / unit)
        y = (truth / unit - middle).reshape(-1)
        known = np.flatnonzero(np.isfinite(y) & np.isfinite(x).all(axis=1))
        known = known[:: -(-len(known) // _MOST_ROWS)]
        data = lightgbm.Dataset(x[known], y[known], params={"max_bin": 63})
        models, boosters = [], []
        for level in _TAUGHT:
            params = {
                "objective": "quantile", "alpha": level, "num_leaves": 12, "learning_rate": 0.08, "min_data_in_leaf": 60,
                "feature_fraction": 0.8, "bagging_fraction": 0.7, "bagging_freq": 1, "max_bin": 63, "lambda_l2": 1.0,
                "verbosity": -1, "num_threads": 1, "seed": seed % 2**31, "deterministic": True, "force_row_wise": True,
            }  # fmt: skip
            boosters.append(lightgbm.train(params, data, num_boost_round=_TREES))
            models.append(boosters[-1].model_to_string())
        return StackFit(members, tuple(models), unit, boosters)

    def load(self, data: bytes) -> StackFit:
        """Inverse of `StackFit.to_bytes`.

        Raises:
            UnpackError: when the bytes are no stack.
        """
        meta, _ = unpack(data)
        if meta.get("expert") != self.name:
            raise UnpackError("no stack")
        return StackFit(tuple(meta["members"]), tuple(meta["models"]), meta["unit"])


def _said(paths: Mapping[str, np.ndarray]) -> np.ndarray:
    """Everybody's middle, dims (expert, issue, depth, slot)."""
    return np.stack([path[..., path.shape[-1] // 2] for path in paths.values()])


def _columns(said: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(features, dims (row, feature); median of what was said, dims (issue, depth, slot))."""
    middle = np.median(said, axis=0)
    apart = said - middle
    shape = middle.shape
    depth = np.broadcast_to(np.arange(shape[1])[None, :, None], shape)
    slot = np.broadcast_to(np.arange(shape[2])[None, None, :] / shape[2], shape)
    spread = np.ptp(said, axis=0)
    columns = [*apart, middle, spread, depth, slot]
    return np.stack([c.reshape(-1) for c in columns], axis=-1), middle


def _between(taught: np.ndarray, level: float) -> np.ndarray:
    """A level between two taught ones, on the straight line between them."""
    right = int(np.clip(np.searchsorted(_TAUGHT, level), 1, len(_TAUGHT) - 1))
    low, high = _TAUGHT[right - 1], _TAUGHT[right]
    share = (level - low) / (high - low)
    return (1.0 - share) * taught[..., right - 1] + share * taught[..., right]
