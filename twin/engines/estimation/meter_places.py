"""What the meters of a grid determine, and where one more would help most.

Sources: A. Abur, A. Gomez Exposito, "Power System State Estimation", 2004, chapter 4 (observability). One more meter changes
the covariance by a rank-one update (Sherman and Morrison 1950), one that reads p and q by a rank-two update.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from twin.domain.grid import Grid
from twin.domain.problems import Problems
from twin.engines.estimation.gain import Gain
from twin.engines.estimation.state_equations import P_END, Q_END, VM, Rows
from twin.engines.estimation.state_model import Meters, StateModel
from twin.engines.estimation.state_readings import read_measurements

_BLOCK = 256
"""Candidates solved together: 256 columns of a grid of 5,500 buses are 22 MB."""


def observability(
    net: Any,
    measurements: pd.DataFrame,
    *,
    vm_sigma_pu: float,
    flow_sigma_mva: float,
    pseudo: pd.DataFrame | None = None,
) -> xr.Dataset:
    """Which buses the meters determine, how well, and what one more meter would be worth at every place.

    Args:
        net: a pandapower net, left unchanged; or a `StateModel` made of it once.
        measurements: real meters, pandapower's ``net.measurement`` (see `twin.engines.estimate_state`).
        vm_sigma_pu: standard deviation of one more voltage meter [pu]. ``flow_sigma_mva``: of one more feeder meter, its p and
            its q [MW, Mvar].
        pseudo: pseudo-measurements, same columns; they narrow the spread, and count nothing towards ``observable``.

    Returns:
        ``observable(bus)`` by real meters alone; ``vm_sigma_pu(bus)``: spread of the estimate with the pseudo-measurements, and
        where not even those determine a bus, with what EN 50160 allows. Per ``candidate``, best first: ``element_type``,
        ``element``, ``side`` ("" at a bus), ``vm_variance_reduction_pu2`` (of the sum over all buses) and ``vm_sigma_worst_pu``
        (largest spread left anywhere). ``attrs["unobservable"]`` names the buses: "bus 7 'Dorfstrasse'".

    Raises:
        BadInput: every fault of the net, of a table, or a standard deviation that is not above 0.
    """
    problems = Problems()
    for name, sigma in (("vm_sigma_pu", vm_sigma_pu), ("flow_sigma_mva", flow_sigma_mva)):
        if not (np.isfinite(sigma) and sigma > 0.0):
            problems.add(f"observability, {name}", sigma, "a number above 0", "give the meter's accuracy")
    problems.raise_if_any()
    model = net if isinstance(net, StateModel) else StateModel.of_net(net)
    real = model.meters(read_measurements(model.grid, model.injects, measurements))
    helped = real
    if pseudo is not None and len(pseudo):
        both = pd.concat([measurements, pseudo], ignore_index=True)
        helped = model.meters(read_measurements(model.grid, model.injects, both))
    v, gain = _spread(model, helped)
    variance = gain.state_variances()[model.grid.nodes :]
    places, rows = _candidates(model.grid, vm_sigma_pu, flow_sigma_mva)
    gained, worst = _worth(model, v, gain, rows, variance)
    return _dataset(model.grid, real.observable, variance, places, gained, worst)


def _spread(model: StateModel, meters: Meters) -> tuple[np.ndarray, Gain]:
    """The state, the idle grid's where the meters do not tell it, and its gain matrix."""
    solution = model.solve(meters) if meters.observable.all() else None
    v = solution.v if solution is not None and solution.converged else model.idle
    return v, meters.pattern.factor(meters.layout.evaluate(v)[1], meters.rows.sigma)


def _candidates(grid: Grid, vm_sigma_pu: float, flow_sigma_mva: float) -> tuple[pd.DataFrame, Rows]:
    """A voltmeter at every node and a feeder meter at the head of every branch: their places, and rows v.., p.., q.."""
    node, bus = np.unique(grid.bus_node, return_index=True)
    bus, node = grid.bus[bus[node >= 0]], node[node >= 0]
    frames, end = [pd.DataFrame({"element_type": "bus", "element": bus, "side": ""})], []
    for table, side in (("line", "from"), ("trafo", "hv")):
        branch = getattr(grid, f"{table}_branch")
        on = branch >= 0
        frames.append(pd.DataFrame({"element_type": table, "element": getattr(grid, table)[on], "side": side}))
        end.append(2 * branch[on])
    ends = np.concatenate(end)
    sigma = np.concatenate([np.full(len(node), vm_sigma_pu), np.full(2 * len(ends), flow_sigma_mva / grid.base_mva)])
    quantity = np.repeat([VM, P_END, Q_END], [len(node), len(ends), len(ends)])
    rows = Rows(quantity, np.concatenate([node, ends, ends]), np.zeros(len(quantity)), sigma)
    return pd.concat(frames, ignore_index=True), rows


