"""What the journal keeps of a tick: raw inputs, recorded outcomes, decisions, and the medians and bands that screens show."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from pydantic import TypeAdapter

from twin.contracts.messages import Alarm, Command, Envelope, Kpi, Order, Recommendation, Report, State
from twin.contracts.report_codec import envelope_to_bytes
from twin.domain.finite import finite
from twin.domain.grid import Grid, Topology
from twin.domain.quality import words
from twin.regie.outcome import Result

SHOWN_STEPS = 96
_ALONE = (
    "vm_pu", "line_loading_percent", "trafo_loading_percent", "loss_mw", "unsupplied_mw", "load_p_mw", "sgen_p_mw",
    "storage_p_mw",
)  # fmt: skip
"""Of the do-nothing twin's estimated grid."""
SHOWN_QUANTILES = (0.05, 0.5, 0.95)
_LISTS: Mapping[str, TypeAdapter[Any]] = {
    "orders": TypeAdapter(tuple[Order, ...]),
    "alarms": TypeAdapter(tuple[Alarm, ...]),
    "recommendations": TypeAdapter(tuple[Recommendation, ...]),
    "commands": TypeAdapter(tuple[Command, ...]),
    "kpis": TypeAdapter(Mapping[str, Kpi]),
}


def tick_record(
    state: State,
    envelopes: Mapping[str, Envelope],
    result: Result,
    commands: Sequence[Command],
    sent: Sequence[str],
    fits: Mapping[str, Any],
    lines: Sequence[tuple[str, Mapping[str, object]]],
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """``(meta, arrays)`` of one tick, canonical and without wall-clock facts.

    Args:
        sent: keys of orders that the field took since the last tick. ``fits``: what became of trainings that took effect now.
    """
    decision = result.decision
    meta = {
        "interval": state.interval.isoformat(),
        "mode": state.mode,
        "coverage": state.coverage,
        "quality": int(state.quality),
        "topology": state.topology.to_meta(),
        "boxes": {name: _box(envelope) for name, envelope in envelopes.items()},
        "fits": fits,
        "sent": list(sent),
        "setpoints": dict(decision.setpoints),
        "trimmed": dict(decision.trimmed),
        "max_vm_error_pu": decision.max_vm_error_pu,
        "lines": [[code, params] for code, params in lines],
    }
    for name, value in (
        ("orders", decision.orders),
        ("alarms", decision.alarms),
        ("recommendations", decision.recommendations),
        ("commands", tuple(commands)),
        ("kpis", decision.kpis),
    ):
        meta[name] = _LISTS[name].dump_python(value, mode="json")
    arrays = {f"grid.{name}": variable.values.astype(float) for name, variable in state.grid.data_vars.items()}
    for name, envelope in envelopes.items():
        arrays |= {f"box.{name}.{signal}": values for signal, values in kept(envelope.report).items()}
    return finite(meta), arrays


def alone_record(
    topology: Topology, grid: xr.Dataset | None, signals: Mapping[tuple[str, str], float]
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """``(meta, arrays)`` of the do-nothing twin's tick: what every difference to it is read from, in float32.

    Args:
        grid: as estimated there; None at events. ``signals``: newest frame row.
    """
    arrays = {"alone.signals": np.fromiter(signals.values(), np.float32)}
    if grid is not None:
        arrays |= {f"alone.{name}": grid[name].values.astype(np.float32) for name in (*_ALONE, "converged")}
    return {"topology": topology.to_meta()}, arrays


def kept(report: Report) -> dict[str, np.ndarray]:
    """Of each output what the screens show; of paths nothing, no screen shows them and the report's digest vouches for them."""
    return {signal: shown(output) for signal, output in report.outputs.items() if "scenario" not in output.dims}


def shown(output: xr.DataArray) -> np.ndarray:
    """What the screens show of an output: the first day, outer quantiles and median; float32 is finer than any picture."""
    if "quantile" in output.dims:
        levels = [q for q in SHOWN_QUANTILES if q in output.coords["quantile"].values]
        output = output.sel(quantile=levels)
    if "time" in output.dims:
        output = output.isel(time=slice(0, SHOWN_STEPS))
    return output.values.astype(np.float32)


def _box(envelope: Envelope) -> dict[str, Any]:
    return {
        "version": envelope.version,
        "outcome": str(envelope.outcome),
        "service": str(envelope.service),
        "fallback": envelope.fallback,
        "quality": list(words(envelope.quality)),
        "artifact": envelope.artifact,
        "inputs": envelope.inputs_hash,
        "report": hashlib.sha256(envelope_to_bytes(envelope)).hexdigest(),
        "headline": [envelope.report.headline.label, envelope.report.headline.value, envelope.report.headline.unit],
        "problems": list(envelope.problems),
    }


_DIMS = {
    "vm_pu": "bus",
    "va_degree": "bus",
    "line_loading_percent": "line",
    "line_p_from_mw": "line",
    "trafo_loading_percent": "trafo",
    "trafo_p_hv_mw": "trafo",
    "load_p_mw": "load",
    "sgen_p_mw": "sgen",
    "storage_p_mw": "storage",
}


def grid_state(arrays: Mapping[str, np.ndarray], grid: Grid) -> xr.Dataset:
    """The estimated grid of a journalled tick."""
    data: dict[str, Any] = {}
    for name, values in arrays.items():
        table, _, variable = name.partition(".")
        if table == "grid" and variable in _DIMS:
            data[variable] = (_DIMS[variable], values)
        elif table == "grid" and not values.ndim:
            data[variable] = ((), values.astype(bool) if variable == "converged" else values)
    coords = {dim: getattr(grid, dim) for dim in sorted({*_DIMS.values()})}
    return xr.Dataset(data, coords=coords)
