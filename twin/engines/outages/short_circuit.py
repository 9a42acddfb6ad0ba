"""Initial short-circuit currents by IEC 60909-0, computed by pandapower; what the net lacks is assumed, and said.

Grid files made for power flow seldom hold what a short-circuit calculation needs. Every value filled in here comes back as a
`Problem` of its own: the place, the value assumed, and where it comes from.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from twin.domain.grid import NORMAL, Topology
from twin.domain.problems import BadInput, Problem, Problems
from twin.engines.topology import with_topology

_SYSTEM_MVA = (
    (1.0, 10.0), (24.0, 500.0), (36.0, 1000.0), (72.5, 3000.0), (123.0, 6000.0), (170.0, 10000.0), (245.0, 20000.0),
    (np.inf, 40000.0),
)  # fmt: skip
"""Highest voltage of the system [kV] and its short-circuit power [MVA] where nothing is specified: IEC 60076-5:2006, table 2
(European practice). Below 1 kV: a 630 kVA transformer of 6 %, our assumption."""
_SHARE_AT_MINIMUM = 0.5
"""Least over greatest short-circuit power of the grid above: low, so that protection is not flattered; our assumption."""
_RX = 0.1
"""R/X of the grid above: IEC 60909-0:2016, 6.2 (R_Q = 0.1 X_Q where nothing is known)."""
_END_DEGREE = {"ol": 200.0, "cs": 250.0}
"""Conductor temperature at the end of the fault [degree Celsius]: bare aluminium by IEC 60865-1, XLPE cable by IEC 60986. Hot
conductors give the least current."""
_INVERTER_K = 1.2
"""Fault current of an inverter over its rated current: IEC 60909-0:2016, 6.9 leaves it to the maker; 1.2 is our assumption."""


_MACHINE_XDSS_PU, _MACHINE_COS_PHI, _MACHINE_RX = 0.2, 0.8, 0.07
"""A synchronous machine of unknown make: subtransient reactance and power factor are our assumptions, R/X by IEC 60909-0."""


def short_circuit(net: Any, buses: Sequence[int], topology: Topology = NORMAL) -> xr.Dataset:
    """Greatest and least initial symmetrical short-circuit current at ``buses`` under ``topology``.

    The greatest is three-phase with c_max and cold conductors, inverters included; the least is phase to phase with c_min and
    conductors at the temperature of the fault's end, inverters left out: what an overcurrent relay must still see. Earth faults
    are not computed: they need zero-sequence data, and do not trip overcurrent relays in compensated or isolated grids.

    Args:
        net: a pandapower net, left unchanged. ``buses``: indices in net.bus.
        topology: switch positions and outages that differ from the file.

    Returns:
        ``ikss_max_ka(bus)``, ``ikss_min_ka(bus)`` in kA; NaN where nothing supplies the bus. ``attrs["assumed"]``: a tuple of
        `Problem`, one for every value that the net lacks.

    Raises:
        BadInput: for unknown indices in ``topology``, and when pandapower cannot compute the net.
    """
    from pandapower.shortcircuit import calc_sc

    prepared = with_topology(net, topology)
    assumed = _complete(prepared)
    found = {}
    for name, fault, case in (("ikss_max_ka", "3ph", "max"), ("ikss_min_ka", "2ph", "min")):
        try:
            # pandapower warns of transformers whose rated voltage is not the bus's; it concerns branch results, unused here
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                calc_sc(prepared, bus=np.asarray(buses, dtype=int), fault=fault, case=case)
        except Exception as error:  # whatever the calculation trips over, the net is what it cannot compute
            place, value = f"net {str(net.get('name', '') or 'grid')!r}", f"{type(error).__name__}: {error}"
            raise BadInput([Problem(place, value, "a net for IEC 60909", "correct the grid file")]) from error
        current = prepared["res_bus_sc"]["ikss_ka"].reindex(list(buses)).to_numpy(dtype=float)
        found[name] = (("bus",), current, {"units": "kA"})
    return xr.Dataset(found, coords={"bus": np.asarray(buses, dtype=int)}, attrs={"assumed": assumed})


def _complete(net: Any) -> tuple[Problem, ...]:
    """Fill in what IEC 60909 needs and ``net`` lacks, in place; every value that was assumed."""
    problems = Problems()
    _sources(net, problems)
    line, sgen = net["line"], net["sgen"]
    kind = line["type"] if "type" in line else pd.Series("cs", line.index)
    end = kind.map(_END_DEGREE).fillna(_END_DEGREE["cs"])
    _fill(line, "net.line, endtemp_degree", end, "degree Celsius, IEC 60865-1 (bare) and IEC 60986 (XLPE)", problems)
    if len(sgen):
        own = np.hypot(sgen["p_mw"].astype(float), sgen["q_mvar"].astype(float))
        _fill(sgen, "net.sgen, sn_mva", own, "MVA, its power in the grid file", problems)
        _fill(sgen, "net.sgen, k", pd.Series(_INVERTER_K, sgen.index), "times rated current, our assumption", problems)
        given = sgen["current_source"] if "current_source" in sgen else pd.Series(None, sgen.index, dtype=object)
        sgen["current_source"] = [True if pd.isna(value) else bool(value) for value in given]
    if len(net["gen"]):
        _machines(net, problems)
    return tuple(problems)


def _machines(net: Any, problems: Problems) -> None:
    gen = net["gen"]
    vn_kv = pd.Series(net["bus"]["vn_kv"].reindex(gen["bus"]).to_numpy(dtype=float), gen.index)
    _fill(gen, "net.gen, vn_kv", vn_kv, "kV, its bus's nominal voltage", problems)
    _fill(gen, "net.gen, cos_phi", pd.Series(_MACHINE_COS_PHI, gen.index), "our assumption", problems)
    _fill(gen, "net.gen, sn_mva", gen["p_mw"].abs() / gen["cos_phi"], "MVA, its power over cos_phi", problems)
    _fill(gen, "net.gen, xdss_pu", pd.Series(_MACHINE_XDSS_PU, gen.index), "pu, our assumption", problems)
    x_ohm = gen["xdss_pu"] * gen["vn_kv"] ** 2 / gen["sn_mva"]
    _fill(gen, "net.gen, rdss_ohm", _MACHINE_RX * x_ohm, "ohm, IEC 60909-0: R = 0.07 X of machines below 100 MVA", problems)


def _sources(net: Any, problems: Problems) -> None:
    grids = net["ext_grid"]
    vn_kv = net["bus"]["vn_kv"].reindex(grids["bus"]).to_numpy(dtype=float)
    power = pd.Series([next(mva for kv, mva in _SYSTEM_MVA if vn <= kv) for vn in vn_kv], grids.index, dtype=float)
    _fill(grids, "net.ext_grid, s_sc_max_mva", power, "MVA, IEC 60076-5:2006, table 2", problems)
    least = _SHARE_AT_MINIMUM * grids["s_sc_max_mva"]
    _fill(grids, "net.ext_grid, s_sc_min_mva", least, "MVA, half of the greatest, our assumption", problems)
    for case in ("max", "min"):
        _fill(grids, f"net.ext_grid, rx_{case}", pd.Series(_RX, grids.index), "IEC 60909-0:2016, 6.2", problems)


def _fill(frame: pd.DataFrame, place: str, value: pd.Series, source: str, problems: Problems) -> None:
    column = place.rpartition(" ")[2]
    given = pd.to_numeric(frame[column], errors="coerce") if column in frame else pd.Series(np.nan, frame.index)
    missing = given.isna()
    frame[column] = given.where(~missing, value).astype(float)
    if missing.any():
        values = sorted(set(frame.loc[missing, column]))
        shown = f"{values[0]:g}" if len(values) == 1 else f"{values[0]:g} to {values[-1]:g}"
        remedy = f"{shown} was assumed ({source}); give it in the grid file"
        problems.add(place, f"missing for {int(missing.sum())} of {len(frame)}", "a number", remedy)
