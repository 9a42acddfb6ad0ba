"""A MATPOWER case as a pandapower net whose power flow is MATPOWER's own.

The elements are built here and not by pandapower's ``from_ppc``, which leaves MATPOWER's answer where a transformer's
tapped side has the lower voltage, where a transformer has line charging, where nominal voltages are 0 and where a bus' first
generator is out of service; and makes impedances, which no live grid holds, of transformers at nominal ratio.

Source: R. D. Zimmerman, C. E. Murillo-Sanchez, MATPOWER User's Manual, version 8.0, sections 3.2 to 3.6 (branches,
generators, loads, shunts, network equations) and 4.1 (bus types).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from twin.adapters import grid_matpower_columns as mp
from twin.adapters.grid_matpower_case import Case, case_of
from twin.adapters.grid_matpower_mat import matpower_mat_fields
from twin.adapters.grid_matpower_text import matpower_fields
from twin.domain.problems import BadInput, Problem
from twin.site.files import read_text

ASSUMED_VN_KV = 1.0
"""Nominal voltage of every bus of a case that gives none. Per-unit results do not depend on it, and no real grid has it."""

MAX_BYTES = 50_000_000
"""Of a .m file: a case of 70,000 buses takes some 20 MB."""

NO_LIMIT = 99_999.0
"""Rating [MVA, kA] of a branch whose case sets none (rateA = 0); a net has no other word for it."""


def read_matpower(path: Path) -> Any:
    """A pandapower net from a MATPOWER case (.m or .mat); an index of ``net.bus`` is the case's bus number.

    Read are baseMVA, bus, gen, branch and bus_name. Costs and limits of an optimal power flow beyond the power and voltage
    limits are left out. A reference bus becomes an ext_grid, the first generator in service at a PV bus a gen, any other
    generator an sgen with its P and Q, demand below zero an sgen. A branch between buses of one nominal voltage with ratio
    0 or 1 and no shift is a line of 1 km, any other a transformer whose ratio is that of its rated voltages. Line charging
    of a transformer becomes a shunt at either end. Without nominal voltages in the case every bus has `ASSUMED_VN_KV`.

    Raises:
        BadInput: for a file that is missing, too large or no case, and naming every fault of the case.
    """
    place, suffix = f"grid file {path}", path.suffix.lower()
    if not path.is_file() or suffix not in {".m", ".mat"}:
        found = "no such file" if not path.is_file() else f"ends in {suffix or 'nothing'}"
        raise BadInput([Problem(place, found, "a MATPOWER case (.m or .mat)", "correct the path")])
    if suffix == ".mat":
        return net_of(case_of(matpower_mat_fields(path), place))
    if path.stat().st_size > MAX_BYTES:
        raise BadInput([Problem(place, f"{path.stat().st_size} bytes", f"at most {MAX_BYTES}", "leave results out")])
    return net_of(case_of(matpower_fields(read_text(path), place), place))


def net_of(case: Case) -> Any:
    """The case as a pandapower net; see `read_matpower`."""
    import pandapower as pp

    net = pp.create_empty_network(f_hz=50.0, sn_mva=case.base_mva)
    bus = case.bus
    pp.create_buses(
        net, len(bus), vn_kv=_vn_kv(case), index=bus[:, mp.BUS_I].astype(np.int64),
        name=list(case.bus_name) or [f"{number:g}" for number in bus[:, mp.BUS_I]], zone=bus[:, mp.ZONE],
        in_service=bus[:, mp.BUS_TYPE] != mp.ISOLATED, max_vm_pu=bus[:, mp.VMAX], min_vm_pu=bus[:, mp.VMIN],
    )  # fmt: skip
    _add_demand(net, bus)
    _add_generators(net, case)
    lines = _is_line(case)
    _add_lines(net, case, case.branch[lines])
    _add_trafos(net, case, case.branch[~lines])
    _add_shunts(net, case, case.branch[~lines])
    return net


def _vn_kv(case: Case) -> np.ndarray:
    return case.bus[:, mp.BASE_KV] if case.has_base_voltages else np.full(len(case.bus), ASSUMED_VN_KV)


def _add_demand(net: Any, bus: np.ndarray) -> None:
    import pandapower as pp

    number = bus[:, mp.BUS_I].astype(np.int64)
    generates = bus[:, mp.PD] < 0.0
    demand = ~generates & ((bus[:, mp.PD] != 0.0) | (bus[:, mp.QD] != 0.0))
    if demand.any():
        pp.create_loads(net, number[demand], p_mw=bus[demand, mp.PD], q_mvar=bus[demand, mp.QD])
    if generates.any():
        pp.create_sgens(net, number[generates], p_mw=-bus[generates, mp.PD], q_mvar=-bus[generates, mp.QD], type="")


def _add_generators(net: Any, case: Case) -> None:
    """References, voltage-controlled and other generators; at a bus of many, the last one's set voltage counts, as in runpf."""
    import pandapower as pp

    gen, on = case.gen, case.gen_on
    number = gen[:, mp.GEN_BUS].astype(np.int64)
    rows = case.rows_of(gen[:, mp.GEN_BUS])
    first = _first_on(number, on)
    vm_pu = {int(n): float(v) for n, v in zip(number[on], gen[on, mp.VG], strict=True)}
    reference, controlled = first & (case.bus[rows, mp.BUS_TYPE] == mp.REF), first & (case.bus[rows, mp.BUS_TYPE] == mp.PV)

    def limits(i: Any) -> dict[str, Any]:
        return {
            "min_p_mw": gen[i, mp.PMIN], "max_p_mw": gen[i, mp.PMAX],
            "min_q_mvar": gen[i, mp.QMIN], "max_q_mvar": gen[i, mp.QMAX],
        }  # fmt: skip

    for i in np.flatnonzero(reference):
        va_degree = case.bus[rows[i], mp.VA]
        pp.create_ext_grid(net, int(number[i]), vm_pu=vm_pu[int(number[i])], va_degree=va_degree, **limits(i))
    if controlled.any():
        pp.create_gens(
            net, number[controlled], p_mw=gen[controlled, mp.PG], vm_pu=[vm_pu[int(n)] for n in number[controlled]],
            sn_mva=gen[controlled, mp.MBASE], controllable=True, **limits(controlled),
        )  # fmt: skip
    others = ~reference & ~controlled
    if others.any():
        pp.create_sgens(
            net, number[others], p_mw=gen[others, mp.PG], q_mvar=gen[others, mp.QG], sn_mva=gen[others, mp.MBASE], type="",
            in_service=on[others], controllable=True, **limits(others),
        )  # fmt: skip


