"""What figures of a document can plausibly be, by the unit that their key ends with: beyond it a unit was mistaken."""

from __future__ import annotations

from dataclasses import dataclass

MOST_KW = 1e6
"""A gigawatt; no single connection is larger."""
MOST_KWH = 1e7
"""Ten gigawatt hours: a gigawatt for ten hours."""
MOST_CHF_PER_KWH = 10.0
"""Ten times what any tariff has been."""
MOST_CHF_PER_KW = 1e4
MOST_CHF_PER_T = 1e4
MOST_CHF = 1e6
MOST_G_PER_KWH = 1e4
LOWEST_C, HIGHEST_C = -60.0, 100.0
"""Colder than any place with a grid, and water's boiling point."""
MOST_RATIO = 1e3


@dataclass(frozen=True)
class Range:
    """Plausible values of one unit, and what else the writer may have had in mind."""

    unit: str
    low: float
    high: float
    hint: str = "check value and unit"

    def __str__(self) -> str:
        """``-10 to 10 CHF/kWh``."""
        return f"{_plain(self.low)} to {_plain(self.high)} {self.unit}"


_RANGES = {
    "_chf_per_kwh": Range(
        "CHF/kWh",
        -MOST_CHF_PER_KWH,
        MOST_CHF_PER_KWH,
        "check the unit: 1 Rp/kWh is 0.01 CHF/kWh, and columns may state Rp/kWh or CHF/MWh themselves",
    ),
    "_kwh": Range("kWh", -MOST_KWH, MOST_KWH, "check the unit: 1 Wh is 0.001 kWh, 1 MWh is 1000 kWh"),
    "_kw": Range("kW", -MOST_KW, MOST_KW, "check the unit: 1 W is 0.001 kW, 1 MW is 1000 kW"),
    "_kvar": Range("kvar", -MOST_KW, MOST_KW),
    "_kva": Range("kVA", -MOST_KW, MOST_KW),
    "_c": Range("degC", LOWEST_C, HIGHEST_C, "check the unit: 273.15 K is 0 degC"),
    "_g_per_kwh": Range("g/kWh", 0.0, MOST_G_PER_KWH),
    "cop": Range("(no unit)", 0.0, MOST_RATIO),
    "_factor": Range("(no unit)", 0.0, MOST_RATIO),
}


def range_of(key: str) -> Range | None:
    """Of a document's key, by what it ends with; None for one without a plausible range."""
    return next((found for suffix, found in _RANGES.items() if key.endswith(suffix)), None)


def _plain(value: float) -> str:
    return f"{value:.0f}"
