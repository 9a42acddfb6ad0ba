"""What a comparison says, in one language: words, figures with their units, local times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dashboard.format import MISSING, Texts, clock, moment, number, percent, texts
from dashboard.format import day as day_of

_BY_ENDING = {
    "percent_h": "%.h",
    "pu_h": "pu.h",
    "percent": "%",
    "chf": "CHF",
    "mwh": "MWh",
    "mw": "MW",
    "kw": "kW",
    "min": "min",
    "t": "t",
    "pu": "pu",
}
_DECIMALS = {"min": 2, "t": 3, "MWh": 3, "pu.h": 4, "%": 1, "MW": 3}


@dataclass(frozen=True)
class Words:
    """Words in one of `dashboard.format.LANGUAGES`, times on the site's clock."""

    language: str
    timezone: str
    own: Texts

    @classmethod
    def of(cls, language: str, timezone: str) -> Words:
        """Words of this command."""
        return cls(language, timezone, texts(language, "compare"))

    def __call__(self, code: str, **params: Any) -> str:
        """The words of ``code``."""
        return self.own.get(f"compare.{code}", params)

    def figure(self, name: str, value: float | None, *, signed: bool = False) -> str:
        """A figure of KPI.md with the unit that ends its name."""
        if value is None:
            return MISSING
        if name.endswith("share"):
            points = f"{number(100.0 * value, language=self.language, decimals=2, signed=True)} {self('points')}"
            return points if signed else percent(value, language=self.language, decimals=1)
        return self.amount(value, unit_of(name), signed=signed)

    def bounds(self, name: str, value: float | None, low: float | None, high: float | None) -> str:
        """A figure of risk with its interval; an end that has no bound is open."""
        if value is None:
            return MISSING
        ends = ", ".join("…" if end is None else self.chance(name, end) for end in (low, high))
        return self.chance(name, value) + (f" [{ends}]" if (low, high) != (None, None) else "")

    def chance(self, name: str, value: float | None, *, signed: bool = False) -> str:
        """A figure of risk; a difference of probabilities is told in percentage points."""
        shown = f"{name.removesuffix('_probability')}_share" if name.endswith("_probability") else name
        return self.figure(shown, value, signed=signed)

    def label(self, group: str, name: str) -> str:
        """What a figure is called; the operator's view has names of its own for two."""
        own = f"figure.{group}_{name}"
        return self(own if self.own.has(f"compare.{own}") else f"figure.{name}")

    def to_first(self, name: str, less: float) -> str:
        """A figure's difference to the first run."""
        return self("same") if less == 0.0 else f"{self.figure(name, less, signed=True)} {self('to_first')}"

    def element(self, span: Mapping[str, Any], titles: Mapping[str, Any]) -> str:
        """What a violation's element is called."""
        if span["zones"]:
            return ", ".join(self._title(f"zone:{zone}", zone, titles) for zone in span["zones"])
        return self("whole_site") if span["element"] == "site" else self._title(span["element"], span["name"], titles)

    def _title(self, key: str, name: str, titles: Mapping[str, Any]) -> str:
        return str((titles.get(key) or {}).get(self.language) or name)

    def amount(self, value: float | None, unit: str, *, signed: bool = False) -> str:
        """A number with its unit."""
        decimals = _DECIMALS.get(unit) if unit else 4
        return number(value, unit, language=self.language, decimals=decimals, signed=signed)

    def moment(self, text: str) -> str:
        """An ISO instant on the site's clock, with its day."""
        return moment(datetime.fromisoformat(text), timezone=self.timezone, language=self.language)

    def clock(self, text: str) -> str:
        """An ISO instant's time of day."""
        return clock(datetime.fromisoformat(text), timezone=self.timezone, language=self.language)

    def span(self, begin: str, end: str) -> str:
        """From when to when."""
        first, last = datetime.fromisoformat(begin), datetime.fromisoformat(end)
        until = moment(last, timezone=self.timezone, language=self.language, near=first)
        return f"{self.moment(begin)} – {until}"

    def day(self, text: str) -> str:
        """An ISO instant's local day."""
        return day_of(datetime.fromisoformat(text), timezone=self.timezone, language=self.language)

    def title(self, run: Mapping[str, Any]) -> str:
        """What a run's scenario is called."""
        titles = run["title"] or {}
        return str(titles.get(self.language) or run["scenario"] or self("untitled"))

    def window(self, run: Mapping[str, Any]) -> str:
        """A run's window."""
        hours = number(run["ticks"] / 4.0, language=self.language, decimals=0 if run["ticks"] % 4 == 0 else 2)
        return self("window", hours=hours, start=self.moment(run["start"]))


def unit_of(name: str) -> str:
    """The unit that ends a figure's name, "" for a bare number."""
    return next((unit for ending, unit in _BY_ENDING.items() if name.endswith(f"_{ending}")), "")
