"""N-1 of many hourly states at once: the margin after permitted restoration, the worst outage, who stays in the dark.

Every line and transformer goes out, one at a time; where that leaves somebody dark every permitted single closure is tried and
the best one counts (`twin.engines.outages.contingency`). Taps stand where they are and inverters inject what is given: the
reactive power that Q(U) gave in the same state belongs into the injections.
"""

from __future__ import annotations

import numpy as np
import xarray as xr

from twin.contracts.ports import GridLimits, GridModel
from twin.domain.problems import BadInput, Problem

_BLOCK = 256
"""States solved at a time: their tables stay in memory, about 60 MB on a grid of 200 lines."""
_WATT_MW = 1e-6
NO_OUTAGE = -1


def security(
    model: GridModel,
    injections: xr.Dataset,
    *,
    limits: GridLimits,
    hours: np.ndarray,
    restore: bool = True,
) -> xr.Dataset:
    """N-1 over all lines and transformers at every hour of one or many futures.

    Args:
        model: of the topology that is planned. ``limits``: what a closure is judged by, and what a margin is measured to.
        injections: see `twin.contracts.ports.GridModel.solve`; along ``time`` the hours of the first future, then those of
            the second, and so on. Any labels of that axis are left aside.
        hours: labels of the hours of each future, dims (hour,).
        restore: False: what is dark stays dark (twice as fast, and on a radial grid no margin worth the name).

    Returns:
        Dims (future, hour): ``n1_margin_percent``, the limit less the highest loading after any outage and its closure;
        ``n1_voltage_margin_pu``, the least distance of any voltage to the band then, both NaN where some outage has no
        solution; ``n1_unsolved``, how many have none; ``n1_worst``, the outage with the highest loading, as a place on
        ``outage`` (-1: none), and ``n1_loaded``, the element that then has it ("": none);
        ``n1_unsupplied_before_mw`` and ``n1_unsupplied_mw``, of the outage that leaves most load dark
        before and after its closure; ``n1_dark``, the latter outage's place. Dims (future, outage, hour):
        ``unsupplied_before_mw``, ``unsupplied_after_mw``. ``outage``: "line 66", "trafo 2".

    Raises:
        BadInput: when the states are no whole number of futures, and for injections that do not fit.
    """
    states, count = int(injections.sizes.get("time", 1)), len(hours)
    if not count or states % count:
        limit = f"a multiple of the {count} hours" if count else "at least one hour"
        raise BadInput([Problem("injections, time", f"{states} states", limit, "give every future all of its hours")])
    unlabelled = injections.drop_vars("time", errors="ignore")
    branches = [(table, int(index)) for table in ("line", "trafo") for index in getattr(model.grid, table)]
    blocks = []
    for first in range(0, states, _BLOCK):
        part = unlabelled.isel(time=slice(first, first + _BLOCK)) if "time" in unlabelled.dims else unlabelled
        blocks.append(_figures(model.contingencies(part, branches, restore=restore, limits=limits), limits))
    found = {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
    return _dataset(found, [f"{table} {index}" for table, index in branches], hours)


def _figures(found: xr.Dataset, limits: GridLimits) -> dict[str, np.ndarray]:
    """Figures of some states, dims (time,) and (time, outage)."""
    loading = found["after_loading_percent_max"].to_numpy().T
    low, high = (found[f"after_vm_pu_{end}"].to_numpy().T for end in ("min", "max"))
    before, after = (found[f"unsupplied_{when}_mw"].to_numpy().T for when in ("before", "after"))
    unsolved = (~np.isfinite(loading)).sum(axis=1)
    distance = np.minimum(low - limits.vm_min_pu, limits.vm_max_pu - high)
    some = loading.shape[1] > 0
    known = np.where(np.isfinite(loading), loading, -np.inf)
    worst = known.argmax(axis=1) if some else np.full(len(known), NO_OUTAGE)
    loaded = found["after_loading_at"].to_numpy().T
    return {
        "n1_margin_percent": np.where(unsolved == 0, limits.loading_percent - loading.max(axis=1, initial=0.0), np.nan),
        "n1_voltage_margin_pu": np.where(unsolved == 0, distance.min(axis=1, initial=np.inf), np.nan),
        "n1_unsolved": unsolved,
        "n1_worst": worst,
        "n1_loaded": loaded[np.arange(len(known)), worst] if some else np.full(len(known), ""),
        "n1_unsupplied_before_mw": before.max(axis=1, initial=0.0),
        "n1_unsupplied_mw": after.max(axis=1, initial=0.0),
        "n1_dark": np.where(after.max(axis=1, initial=0.0) > _WATT_MW, after.argmax(axis=1) if some else 0, NO_OUTAGE),
        "unsupplied_before_mw": before,
        "unsupplied_after_mw": after,
    }


def _dataset(found: dict[str, np.ndarray], outages: list[str], hours: np.ndarray) -> xr.Dataset:
    units = {"percent": "%", "pu": "pu", "mw": "MW"}
    data = {}
    for name, values in found.items():
        attrs = {"units": units[end]} if (end := name.rsplit("_", 1)[-1]) in units else {}
        shaped = values.reshape(-1, len(hours), *values.shape[1:])
        dims = ("future", "hour") if values.ndim == 1 else ("future", "outage", "hour")
        data[name] = (dims, shaped if values.ndim == 1 else np.swapaxes(shaped, 1, 2), attrs)
    return xr.Dataset(data, coords={"hour": hours, "outage": outages})


def element_key(name: xr.DataArray) -> str:
    """The key of an element as a solver names it: "trafo 2" -> "trafo:2"."""
    return str(name.item()).replace(" ", ":")
