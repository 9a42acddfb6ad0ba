"""The data set of a scenario's futures: what it holds, in which dimensions and units; on disk it is ``futures.zarr``.

Open loop or closed, the same variables: a reader need not know how a future was made. What a future has of its own has dims
(side, future, time); what is counted per element is summed over the futures of a chunk, because a thousand futures of a town
with four hundred elements would be a data set that nobody reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

SIDES = ("plan", "do_nothing")
"""What was decided, and the same future with nobody deciding anything."""
FORMAT = 1


@dataclass(frozen=True)
class Variable:
    """One variable: its dims, unit, type on disk, and what it says."""

    dims: tuple[str, ...]
    unit: str
    dtype: str
    says: str

    @property
    def blank(self) -> Any:
        """What stands where nothing was computed: NaN, no count, no name."""
        return {"f": np.nan, "i": 0}.get(np.dtype(self.dtype).kind, "")


_PATH, _PER_ELEMENT = ("side", "future", "time"), ("side", "chunk", "element", "time")
_HOURLY = ("side", "future", "hour")

VARIABLES: Mapping[str, Variable] = {
    "import_p_mw": Variable(_PATH, "MW", "float32", "drawn from the upstream grid, negative when fed back"),
    "loss_mw": Variable(_PATH, "MW", "float32", "losses, no-load losses included"),
    "unserved_mw": Variable(_PATH, "MW", "float32", "consumption that stands on elements without supply"),
    "loading_percent_max": Variable(_PATH, "%", "float32", "highest loading of all lines and transformers"),
    "vm_pu_min": Variable(_PATH, "pu", "float32", "lowest voltage of all buses that are supplied"),
    "vm_pu_max": Variable(_PATH, "pu", "float32", "highest voltage of all buses that are supplied"),
    "overload_percent": Variable(_PATH, "%", "float32", "sum over elements of the loading above their limit"),
    "voltage_violation_pu": Variable(_PATH, "pu", "float32", "sum over buses of the distance from their band"),
    "price_chf_per_kwh": Variable(("time",), "CHF/kWh", "float64", "price of import, NaN beyond what is published"),
    "import_co2_g_per_kwh": Variable(("time",), "g/kWh", "float64", "of the import"),
    "import_renewable_share": Variable(("time",), "1", "float64", "of the import"),
    "violating": Variable(_PER_ELEMENT, "1", "int32", "futures in which the element breaks its limit or band"),
    "excess": Variable(
        _PER_ELEMENT, "% or pu", "float32", "sum over futures: % of loading above the limit, pu outside the band"
    ),
    "excess_mwh": Variable(
        _PER_ELEMENT, "MWh", "float32", "sum over futures: MVAh carried above the limit; consumption at a bus outside its band"
    ),
    "unserved": Variable(_PER_ELEMENT, "1", "int32", "futures in which consumption at the bus is without supply"),
    "unserved_mwh": Variable(_PER_ELEMENT, "MWh", "float32", "sum over futures: that consumption"),
    "futures_in_chunk": Variable(("chunk",), "1", "int32", "how many futures a chunk sums"),
    "outage": Variable(("future",), "", "<U48", "sampled outages, 'line:66', several with a blank between them; '' without"),
    "n1_margin_percent": Variable(
        _HOURLY,
        "%",
        "float32",
        "100 less the highest loading after any single outage and its best closure; NaN if not looked at",
    ),
    "n1_unsupplied_mw": Variable(
        _HOURLY, "MW", "float32", "largest consumption without supply after any single outage and its best closure"
    ),
    "kpi": Variable(("side", "future", "figure"), "", "float64", "KPI.md's figures of a played future; open loop has none"),
}
"""Every variable. ``kpi`` is there in closed-loop data sets only."""

COORDS = ("side", "future", "time", "chunk", "element", "hour", "figure")


def data_set(values: Mapping[str, np.ndarray], coords: Mapping[str, Any], **attrs: Any) -> xr.Dataset:
    """Plain arrays as the data set that readers expect.

    Args:
        values: by variable, in its dims; those that are missing are blank.
        coords: ``future`` (numbers), ``time`` and ``hour`` (datetime64[ns], UTC, labels), ``element`` ("line:66", "trafo:2",
            "bus:458"), ``chunk`` (numbers); ``figure`` ("economic.total_chf" ...) where there is ``kpi``.

    Raises:
        ValueError: naming a variable that is unknown or does not fit its dims.
    """
    full = {"side": np.array(SIDES), **{name: np.asarray(coords[name]) for name in COORDS if name in coords}}
    sizes = {name: len(labels) for name, labels in full.items()}
    if unknown := sorted(set(values) - set(VARIABLES)):
        raise ValueError(f"{unknown} are no variables of a futures data set; it has {sorted(VARIABLES)}")
    variables = {}
    for name, kind in VARIABLES.items():
        if not set(kind.dims) <= set(sizes):
            continue
        shape = tuple(sizes[dim] for dim in kind.dims)
        array = (
            np.full(shape, kind.blank, dtype=kind.dtype) if name not in values else np.asarray(values[name], dtype=kind.dtype)
        )
        if array.shape != shape:
            raise ValueError(f"{name} has shape {array.shape}; its dims {kind.dims} have {shape}")
        variables[name] = (kind.dims, array, {"units": kind.unit, "says": kind.says})
    return xr.Dataset(variables, coords=full, attrs={"format": FORMAT, **attrs})
