"""What a year's page says, in one language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dashboard.format import MISSING, Texts, moment, number, percent, texts


@dataclass(frozen=True)
class Words:
    """Words in one of `dashboard.format.LANGUAGES`, times on the site's clock."""

    language: str
    timezone: str
    own: Texts

    @classmethod
    def of(cls, language: str, timezone: str) -> Words:
        """Words of this command."""
        return cls(language, timezone, texts(language, "year"))

    def __call__(self, code: str, **params: Any) -> str:
        """The words of ``code``."""
        return self.own.get(f"year.{code}", params)

    @property
    def months(self) -> tuple[str, ...]:
        """Short names, January first."""
        return tuple(self(f"month.{month}") for month in range(1, 13))

    def percent(self, share: float | None) -> str:
        """A share 0..1 with one decimal."""
        return percent(share, language=self.language, decimals=1)

    def span(self, low: float | None, high: float | None) -> str:
        """Bounds of a share."""
        return f"{self.percent(low)} – {self.percent(high)}"

    def amount(self, value: float | None, unit: str) -> str:
        """A figure of a comparison in its unit; a share as a percentage."""
        if unit == "1":
            return self.percent(value)
        return number(value, unit, language=self.language, decimals=2 if unit == "EUR/MWh" else 0)

    def difference(self, row: Mapping[str, Any]) -> str:
        """Ours less the published one, in the unit in which it is told."""
        unit = row["difference_unit"]
        if unit == "points":
            return f"{number(row['difference'], language=self.language, decimals=2, signed=True)} {self('points')}"
        return number(row["difference"], unit, language=self.language, decimals=2 if unit == "%" else 0, signed=True)

    def typical(self, row: Mapping[str, Any]) -> str:
        """How far a single day lies off."""
        if row["typical"] is None:
            return MISSING
        value = number(row["typical"], language=self.language, decimals=2)
        return f"{value} {self('points')}" if row["unit"] == "1" else f"{value}\u202f%"

    def moment(self, text: str) -> str:
        """An ISO instant on the site's clock, with its day."""
        return moment(datetime.fromisoformat(text), timezone=self.timezone, language=self.language)
