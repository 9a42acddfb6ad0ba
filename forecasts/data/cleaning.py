"""What of a measured series can be trusted, by kind: values that cannot be true are taken out, none is made up."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from forecasts.data.runs import never_near_zero, runs_of, stuck_load, stuck_sun, stuck_wind, wrong_unit, zero_runs
from forecasts.data.spikes import load_spikes, plant_spikes, usual_top

_DAY_S = 86_400
_ABOVE_CAPACITY = 1.5  # an inverter gives no more than a tenth above its rating; the rest is for a capacity stated too low
_UNIT_RUN = 3  # rows out of all proportion: up to two are a spike
_FEWEST_DAYS = 2  # less gives no days around to compare with


@dataclass(frozen=True)
class Cleaned:
    """A series without what cannot be true.

    Attributes:
        values: [MW], dims (time,), NaN where taken out. ``taken``: kind of fault -> intervals taken out.
        set_to_zero: intervals of slightly negative generation.
    """

    values: np.ndarray
    taken: dict[str, np.ndarray] = field(default_factory=dict)
    set_to_zero: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))


def clean(values: np.ndarray, *, kind: str, step_s: int, capacity_mw: float | None) -> Cleaned:
    """Take out what cannot be true, the coarsest faults first so that they do not hide the finer ones.

    Args:
        values: mean power [MW] in the file's own step, dims (time,), NaN = missing.
    """
    values = values.copy()
    taken: dict[str, np.ndarray] = {}

    def take(fault: str, wrong: np.ndarray) -> None:
        at = np.flatnonzero(wrong & np.isfinite(values))
        values[at] = np.nan
        if len(at):
            taken[fault] = np.union1d(taken.get(fault, np.empty(0, np.int64)), at).astype(np.int64)

    if capacity_mw is not None and kind != "load":
        take("above_capacity", values > _ABOVE_CAPACITY * capacity_mw)
    enough = np.count_nonzero(np.isfinite(values)) * step_s >= _FEWEST_DAYS * _DAY_S
    if not enough:
        return _without_negative(values, taken, kind)
    wrong = wrong_unit(values, step_s, steady=kind == "load" and never_near_zero(values, step_s))
    runs = runs_of(wrong.astype(float))
    stretch = runs.mask((runs.value > 0) & (runs.length >= _UNIT_RUN), len(values))
    take("wrong_unit", stretch)
    take("spike", wrong & ~stretch)
    if kind == "load":
        take("zero_run", zero_runs(values, step_s))
        take("stuck", stuck_load(values, step_s))
        take("spike", load_spikes(values, step_s))
    else:
        if kind in {"pv", "wind"}:  # a hydro plant runs at a set point for days
            take("stuck", stuck_sun(values, step_s) if kind == "pv" else stuck_wind(values, step_s))
        take("spike", plant_spikes(values, step_s, by_day=kind == "pv", consumes=kind == "hydro"))
    return _without_negative(values, taken, kind)


def _without_negative(values: np.ndarray, taken: dict[str, np.ndarray], kind: str) -> Cleaned:
    """Photovoltaics at night: an inverter's own use and a meter's offset are no generation."""
    if kind != "pv":
        return Cleaned(values, taken)
    negative = np.flatnonzero(values < 0)
    values[negative] = 0.0
    return Cleaned(values, taken, negative)


def is_reversed(values: np.ndarray, step_s: int) -> bool:
    """Whether a plant is counted as a consumer: nearly all that is more than a twentieth of its top is negative."""
    large = values[np.abs(values) > 0.05 * usual_top(values, step_s)]
    return bool(len(large) and np.mean(large < 0) > 0.9)
