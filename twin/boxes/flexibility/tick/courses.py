"""The courses that the forecasts may take, as distances from the expected one."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from twin.boxes.flexibility.foresight import Path
from twin.boxes.flexibility.horizon import mean_of_quarters
from twin.boxes.flexibility.tick import facts
from twin.contracts.frame import AsOfView, MissingSignalError

PATHS = 10
"""Courses that the forecasts are asked for."""
_FLAT_MW = 1e-9


def courses(
    view: AsOfView, site_zone: str, inner_zone: str | None, *, load: Mapping[str, facts.Forecast], level: float
) -> tuple[Path, ...]:
    """Each course of the site's load and sun, put together by number; none where nobody forecasts them.

    Load and sun are forecast by boxes that know nothing of each other: that their courses belong together is not claimed.

    Args:
        inner_zone: whose load the wires' rows lean on; None: the site's. ``level``: quantile of the rows' heavy margin path.
    """
    loads = _paths(view, "load_paths_p_mw", site_zone)
    if loads is None:
        return ()
    values, chance = loads
    sun = _paths(view, "pv_paths_p_mw", site_zone)
    shift = values - values.T @ chance
    if sun is not None and sun[0].shape == values.shape:
        shift = shift - (sun[0] - sun[0].T @ sun[1])
    zone = site_zone if inner_zone is None else inner_zone
    inner = _paths(view, "load_paths_p_mw", zone)
    away = shift if inner is None else inner[0] - load[zone].median
    heavy = np.maximum(load[zone].at(level) - load[zone].median, _FLAT_MW)
    light = np.maximum(load[zone].median - load[zone].at(1.0 - level), _FLAT_MW)
    outer = np.clip(np.where(away > 0.0, away / heavy, away / light), -1.0, 1.0)
    return tuple(
        Path(mean_of_quarters(net), mean_of_quarters(at), float(p)) for net, at, p in zip(shift, outer, chance, strict=True)
    )


def _paths(view: AsOfView, signal: str, zone: str) -> tuple[np.ndarray, np.ndarray] | None:
    """Values [MW], dims (path, time), and probabilities, dims (path,)."""
    try:
        found = facts.paths(view, signal, zone)
    except MissingSignalError:
        return None
    return found if np.isfinite(found[0]).all() and len(found[0]) > 1 else None
