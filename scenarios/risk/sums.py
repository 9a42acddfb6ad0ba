"""One pass over a futures data set, chunk by chunk: what all figures of risk are made from.

Memory is that of one chunk and of one number per future and side: costs are compared future by future.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import xarray as xr

from scenarios.futures.schema import SIDES
from scenarios.risk.tally import Tally
from twin.domain.problems import BadInput, Problem
from twin.domain.time import HOURS_PER_STEP

KINDS = ("overload", "voltage", "unserved", "unsolved", "any")
"""Kinds of violation by hour; "unsolved": no power flow exists, the grid could not stand that quarter hour."""
SIZES = {"overload": "percent_h", "voltage": "pu_h", "unserved": "mwh"}
"""Kinds that have a size, and its unit integrated over time."""
PER_HOUR = 4
_WATT_MW = 1e-6
_VARIABLE = {"overload": "overload_percent", "voltage": "voltage_violation_pu", "unserved": "unserved_mw"}
_COUNTS = ("violating", "excess", "excess_mwh", "unserved", "unserved_mwh")
_LOADING, _MARGIN = (0.0, 400.0), (-300.0, 100.0)


@dataclass
class Sums:
    """Sums over all futures read so far.

    Attributes:
        futures: how many. ``count``: futures with that kind of violation in the hour, dims (side, kind, hour).
        in_window: futures with that kind of violation in any hour, dims (side, kind).
        only: futures in which only that side has it, dims (side, kind, hour). ``size``: dims (side, sized kind, hour).
        elements: by count variable, dims (side, element, time). ``loading``: highest loading, by side, columns: quarter hours.
        margin: N-1 margin, by side, columns: hours. ``n1_count``: futures looked at, dims (side, hour); ``n1_short``: with a
            margin below 0 or an outage without solution; ``n1_dark_mw``: sum over futures of the worst outage's MW.
        energy_chf, unserved_mwh: of every future, lists of dims (side, future).
    """

    futures: int
    count: np.ndarray
    in_window: np.ndarray
    only: np.ndarray
    size: np.ndarray
    elements: dict[str, np.ndarray]
    loading: tuple[Tally, ...]
    margin: tuple[Tally, ...]
    n1_count: np.ndarray
    n1_short: np.ndarray
    n1_dark_mw: np.ndarray
    energy_chf: list[np.ndarray] = field(default_factory=list)
    unserved_mwh: list[np.ndarray] = field(default_factory=list)

    @classmethod
    def blank(cls, futures: xr.Dataset) -> Sums:
        """Nothing was read yet."""
        sides, steps, hours = len(SIDES), futures.sizes["time"], futures.sizes["hour"]
        whole = -(-steps // PER_HOUR)
        per_element = (sides, futures.sizes["element"], steps)
        by_kind = (sides, len(KINDS), whole)
        return cls(
            futures=0,
            count=np.zeros(by_kind, dtype=np.int64),
            in_window=np.zeros(by_kind[:2], dtype=np.int64),
            only=np.zeros(by_kind, dtype=np.int64),
            size=np.zeros((sides, len(SIZES), whole)),
            elements={name: np.zeros(per_element) for name in _COUNTS},
            loading=tuple(Tally(steps, *_LOADING) for _ in SIDES),
            margin=tuple(Tally(hours, *_MARGIN) for _ in SIDES),
            n1_count=np.zeros((sides, hours), dtype=np.int64),
            n1_short=np.zeros((sides, hours), dtype=np.int64),
            n1_dark_mw=np.zeros((sides, hours)),
        )


def summed(futures: xr.Dataset) -> Sums:
    """Read the whole data set once (`scenarios.futures.schema`); chunks that are not there yet are left out.

    Raises:
        BadInput: for a data set without a single finished future.
    """
    sums = Sums.blank(futures)
    price = futures["price_chf_per_kwh"].to_numpy()
    for number, members in _chunks(futures):
        part = futures.isel(future=members)
        _add_paths(sums, part, price)
        _add_security(sums, part)
        for name in sums.elements:
            sums.elements[name] += futures[name].isel(chunk=number).to_numpy()
        sums.futures += members.stop - members.start
    if not sums.futures:
        raise BadInput([Problem("futures", "none is finished", "at least one", "run them to the end")])
    return sums


def _chunks(futures: xr.Dataset) -> Iterator[tuple[int, slice]]:
    counts = futures["futures_in_chunk"].to_numpy()
    ends = np.cumsum(counts)
    for number, (count, end) in enumerate(zip(counts.tolist(), ends.tolist(), strict=True)):
        if count:
            yield number, slice(end - count, end)


def _add_paths(sums: Sums, part: xr.Dataset, price: np.ndarray) -> None:
    """Violations by hour, the fan of loadings, and costs of some futures."""
    paths = {kind: part[name].to_numpy().astype(float) for kind, name in _VARIABLE.items()}  # (side, future, time)
    imported = part["import_p_mw"].to_numpy().astype(float)
    broken = {kind: np.nan_to_num(values) > (_WATT_MW if kind == "unserved" else 0.0) for kind, values in paths.items()}
    broken["unsolved"] = np.isnan(imported)
    broken["any"] = np.logical_or.reduce(list(broken.values()))
    by_hour = np.stack([_within_hours(broken[kind], np.logical_or) for kind in KINDS], axis=1)  # (side, kind, future, hour)
    sums.count += by_hour.sum(axis=2)
    sums.in_window += by_hour.any(axis=3).sum(axis=2)
    sums.only += (by_hour & ~by_hour[::-1]).sum(axis=2)
    integrals = [_within_hours(np.nan_to_num(paths[kind]), np.add) * HOURS_PER_STEP for kind in SIZES]
    sums.size += np.stack(integrals, axis=1).sum(axis=2)
    loading = part["loading_percent_max"].to_numpy()
    for side, tally in enumerate(sums.loading):
        tally.add(loading[side])
    sums.energy_chf.append(1000.0 * HOURS_PER_STEP * (imported * price).sum(axis=2))
    sums.unserved_mwh.append(HOURS_PER_STEP * np.nan_to_num(paths["unserved"]).sum(axis=2))


def _within_hours(values: np.ndarray, gather: np.ufunc) -> np.ndarray:
    """Quarter hours gathered to hours from the window's start on; the last hour may be shorter, dims (..., hour)."""
    return np.asarray(gather.reduceat(values, np.arange(0, values.shape[-1], PER_HOUR), axis=-1))


def _add_security(sums: Sums, part: xr.Dataset) -> None:
    """N-1 of the futures in which it was looked at. A margin without MW unsupplied was not; MW without a margin: unsolved."""
    margin, dark = (part[name].to_numpy().astype(float) for name in ("n1_margin_percent", "n1_unsupplied_mw"))
    looked = np.isfinite(dark)
    margin = np.where(looked & np.isnan(margin), -np.inf, np.where(looked, margin, np.nan))
    for side, tally in enumerate(sums.margin):
        tally.add(margin[side])
    sums.n1_count += looked.sum(axis=1)
    sums.n1_short += (looked & (margin < 0.0)).sum(axis=1)
    sums.n1_dark_mw += np.nan_to_num(dark).sum(axis=1)
