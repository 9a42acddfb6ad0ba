"""What a pandapower net must be before anything is computed with it: every fault with its element, all at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from twin.domain.problems import Problem, Problems

_REFERENCES = {
    "ext_grid": ("bus",), "line": ("from_bus", "to_bus"), "trafo": ("hv_bus", "lv_bus"),
    "trafo3w": ("hv_bus", "mv_bus", "lv_bus"), "load": ("bus",), "sgen": ("bus",),
    "storage": ("bus",), "shunt": ("bus",), "switch": ("bus",),
}  # fmt: skip
_ABOVE_ZERO = {
    "bus": ("vn_kv",),
    "ext_grid": ("vm_pu",),
    "line": ("length_km", "max_i_ka", "df", "parallel"),
    "trafo": ("sn_mva", "vn_hv_kv", "vn_lv_kv", "vk_percent", "df", "parallel"),
    "trafo3w": tuple(
        f"{name}_{side}_{unit}"
        for name, unit in (("sn", "mva"), ("vn", "kv"), ("vk", "percent"))
        for side in ("hv", "mv", "lv")
    ),
}
_FINITE = {
    "ext_grid": ("va_degree",),
    "line": ("r_ohm_per_km", "x_ohm_per_km", "c_nf_per_km"),
    "trafo": ("vkr_percent", "pfe_kw", "i0_percent"),
    "trafo3w": ("vkr_hv_percent", "vkr_mv_percent", "vkr_lv_percent", "pfe_kw", "i0_percent"),
    **dict.fromkeys(("load", "sgen", "storage"), ("p_mw", "q_mvar", "scaling")),
    "shunt": ("p_mw", "q_mvar"),
}
_SWITCHED = {"b": "bus", "l": "line", "t": "trafo", "t3": "trafo3w"}
_NOT_HELD = {
    "gen": "an sgen with its P and Q",
    "ward": "a load and a shunt",
    "xward": "a load and a shunt",
    "motor": "a load",
    "impedance": "a line",
    "asymmetric_load": "a load",
    "asymmetric_sgen": "an sgen",
} | dict.fromkeys(
    (
        "dcline", "svc", "tcsc", "ssc", "vsc", "vsc_stacked", "vsc_bipolar", "b2b_vsc", "line_dc", "load_dc", "source_dc",
    ),
    "loads and sgens",
)  # fmt: skip
"""Elements that neither the compiled grid nor an estimator holds, and what to write in their place."""
_SHARES = tuple(f"const_{part}_{quantity}_percent" for part in "zi" for quantity in "pq")
_CORRECT = "correct the grid file"


def net_problems(net: Any) -> tuple[Problem, ...]:
    """Every fault of a net that is to be kept on air: `structure_problems`, and what no estimator would see.

    What a power flow may solve and an estimator would not see is refused here, because the estimate would be wrong and
    nobody would be told.
    """
    if found := structure_problems(net):
        return found
    return (*not_held(net), *_not_watched(net))


def structure_problems(net: Any) -> tuple[Problem, ...]:
    """Every fault that would end in a wrong state, or in an error of the solver.

    Indices must be whole and unique, references must exist, impedances and ratings must be positive numbers, and a source
    must be in service.
    """
    problems = Problems()
    _columns(net, problems)
    if not problems:  # the other checks read those columns
        for check in (_indices, _references, _switches, _figures, _impedances, _shares, _sources):
            check(net, problems)
    return tuple(problems)


def not_held(net: Any) -> tuple[Problem, ...]:
    """Elements in service that neither the compiled grid nor an estimator holds."""
    problems = Problems()
    for table, instead in _NOT_HELD.items():
        frame = net.get(table)
        if frame is None or not len(frame):
            continue
        active = frame[frame["in_service"].astype(bool)] if "in_service" in frame else frame
        for index in active.index:
            limit = "lines, transformers, loads, sgens, storages, shunts"
            problems.add(f"net.{table} {index}", "in service", limit, f"write {instead} in its place")
    return tuple(problems)


def _not_watched(net: Any) -> tuple[Problem, ...]:
    """What the engine solves, and neither the estimator nor a screen of the régie knows."""
    problems = Problems()
    for index in net["trafo3w"].index[net["trafo3w"]["in_service"].astype(bool)]:
        remedy = "write three transformers and a bus for their star point in its place"
        problems.add(f"net.trafo3w {index}", "in service", "transformers with two windings", remedy)
    for column in _SHARES:
        if column in net["load"]:
            for index, share in net["load"][column].fillna(0.0).loc[lambda s: s != 0.0].items():
                problems.add(f"net.load {index}, {column}", share, "0 (constant power)", "write its power at rated voltage")
    return tuple(problems)


def _columns(net: Any, problems: Problems) -> None:
    for table in ("bus", *_REFERENCES):
        wanted = {*_REFERENCES.get(table, ()), *_ABOVE_ZERO.get(table, ()), *_FINITE.get(table, ())}
        wanted |= {"closed", "et", "element"} if table == "switch" else {"in_service"}
        missing = sorted(wanted - set(net[table].columns)) if table in net else ["the table"]
        if missing:
            problems.add(f"net.{table}", f"no {', '.join(missing)}", "every column of pandapower", _CORRECT)


def _indices(net: Any, problems: Problems) -> None:
    for table in ("bus", *_REFERENCES):
        index = net[table].index
        if len(index) and not (pd.api.types.is_integer_dtype(index) and index.min() >= 0):
            problems.add(f"net.{table}", f"index {index[0]} ...", "whole numbers from 0 on", "number the elements anew")
        for twice in index[index.duplicated()].unique():
            problems.add(f"net.{table} {twice}", "there twice", "every index once", "number the elements anew")


def _references(net: Any, problems: Problems) -> None:
    for table, columns in _REFERENCES.items():
        for column in columns:
            for index, bus in net[table].loc[~net[table][column].isin(net.bus.index), column].items():
                problems.add(f"net.{table} {index}, {column}", f"bus {bus}", "a bus of the grid", _CORRECT)


def _switches(net: Any, problems: Problems) -> None:
    for index, et, element in net.switch[["et", "element"]].itertuples():
        table = _SWITCHED.get(et)
        if table is None:
            problems.add(f"net.switch {index}, et", repr(et), f"one of {list(_SWITCHED)}", _CORRECT)
        elif element not in net[table].index:
            problems.add(f"net.switch {index}, element", f"{table} {element}", f"a {table} of the grid", _CORRECT)


def _figures(net: Any, problems: Problems) -> None:
    for rule, limit in ((_ABOVE_ZERO, "a number above 0"), (_FINITE, "a number")):
        for table, columns in rule.items():
            for column in columns:
                values = pd.to_numeric(net[table][column], errors="coerce").astype(float)
                fine = np.isfinite(values) & ((values > 0.0) | (rule is _FINITE))
                for index in net[table].index[~fine]:
                    problems.add(f"net.{table} {index}, {column}", net[table].at[index, column], limit, _CORRECT)


def _impedances(net: Any, problems: Problems) -> None:
    line = net.line
    for index in line.index[(line["r_ohm_per_km"] == 0.0) & (line["x_ohm_per_km"] == 0.0)]:
        problems.add(f"net.line {index}", "r and x are 0", "an impedance", "write it as a bus-bus switch")


def _sources(net: Any, problems: Problems) -> None:
    source = net.ext_grid[net.ext_grid["in_service"].astype(bool)]
    live = net.bus.index[net.bus["in_service"].astype(bool)]
    slack = net["gen"] if "gen" in net and "slack" in net["gen"] else net["ext_grid"].iloc[:0].assign(slack=False)
    slack = slack[slack["in_service"].astype(bool) & slack["slack"].astype(bool)]
    if not (source["bus"].isin(live).any() or slack["bus"].isin(live).any()):
        problems.add("net.ext_grid", "none in service", "a source at a bus in service", "add the supply from the grid above")
    for column in ("vm_pu", "va_degree"):
        for bus, values in source.groupby("bus")[column]:
            if values.nunique() > 1:
                found = f"{column} {', '.join(f'{value:g}' for value in values)}"
                problems.add(f"net.ext_grid at bus {bus}", found, "one set value at one bus", _CORRECT)


def _shares(net: Any, problems: Problems) -> None:
    for quantity in ("p", "q"):
        columns = [f"const_{part}_{quantity}_percent" for part in ("z", "i")]
        if not set(columns) <= set(net["load"].columns):
            continue
        shares = net["load"][columns].astype(float).fillna(0.0)
        wrong = (shares < 0.0).any(axis=1) | (shares.sum(axis=1) > 100.0)
        for index in shares.index[wrong]:
            found = " + ".join(f"{value:g}" for value in shares.loc[index])
            problems.add(f"net.load {index}, {' + '.join(columns)}", found, "shares from 0 to 100 %", _CORRECT)
