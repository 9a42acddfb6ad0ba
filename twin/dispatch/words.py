"""An answer in words and local figures, one language at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dashboard.format import Texts, day, moment, number, texts

_ENDED = ("deadline", "memory", "died", "infeasible", "time_limit", "iteration_limit", "node_limit")
_SHOWN_UNIT = {"MWh": ("kWh", 1000.0), "MW": ("kW", 1000.0), "Mvar": ("kvar", 1000.0), "MVA": ("kVA", 1000.0)}


SMALLEST_CHF = 0.005
"""Half a centime: less is shown as nothing."""


@dataclass(frozen=True)
class Words:
    """Words for one answer.

    Attributes:
        own: this command's words. ``loop``: the loop's, which hold the reasons.
    """

    language: str
    answer: Mapping[str, Any]
    own: Texts
    loop: Texts

    @classmethod
    def of(cls, answer: Mapping[str, Any], language: str) -> Words:
        """Words in one of `dashboard.format.LANGUAGES`."""
        return cls(language, answer, texts(language, "dispatch"), texts(language, "regie"))

    @property
    def start(self) -> datetime:
        """The plan's first instant."""
        return datetime.fromisoformat(self.answer["start"])

    @property
    def timezone(self) -> str:
        """The document's clock."""
        return str(self.answer["timezone"])

    def __call__(self, code: str, **params: Any) -> str:
        """This command's words of ``code``."""
        return self.own.get(code, params, timezone=self.timezone, near=self.start)

    def figure(self, value: float | None, unit: str, decimals: int | None = None, *, signed: bool = False) -> str:
        """A figure with its unit, in three or four significant digits."""
        if value is not None and decimals is None and unit in {"kW", "kWh", "kvar", "kVA"}:
            decimals = 0 if abs(value) >= 100.0 else 1
        return number(value, unit, language=self.language, decimals=decimals, signed=signed)

    def amount(self, value: float | None, unit: str) -> str:
        """A figure in the model's unit, shown in the document's (kW for MW)."""
        shown, factor = _SHOWN_UNIT.get(unit, (unit, 1.0))
        return self.figure(None if value is None else factor * value, {"°C": "degC"}.get(shown, shown))

    def span(self) -> str:
        """From when to when, on which clock, in how many steps."""
        end = self.start + timedelta(seconds=round(3600.0 * sum(self.answer["hours"])))
        begin, finish = (moment(at, timezone=self.timezone, language=self.language) for at in (self.start, end))
        params = {"from": begin, "to": finish, "timezone": self.timezone, "count": len(self.answer["hours"])}
        return self.own.get("report.span", params, timezone=self.timezone)

    def day(self) -> str:
        """The local day that the plan begins on."""
        return day(self.start, timezone=self.timezone, language=self.language)

    def rules(self) -> list[str]:
        """Where nothing is known of the wires, and why rules serve, with what contradicts what; empty for a proven plan."""
        return [*self._unsolved(), *self._served()]

    def _unsolved(self) -> list[str]:
        grid = self.answer["grid"]
        gone = {} if grid is None else {which: len(grid[which]["diverged"]) for which in ("plan", "before")}
        codes = {"plan": "rules.unsolved", "before": "rules.unsolved_before"}
        return [self(codes[which], count=count) for which, count in gone.items() if count]

    def _served(self) -> list[str]:
        if self.answer["rung"] == "ok":
            return []
        status = str(self.answer["status"])
        code = next((known for known in _ENDED if known in status), "other")
        served = "rules.last" if self.answer["rung"] == "last_plan" else "rules.line"
        unread = [] if self.answer["grid_read"] else [self("rules.no_grid")]
        why = self(f"rules.{code}", status=status)
        return [self(served, why=why), *map(self._conflict, self.answer["conflicts"]), *unread]

    def notes(self) -> list[str]:
        """The proof, what the paths say, whether the last plan stands; empty where the document asks for none of it."""
        return [*self._proof(), *self._paths(), *self._kept()]

    def _proof(self) -> list[str]:
        grid = self.answer["grid"]
        if grid is None:
            return []
        steps = self.answer["violations"]["plan"]["steps"]
        found = [self("report.proof_yes")] if grid["plan"]["feasible"] else []
        if steps:
            found.append(self("report.proof_no", count=steps))
        if grid["outages_hold"] is not None:
            found.append(self("report.outages_yes" if grid["outages_hold"] else "report.outages_no"))
        return found

    def _paths(self) -> list[str]:
        paths = self.answer["paths"]
        if paths is None or "expected_chf" not in paths:
            return []
        figures = {name: paths[f"{name}_chf"] for name in ("expected", "tail", "saves")}
        return [self("report.paths", count=paths["count"], **figures)]

    def _kept(self) -> list[str]:
        kept = self.answer["kept"]
        if kept is None:
            return []
        code = "gone" if kept["gain_chf"] is None else ("yes" if kept["kept"] else "no")
        return [self(f"kept.{code}", gain=kept["gain_chf"])]

    def missing(self, which: str = "plan") -> list[str]:
        """Promises that are not kept."""
        return [
            self(f"missing.{m['what']}", device=m["device"], amount=self.figure(m["amount"], m["unit"], 1))
            for m in self.answer["missing"][which]
        ]

    def reason(self, device: Mapping[str, Any]) -> str:
        """Why a device does what it does."""
        if device["not_moved"]:
            return self(f"still.{device['not_moved']}")
        if self.answer["rung"] != "ok":
            return self("still.ruled")
        found = device["reason"]
        if found is None:
            return self("still.own")
        params = dict(found["params"])
        unit = str(params.pop("unit", ""))
        for name in ("without", "limit", "value"):
            if name in params:
                params[name] = self.amount(params[name], unit) if name == "value" else self.figure(params[name], unit)
        why = self.loop.get(f"reason.{found['code']}", params, timezone=self.timezone, near=self.start)
        refused = device.get("refused")
        if refused is None or refused["chf"] < SMALLEST_CHF:
            return why
        return f"{why}. {self('still.refused', money=self.figure(refused['chf'], 'CHF'))}"

    def _conflict(self, conflict: Mapping[str, Any]) -> str:
        hour = conflict["at_h"]
        at = self("at.plan") if hour is None else self("at.h", h=float(hour))
        return self(
            f"conflict.{conflict['kind']}",
            device=conflict["device"],
            amount=self.amount(conflict["amount"], conflict["unit"]),
            bound=self.amount(conflict["bound"], conflict["unit"]),
            at=at,
        )
