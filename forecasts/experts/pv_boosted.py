"""Boosted trees of the clear-sky ratio's median."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from forecasts.experts.pv_days import read_reference
from forecasts.past import Past
from forecasts.sky.reference import SkyReference
from forecasts.sky.training import as_power, path_ahead, ratio_rows, with_gaps
from forecasts.sky.trees import ask_trees, grow, read_trees, try_out
from twin.domain.pack import pack, unpack

if TYPE_CHECKING:
    import lightgbm as lgb

_OBJECTIVE = {"objective": "regression_l1"}


@dataclass(frozen=True)
class SkyBoostedFitted:
    """The reference, and trees of the ratio on ``names``."""

    reference: SkyReference
    names: tuple[str, ...]
    trees: lgb.Booster

    def predict(self, past: Past, steps: int) -> np.ndarray:
        """Power [MW], dims (time,)."""
        path = path_ahead(past, self.reference, steps)
        ratio = np.zeros(steps)
        day = path.reference_mw[0] > 0.0
        if day.any():
            ratio[day] = ask_trees(self.trees, path.pick(self.names)[0, day])
        return as_power(ratio, path, self.reference)

    def to_bytes(self) -> bytes:
        """Reference, names and the trees' text."""
        meta = {"expert": SkyBoosted.name, "reference": self.reference.meta(), "names": self.names}
        return pack(meta | {"trees": self.trees.model_to_string()})


class SkyBoosted:
    """Gradient boosting of absolute errors, weighted by the clear sky: errors in power, learnt as ratios."""

    name: ClassVar[str] = "sky_boosted"
    kinds: ClassVar[frozenset[str]] = frozenset({"pv"})

    def fit(self, past: Past, *, days_ahead: int, seed: int) -> SkyBoostedFitted:
        """Reference and trees.

        Raises:
            NotEnoughHistory: with fewer than twenty days of power by daylight.
        """
        reference, rows = ratio_rows(past, days_ahead=days_ahead)
        rows = with_gaps(rows, seed=seed)
        rounds = try_out(rows, seed=seed, objective=_OBJECTIVE).rounds
        return SkyBoostedFitted(reference, rows.names, grow(rows, seed=seed, objective=_OBJECTIVE, rounds=rounds))

    def load(self, data: bytes) -> SkyBoostedFitted:
        """Inverse of `SkyBoostedFitted.to_bytes`.

        Raises:
            UnpackError: when the bytes are none of this expert's.
        """
        meta, _ = unpack(data)
        reference = read_reference(meta, self.name)
        return SkyBoostedFitted(reference, tuple(meta["names"]), read_trees(meta["trees"]))
