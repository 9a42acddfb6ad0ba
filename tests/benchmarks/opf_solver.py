"""AC optimal power flow of one step, by the planner's own linearisations: any pandapower net with costs.

Generators and controllable sgens are units; the external grid is the source, its voltage one more control. Costs are quadratic:
segments stand for them in the linear programme.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import sparse

from twin.boxes.flexibility.grid.case import Case, Plan, Ranges
from twin.boxes.flexibility.grid.linear import Linearised
from twin.boxes.flexibility.grid.network import Limits, Network
from twin.boxes.flexibility.grid.proof import Proof
from twin.boxes.flexibility.grid.sequential import Settled, Stop, sequential
from twin.engines.compile import compile_net

PENALTY = 1e5
"""Price of a MW beyond a limit: far above any price of energy in these nets (up to some thousand a MWh)."""

_AGAIN = 8
SEGMENTS = 24
"""Pieces of a quadratic cost."""


@dataclass(frozen=True)
class Opf:
    """One net as a case with costs.

    Attributes:
        bus: bus of every unit; those after the generators have no range and stand at every other bus, for its price.
        generators: number of units that may move.
        c2, c1, c0: cost of what a unit injects [EUR/MW^2, EUR/MW, EUR], dims (unit,). ``source``: the same of the source.
    """

    case: Case
    ranges: Ranges
    start: Plan
    bus: np.ndarray
    generators: int
    c2: np.ndarray
    c1: np.ndarray
    c0: float
    source: tuple[float, float]

    def cost(self, plan: Plan, proof: Proof) -> float:
        """What it really costs."""
        injected, source = -plan.p_mw[:, 0], float(proof.source_p_mw[0])
        return float(
            (self.c2 * injected**2 + self.c1 * injected).sum() + self.source[0] * source**2 + self.source[1] * source + self.c0
        )


@dataclass(frozen=True)
class Solved:
    """An optimum: objective, where the linearisations ended, price of active power by bus (the last without a shortfall)."""

    objective: float
    settled: Settled
    price: dict[int, float]


def opf_of(net: Any, *, by_power: bool = False) -> Opf:
    """A net with poly_cost and limits as a case; ``by_power``: branch ratings limit MVA as MATPOWER's do, else current."""
    import pandapower as pp

    net = copy.deepcopy(net)
    moving = [("gen", k) for k in net.gen.index[net.gen.in_service]]
    if "controllable" in net.sgen:
        moving += [("sgen", k) for k in net.sgen.index[net.sgen.controllable.fillna(False).astype(bool) & net.sgen.in_service]]
    pp.runpp(net)
    q_now = np.array([float(net[f"res_{table}"].q_mvar[k]) for table, k in moving])
    frames = [net[table].loc[k] for table, k in moving]
    costs = {(row.et, int(row.element)): row for row in net.poly_cost.itertuples()}
    net.gen = net.gen.iloc[:0]
    net.sgen = net.sgen.drop([k for table, k in moving if table == "sgen"])
    limits = _limits(net)
    compiled = compile_net(net)
    grid = compiled.grid
    network = Network.of(grid, limits)
    if by_power:
        network = Network(grid, _percent_per_mva(net, grid, network.percent_per_pu), limits, by_power=True)
    own = [int(frame.bus) for frame in frames]
    bus = np.array([*own, *[int(b) for b in grid.bus if int(b) not in own]])
    none = np.zeros(len(bus) - len(own))

    def column(names: Sequence[str]) -> tuple[np.ndarray, ...]:
        return tuple(np.concatenate([[float(frame[name]) for frame in frames], none])[:, None] for name in names)

    p_low, p_high, q_low, q_high = column(("min_p_mw", "max_p_mw", "min_q_mvar", "max_q_mvar"))
    (p_now,) = column(("p_mw",))
    ext = net.ext_grid.iloc[0]
    free = ext.get("controllable", False) is True or bool(
        np.nan_to_num(float(ext.get("controllable", False)))
    )  # as pandapower: a source holds its voltage unless it is controllable
    at = int(np.flatnonzero(grid.bus == ext.bus)[0])
    band = (float(limits.bus_low_pu[at]), float(limits.bus_high_pu[at])) if free else (float(ext.vm_pu),) * 2
    case = Case(
        network=network,
        consumption=_consumption(compiled)[None],
        unit_node=_node_of(grid, bus),
        source_vm_pu=band,
        source_p_mw=_band(ext, "p_mw"),
        source_q_mvar=_band(ext, "q_mvar"),
    )
    vm = [np.full(1, value) for value in band]
    prices = [costs.get(item) for item in moving]
    c2 = np.concatenate([[0.0 if c is None else float(c.cp2_eur_per_mw2) for c in prices], none])
    c1 = np.concatenate([[0.0 if c is None else float(c.cp1_eur_per_mw) for c in prices], none])
    source = costs.get(("ext_grid", int(net.ext_grid.index[0])))
    return Opf(
        case=case,
        ranges=Ranges(-p_high, -p_low, -q_high, -q_low, *vm),
        start=Plan(
            np.clip(-p_now, -p_high, -p_low),
            np.clip(-np.concatenate([q_now, none])[:, None], -q_high, -q_low),
            np.clip([ext.vm_pu], *band),
        ),
        bus=bus,
        generators=len(own),
        c2=c2,
        c1=c1,
        c0=float(sum(c.cp0_eur for c in [*prices, source] if c is not None)),
        source=(0.0, 0.0) if source is None else (float(source.cp2_eur_per_mw2), float(source.cp1_eur_per_mw)),
    )


