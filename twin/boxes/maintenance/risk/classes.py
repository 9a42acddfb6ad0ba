"""Asset classes: normal life, K, duty, and which inputs a full assessment would want; each number with its source.

Where CNAIM has no model of a class, its row is an assumption and says so: the numbers are to be configured, and every result
carries the flag.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from twin.boxes.maintenance.risk.cnaim import C
from twin.domain.problems import Problems

_AGE = ("age_y", "reliability", "location")
_OIL = ("moisture_ppm", "acidity_mg_koh_per_g", "breakdown_kv")
_GAS = ("h2_ppm", "ch4_ppm", "c2h4_ppm", "c2h6_ppm", "c2h2_ppm")


@dataclass(frozen=True, kw_only=True)
class AssetClass:
    """What CNAIM knows of a class of assets.

    Attributes:
        name: as a fleet's file writes it.
        normal_life_y: normal expected life [years] at duty and location factor 1.
        k_percent: K [%]. ``c``: C of the cubic.
        per_km: whether K counts per km and not per unit.
        duty_input: what sets the duty factor: "utilisation_percent", "taps_per_day", "operations_high", or "" for none.
        duty_steps: (up to and including, factor) in rising order; the last goes on for ever.
        observed_most, measured_most: how many observed and measured factors count together (CNAIM tables 13 and 15).
        overall_most: how many of the groups of factors count together (tables 9 to 11). ``tests_apart``: whether each test of
            the oil is a group of its own, as in tables 10 and 11, or a measurement like others.
        oil: which column of CNAIM's oil tables holds, "mv" (HV transformer) or "hv" (132 kV), or "" for no oil.
        inputs: what a full assessment would know; the share that is known is its confidence.
        assumption: whether the numbers are an assumption and no table of CNAIM's.
        source: where the numbers stand.
    """

    name: str
    normal_life_y: float
    k_percent: float
    c: float = C
    per_km: bool = False
    duty_input: str = ""
    duty_steps: tuple[tuple[float, float], ...] = ()
    observed_most: int
    measured_most: int
    overall_most: int = 2
    tests_apart: bool = False
    oil: str = ""
    inputs: tuple[str, ...]
    assumption: bool
    source: str

    def duty(self, value: float) -> float:
        """Duty factor at ``value`` of `duty_input`; NaN, unknown, gives CNAIM's default of 1."""
        if not self.duty_steps or np.isnan(value):
            return 1.0
        return next((factor for limit, factor in self.duty_steps if value <= limit), self.duty_steps[-1][1])


