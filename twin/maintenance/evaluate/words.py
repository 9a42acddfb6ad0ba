"""An evaluation in words, one language at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dashboard.format import MISSING, Texts, moment, number, percent, texts
from twin.domain.time import from_epoch_s
from twin.maintenance.evaluate.answer import Evaluated
from twin.maintenance.evaluate.assess import Assessed
from twin.maintenance.evaluate.replay import Alarm
from twin.maintenance.evaluate.units import Note

_KELVIN = "K"
ROWS = (
    "no_stamp",
    "unreadable_stamp",
    "not_a_number",
    "placeholder",
    "repeated",
    "clock_absent",
    "clock_undecided",
    "clock_guessed",
    "stray",
    "off_grid",
)
"""Faults of rows that are told, by the names of `forecasts.data.quality`; `Note` tells of contradictions."""


@dataclass(frozen=True)
class Words:
    """Words for one evaluation; the clock is that of its stamps."""

    language: str
    found: Evaluated
    figures: dict[str, Any]
    own: Texts

    @classmethod
    def of(cls, found: Evaluated, language: str) -> Words:
        """Words in one of `dashboard.format.LANGUAGES`."""
        return cls(language, found, found.to_json(), texts(language, "maintenance"))

    @property
    def timezone(self) -> str:
        """Clock of the stamps."""
        return str(self.found.flags.timezone)

    def __call__(self, code: str, **params: Any) -> str:
        """The words of ``evaluate.<code>``."""
        return self.own.get(f"evaluate.{code}", params, timezone=self.timezone)

    def lines(self) -> list[str]:
        """The whole evaluation as lines for a terminal."""
        head = [*self.summary(), ""]
        for each in self.found.assessed:
            head.append(f"{each.name}: {self.confidence(each)}")
            head += [f"  {line}" for line in self.notes(each)]
            head += [f"  {line}" for line in self.alarm_lines(each)] or [f"  {self('no_alarm')}"]
        return [*head, *self.left()]

    def summary(self) -> list[str]:
        """Counts and rates, and what they rest on."""
        figures = self.figures
        lines = [
            self("summary", assets=len(self.found.assessed), months=figures["asset_months"], left=len(self.found.not_assessed)),
            self("rate", rate=figures["alarms_asset_month"], budget=figures["budget_alarms_asset_month"]),
        ]
        if self.found.reduced:
            lines.append(self("reduced"))
        labels, injected = figures["labels"], figures["injected"]
        if labels is not None:
            share = self._share(labels["detection_rate"])
            lines.append(
                self(
                    "labels",
                    count=labels["count"],
                    share=share,
                    delay=labels["delay_h_median"],
                    rate=labels["false_alarms_asset_month"],
                )
            )
            lines += [self("labels_learning", count=labels["in_learning"])] if labels["in_learning"] else []
            lines += [self("wrong_label", text=text) for text in figures["wrong_labels"]]
        if injected is not None and injected["count"]:
            lines.append(
                self(
                    "injected",
                    count=injected["count"],
                    share=self._share(injected["found_6k"]),
                    lead=injected["lead_h_median"] if injected["found_6k"] else None,
                    stuck=self._share(injected["stuck_found"]),
                    hours=injected["stuck_h"],
                )
            )
        elif injected is not None:
            lines.append(self("injected_none"))
        kind = figures["class"]
        if kind["typical"]:
            lines.append(self("class_typical", size=kind["size"], cooling=kind["cooling"]))
        return lines

    def confidence(self, each: Assessed) -> str:
        """Full or reduced."""
        return self("confidence_reduced" if each.reduced else "confidence_full")

    def notes(self, each: Assessed) -> list[str]:
        """What was found in its data; rows that were only left out or sorted in lower no confidence."""
        rows = [self(f"row.{kind}", count=fault.count) for kind, fault in each.prepared.history.faults.items() if kind in ROWS]
        return [*(self.note(note) for note in each.prepared.notes), *rows]

    def note(self, note: Note) -> str:
        """One of them."""
        return self(f"note.{note.code}", **note.params)

    def alarm_lines(self, each: Assessed) -> list[str]:
        """Every alarm with when, what and how sure."""
        return [f"{cells[0]}  {cells[1]}  {cells[2]}  {cells[3]}" for cells in map(self.alarm_cells, each.alarms)]

    def alarm_cells(self, alarm: Alarm) -> tuple[str, str, str, str]:
        """Raised, proposed cause, size, confidence."""
        verdict = alarm.verdict
        raised = moment(from_epoch_s(alarm.raised_s), timezone=self.timezone, language=self.language)
        if verdict is None:
            return raised, self(f"rule.{alarm.rule}"), MISSING, MISSING
        cause = self(f"kind.{verdict.kind}")
        if verdict.detail:
            cause = f"{cause} ({self(f'detail.{verdict.detail}')})"
        size = number(verdict.size_k, _KELVIN, language=self.language, decimals=1, signed=True)
        return raised, cause, size, percent(verdict.confidence, language=self.language)

    def left(self) -> list[str]:
        """Assets that nothing is said of."""
        return [
            self("not_assessed", asset=each.name or MISSING, reason=self(f"left.{each.why.code}", **each.why.params))
            for each in self.found.not_assessed
        ]

    def _share(self, value: float | None) -> str:
        return MISSING if value is None else percent(value, language=self.language)