def _first_on(number: np.ndarray, on: np.ndarray) -> np.ndarray:
    """The first generator in service of every bus, dims (gen,)."""
    first = np.zeros(len(number), dtype=bool)
    candidates = np.flatnonzero(on)
    _, at = np.unique(number[candidates], return_index=True)
    first[candidates[at]] = True
    return first


def _is_line(case: Case) -> np.ndarray:
    branch, vn_kv = case.branch, _vn_kv(case)
    same = vn_kv[case.rows_of(branch[:, mp.F_BUS])] == vn_kv[case.rows_of(branch[:, mp.T_BUS])]
    return np.asarray(same & np.isin(branch[:, mp.TAP], (0.0, 1.0)) & (branch[:, mp.SHIFT] == 0.0))


def _add_lines(net: Any, case: Case, branch: np.ndarray) -> None:
    import pandapower as pp

    if not len(branch):
        return
    vn_kv = _vn_kv(case)[case.rows_of(branch[:, mp.F_BUS])]
    z_ohm = vn_kv**2 / case.base_mva
    pp.create_lines_from_parameters(
        net, branch[:, mp.F_BUS].astype(np.int64), branch[:, mp.T_BUS].astype(np.int64), length_km=1.0,
        r_ohm_per_km=branch[:, mp.BR_R] * z_ohm, x_ohm_per_km=branch[:, mp.BR_X] * z_ohm,
        c_nf_per_km=branch[:, mp.BR_B] / z_ohm / (2.0 * np.pi * net.f_hz) * 1e9,
        max_i_ka=_rating(branch, np.sqrt(3.0) * vn_kv), max_loading_percent=100.0, in_service=branch[:, mp.BR_STATUS] > 0.0,
    )  # fmt: skip


