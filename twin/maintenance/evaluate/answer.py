"""What an evaluation found, as plain figures for ``--json`` and beneath the pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from twin.domain.problems import Problem
from twin.domain.time import from_epoch_s
from twin.maintenance.evaluate.assess import Assessed, Injected
from twin.maintenance.evaluate.flags import EvaluateFlags
from twin.maintenance.evaluate.history import NotAssessed
from twin.maintenance.evaluate.labels import Label
from twin.maintenance.evaluate.replay import Alarm
from twin.maintenance.evaluate.score import alarm_rate, detections, injected_figures, label_figures, outside, sweep


@dataclass(frozen=True)
class Evaluated:
    """Everything that was found.

    Attributes:
        wrong_labels: rows of the label file that could not be used.
    """

    flags: EvaluateFlags
    assessed: tuple[Assessed, ...]
    not_assessed: tuple[NotAssessed, ...]
    labels: tuple[Label, ...]
    wrong_labels: tuple[Problem, ...]
    injected: tuple[Injected, ...]

    @property
    def reduced(self) -> bool:
        """Whether the confidence in any asset is reduced."""
        return any(each.reduced for each in self.assessed)

    def to_json(self) -> dict[str, Any]:
        """Plain values, instants in ISO 8601, UTC; None where there is nothing to say."""
        flags = self.flags
        return {
            "assets": [_asset(each, self.labels) for each in self.assessed],
            "not_assessed": [{"asset": each.name, "code": each.why.code, **each.why.params} for each in self.not_assessed],
            "confidence": "reduced" if self.reduced else "full",
            "asset_months": sum(each.months for each in self.assessed),
            "budget_alarms_asset_month": flags.budget,
            "alarms_asset_month": alarm_rate(self.assessed, ()),
            "labels": label_figures(self.assessed, self.labels) if flags.labels else None,
            "wrong_labels": [str(problem) for problem in self.wrong_labels],
            "injected": injected_figures(self.injected) if flags.inject else None,
            "precision_recall": sweep(self.assessed, self.labels, self.injected),
            "class": {
                "size": flags.size or "distribution",
                "cooling": flags.cooling or "ONAN",
                "typical": flags.size is None or flags.cooling is None,
            },
            "seed": flags.seed,
        }


def _asset(each: Assessed, labels: Sequence[Label]) -> dict[str, Any]:
    prepared, history = each.prepared, each.prepared.history
    own = [label for label in labels if label.asset == each.name]
    unexplained = set(outside(each, own))
    return {
        "asset": each.name,
        "confidence": "reduced" if each.reduced else "full",
        "notes": [{"code": note.code, **note.params} for note in prepared.notes],
        "start": _iso(history.start_s),
        "end": _iso(history.end_s),
        "step_min": history.step_s / 60.0,
        "reference_days": prepared.reference_days,
        "watched_from": _iso(each.learnt_s),
        "months": each.months,
        "sigma_k": each.sigma_k,
        "correlation": each.correlation,
        "alarms": [_alarm(alarm, explained=alarm not in unexplained) for alarm in each.alarms],
        "labels": [
            {
                "kind": found.label.kind,
                "start": _iso(found.label.start_s),
                "end": _iso(found.label.end_s),
                "learning": found.learning,
                "found": _iso(found.alarm.raised_s) if found.alarm else None,
            }
            for found in detections([each], own)
        ],
        "rows": {kind: fault.count for kind, fault in history.faults.items()},
    }


def _alarm(alarm: Alarm, *, explained: bool) -> dict[str, Any]:
    verdict = alarm.verdict
    return {
        "raised": _iso(alarm.raised_s),
        "cleared": _iso(alarm.cleared_s),
        "rule": alarm.rule,
        "cause": verdict.kind if verdict else None,
        "detail": verdict.detail if verdict else "",
        "confidence": verdict.confidence if verdict else None,
        "size_k": verdict.size_k if verdict else None,
        "since": _iso(verdict.since_s) if verdict else None,
        "labelled": explained,
    }


def _iso(at_s: int | None) -> str | None:
    return None if at_s is None else from_epoch_s(at_s).isoformat().replace("+00:00", "Z")
