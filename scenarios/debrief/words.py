"""A debrief in words, one language at a time."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dashboard.format import Texts, clock, day, moment, number, texts
from scenarios.debrief.debrief import Debrief
from scenarios.debrief.moment import Moment
from twin.live.views import site_facts

_SUMS = {"percent_h": "%.h", "alone_percent_h": "%.h", "pu_h": "pu.h"}
"""Facts whose unit a template cannot name."""


@dataclass(frozen=True)
class Words:
    """Words for one debrief.

    Attributes:
        near: the window's beginning; times of its day go without their day.
        titles: of zones, groups and elements, by what the journal calls them.
    """

    language: str
    timezone: str
    near: datetime
    texts: Texts
    titles: Mapping[str, str]

    @classmethod
    def of(cls, found: Debrief, language: str) -> Words:
        """Words in one of `dashboard.format.LANGUAGES`."""
        site, near = found.source.ready.site, found.tape.start
        titles: dict[str, str] = {}
        for key, title in site_facts(site, ()).titles.items():
            kind, _, own = key.partition(":")
            # A zone or group goes by its name in the journal; an element by its English title.
            titles[own if kind in ("zone", "group") else title["en"]] = title[language]
        return cls(language, site.timezone, near, texts(language, "regie", "debrief"), titles)

    def __call__(self, code: str, /, **params: Any) -> str:
        """The words of ``code``."""
        return self.texts.get(code, params, timezone=self.timezone, near=self.near)

    def figure(self, value: float | None, unit: str, decimals: int | None = None, *, signed: bool = False) -> str:
        """A figure with its unit."""
        return number(value, unit, language=self.language, decimals=decimals, signed=signed)

    def title(self, name: str) -> str:
        """The name in this language of what the site file gives one, and of a switch."""
        kind, _, number = name.partition(" ")
        if kind == "switch":
            return self("page.switch", number=number)
        return self.titles.get(name, name)

    def clock(self, at: datetime) -> str:
        """Local time of day."""
        return clock(at, timezone=self.timezone, language=self.language)

    def moment(self, at: datetime) -> str:
        """Local time, with its day where that is not the window's first."""
        return moment(at, timezone=self.timezone, language=self.language, near=self.near)

    def day(self) -> str:
        """The local day that the window begins on."""
        return day(self.near, timezone=self.timezone, language=self.language)

    def what(self, found: Moment) -> str:
        """What happened, with its figure."""
        return self(f"moment.{found.kind}.what", **self._params(found))

    def why(self, found: Moment) -> str:
        """Why it matters."""
        return self(f"moment.{found.kind}.why", **self._params(found))

    def change(self, found: Moment) -> str:
        """What to change, "" where nothing follows."""
        return self(f"change.{found.change}", **self._params(found)) if found.change else ""

    def _params(self, found: Moment) -> dict[str, Any]:
        params = found.params
        for name in ("name", "element", "outage", "dark", "zone", "group"):
            params[name] = self.title(str(params.get(name, "")))
        for name, unit in _SUMS.items():
            if name in params:
                params[name] = self.figure(params[name], unit)
        for name, value in params.items():
            if isinstance(value, float) and not math.isfinite(value):
                params[name] = None
        params |= {
            f"{name}_words": self(f"{name}.{params[name]}") for name in ("outcome", "verdict", "event") if name in params
        }
        if "upset" in params:
            params["upset_words"] = self._upset(params["upset"])
        if "code" in params:
            params["alarm_words"] = self.alarm(params["code"], params["params"])
        if params.get("rung") in ("last_good", "constant"):
            params["rung"] = self(f"fallback.{params['rung']}")
        return params

    def _upset(self, upset: tuple[str, str] | None) -> str:
        return self("event.none") if upset is None else f"{upset[1]} {self(f'event.{upset[0]}')}"

    def alarm(self, code: str, given: Mapping[str, Any]) -> str:
        """The cause of an alarm; figures without a unit in the words get the one that the alarm brings."""
        unit = str(given.get("unit", ""))
        shown = dict(given)
        for name in ("value", "limit"):
            if unit and isinstance(shown.get(name), int | float):
                shown[name] = self.figure(shown[name], unit, 1)
        known = code if self.texts.has(f"alarm.{code}.cause") else "unknown"
        return self(f"alarm.{known}.cause", **shown)