def _add_trafos(net: Any, case: Case, branch: np.ndarray) -> None:
    """MATPOWER's ideal transformer stands at the from bus, its impedance behind it in pu of the to bus (figure 3-1).

    pandapower's impedance is in pu of the rated voltage of the lv side. With the from bus as hv side the off-nominal ratio
    goes into the rated hv voltage, and the impedance is the same number. With the to bus as hv side the ratio goes into the
    rated lv voltage, which refers the impedance to the other side of the ideal transformer; the shift changes its sign.
    """
    import pandapower as pp

    if not len(branch):
        return
    vn_kv = _vn_kv(case)
    kv = np.column_stack([vn_kv[case.rows_of(branch[:, mp.F_BUS])], vn_kv[case.rows_of(branch[:, mp.T_BUS])]])
    ends = branch[:, [mp.F_BUS, mp.T_BUS]].astype(np.int64)
    turned = kv[:, 1] > kv[:, 0]
    kv_rated = kv * np.column_stack([_ratio(branch), np.ones(len(branch))])
    ends[turned], kv_rated[turned] = ends[turned, ::-1], kv_rated[turned, ::-1]
    sn_mva = _rating(branch, 1.0)
    percent = 100.0 * sn_mva / case.base_mva
    r, x = branch[:, mp.BR_R], branch[:, mp.BR_X]
    pp.create_transformers_from_parameters(
        net, ends[:, 0], ends[:, 1], sn_mva=sn_mva, vn_hv_kv=kv_rated[:, 0], vn_lv_kv=kv_rated[:, 1],
        vkr_percent=r * percent, vk_percent=np.where(x < 0.0, -1.0, 1.0) * np.hypot(r, x) * percent,
        pfe_kw=0.0, i0_percent=0.0, shift_degree=np.where(turned, -1.0, 1.0) * branch[:, mp.SHIFT],
        max_loading_percent=100.0, in_service=branch[:, mp.BR_STATUS] > 0.0,
    )  # fmt: skip


def _add_shunts(net: Any, case: Case, trafos: np.ndarray) -> None:
    """Shunts of the buses, and line charging of transformers: b/2 at the to bus, b/2 by the squared ratio at the from bus."""
    import pandapower as pp

    p_mw, q_mvar = case.bus[:, mp.GS].copy(), -case.bus[:, mp.BS]
    half = np.where(trafos[:, mp.BR_STATUS] > 0.0, trafos[:, mp.BR_B], 0.0) / 2.0 * case.base_mva
    np.subtract.at(q_mvar, case.rows_of(trafos[:, mp.T_BUS]), half)
    np.subtract.at(q_mvar, case.rows_of(trafos[:, mp.F_BUS]), half / _ratio(trafos) ** 2)
    there = (p_mw != 0.0) | (q_mvar != 0.0)
    if there.any():
        pp.create_shunts(net, case.bus[there, mp.BUS_I].astype(np.int64), q_mvar=q_mvar[there], p_mw=p_mw[there])


def _ratio(branch: np.ndarray) -> np.ndarray:
    return np.where(branch[:, mp.TAP] == 0.0, 1.0, branch[:, mp.TAP])


def _rating(branch: np.ndarray, divisor: Any) -> np.ndarray:
    """The rating rateA [MVA] by ``divisor``, and `NO_LIMIT` where there is none."""
    rate = branch[:, mp.RATE_A]
    return np.where(np.isfinite(rate) & (rate > 0.0), rate / divisor, NO_LIMIT)