def refined(opf: Opf) -> Solved:
    """As fine as an interior point method: begun again with new room until that gains nothing.

    Where reactive power costs nothing but losses a step goes from end to end of its room, and the room closes before the
    bend is found.
    """
    best = solve_opf(opf, radius=0.25, most=60, objective=1e-7)
    for _ in range(_AGAIN):
        again = solve_opf(replace(opf, start=best.settled.plan), radius=0.02, most=60, objective=1e-7)
        gain = best.objective - again.objective
        if again.settled.feasible and gain > 0.0:
            best = again
        if gain < 1e-7 * abs(best.objective):
            break
    return best


def solve_opf(opf: Opf, *, radius: float | None, most: int, objective: float) -> Solved:
    """The optimum by the planner's linearisations; ``radius``, ``most``, ``objective``: see `sequential` and its `Stop`."""
    price = np.full(len(opf.bus), np.nan)

    def solve(linear: Linearised) -> Plan | None:
        nonlocal price
        plan, found = _programme(opf, linear)
        if plan is not None and np.abs(found).max() < 0.5 * PENALTY:  # beyond it is the penalty's price, not the grid's
            price = found
        return plan

    stop = Stop(most=most, objective=objective, objective_chf=0.0)
    settled = sequential(opf.case, solve, ranges=opf.ranges, start=opf.start, stop=stop, cost=opf.cost, radius=radius)
    return Solved(opf.cost(settled.plan, settled.proof), settled, dict(zip(opf.bus.tolist(), price.tolist(), strict=True)))


def _programme(opf: Opf, linear: Linearised) -> tuple[Plan | None, np.ndarray]:
    """Cheapest step within the rows and the trust region; price of drawing one MW more at each unit.

    Columns: units' p, units' q, the source's voltage, its power, one slack per row.
    """
    units, box, rows = opf.generators, linear.bounds or opf.ranges, linear.rows
    point, losses, vm = linear.point, linear.losses, 2 * units
    by_p = 1.0 + losses.by_p[:, 0]
    by_q, by_vm = losses.by_q[:units, 0], 0.0 if losses.by_source is None else float(losses.by_source[0])
    vm0 = float(point.source_vm_pu[0])
    balance = np.concatenate([-by_p[:units], -by_q, [-by_vm, 1.0], np.zeros(len(rows))])
    here = float(np.nan_to_num(linear.proofs[""].source_p_mw[0]))
    at = here - by_p[:units] @ point.p_mw[:units, 0] - by_q @ point.q_mvar[:units, 0] - by_vm * vm0
    slopes = np.zeros((len(rows), len(opf.bus)))
    limits = np.zeros((len(rows), vm))
    for k, row in enumerate(rows):
        slopes[k] = row.by_p[:, 0]
        limits[k] = np.concatenate([row.by_p[:units, 0], row.by_q[:units, 0]])
    by_source = np.zeros(len(rows)) if linear.by_source is None else linear.by_source[:, 0]
    room = np.array([row.room_mw[0] for row in rows]) + by_source * vm0
    limits = np.hstack([limits, by_source[:, None], np.zeros((len(rows), 1)), -np.eye(len(rows))])
    none, inf = np.zeros(len(rows)), np.full(len(rows), np.inf)
    low = np.concatenate([box.low_p_mw[:units, 0], box.low_q_mvar[:units, 0], box.low_vm_pu, [-np.inf], none])
    high = np.concatenate([box.high_p_mw[:units, 0], box.high_q_mvar[:units, 0], box.high_vm_pu, [np.inf], inf])
    low[vm + 1], high[vm + 1] = _between(balance[: vm + 1], at, low[: vm + 1], high[: vm + 1])
    cost = np.concatenate([-opf.c1[:units], np.zeros(units), [0.0, opf.source[1]], np.full(len(rows), PENALTY)])
    c2 = np.concatenate([opf.c2[:units], np.zeros(units), [0.0, opf.source[0]], np.zeros(len(rows))])
    parts, size, marginal = _segments(c2, low, high)
    matrix = sparse.vstack([np.pad(np.vstack([balance, limits]), [(0, 0), (0, len(size))]), parts], format="csc")
    begins = low[c2 > 0.0]
    found = _solved(
        matrix,
        np.concatenate([cost, marginal]),
        (np.concatenate([low, np.zeros(len(size))]), np.concatenate([high, size])),
        (np.concatenate([[at], np.full(len(rows), -np.inf), begins]), np.concatenate([[at], room, begins])),
    )
    if found is None:
        return None, np.zeros(0)
    x, dual, objective = found
    p_mw, q_mvar = (np.zeros((len(opf.bus), 1)) for _ in range(2))
    p_mw[:units, 0], q_mvar[:units, 0] = x[:units], x[units:vm]
    price = dual[0] * by_p - slopes.T @ dual[1 : 1 + len(rows)]
    return Plan(p_mw, q_mvar, x[vm : vm + 1], objective), price