CLASSES: dict[str, AssetClass] = {
    row.name: row
    for row in (
        AssetClass(
            name="mv_lv_transformer",
            normal_life_y=60.0,
            k_percent=0.0078,
            duty_input="utilisation_percent",
            duty_steps=((50.0, 0.9), (70.0, 0.95), (100.0, 1.0), (np.inf, 1.4)),
            observed_most=2,
            measured_most=2,
            oil="mv",
            inputs=(*_AGE, "utilisation_percent", "observed", "measured", *_OIL),
            assumption=False,
            source="CNAIM v2.1 tables 20, 21, 33: 6.6/11 kV and 20 kV transformer (ground mounted)",
        ),
        AssetClass(
            name="hv_mv_transformer",
            normal_life_y=50.0,
            k_percent=0.0454,
            duty_input="utilisation_percent",
            duty_steps=((50.0, 1.0), (70.0, 1.05), (100.0, 1.1), (np.inf, 1.4)),
            observed_most=3,
            measured_most=2,
            overall_most=4,
            tests_apart=True,
            oil="hv",
            inputs=(*_AGE, "utilisation_percent", "observed", "measured", *_OIL, *_GAS, "furan_ppm"),
            assumption=False,
            source="CNAIM v2.1 tables 20, 21, 34: 132 kV transformer (ground mounted), built since 1980; 60 years if older",
        ),
        AssetClass(
            name="tap_changer",
            normal_life_y=60.0,
            k_percent=0.0454,
            duty_input="taps_per_day",
            duty_steps=((7.0, 0.9), (14.0, 1.0), (28.0, 1.2), (np.inf, 1.3)),
            observed_most=3,
            measured_most=1,
            tests_apart=True,
            oil="hv",
            inputs=(*_AGE, "taps_per_day", "observed", "measured", *_OIL),
            assumption=False,
            source="CNAIM v2.1 tables 11, 20, 21, 34: tap changer of a 132 kV transformer; scored apart, the worse counts",
        ),
        AssetClass(
            name="hv_overhead_line",
            normal_life_y=55.0,
            k_percent=0.0080,
            per_km=True,
            observed_most=1,
            measured_most=1,
            inputs=(*_AGE, "observed", "measured"),
            assumption=False,
            source="CNAIM v2.1 tables 20, 21: tower line conductor, steel-reinforced aluminium, greased; per km",
        ),
        AssetClass(
            name="mv_overhead_line",
            normal_life_y=55.0,
            k_percent=0.0080,
            per_km=True,
            observed_most=1,
            measured_most=1,
            inputs=(*_AGE, "observed", "measured"),
            assumption=True,
            source="assumption, configure: CNAIM v2.1 leaves conductors on poles out (table 3); those of a tower line stand in",
        ),
        AssetClass(
            name="hv_cable",
            normal_life_y=100.0,
            k_percent=0.0658,
            per_km=True,
            duty_input="utilisation_percent",
            duty_steps=((50.0, 1.0), (70.0, 1.1), (100.0, 1.3), (np.inf, 2.0)),
            observed_most=1,
            measured_most=2,
            inputs=("age_y", "reliability", "utilisation_percent", "measured"),
            assumption=False,
            source="CNAIM v2.1 tables 20, 21, 31A: 33 to 132 kV cable, not pressurised; per km",
        ),
        AssetClass(
            name="mv_cable",
            normal_life_y=100.0,
            k_percent=0.0658,
            per_km=True,
            duty_input="utilisation_percent",
            duty_steps=((50.0, 0.8), (70.0, 0.9), (100.0, 1.0), (np.inf, 1.8)),
            observed_most=1,
            measured_most=2,
            inputs=("age_y", "reliability", "utilisation_percent", "measured"),
            assumption=True,
            source="assumption, configure: CNAIM v2.1 leaves 6.6 to 20 kV cables out (table 3); 33 kV stands in, per km",
        ),
        AssetClass(
            name="lv_cable",
            normal_life_y=100.0,
            k_percent=0.0658,
            per_km=True,
            observed_most=1,
            measured_most=1,
            inputs=("age_y", "reliability", "measured"),
            assumption=True,
            source="assumption, configure: CNAIM v2.1 leaves low-voltage cables out (table 3); those of 33 kV stand in, per km",
        ),
        AssetClass(
            name="mv_switchgear",
            normal_life_y=55.0,
            k_percent=0.0067,
            duty_input="operations_high",
            duty_steps=((0.0, 1.0), (np.inf, 1.2)),
            observed_most=3,
            measured_most=3,
            inputs=(*_AGE, "operations_high", "observed", "measured"),
            assumption=False,
            source="CNAIM v2.1 tables 20, 21, 32: 6.6 to 20 kV switchgear, distribution",
        ),
        AssetClass(
            name="hv_switchgear",
            normal_life_y=50.0,
            k_percent=0.0431,
            duty_input="operations_high",
            duty_steps=((0.0, 1.0), (np.inf, 1.2)),
            observed_most=3,
            measured_most=3,
            inputs=(*_AGE, "operations_high", "observed", "measured"),
            assumption=False,
            source="CNAIM v2.1 tables 20, 21, 32: 132 kV circuit breaker, outdoors, air-insulated",
        ),
        AssetClass(
            name="hydro_unit",
            normal_life_y=40.0,
            k_percent=0.0454,
            observed_most=3,
            measured_most=3,
            inputs=(*_AGE, "observed", "measured"),
            assumption=True,
            source="assumption, configure: CNAIM has no rotating machines; K of a large transformer and 40 years stand in",
        ),
        AssetClass(
            name="pump",
            normal_life_y=20.0,
            k_percent=0.0454,
            observed_most=3,
            measured_most=3,
            inputs=(*_AGE, "observed", "measured"),
            assumption=True,
            source="assumption, configure: CNAIM has no rotating machines; K of a large transformer and 20 years stand in",
        ),
    )
}
"""Name -> class, as CNAIM has it; a site's own numbers replace a row's by `configured`."""

_SETTABLE = {"normal_life_y": (5.0, 200.0), "k_percent": (1e-6, 10.0), "c": (0.5, 2.0)}


def configured(settings: Mapping[str, Mapping[str, Any]]) -> dict[str, AssetClass]:
    """`CLASSES` with a site's own numbers.

    Args:
        settings: class name -> ``normal_life_y`` [years], ``k_percent`` [%], ``c``, and ``source``, which any change must name.

    Raises:
        BadInput: with every fault.
    """
    problems, known = Problems(), {field.name for field in fields(AssetClass)}
    result = dict(CLASSES)
    for name, changes in settings.items():
        place = f"asset class '{name}'"
        if name not in CLASSES:
            problems.add(place, "unknown", f"one of {sorted(CLASSES)}", "correct the name")
            continue
        for key, value in changes.items():
            if key == "source" and isinstance(value, str) and value.strip():
                continue
            low, high = _SETTABLE.get(key, (np.nan, np.nan))
            if key not in _SETTABLE:
                words = "not settable" if key in known else "unknown"
                problems.add(place, f"{key} is {words}", f"one of {[*_SETTABLE, 'source']}", "remove or correct it")
            elif isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
                problems.add(f"{place}: {key}", value, f"a number from {low:g} to {high:g}", "correct its value or its unit")
        if set(changes) - {"source"} and not changes.get("source"):
            problems.add(place, "no source", "where the numbers come from", "add `source`")
        if not problems:
            # A number that the utility states with its source is its own and no assumption of ours.
            result[name] = replace(CLASSES[name], assumption=False, **changes)
    problems.raise_if_any()
    return result
