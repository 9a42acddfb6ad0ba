"""Figures of an evaluation: detection rate, delay, false alarms per asset-month, precision against recall."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.maintenance.evaluate.assess import PATIENCE_DAYS, Assessed, Injected
from twin.maintenance.evaluate.faults import DAY_S
from twin.maintenance.evaluate.labels import Label
from twin.maintenance.evaluate.replay import Alarm

AFTER_S = DAY_S
"""An alarm up to a day after a labelled fault's end still counts as its own: the watch needs whole blocks."""
THRESHOLDS = tuple(float(step) / 20.0 for step in range(2, 39))
"""Bars of the sweep, as multiples of the one that the budget sets; the sums end at twice that."""
_CLEARED = 0.25


@dataclass(frozen=True)
class Detection:
    """One labelled fault and its first alarm.

    Attributes:
        learning: it began before the reference was there, and is not counted.
    """

    label: Label
    alarm: Alarm | None
    learning: bool


def detections(assessed: Sequence[Assessed], labels: Sequence[Label]) -> list[Detection]:
    """Every label with the first alarm within it."""
    by_name = {each.name: each for each in assessed}
    found = []
    for label in labels:
        each = by_name.get(label.asset)
        if each is None:
            continue
        own = (alarm for alarm in each.alarms if label.start_s <= alarm.raised_s <= label.end_s + AFTER_S)
        found.append(Detection(label, next(own, None), each.learnt_s is None or label.start_s < each.learnt_s))
    return found


def outside(each: Assessed, labels: Sequence[Label]) -> list[Alarm]:
    """Alarms after learning that no label explains."""
    own = [label for label in labels if label.asset == each.name]
    return [
        alarm
        for alarm in each.alarms
        if each.learnt_s is not None
        and alarm.raised_s >= each.learnt_s
        and not any(label.start_s <= alarm.raised_s <= label.end_s + AFTER_S for label in own)
    ]


def label_figures(assessed: Sequence[Assessed], labels: Sequence[Label]) -> dict[str, Any]:
    """Detection against labels; None where there is nothing to divide by."""
    counted = [each for each in detections(assessed, labels) if not each.learning]
    found = [each for each in counted if each.alarm is not None]
    delays_h = [(each.alarm.raised_s - each.label.start_s) / 3600.0 for each in found if each.alarm]
    return {
        "count": len(counted),
        "in_learning": len(labels) - len(counted),
        "detection_rate": len(found) / len(counted) if counted else None,
        "delay_h_median": float(np.median(delays_h)) if delays_h else None,
        "false_alarms_asset_month": alarm_rate(assessed, labels),
    }


def alarm_rate(assessed: Sequence[Assessed], labels: Sequence[Label]) -> float | None:
    """Alarms that no label explains, per asset-month watched; None without a month."""
    months = sum(each.months for each in assessed)
    return sum(len(outside(each, labels)) for each in assessed) / months if months > 0.0 else None


def injected_figures(injected: Sequence[Injected]) -> dict[str, Any]:
    """What became of the injected faults: the definitions are those of `twin.maintenance.evaluate.trial`."""
    cooling = [each for each in injected if each.fault.kind == "cooling"]
    stuck = [each for each in injected if each.fault.kind == "stuck"]
    lead_h = [(each.fault.full_s - each.alarm.raised_s) / 3600.0 if each.alarm else -24.0 * PATIENCE_DAYS for each in cooling]
    stuck_h = sorted((each.alarm.raised_s - each.fault.start_s) / 3600.0 if each.alarm else np.inf for each in stuck)
    middle = stuck_h[(len(stuck_h) - 1) // 2] if stuck_h else np.inf
    return {
        "count": len(cooling),
        "found_6k": sum(each.alarm is not None for each in cooling) / len(cooling) if cooling else None,
        "lead_h_median": float(np.median(lead_h)) if cooling else None,
        "stuck_found": sum(each.alarm is not None for each in stuck) / len(stuck) if stuck else None,
        "stuck_h": float(middle) if np.isfinite(middle) else None,
    }


def sweep(assessed: Sequence[Assessed], labels: Sequence[Label], injected: Sequence[Injected]) -> list[dict[str, Any]]:
    """Recall, precision and false alarms of the CUSUM for bars lower and higher than the budget's.

    Faults are the labelled ones and the injected ones of the cooling; false alarms are those of the histories as they are.
    """
    counted = [each for each in detections(assessed, labels) if not each.learning]
    spans = [(_of(assessed, each.label.asset), each.label.start_s, each.label.end_s + AFTER_S) for each in counted]
    cooling = [each for each in injected if each.fault.kind == "cooling"]
    tried = [(each.peaks, each.labels_s, start, end) for each, start, end in ((s[0], s[1], s[2]) for s in spans)]
    tried += [
        (each.peaks, each.labels_s, each.fault.start_s, int(each.fault.full_s + PATIENCE_DAYS * DAY_S)) for each in cooling
    ]
    months = sum(each.months for each in assessed)
    if not tried or months <= 0.0:
        return []
    curve = []
    for bar in THRESHOLDS:
        hits = sum(bool((peaks[(at >= start) & (at <= end)] > bar).any()) for peaks, at, start, end in tried)
        wrong = sum(_crossings(each, bar, labels) for each in assessed)
        curve.append(
            {
                "threshold": bar,
                "recall": hits / len(tried),
                "precision": hits / (hits + wrong) if hits + wrong else None,
                "false_alarms_asset_month": wrong / months,
            }
        )
    return curve


def _of(assessed: Sequence[Assessed], name: str) -> Assessed:
    return next(each for each in assessed if each.name == name)


def _crossings(each: Assessed, bar: float, labels: Sequence[Label]) -> int:
    """How often the sum comes over ``bar`` outside labels, having been well below it before."""
    spans = [(label.start_s, label.end_s + AFTER_S) for label in labels if label.asset == each.name]
    count, up = 0, False
    for peak, at_s in zip(each.peaks.tolist(), each.labels_s.tolist(), strict=True):
        if not up and peak > bar:
            up = True
            count += not any(start <= at_s <= end for start, end in spans)
        elif up and peak <= _CLEARED * bar:
            up = False
    return count
