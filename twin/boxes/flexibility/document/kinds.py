"""Kinds of values in a problem document: figures with their bounds, instants, and values that change from step to step."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag

from twin.boxes.flexibility.document.ranges import (
    HIGHEST_C,
    LOWEST_C,
    MOST_CHF,
    MOST_CHF_PER_KWH,
    MOST_G_PER_KWH,
    MOST_KW,
    MOST_KWH,
    MOST_RATIO,
)
from twin.site.tables import Table

Id = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f]+$")]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Kw = Annotated[float, Field(ge=0, le=MOST_KW)]
PositiveKw = Annotated[float, Field(gt=0, le=MOST_KW)]
Kwh = Annotated[float, Field(ge=0, le=MOST_KWH)]
PositiveKwh = Annotated[float, Field(gt=0, le=MOST_KWH)]
ChfPerKwh = Annotated[float, Field(ge=0, le=MOST_CHF_PER_KWH)]
"""What is paid for a kWh [CHF/kWh]; `Price` is a tariff, which may be negative."""
Chf = Annotated[float, Field(ge=0, le=MOST_CHF)]
Celsius = Annotated[float, Field(ge=LOWEST_C, le=HIGHEST_C)]
Percent = Annotated[float, Field(ge=0, le=100)]
Efficiency = Annotated[float, Field(gt=0, le=100)]
"""[%], more than nothing: it stands below a fraction."""


def _as_text(value: Any) -> Any:
    # TOML has instants of its own: unquoted ones come as datetime.
    return value.isoformat() if isinstance(value, datetime) else value


Instant = Annotated[str, BeforeValidator(_as_text), Field(pattern=r"^(\d{4}-\d{2}-\d{2}|\+\d+(\.\d+)?\s*(min|h)$)")]
"""ISO 8601 ("2026-01-25T18:00"), or a distance from the start ("+3h", "+90min")."""


class Column(Table):
    """A column of a CSV or Parquet file, aligned by time; a stamp marks the start of its interval."""

    file: str = Field(description="CSV or Parquet file, relative to the document.")
    column: str = Field(description="Name of the column with the values.")
    time: str = Field(default="time", description="Name of the column with the starts of the intervals.")


class PowerColumn(Column):
    """Power, or energy per interval."""

    unit: Literal["W", "kW", "MW", "Wh", "kWh", "MWh"] = Field(description="Unit of the values; energies are per interval.")


class PriceColumn(Column):
    """Price of energy."""

    unit: Literal["CHF/kWh", "CHF/MWh", "Rp/kWh"] = Field(description="Unit of the values.")


class TemperatureColumn(Column):
    """Temperature."""

    unit: Literal["degC"] = Field(description="Unit of the values.")


class Co2Column(Column):
    """Emissions per energy."""

    unit: Literal["g/kWh"] = Field(description="Unit of the values.")


class RatioColumn(Column):
    """A number without a unit, such as a coefficient of performance."""

    unit: Literal["1"] = Field(description="Unit of the values.")


def _kind(value: Any) -> str:
    """Which of its forms a value was meant to have: faults are told of that one alone."""
    if isinstance(value, Mapping | Column):
        return "column"
    return "list" if isinstance(value, list | tuple) else "number"


def _number_or_text(value: Any) -> str:
    return "text" if isinstance(value, str) else "number"


FORMS = ("number", "text", "list", "column")
"""Names of the forms; pydantic puts them into the path of a fault."""
_KwOne = Annotated[float, Field(ge=-MOST_KW, le=MOST_KW)]
_PriceOne = Annotated[float, Field(ge=-MOST_CHF_PER_KWH, le=MOST_CHF_PER_KWH)]
_Co2One = Annotated[float, Field(ge=0, le=MOST_G_PER_KWH)]
_RatioOne = Annotated[float, Field(ge=0, le=MOST_RATIO)]

Values = Annotated[
    Annotated[_KwOne, Tag("number")] | Annotated[list[_KwOne], Field(min_length=1), Tag("list")], Discriminator(_kind)
]
"""[kW], one number for all steps; or a list, one for every step or for every hour (a list that fits both is per step)."""
Power = Annotated[
    Annotated[_KwOne, Tag("number")]
    | Annotated[list[_KwOne], Field(min_length=1), Tag("list")]
    | Annotated[PowerColumn, Tag("column")],
    Discriminator(_kind),
]
"""[kW]"""
Price = Annotated[
    Annotated[_PriceOne, Tag("number")]
    | Annotated[list[_PriceOne], Field(min_length=1), Tag("list")]
    | Annotated[PriceColumn, Tag("column")],
    Discriminator(_kind),
]
"""[CHF/kWh]"""
Temperature = Annotated[
    Annotated[Celsius, Tag("number")]
    | Annotated[list[Celsius], Field(min_length=1), Tag("list")]
    | Annotated[TemperatureColumn, Tag("column")],
    Discriminator(_kind),
]
"""[degC]"""
Co2 = Annotated[
    Annotated[_Co2One, Tag("number")]
    | Annotated[list[_Co2One], Field(min_length=1), Tag("list")]
    | Annotated[Co2Column, Tag("column")],
    Discriminator(_kind),
]
"""[g/kWh]"""
Ratio = Annotated[
    Annotated[_RatioOne, Tag("number")]
    | Annotated[list[_RatioOne], Field(min_length=1), Tag("list")]
    | Annotated[RatioColumn, Tag("column")],
    Discriminator(_kind),
]
"""[1]"""
Element = Annotated[
    Annotated[int, Field(strict=True), Tag("number")] | Annotated[str, Tag("text")], Discriminator(_number_or_text)
]
"""A bus or line of the grid: its number in the net, or its name."""
_Step = Annotated[str, Field(pattern=r"^\s*(\d+\s*[x×]\s*)?\d+(\.\d+)?\s*(min|h)\s*$")]
Step = Annotated[Annotated[Positive, Tag("number")] | Annotated[_Step, Tag("text")], Discriminator(_number_or_text)]
"""Steps of a plan: "16x15min", "1h", or hours."""
