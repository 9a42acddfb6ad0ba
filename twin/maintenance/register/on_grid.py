"""What the grid file knows of the elements that a fleet names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

TABLES = ("trafo", "line", "sgen", "load", "bus", "switch")
"""Tables whose elements an asset may be."""


@dataclass(frozen=True)
class ElementFacts:
    """An element of the grid; NaN where it has no such figure. ``loads``: customers' loads are not counted here."""

    rating_mva: float
    vn_kv: float
    length_km: float


def facts_of(net: Any) -> Mapping[str, ElementFacts]:
    """Every element that an asset may be, by name ("trafo.2"); ``net`` is a pandapower net."""
    vn_kv = dict(zip(net.bus.index.tolist(), net.bus["vn_kv"].to_numpy(float).tolist(), strict=True))
    nan = float("nan")
    found: dict[str, ElementFacts] = {}
    for index, sn_mva, hv_bus in net.trafo[["sn_mva", "hv_bus"]].itertuples():
        found[f"trafo.{index}"] = ElementFacts(float(sn_mva), vn_kv[hv_bus], nan)
    for index, bus, length, ka in net.line[["from_bus", "length_km", "max_i_ka"]].itertuples():
        # rated power of a three-phase line: sqrt(3) U I
        found[f"line.{index}"] = ElementFacts(float(np.sqrt(3.0) * vn_kv[bus] * ka), vn_kv[bus], float(length))
    for table in ("sgen", "load"):
        for index, bus, sn_mva in net[table][["bus", "sn_mva"]].itertuples():
            found[f"{table}.{index}"] = ElementFacts(float(sn_mva), vn_kv[bus], nan)
    for index, kv in vn_kv.items():
        found[f"bus.{index}"] = ElementFacts(nan, kv, nan)
    for index, bus in net.switch[["bus"]].itertuples():
        found[f"switch.{index}"] = ElementFacts(nan, vn_kv[bus], nan)
    return found
