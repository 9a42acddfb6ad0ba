"""Finished results as ``regie run`` leaves them (``result.json``), read for a page: never more than what stands there."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

SIDES = ("value", "do_nothing", "difference")
QUARTER = timedelta(minutes=15)

ROWS = (
    ("economic", "total_chf", "CHF"),
    ("economic", "peak_chf", "CHF"),
    ("grid", "overload_percent_h", "%.h"),
    ("grid", "max_loading_percent", "%"),
    ("grid", "voltage_violation_pu_h", "pu.h"),
    ("grid", "n1_margin_percent", "%"),
    ("grid", "energy_not_served_mwh", "MWh"),
    ("grid", "peak_import_kw", "kW"),
    ("climate", "co2_t", "t"),
    ("climate", "curtailed_mwh", "MWh"),
    ("climate", "renewable_share", "share"),
)
"""The figures that a comparison shows: (which of the three, name, unit)."""

LEADING = ("total_chf", "overload_percent_h", "co2_t")
"""One of each of the three: what there is room for on the main page."""


@dataclass(frozen=True)
class Result:
    """One rehearsal's figures.

    Attributes:
        futures: how many were made, None where the window was played once.
        facts: all of ``result.json``.
    """

    title: Mapping[str, str]
    site: str
    timezone: str
    start: datetime
    end: datetime
    seed: int | None
    futures: int | None
    facts: Mapping[str, Any]

    def figure(self, triple: str, name: str, side: str = "value") -> float | None:
        """One figure of one side; None where nobody knows it."""
        found = ((self.facts.get("kpis") or {}).get(triple) or {}).get(side) or {}
        return found.get(name)

    def list(self, name: str) -> Sequence[Mapping[str, Any]]:
        """One of the result's lists ("violations", "order_list"); empty where it has none."""
        return self.facts.get(name) or ()

    def worst(self, name: str) -> Sequence[Mapping[str, Any]]:
        """Violations by element and kind, each at its worst, in the order in which they begin."""
        found: dict[tuple[str, str], Mapping[str, Any]] = {}
        for one in self.list(name):
            key = (one["element"], one["kind"])
            known = found.get(key)
            if known is None or abs(one["worst"] - one["limit"]) > abs(known["worst"] - known["limit"]):
                found[key] = {**one, "from": one["from"] if known is None else known["from"]}
        return list(found.values())


def result_folder(folder: Path) -> Path | None:
    """The folder of finished results below a task's folder; None while there is none."""
    return next((path.parent for path in sorted(folder.glob("*/result.json")) if not path.parent.name.startswith(".")), None)


def result_in(folder: Path) -> Result | None:
    """The result below a task's folder; None while there is none that can be read."""
    found = result_folder(folder)
    if found is None:
        return None
    path = found / "result.json"
    try:
        return _read(path, path.stat().st_mtime_ns)
    except (OSError, ValueError, KeyError, TypeError):
        return None


@lru_cache(maxsize=32)
def _read(path: Path, _: int) -> Result:
    facts = json.loads(path.read_text(encoding="utf-8"))
    start = datetime.fromisoformat(facts["start"])
    futures = (facts.get("futures") or {}).get("n")
    return Result(
        facts["title"],
        facts["site"],
        facts["timezone"],
        start,
        start + facts["ticks"] * QUARTER,
        facts.get("seed"),
        futures,
        facts,
    )
