"""One language and one time zone bound together, so that a view asks for words and figures without repeating them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dashboard import format as formats
from dashboard.format import MISSING, Texts

NOTHING_MW = 5e-5
"""50 W: less is no power worth a figure."""


def is_nothing(p_mw: float) -> bool:
    """True for a power that a screen shows as none."""
    return abs(p_mw) < NOTHING_MW


@dataclass(frozen=True)
class Words:
    """How this screen speaks: ``now`` is the grid's clock (the snapshot's ``as_of``), to leave out today's date."""

    texts: Texts
    timezone: str
    now: datetime | None = None

    @classmethod
    def of(cls, language: str, timezone: str, now: datetime | None = None, *rooms: str) -> Words:
        """Words of one language in one time zone: of the main page, and of these rooms (``locale/<room>.<language>.toml``)."""
        return cls(formats.texts(language, "regie", *rooms), timezone, now)

    @property
    def language(self) -> str:
        """Two-letter code."""
        return self.texts.language

    def __call__(self, code: str, **params: Any) -> str:
        """The words of ``code``, filled."""
        return self.fill(code, params)

    def fill(self, code: str, params: Mapping[str, Any]) -> str:
        """The words of ``code``, filled with a message's own parameters."""
        return self.texts.get(code, params, timezone=self.timezone, near=self.now)

    def known(self, code: str) -> bool:
        """True when the code has words."""
        return self.texts.has(code)

    def owner(self, team: str) -> str:
        """A team's name; cards write it as a code or in words ("grid_operation", "grid operation")."""
        return self(f"owner.{team.replace(' ', '_')}")

    def number(self, value: float | None, unit: str = "", *, decimals: int | None = None, signed: bool = False) -> str:
        """A figure with its unit."""
        return formats.number(value, unit, language=self.language, decimals=decimals, signed=signed)

    def power(self, p_mw: float | None, *, signed: bool = False) -> str:
        """A power in MW; below 1 MW in kW, with a decimal below 10 kW."""
        if p_mw is None or abs(p_mw) >= 1.0:
            return self.number(p_mw, "MW", signed=signed)
        coarse = abs(p_mw) >= 0.00995 or is_nothing(p_mw)
        return self.number(1000.0 * p_mw, "kW", decimals=0 if coarse else 1, signed=signed)

    def percent(self, fraction: float | None) -> str:
        """A fraction 0..1 as percent."""
        return formats.percent(fraction, language=self.language)

    def clock(self, instant: datetime | None) -> str:
        """Local time of day."""
        return MISSING if instant is None else formats.clock(instant, timezone=self.timezone, language=self.language)

    def day(self, instant: datetime) -> str:
        """Local day."""
        return formats.day(instant, timezone=self.timezone, language=self.language)

    def moment(self, instant: datetime | None) -> str:
        """Local time of day, with the day when it is not today."""
        if instant is None:
            return MISSING
        return formats.moment(instant, timezone=self.timezone, language=self.language, near=self.now)

    def wall(self, instant: datetime) -> str:
        """Wall-clock time with seconds, for 'stale since'."""
        return formats.clock(instant, timezone=self.timezone, language=self.language, seconds=True)
