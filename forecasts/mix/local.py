"""The renewable share of what a town consumes, from what it will consume, make and import.

By proportional sharing: every kilowatt hour consumed in an interval is the same blend of the town's own generation and of what
comes in over the boundary. A band of the share cannot be had from bands of its parts, so it is read off sampled futures.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from forecasts.futures.dependence import Dependence
from forecasts.futures.paths import sample_joint_paths
from forecasts.quantiles import LEVELS, error_quantiles
from twin.domain.problems import Problems

_PATHS = 400


def renewable_share(*, load_mw: np.ndarray, own_mw: Sequence[np.ndarray], imported_share: np.ndarray) -> np.ndarray:
    """Renewable share of consumption, 0..1, of every path and step; dims as given, NaN where nothing is consumed or made.

    Args:
        load_mw: consumption [MW]. ``own_mw``: generation [MW] of each renewable plant of the town (PV, hydro, wind).
        imported_share: renewable share of the electricity at the boundary, 0..1.
    """
    own = np.zeros(np.shape(load_mw)) + sum(np.maximum(part, 0.0) for part in own_mw)
    bought = np.maximum(load_mw - own, 0.0)
    total = own + bought
    known = total > 0.0
    return np.where(known, (own + bought * imported_share) / np.where(known, total, 1.0), np.nan)


def renewable_share_band(
    *,
    load_mw: np.ndarray,
    own_mw: Sequence[np.ndarray],
    imported_share: np.ndarray,
    step_s: int,
    seed: int,
    dependence: Dependence | None = None,
) -> np.ndarray:
    """Quantiles of the renewable share of consumption, dims (step, quantile), from quantiles of its parts.

    Args:
        load_mw: quantiles `LEVELS` [MW], dims (step, quantile). ``own_mw``: the same of each plant.
        imported_share: the same of the mix at the boundary, `forecasts.mix.national.MixForecast.renewable_share`.
        step_s: length of a step.
        dependence: of the errors of load, plants and import, in this order, where past issues are known; without it the parts
            err independently of each other, and each forgets its error in some hours.

    Raises:
        BadInput: for parts of unequal dims.
    """
    parts = [load_mw, *own_mw, imported_share]
    problems = Problems()
    for number, part in enumerate(parts):
        if part.shape != (len(load_mw), len(LEVELS)):
            problems.add(
                f"renewable share, part {number}",
                f"dims {part.shape}",
                f"({len(load_mw)}, {len(LEVELS)})",
                "align the forecasts",
            )
    problems.raise_if_any()
    if dependence is None:
        dependence = Dependence.fit(np.empty((0, len(parts), len(load_mw))), step_s=step_s)
    ceiling = np.full((len(parts), 1), np.inf)
    ceiling[-1] = 1.0
    paths = sample_joint_paths(dependence, np.stack(parts), _PATHS, seed=seed, floor=0.0, ceiling=ceiling)
    load, *own, imported = np.moveaxis(paths, 1, 0)
    return np.clip(error_quantiles(renewable_share(load_mw=load, own_mw=own, imported_share=imported).T), 0.0, 1.0)
