"""Units that a column betrays: Fahrenheit, ten times, per unit called percent; and loads per unit of rating."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from twin.boxes.maintenance.watch.readings import UNITS

_HOTTEST_AIR_C = 50.0
"""No air in Europe was ever measured above 48.8 degC (WMO, Floridia, 11 August 2021)."""
_MISFIT_K = 15.0
"""Median misfit of top-oil above which another unit is tried: typical parameters are wrong by some 5 K at most [K]."""
_TYPICAL_PEAK = 0.8
"""Where no rating is known: highest loads (99 % quantile) of rating. An assumption of ours, and said to be one: networks are
planned so that the neighbour's load still fits."""
_KILO = {"kA": 1000.0, "kVA": 1e-3, "kW": 1e-3}
_PER_UNIT_BELOW = 3.0
_ABSURD = 3.0


@dataclass(frozen=True)
class Note:
    """Something found in an asset's data. ``code``: its words are in maintenance.<lang>.toml, [evaluate.note]."""

    code: str
    params: dict[str, Any] = field(default_factory=dict)


def load_factor_of(
    load: np.ndarray, reactive: np.ndarray | None, rating: float | None, *, unit: str
) -> tuple[np.ndarray, tuple[Note, ...]]:
    """K, 1.0 = rated, dims (time,), and what had to be assumed.

    Args:
        load: in ``unit``; its sign is dropped, heat has none. ``reactive``: same unit, or None.
        reactive: same unit, or None.
        rating: [A] for A and kA, [MVA] for kVA, MVA, kW and MW; not used for percent and pu.
        unit: one of `twin.maintenance.evaluate.flags.LOAD_UNITS`.
    """
    size = np.abs(load) if reactive is None else np.hypot(load, np.nan_to_num(reactive))
    notes: list[Note] = []
    if unit in {"percent", "pu"}:
        factor = size / (100.0 if unit == "percent" else 1.0)
        if unit == "percent" and _top(size) < _PER_UNIT_BELOW:
            factor = size
            notes.append(Note("load_per_unit", {"top": _top(size)}))
        elif unit == "pu" and _top(size) > 10.0:
            factor = size / 100.0
            notes.append(Note("load_percent", {"top": _top(size)}))
    else:
        size = size * _KILO.get(unit, 1.0)
        if rating is None:
            rating = _top(size) / _TYPICAL_PEAK
            notes.append(
                Note("rating_typical", {"rating": rating, "unit": "A" if unit.endswith("A") and "V" not in unit else "MVA"})
            )
        factor = size / rating
    if _top(factor) > _ABSURD:
        notes.append(Note("load_absurd", {"top": 100.0 * _top(factor)}))
    return factor, tuple(notes)


def ambient_in_celsius(values: np.ndarray) -> tuple[np.ndarray, tuple[Note, ...]]:
    """Ambient [degC], dims (time,), and the unit that was found; all NaN stays so and is noted as absent."""
    known = values[np.isfinite(values)]
    if not len(known):
        return values, (Note("ambient_absent"),)
    top = float(np.quantile(known, 0.99))
    if top <= _HOTTEST_AIR_C:
        return values, ()
    if (top - 32.0) / 1.8 <= _HOTTEST_AIR_C:
        return (values - 32.0) / 1.8, (Note("ambient_fahrenheit", {"top": top}),)
    if top / 10.0 <= _HOTTEST_AIR_C:
        return values / 10.0, (Note("ambient_times_ten", {"top": top}),)
    return np.full_like(values, np.nan), (Note("ambient_absurd", {"top": top}), Note("ambient_absent"))


def top_oil_in_celsius(top_oil_c: np.ndarray, modelled_c: np.ndarray) -> tuple[np.ndarray, tuple[Note, ...]]:
    """Top-oil [degC], dims (time,), in the unit that fits the model, where it is hopeless as it is.

    Args:
        top_oil_c: as read.
        modelled_c: by the thermal model [degC].
    """
    tries = (top_oil_c, (top_oil_c - 32.0) / 1.8, top_oil_c / 10.0, 10.0 * top_oil_c)
    both = np.isfinite(top_oil_c) & np.isfinite(modelled_c)
    if not both.any():
        return top_oil_c, ()
    misfit_k = [float(np.median(np.abs(values[both] - modelled_c[both]))) for values in tries]
    best = int(np.argmin(misfit_k))
    if misfit_k[0] <= _MISFIT_K:
        return top_oil_c, ()
    if best and misfit_k[best] < 0.5 * misfit_k[0]:
        return tries[best], (Note(f"top_oil_{UNITS[best]}", {"misfit_k": misfit_k[0]}),)
    return top_oil_c, (Note("top_oil_far", {"misfit_k": misfit_k[0]}),)


def _top(values: np.ndarray) -> float:
    known = values[np.isfinite(values)]
    return float(np.quantile(known, 0.99)) if len(known) else 0.0
