"""Condition as factors: what an inspection saw, what was measured, what the watch and the gas diagnosis say on air.

A factor moves the score, a collar is the least that a poor result allows, a cap the most that a good one does. Findings of the
watch and codes of IEC 60599 are not CNAIM inputs: how they are read as such is an assumption, stated here and configurable by
handing in other factors.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.boxes.maintenance.risk.cnaim import NEW, WORST_TODAY


@dataclass(frozen=True, kw_only=True)
class Factor:
    """One piece of evidence on an asset's condition.

    Attributes:
        name: what it is, e.g. "cooler" or "temperature". An intervention removes factors by name.
        factor: above 1 is worse than expected of the age, below 1 better.
        collar: least score that it allows. ``cap``: greatest.
        assumption: whether its numbers are no table of CNAIM's.
    """

    name: str
    factor: float
    collar: float = NEW
    cap: float = WORST_TODAY
    assumption: bool = False


# (part, grade) -> (factor, collar). Grades rise from good to poor.
_OBSERVED: dict[tuple[str, str], dict[str, tuple[float, float]]] = {
    ("mv_lv_transformer", "external"): {  # CNAIM v2.1 table 81
        "as_new": (0.9, 0.5),
        "superficial": (1.0, 0.5),
        "slight": (1.1, 0.5),
        "some": (1.25, 3.0),
        "substantial": (1.4, 8.0),
    },
    ("hv_mv_transformer", "tank"): {"superficial": (1.0, 0.5), "some": (1.4, 4.0), "substantial": (1.8, 8.0)},  # table 83
    ("hv_mv_transformer", "cooler"): {"superficial": (1.0, 0.5), "some": (1.2, 0.5), "substantial": (1.4, 5.5)},  # table 84
}
_ANY_OBSERVED = _OBSERVED["mv_lv_transformer", "external"]
_MEASURED: dict[str, dict[str, tuple[float, float]]] = {
    "temperature": {"normal": (1.0, 0.5), "moderately_high": (1.2, 0.5), "very_high": (1.4, 5.5)},  # tables 172, 174
    "partial_discharge": {"low": (1.0, 0.5), "medium": (1.1, 0.5), "high": (1.3, 5.5), "confirmed": (1.5, 8.0)},  # table 171
}
GRADES = tuple(_ANY_OBSERVED)
"""Of an inspection, from good to poor."""
VERY_HIGH_K = 10.0
"""Excess over the modelled temperature from which a finding of the watch reads as 'significantly above' (assumption: 10 K are
over three times the ageing of normal paper, IEC 60076-7:2005 equation 2)."""
_GAS_CODES = {"PD": "high", "D1": "high", "D2": "confirmed", "T1": "moderately_high", "T2": "very_high", "T3": "very_high"}


def observed(asset_class: str, part: str, grade: str) -> Factor:
    """An inspector's grade as a factor.

    Args:
        asset_class: of `twin.boxes.maintenance.risk.classes.CLASSES`.
        part: "external", "tank", "cooler" or any other: where CNAIM tabulates none for the class, its table for the outside of
            distribution transformers stands in, as an assumption.
        grade: one of `GRADES`; "as_new" and "slight" count as the next poorer one that the part's table has.

    Raises:
        KeyError: for another grade; whoever reads a file checks it against `GRADES` first.
    """
    rows = _OBSERVED.get((asset_class, part), _ANY_OBSERVED)
    poorer = [name for name in GRADES[GRADES.index(grade) :] if name in rows] if grade in GRADES else []
    if not poorer:
        raise KeyError(f"grade '{grade}' of part '{part}'; expected one of {GRADES}")
    factor, collar = rows[poorer[0]]
    return Factor(name=part, factor=factor, collar=collar, assumption=(asset_class, part) not in _OBSERVED)


def measured(test: str, result: str) -> Factor:
    """A measurement's result as a factor, after CNAIM's tables for transformers.

    Args:
        test: "temperature" (normal, moderately_high, very_high) or "partial_discharge" (low, medium, high, confirmed).
    """
    factor, collar = _MEASURED[test][result]
    return Factor(name=test, factor=factor, collar=collar)


def from_watch(kind: str, *, size_k: float, confidence: float) -> Factor | None:
    """A finding of the watch on air as a factor, by assumption; None where it says nothing of the asset itself.

    Args:
        kind: "cooling", "contact", "overload", or a sensor's fault ("sensor_...").
        size_k: excess over the modelled temperature [K]. NaN counts as moderately high.
        confidence: 0 to 1, of the finding; the factor's distance from 1 is taken in that share. The collar holds from 0.5 on: a
            finding more likely wrong than right sets no floor.
    """
    if kind not in ("cooling", "contact"):
        return None
    grade = "very_high" if size_k >= VERY_HIGH_K else "moderately_high"
    factor, collar = _MEASURED["temperature"][grade]
    share = float(np.clip(confidence, 0.0, 1.0))
    return Factor(name=kind, factor=1.0 + (factor - 1.0) * share, collar=collar if share >= 0.5 else NEW, assumption=True)


def from_gas_code(code: str) -> Factor | None:
    """A code of IEC 60599 (PD, D1, D2, T1, T2, T3) as a factor, by assumption; None for another word ("normal", "DT").

    Discharges read as CNAIM's partial discharge results, overheating as its temperature readings. Only for a diagnosis
    that passed its gate: ratios of clean oil mean nothing.
    """
    grade = _GAS_CODES.get(code)
    if grade is None:
        return None
    table = _MEASURED["partial_discharge" if code in ("PD", "D1", "D2") else "temperature"]
    factor, collar = table[grade]
    return Factor(name="gas_code", factor=factor, collar=collar, assumption=True)
