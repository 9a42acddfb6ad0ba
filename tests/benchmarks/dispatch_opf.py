"""How much dearer a single step of the planner is than pandapower's AC optimal power flow, on distribution grids under stress.

Devices that draw and feed in stand at every other bus with linear costs; limits are drawn in until voltages and loadings bind.
Both get the same net; a grid on which ``runopp`` finds nothing is named all the same.
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from opf_solver import Solved, opf_of, refined, solve_opf

from twin.engines.topology import mend_taps

RADIUS = None
"""As in a tick: the first leap may go anywhere."""
MOST, OBJECTIVE = 8, 1e-4


@dataclass(frozen=True)
class Stress:
    """How a grid is put under stress.

    Attributes:
        fleet_mw: range of every device, +-. ``low_pu``, ``high_pu``: band. ``percent``: loading limit of all branches.
        price: of energy at the source [CHF/MWh]; the devices' own costs lie around it, seeded.
    """

    fleet_mw: float
    low_pu: float
    high_pu: float
    percent: float
    price: float
    seed: int


def opf_gap(grids: dict[str, tuple[Callable[[], Any], tuple[Stress, ...]]] | None = None) -> list[dict[str, Any]]:
    """One entry per grid and stress: ``net``, ``ours``, ``runopp`` [CHF/h], ``gap``, ``iterations``, ``lam_p_error`` [CHF/MWh].

    ``gap`` is ours minus theirs as a share of theirs; negative where ours is cheaper. ``runopp`` and what follows from it are
    None where it finds no solution. ``feasible``: ours within 1e-4 pu and 0.1 %. All of that is settled as a tick is;
    ``lam_p_error``, the largest difference of prices, is that of a finer optimum.
    """
    found = []
    for name, (make, stresses) in (GRIDS if grids is None else grids).items():
        net = make()
        for number, stress in enumerate(stresses):
            found.append(_compared(f"{name} {number + 1}", stressed(net, stress)))
    return found


def stressed(net: Any, stress: Stress) -> Any:
    """A copy of the net with a fleet, costs and limits."""
    import pandapower as pp

    net, draw = copy.deepcopy(net), np.random.default_rng(stress.seed)
    net.poly_cost = net.poly_cost.iloc[:0]
    net.bus["min_vm_pu"], net.bus["max_vm_pu"] = stress.low_pu, stress.high_pu
    net.line["max_loading_percent"] = net.trafo["max_loading_percent"] = stress.percent
    net.sgen["controllable"] = net.load["controllable"] = net.storage["controllable"] = False
    buses = np.sort(net.load.bus[net.load.in_service].unique())[::2]
    for bus, cost in zip(buses, draw.normal(stress.price, 0.4 * stress.price, len(buses)), strict=True):
        q = 0.4 * stress.fleet_mw
        at = pp.create_sgen(
            net, int(bus), p_mw=0.0, q_mvar=0.0, controllable=True, min_p_mw=-stress.fleet_mw, max_p_mw=stress.fleet_mw,
            min_q_mvar=-q, max_q_mvar=q,
        )  # fmt: skip
        pp.create_poly_cost(net, at, "sgen", cp1_eur_per_mw=float(cost))
    net.sgen["controllable"] = net.sgen["controllable"].astype(bool)
    net.ext_grid["controllable"] = False
    for source in net.ext_grid.index:
        pp.create_poly_cost(net, int(source), "ext_grid", cp1_eur_per_mw=stress.price)
    return net


def _compared(name: str, net: Any) -> dict[str, Any]:
    solved = solve_opf(opf_of(net), radius=RADIUS, most=MOST, objective=OBJECTIVE)
    entry: dict[str, Any] = {
        "net": name,
        "ours": solved.objective,
        "runopp": None,
        "gap": None,
        "iterations": solved.settled.iterations,
        "feasible": solved.settled.feasible,
        "rows": sum(bool((row.room_mw < np.inf).any()) for row in solved.settled.linear.rows) if solved.settled.linear else 0,
        "lam_p_error": None,
    }
    theirs = reference(net)
    if theirs is not None:
        fine = refined(opf_of(net))
        entry |= {
            "runopp": theirs[0],
            "gap": (solved.objective - theirs[0]) / abs(theirs[0]),
            "lam_p_error": _error(fine, theirs[1]),
        }
    return entry


def reference(net: Any) -> tuple[float, dict[int, float]] | None:
    """pandapower's optimum: objective, and price of active power by bus; None where it finds none."""
    import pandapower as pp

    logging.getLogger("pandapower").setLevel(logging.ERROR)
    net = copy.deepcopy(net)
    for init in ("pf", "flat"):
        try:
            pp.runopp(net, init=init, calculate_voltage_angles=False)  # a phase shift of 150 degrees keeps it from converging
        except Exception:  # noqa: BLE001  # a peer that fails in any way has no answer, and is named as such
            continue
        return float(net.res_cost), net.res_bus.lam_p.to_dict()
    return None


def _error(solved: Solved, prices: dict[int, float]) -> float:
    return max(abs(value - prices[bus]) for bus, value in solved.price.items() if np.isfinite(prices.get(bus, np.nan)))


def _oberrhein() -> Any:
    import pandapower.networks as pn

    return pn.mv_oberrhein(separation_by_sub=True)[0]


def _simbench(code: str) -> Callable[[], Any]:
    def make() -> Any:
        import simbench

        net = simbench.get_simbench_net(code)
        mend_taps(net)
        return net

    return make


def _networks(name: str) -> Callable[[], Any]:
    def make() -> Any:
        import pandapower.networks as pn

        return getattr(pn, name)()

    return make


GRIDS: dict[str, tuple[Callable[[], Any], tuple[Stress, ...]]] = {
    "mv_oberrhein": (_oberrhein, (Stress(0.5, 0.97, 1.02, 60.0, 60.0, 1), Stress(1.0, 0.98, 1.03, 80.0, 60.0, 2))),
    "CIGRE MV": (_networks("create_cigre_network_mv"), (Stress(2.0, 0.97, 1.03, 100.0, 60.0, 4),)),
    "CIGRE LV": (_networks("create_cigre_network_lv"), (Stress(0.05, 0.95, 1.05, 80.0, 60.0, 5),)),
    "Kerber Landnetz": (_networks("create_kerber_landnetz_freileitung_2"), (Stress(0.02, 0.97, 1.03, 60.0, 60.0, 6),)),
    "SimBench LV rural1": (_simbench("1-LV-rural1--0-sw"), (Stress(0.03, 0.97, 1.03, 80.0, 60.0, 7),)),
    "SimBench MV rural": (_simbench("1-MV-rural--0-sw"), (Stress(0.5, 0.97, 1.03, 60.0, 60.0, 8),)),
}
"""By name: how the net is made, and the stresses it is put under."""