def _worth(model: StateModel, v: np.ndarray, gain: Gain, rows: Rows, variance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Reduction of the summed variance of all buses, and the largest variance left [pu^2], dims (candidate,)."""
    nodes = model.grid.nodes
    buses = np.bincount(model.grid.bus_node[model.grid.bus_node >= 0], minlength=nodes).astype(float)
    layout = model.equations.layout(rows)
    _, entries = layout.evaluate(v)
    row_of_entry = np.repeat(np.arange(len(rows)), np.diff(layout.indptr))

    def columns(chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        h = np.zeros((len(chosen), 2 * nodes))
        here = np.isin(row_of_entry, chosen)
        h[np.searchsorted(chosen, row_of_entry[here]), layout.indices[here]] = entries[here]
        return h, gain.solve(h)

    voltages, flows = int((rows.quantity == VM).sum()), int((rows.quantity == P_END).sum())
    gained, worst = np.empty(voltages + flows), np.empty(voltages + flows)
    for first in range(0, voltages, _BLOCK):
        at = np.arange(first, min(first + _BLOCK, voltages))
        h, x = columns(at)
        less = x[:, nodes:] ** 2 / (rows.sigma[at] ** 2 + (h * x).sum(axis=1))[:, None]
        gained[at], worst[at] = less @ buses, (variance - less).max(axis=1)
    for first in range(0, flows, _BLOCK):
        at = voltages + np.arange(first, min(first + _BLOCK, flows))
        (h_p, x_p), (h_q, x_q) = columns(at), columns(at + flows)
        pp = (rows.sigma[at] ** 2 + (h_p * x_p).sum(axis=1))[:, None]
        qq = (rows.sigma[at + flows] ** 2 + (h_q * x_q).sum(axis=1))[:, None]
        pq = (h_p * x_q).sum(axis=1)[:, None]
        v_p, v_q = x_p[:, nodes:], x_q[:, nodes:]
        less = (qq * v_p**2 - 2.0 * pq * v_p * v_q + pp * v_q**2) / (pp * qq - pq**2)
        gained[at], worst[at] = less @ buses, (variance - less).max(axis=1)
    return gained, worst


def _dataset(
    grid: Grid, observable: np.ndarray, variance: np.ndarray, places: pd.DataFrame, gained: np.ndarray, worst: np.ndarray
) -> xr.Dataset:
    on = grid.bus_node >= 0
    seen = np.where(on, observable[grid.bus_node], False)
    sigma = np.where(on, np.sqrt(np.maximum(variance, 0.0))[grid.bus_node], np.nan)
    names = np.array(grid.names.get("bus", [""] * len(grid.bus)), dtype=object)
    order = np.argsort(-gained, kind="stable")
    places = places.iloc[order]
    found = xr.Dataset(
        {
            "observable": ("bus", seen),
            "vm_sigma_pu": ("bus", sigma, {"units": "pu"}),
            "element_type": ("candidate", places["element_type"].to_numpy(dtype=object)),
            "element": ("candidate", places["element"].to_numpy(dtype=int)),
            "side": ("candidate", places["side"].to_numpy(dtype=object)),
            "vm_variance_reduction_pu2": ("candidate", gained[order], {"units": "pu^2"}),
            "vm_sigma_worst_pu": ("candidate", np.sqrt(np.maximum(worst[order], 0.0)), {"units": "pu"}),
        },
        coords={"bus": grid.bus, "bus_name": ("bus", names), "candidate": np.arange(len(order))},
    )
    dark = [f"bus {bus} {name!r}" for bus, name, sees in zip(grid.bus, names, seen, strict=True) if not sees]
    return found.assign_attrs(unobservable=dark)
