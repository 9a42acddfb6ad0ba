"""From dated oil samples to a diagnosis: gate, triangles, ratios, their agreement, and when to sample again."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from twin.boxes.maintenance.gas.duval import AFTER, TRIANGLE_1, TRIANGLE_4, TRIANGLE_5, Zone, read_triangle
from twin.boxes.maintenance.gas.limits import Excess, Limits, excesses, rates_ppm_per_year
from twin.boxes.maintenance.gas.ratios import Family, Paper, Ratios, read_ratios
from twin.boxes.maintenance.gas.sample import CARBON_OXIDES, FAULT_GASES, Gas, Sample

Severity = Literal["normal", "watch", "act", "urgent"]
Confidence = Literal["high", "medium", "low", "none"]
Note = Literal[
    "single_sample",
    "samples_too_near",
    "rates_unknown",
    "carbon_oxides_only",
    "gases_missing",
    "tap_changer_leak",
    "oxygen_used_up",
]
_SCALE: tuple[Severity, ...] = ("normal", "watch", "act", "urgent")
_SEVERITY: Mapping[str, Severity] = {
    "S": "watch",
    "O": "watch",
    "PD": "watch",
    "T1": "watch",
    "undetermined": "watch",
    "T2": "act",
    "C": "act",
    "D1": "act",
    "DT": "act",
    "T3": "urgent",
    "D2": "urgent",
}
"""This project's scale; the standard ranks faults (D2 and T3 worst, PD and T1 least) and leaves the scale to the owner."""
_FAMILIES: Mapping[Zone, frozenset[Family]] = {
    "PD": frozenset({"PD"}),
    "D1": frozenset({"D"}),
    "D2": frozenset({"D"}),
    "DT": frozenset({"D", "T"}),
    "T1": frozenset({"T"}),
    "T2": frozenset({"T"}),
    "T3": frozenset({"T"}),
}


@dataclass(frozen=True)
class Diagnosis:
    """What the gases say of a transformer.

    Attributes:
        at: of the latest sample, UTC; it is the one that ratios and triangles read.
        gated: whether anything exceeds typical. Without it there is no code, no triangle and no ratio code.
        why: what exceeds typical. ``notes``: what limits the answer.
        code: triangle 1's zone, "normal" when not gated, "undetermined" when gated but triangle 1 cannot be read.
        severity: normal, watch, act, urgent; one step up when a gas is both above its typical value and rising too fast.
        ratios: IEC 60599; None when not gated.
        triangle_1, triangle_4, triangle_5: zones; None when not gated, not applicable after triangle 1, or not readable.
        paper: hint from the carbon oxides.
        confidence: high when a code of table 1 is triangle 1's; medium when table 1 is silent or only the kind (discharge,
            thermal, corona) agrees; low when they contradict each other or the tap changer may leak; none without a code.
        rates_ppm_per_year: robust slopes; NaN where there is none.
        next_sample: when to draw oil again, UTC.
    """

    at: datetime
    gated: bool
    why: tuple[Excess, ...]
    notes: tuple[Note, ...]
    code: str
    severity: Severity
    ratios: Ratios | None
    triangle_1: Zone | None
    triangle_4: Zone | None
    triangle_5: Zone | None
    paper: Paper
    confidence: Confidence
    rates_ppm_per_year: Mapping[Gas, float]
    next_sample: datetime


def diagnose(samples: Sequence[Sample], *, limits: Limits) -> Diagnosis:
    """The diagnosis of one transformer.

    Args:
        samples: at least one, in any order; NaN where a gas was not measured.
        limits: what is typical, see `limits.limits_for`.

    Raises:
        ValueError: without a sample.

    Source: IEC 60599:2015, flow chart of its application: gate first, identify the fault next, then decide on sampling.
    """
    if not samples:
        raise ValueError("no oil sample: a diagnosis needs at least one")
    ordered = sorted(samples, key=lambda sample: sample.at)
    latest, rates = ordered[-1], rates_ppm_per_year(ordered, limits)
    why = excesses(latest, rates, limits)
    found = _read(latest, why)
    notes = (*_trend_notes(ordered, rates, limits), *_sample_notes(latest, why, found.ratios))
    due = latest.at + timedelta(days=limits.interval_days[found.severity])
    return Diagnosis(latest.at, bool(why), why, notes, **vars(found), rates_ppm_per_year=rates, next_sample=due)


@dataclass(frozen=True)
class _Found:
    """What the latest sample alone says; fields as in `Diagnosis`."""

    code: str
    severity: Severity
    ratios: Ratios | None
    triangle_1: Zone | None
    triangle_4: Zone | None
    triangle_5: Zone | None
    paper: Paper
    confidence: Confidence


def _read(latest: Sample, why: tuple[Excess, ...]) -> _Found:
    ratios = read_ratios(latest)
    if not why:
        return _Found("normal", "normal", None, None, None, None, ratios.paper, "none")
    if _carbon_oxides_only(why):  # ratios of traces of hydrocarbons would name a fault that is not there
        return _Found("undetermined", _severity("undetermined", why), ratios, None, None, None, ratios.paper, "none")
    first = read_triangle(TRIANGLE_1, latest)
    fourth = read_triangle(TRIANGLE_4, latest) if first in AFTER["4"] else None
    fifth = read_triangle(TRIANGLE_5, latest) if first in AFTER["5"] else None
    code: str = first or "undetermined"
    codes = [code, *(zone for zone in (fourth, fifth) if zone is not None), *ratios.codes]
    worst = max((_severity(each, why) for each in codes if each in _SEVERITY), key=_SCALE.index)
    return _Found(code, worst, ratios, first, fourth, fifth, ratios.paper, _confidence(first, ratios))


def _carbon_oxides_only(why: tuple[Excess, ...]) -> bool:
    return bool(why) and all(excess.gas in CARBON_OXIDES for excess in why)


def _sample_notes(latest: Sample, why: tuple[Excess, ...], ratios: Ratios | None) -> tuple[Note, ...]:
    notes: Mapping[Note, bool] = {
        "gases_missing": any(math.isnan(latest[gas]) for gas in FAULT_GASES),
        "carbon_oxides_only": _carbon_oxides_only(why),
        "tap_changer_leak": ratios is not None and bool(ratios.tap_changer_leak),
        "oxygen_used_up": ratios is not None and bool(ratios.oxygen_used_up),
    }
    return tuple(note for note, holds in notes.items() if holds)


def _trend_notes(ordered: Sequence[Sample], rates: Mapping[Gas, float], limits: Limits) -> tuple[Note, ...]:
    if len(ordered) == 1:
        return ("single_sample",)
    if not limits.ppm_per_year:
        return ("rates_unknown",)
    return ("samples_too_near",) if all(math.isnan(rate) for rate in rates.values()) else ()


def _severity(code: str, why: tuple[Excess, ...]) -> Severity:
    """Of one code, a step up when one gas is both high and rising."""
    high, fast = ({excess.gas for excess in why if excess.kind == kind} for kind in ("concentration", "rate"))
    step = _SCALE.index(_SEVERITY[code]) + bool(high & fast)
    return _SCALE[min(step, len(_SCALE) - 1)]


def _confidence(first: Zone | None, ratios: Ratios) -> Confidence:
    if first is None:
        return "none"
    if ratios.tap_changer_leak:
        return "low"
    if first in ratios.codes:
        return "high"
    told = {code if code == "PD" else code[0] for code in ratios.codes} or set(ratios.families)
    if not told or told & _FAMILIES[first]:
        return "medium"
    return "low"