def _between(balance: np.ndarray, at: float, low: np.ndarray, high: np.ndarray) -> tuple[float, float]:
    """What the source can deliver while the controls stay within their bounds."""
    return (
        float(at - np.where(balance > 0.0, balance * high, balance * low).sum()),
        float(at - np.where(balance > 0.0, balance * low, balance * high).sum()),
    )


def _segments(c2: np.ndarray, low: np.ndarray, high: np.ndarray) -> tuple[sparse.csr_matrix, np.ndarray, np.ndarray]:
    """Quadratic costs as segments of even size that fill up one after the other: x = low + sum(segments).

    They are as good as the bounds are tight: the error is c2 (range / n)^2 / 4, and a trust region shrinks.

    Returns:
        Rows x - sum(segments), dims (curved, column + segment); size and marginal cost of the segments, dims (segment,).
    """
    at = np.flatnonzero(c2 > 0.0)
    size = np.repeat((high - low)[at] / SEGMENTS, SEGMENTS)
    middle = np.repeat(low[at], SEGMENTS) + size * np.tile(np.arange(SEGMENTS) + 0.5, len(at))
    own = sparse.csr_matrix((np.ones(len(at)), (np.arange(len(at)), at)), shape=(len(at), len(c2)))
    rows = sparse.hstack([own, -sparse.kron(sparse.eye(len(at)), np.ones((1, SEGMENTS)))], format="csr")
    return rows, size, np.repeat(2.0 * c2[at], SEGMENTS) * middle


def _solved(
    matrix: Any, cost: np.ndarray, columns: tuple[np.ndarray, np.ndarray], rows: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray, np.ndarray, float] | None:
    import highspy

    model = highspy.HighsLp()
    model.num_row_, model.num_col_ = matrix.shape
    model.col_cost_ = cost
    model.col_lower_, model.col_upper_ = columns
    model.row_lower_, model.row_upper_ = rows
    model.a_matrix_.num_row_, model.a_matrix_.num_col_ = matrix.shape
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_, model.a_matrix_.index_, model.a_matrix_.value_ = matrix.indptr, matrix.indices, matrix.data
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.passModel(model)
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    found = solver.getSolution()
    return np.array(found.col_value), np.array(found.row_dual), float(solver.getInfo().objective_function_value)


def _limits(net: Any) -> Limits:
    def percent(table: str) -> np.ndarray:
        frame = net[table]
        given = frame["max_loading_percent"] if "max_loading_percent" in frame else np.full(len(frame), np.inf)
        return np.nan_to_num(np.asarray(given, dtype=float), nan=np.inf)

    low, high = (np.asarray(net.bus[f"{side}_vm_pu"], dtype=float) for side in ("min", "max"))
    return Limits(low, high, percent("line"), percent("trafo"))


def _percent_per_mva(net: Any, grid: Any, by_current: np.ndarray) -> np.ndarray:
    """Loading [%] by 1 pu of apparent power: a line's rating at its bus's nominal voltage, a transformer's own."""
    found = by_current.copy()
    on = grid.trafo_branch >= 0
    found[:, grid.trafo_branch[on]] = 100.0 * grid.base_mva / grid.trafo_sn_mva[on]
    return found


def _consumption(compiled: Any) -> np.ndarray:
    grid = compiled.grid
    drawn = np.zeros(grid.nodes, dtype=complex)
    for table, sign in (("load", 1.0), ("sgen", -1.0), ("storage", 1.0)):
        node, scaling = getattr(grid, f"{table}_node"), getattr(grid, f"{table}_scaling")
        power = scaling * (compiled.own[f"{table}_p_mw"] + 1j * compiled.own[f"{table}_q_mvar"])
        np.add.at(drawn, node[node >= 0], sign * power[node >= 0])
    return drawn


def _node_of(grid: Any, bus: np.ndarray) -> np.ndarray:
    at = {int(b): int(n) for b, n in zip(grid.bus, grid.bus_node, strict=True)}
    return np.array([at[int(b)] for b in bus])


def _band(row: Any, what: str) -> tuple[float, float]:
    low, high = (float(row.get(f"{side}_{what}", np.nan)) for side in ("min", "max"))
    return (low if np.isfinite(low) else -np.inf, high if np.isfinite(high) else np.inf)
