"""A state of the grid in figures: loading, voltages, supply, radiality, N-1; and what of it speaks against the state."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import xarray as xr

from twin.contracts.ports import GridModel
from twin.contracts.preview import Objection, Standing
from twin.contracts.snapshot import GridValues
from twin.domain.grid import Topology
from twin.engines.outages.islands import SupplyGraph
from twin.preview.warm import Powers, WarmGrid
from twin.regie.proof import TOLERANCE_PERCENT, TOLERANCE_PU, Limits

_WANT = ("vm_pu", "line_loading_percent", "trafo_loading_percent", "loss_mw", "source_p_mw", "sgen_q_mvar")
_WATT_MW = 1e-6


def standing(warm: WarmGrid, topology: Topology, powers: Powers, quality: tuple[str, ...]) -> Standing:
    """The state of these powers under this topology, by AC power flow with what controls itself at work."""
    model, injections = warm.engine.model(topology), warm.injections(powers)
    flow = model.solve(injections, want=_WANT, controls=warm.kit.controls).isel(time=0)
    converged = bool(flow["converged"])
    vm = flow["vm_pu"].values
    names = [f"line {i}" for i in model.grid.line] + [f"trafo {i}" for i in model.grid.trafo]
    loading = np.concatenate([flow["line_loading_percent"].values, flow["trafo_loading_percent"].values])
    worst, low, high = _arg(loading, max), _arg(vm, min), _arg(vm, max)
    dark_mw, dark_buses = unsupplied(warm, model, powers)
    graph = SupplyGraph(warm.wiring, topology)
    islands, parts, radial = shape(graph)
    n1 = next_outage(warm, model, injections, flow) if converged else _Unknown
    return Standing(
        converged=converged,
        worst_loading_percent=None if worst is None else float(loading[worst]),
        worst_element=None if worst is None else names[worst],
        vm_min_pu=None if low is None else float(vm[low]),
        vm_min_bus=None if low is None else int(model.grid.bus[low]),
        vm_max_pu=None if high is None else float(vm[high]),
        vm_max_bus=None if high is None else int(model.grid.bus[high]),
        import_p_mw=float(flow["source_p_mw"].sum()) if converged else None,
        loss_mw=float(flow["loss_mw"]) if converged else None,
        unsupplied_mw=dark_mw,
        unsupplied_buses=dark_buses,
        dark_islands=islands,
        radial=radial,
        parts=parts,
        n1_margin_percent=n1.margin_percent,
        n1_worst_outage=n1.worst,
        n1_closure=n1.closure,
        n1_unsupplied_mw=n1.unsupplied_mw,
        n1_unsupplied_outage=n1.unsupplied_by,
        values=GridValues(
            vm_pu=_numbers(vm),
            line_loading_percent=_numbers(flow["line_loading_percent"].values),
            trafo_loading_percent=_numbers(flow["trafo_loading_percent"].values),
            open_lines=open_lines(warm, topology),
            closed_couplers=tuple(s for s, closed in warm.couplers.items() if topology.is_closed(s, closed)),
            quality=quality,
            open_switches=tuple(s for s in warm.wiring.closed if not warm.wiring.is_closed(s, topology)),
        ),
    )


def objections(warm: WarmGrid, after: Standing, before: Standing) -> tuple[Objection, ...]:
    """What of ``after`` is beyond a limit, the worst first; ``existed`` where it was so before and no milder."""
    if not after.converged:
        return (Objection(code="not_converged", element="grid", value=None, limit=None, unit="", existed=not before.converged),)
    found = [*_dark(after, before), *_overloads(warm, after, before), *_voltages(warm, after, before)]
    return tuple(sorted(found, key=lambda item: (item.existed, item.code != "unsupplied")))


def unsupplied(warm: WarmGrid, model: GridModel, powers: Powers) -> tuple[float, tuple[int, ...]]:
    """Consumption at buses without supply [MW], and those buses."""
    grid = model.grid
    dark = (grid.load_node < 0) & (warm.grid.load_scaling != 0.0)  # a compiled grid scales what is dark by nothing
    return float(powers.load_p_mw[dark].sum()), tuple(int(bus) for bus in grid.bus[grid.bus_node < 0])


def shape(graph: SupplyGraph) -> tuple[int, int, bool]:
    """(dark islands, separately fed parts, radial): radial is one way, and one infeed, for every supplied bus."""
    wiring, label, on = graph.wiring, graph.sections(), graph.supplied
    buses = len(wiring.bus)
    islands = len(np.unique(label[:buses][~on[:buses] & (label[:buses] >= 0)]))
    parts = len(np.unique(label[on]))
    joints = sum(
        bool(on[end.u] and on[end.v]) and all(wiring.is_closed(s, graph.topology) for s in end.switches) for end in wiring.ends
    )
    infeeds = int((wiring.source & on).sum())
    return islands, parts, joints == int(on.sum()) - parts and infeeds == parts


def open_lines(warm: WarmGrid, topology: Topology) -> tuple[int, ...]:
    """Indices of lines that carry nothing: out of service, or open at an end."""
    opened = {
        line
        for line, switches in warm.line_switches.items()
        if not all(warm.wiring.is_closed(switch, topology) for switch in switches)
    }
    return tuple(sorted(opened | topology.out_lines))


# ---------------------------------------------------------------------------------------------- N-1


class NextOutage:
    """The worst single outage of one state; None where no power flow describes it.

    Attributes:
        worst: the outage that leaves the highest loading after restoration, or one after which nothing converges.
    """

    def __init__(self, found: xr.Dataset | None) -> None:
        self.margin_percent: float | None = None
        self.worst: str | None = None
        self.closure: int | None = None
        self.unsupplied_mw: float | None = None
        self.unsupplied_by: str | None = None
        if found is None:
            return
        labels, loading = found["outage"].values, found["after_loading_percent_max"].values
        unsolved = np.flatnonzero(~np.isfinite(loading))
        at = int(unsolved[0]) if len(unsolved) else int(loading.argmax())
        self.margin_percent = None if len(unsolved) else 100.0 - float(loading[at])
        self.worst = str(labels[at])
        closure = int(found["closure"].values[at])
        self.closure = None if closure < 0 else closure
        dark = found["unsupplied_after_mw"].values
        most = int(dark.argmax())
        self.unsupplied_mw = float(dark[most])
        self.unsupplied_by = str(labels[most]) if dark[most] > _WATT_MW else None


_Unknown = NextOutage(None)


def next_outage(warm: WarmGrid, model: GridModel, injections: xr.Dataset, flow: xr.Dataset) -> NextOutage:
    """N-1 of every line and transformer, with the reactive power that the inverters settled at."""
    q = np.nan_to_num(np.atleast_2d(flow["sgen_q_mvar"].values))
    held = injections.assign(sgen_q_mvar=(("time", "sgen"), q))
    return NextOutage(model.contingencies(held, warm.outages).isel(time=0))


# ---------------------------------------------------------------------------------------------- objections


def _dark(after: Standing, before: Standing) -> Iterator[Objection]:
    if after.unsupplied_mw > _WATT_MW or len(after.unsupplied_buses) > len(before.unsupplied_buses):
        shown = ", ".join(map(str, after.unsupplied_buses[:5]))
        yield Objection(
            code="unsupplied",
            element=f"bus {shown}" + (" ..." if len(after.unsupplied_buses) > 5 else ""),
            value=after.unsupplied_mw,
            limit=0.0,
            unit="MW",
            existed=set(after.unsupplied_buses) <= set(before.unsupplied_buses),
        )


def _overloads(warm: WarmGrid, after: Standing, before: Standing) -> Iterator[Objection]:
    limits = warm.kit.limits
    for table, limit in (("line", limits.line_percent), ("trafo", limits.trafo_percent)):
        now, was = (_array(getattr(s.values, f"{table}_loading_percent")) for s in (after, before))
        for at in _by_size(now - limit, TOLERANCE_PERCENT):
            yield Objection(
                code="overload",
                element=f"{table} {getattr(warm.grid, table)[at]}",
                value=float(now[at]),
                limit=limit,
                unit="%",
                existed=bool(was[at] >= now[at] - TOLERANCE_PERCENT),
            )


def _voltages(warm: WarmGrid, after: Standing, before: Standing) -> Iterator[Objection]:
    limits, now, was = warm.kit.limits, _array(after.values.vm_pu), _array(before.values.vm_pu)
    for code, band, beyond in (
        ("voltage_low", limits.bus_low_pu, limits.bus_low_pu - now),
        ("voltage_high", limits.bus_high_pu, now - limits.bus_high_pu),
    ):
        sign = 1.0 if code == "voltage_high" else -1.0
        for at in _by_size(beyond, TOLERANCE_PU):
            yield Objection(
                code=code,
                element=f"bus {warm.grid.bus[at]}",
                value=float(now[at]),
                limit=float(band[at]),
                unit="pu",
                existed=bool(sign * (now[at] - was[at]) <= TOLERANCE_PU),
            )


def violated(limits: Limits, loading_line: np.ndarray, loading_trafo: np.ndarray, vm_pu: np.ndarray) -> Sequence[np.ndarray]:
    """(overloaded, voltage outside its band) per step, bool, dims (time,); NaN is no violation by itself."""
    over = np.fmax.reduce(loading_line - limits.line_percent, axis=1, initial=-np.inf)
    over = np.fmax(over, np.fmax.reduce(loading_trafo - limits.trafo_percent, axis=1, initial=-np.inf))
    outside = np.fmax(vm_pu - limits.bus_high_pu, limits.bus_low_pu - vm_pu)
    return over > TOLERANCE_PERCENT, np.fmax.reduce(outside, axis=1, initial=-np.inf) > TOLERANCE_PU


def _by_size(beyond: np.ndarray, tolerance: float) -> list[int]:
    """Positions beyond the tolerance, the farthest first."""
    at = np.flatnonzero(np.nan_to_num(beyond, nan=-np.inf) > tolerance)
    return [int(i) for i in at[np.argsort(-beyond[at], kind="stable")]]


def _arg(values: np.ndarray, which: object) -> int | None:
    if not np.isfinite(values).any():
        return None
    return int(np.nanargmax(values) if which is max else np.nanargmin(values))


def _numbers(values: np.ndarray) -> tuple[float | None, ...]:
    return tuple(None if np.isnan(value) else float(value) for value in values)


def _array(values: Sequence[float | None]) -> np.ndarray:
    return np.array([np.nan if value is None else value for value in values], dtype=float)
