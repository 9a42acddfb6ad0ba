"""A small feeder, its cases, and the smallest linear programme that a plan can come from."""

from itertools import pairwise

import numpy as np
from scipy.optimize import linprog

from twin.boxes.flexibility.grid.case import Case, Plan, Ranges
from twin.boxes.flexibility.grid.network import Limits, Network
from twin.engines.compile import compile_net

PENALTY = 1e6


def make_net(*, ring=False):
    """10 kV slack, 400 kVA transformer, four 0.4 kV buses in a row, loads and a roof along it; a tie back for a ring."""
    import pandapower as pp

    net = pp.create_empty_network()
    mv = pp.create_bus(net, 10.0, name="mv")
    low = [pp.create_bus(net, 0.4, name=f"b{k}") for k in range(4)]
    pp.create_ext_grid(net, mv, vm_pu=1.02)
    pp.create_transformer(net, mv, low[0], std_type="0.4 MVA 10/0.4 kV", name="T")
    for a, b in pairwise(low):
        pp.create_line(net, a, b, length_km=0.15, std_type="NAYY 4x150 SE", name=f"L{a}{b}")
    if ring:
        pp.create_line(net, low[0], low[3], length_km=0.3, std_type="NAYY 4x150 SE", name="tie")
    for bus in low[1:]:
        pp.create_load(net, bus, p_mw=0.02, q_mvar=0.006)
    pp.create_sgen(net, low[3], p_mw=0.0)
    return net


class Feeder:
    """The net, and cases on it; units stand at the buses that are asked for."""

    def __init__(self, *, ring=False):
        self.net = make_net(ring=ring)
        self.compiled = compile_net(self.net)
        self.grid = self.compiled.grid

    def node(self, bus):
        return int(self.grid.bus_node[self.grid.bus == bus][0])

    def network(self, *, low=0.94, high=1.06, line=100.0, trafo=100.0):
        buses = len(self.grid.bus)
        return Network.of(self.grid, Limits(np.full(buses, low), np.full(buses, high), line, trafo))

    def case(self, units=(4,), *, steps=2, factor=(1.0, 0.8), network=None, **more):
        drawn = np.zeros(self.grid.nodes, dtype=complex)
        for row in self.net.load.itertuples():
            drawn[self.node(row.bus)] += row.p_mw + 1j * row.q_mvar
        consumption = np.asarray(factor, dtype=float)[:steps, None] * drawn
        nodes = np.array([self.node(bus) for bus in units])
        return Case(network=network or self.network(), consumption=consumption, unit_node=nodes, **more)

    def runpp(self, case, plan, step):
        """pandapower's own power flow of one step, with the units as loads."""
        import copy

        import pandapower as pp

        net = copy.deepcopy(self.net)
        net.load = net.load.iloc[:0]
        bus_of = {int(node): int(bus) for bus, node in zip(self.grid.bus, self.grid.bus_node, strict=True)}
        for node, power in enumerate(case.drawn(plan.p_mw, plan.q_mvar)[step]):
            pp.create_load(net, bus_of[node], p_mw=power.real, q_mvar=power.imag)
        if plan.source_vm_pu is not None:
            net.ext_grid["vm_pu"] = float(plan.source_vm_pu[step])
        pp.runpp(net, tolerance_mva=1e-11, calculate_voltage_angles=True)
        return net


def still(case):
    shape = (len(case.unit_node), case.steps)
    return Plan(np.zeros(shape), np.zeros(shape))


def between(case, low, high, q=0.0):
    shape = (len(case.unit_node), case.steps)
    return Ranges(np.full(shape, low), np.full(shape, high), np.full(shape, -q), np.full(shape, q))


def cheapest(ranges, price, asked=None):
    """A programme without stores: every step by itself at ``price`` per MW drawn, dims (unit, step), losses at 100."""

    def solve(linear):
        if asked is not None:
            asked.append(linear)
        box = linear.bounds or ranges
        units, steps = linear.point.p_mw.shape
        p_mw, q_mvar, total = np.zeros((units, steps)), np.zeros((units, steps)), 0.0
        for step in range(steps):
            rows = [row for row in linear.rows if np.isfinite(row.room_mw[step])]
            cost = np.concatenate([
                price[:, step] + 100.0 * linear.losses.by_p[:, step],
                100.0 * linear.losses.by_q[:, step],
                np.full(len(rows), PENALTY),
            ])  # fmt: skip
            left = np.array([[*row.by_p[:, step], *row.by_q[:, step]] for row in rows]).reshape(len(rows), 2 * units)
            low = [*box.low_p_mw[:, step], *box.low_q_mvar[:, step], *np.zeros(len(rows))]
            high = [*box.high_p_mw[:, step], *box.high_q_mvar[:, step], *np.full(len(rows), np.inf)]
            found = linprog(
                cost,
                A_ub=np.hstack([left, -np.eye(len(rows))]) if rows else None,
                b_ub=[row.room_mw[step] for row in rows] or None,
                bounds=np.stack([low, high], axis=1),
            )
            p_mw[:, step], q_mvar[:, step] = found.x[:units], found.x[units : 2 * units]
            total += found.fun
        return Plan(p_mw, q_mvar, objective_chf=total)

    return solve
