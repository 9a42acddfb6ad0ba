"""A pandapower net with a `Topology` applied and its taps understood; the original stays untouched."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pandas as pd

from twin.domain.grid import NORMAL, Topology
from twin.domain.problems import Problems

_HEAVY = ("profiles", "loadcases", "std_types", "measurement")


def light_copy(net: Any) -> Any:
    """A copy of the element tables only: profiles, load cases, measurements and results are left behind.

    The tables are copied one by one; a deepcopy of a SimBench net with its profiles takes seconds.
    """
    copied = copy.copy(net)
    for key, value in list(net.items()):
        if key in _HEAVY:
            copied[key] = value if key in {"std_types", "measurement"} else {}
        elif isinstance(value, pd.DataFrame):
            copied[key] = value.iloc[:0].copy() if key.startswith("res_") else value.copy()
        elif key.startswith("_"):
            copied[key] = copy.copy(value)
    return copied


def mend_taps(net: Any) -> None:
    """Set ``tap_changer_type`` to 'Ratio' where tap data are given and the type is not, in place.

    pandapower 3 ignores the tap position of a transformer without a type, and SimBench ships none: 0.017 to
    0.028 pu wrong.
    """
    for table in ("trafo", "trafo3w"):
        frame = net.get(table)
        if frame is None or frame.empty or not {"tap_pos", "tap_side", "tap_step_percent"} <= set(frame.columns):
            continue
        known = frame["tap_changer_type"] if "tap_changer_type" in frame else pd.Series(None, frame.index, dtype=object)
        given = frame[["tap_pos", "tap_side", "tap_step_percent"]].notna().all(axis=1)
        wanted = given & (known.isna() | (known.astype(str).str.strip() == ""))
        if wanted.any():
            frame["tap_changer_type"] = known.astype(object).where(~wanted, "Ratio")


def with_topology(net: Any, topology: Topology = NORMAL) -> Any:
    """A light copy of ``net`` with taps mended, and ``topology`` applied to switches, taps and outages.

    Raises:
        BadInput: naming every switch, line or transformer that the net does not have.
    """
    _check(net, topology)
    copied = light_copy(net)
    mend_taps(copied)
    _set(copied["switch"], "closed", topology.open_switches, False)
    _set(copied["switch"], "closed", topology.closed_switches, True)
    _set(copied["line"], "in_service", topology.out_lines, False)
    _set(copied["trafo"], "in_service", topology.out_trafos, False)
    if topology.tap_pos:
        trafo, position = zip(*sorted(topology.tap_pos), strict=True)
        taps = copied["trafo"]["tap_pos"].astype(float)
        taps.loc[list(trafo)] = np.asarray(position, dtype=float)
        copied["trafo"]["tap_pos"] = taps
    return copied


def _set(frame: pd.DataFrame, column: str, indices: frozenset[int], value: bool) -> None:
    if indices:
        frame.loc[sorted(indices), column] = value


def _check(net: Any, topology: Topology) -> None:
    problems = Problems()
    asked = (
        ("switch", topology.open_switches | topology.closed_switches),
        ("line", topology.out_lines),
        ("trafo", topology.out_trafos | {index for index, _ in topology.tap_pos}),
    )
    for table, indices in asked:
        for index in sorted(indices - set(net[table].index)):
            problems.add(
                f"topology, {table} {index}",
                "unknown",
                f"an index of net.{table}",
                "correct the switch state or feed",
            )
    for index in sorted(topology.open_switches & topology.closed_switches):
        problems.add(f"topology, switch {index}", "open and closed", "one position", "correct the switch state or feed")
    problems.raise_if_any()
