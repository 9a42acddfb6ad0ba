"""Customers' meters as one array, and the faults that it can have."""

from __future__ import annotations

import numpy as np
import xarray as xr

from twin.domain.problems import Problems

_SHOWN = 10


def check_meters(power_mw: xr.DataArray, what: str, problems: Problems) -> int | None:
    """Note the faults of meters; the step of their grid [s], or None where there is no grid to go on with.

    Args:
        power_mw: mean power of each interval [MW], consumption positive, dims (time, customer); ``time`` holds the UTC starts
            of the intervals, on one step; NaN = missing.
    """
    if set(power_mw.dims) != {"time", "customer"}:
        problems.add(what, f"dims {power_mw.dims}", "dims (time, customer)", "name the dimensions so")
        return None
    if power_mw.attrs.get("units", "MW") != "MW":
        problems.add(what, f"unit {power_mw.attrs['units']!r}", "MW", "convert it once, where it is read")
    if np.isinf(power_mw.values).any():
        problems.add(what, "infinite values", "numbers, NaN for missing", "export it again")
    names = [str(each) for each in power_mw.customer.values]
    twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if twice or not names:
        value = f"customers {named(twice)} twice" if twice else "no customer"
        problems.add(what, value, "one column for each customer", "rename or drop columns")
    seconds = power_mw.time.values.astype("datetime64[s]").astype(np.int64)
    steps = np.unique(np.diff(seconds))
    if len(steps) != 1 or steps[0] <= 0 or 86_400 % steps[0]:
        value = f"steps of {', '.join(f'{each / 60:g}' for each in steps[:4])} min" if len(steps) else "one interval"
        problems.add(f"{what}: time", value, "one step that divides the day", "put it on a regular grid, NaN for missing")
        return None
    return int(steps[0])


def named(customers: list[str]) -> str:
    """The first names of a list, and how many more."""
    shown = ", ".join(repr(each) for each in customers[:_SHOWN])
    return shown + (f" and {len(customers) - _SHOWN} more" if len(customers) > _SHOWN else "")
