"""The open data's tables: every column with its type, its unit and what it means (Frictionless Table Schema)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

FOLDER = "open"
"""Below ``STATE/public``."""
SOURCE_KINDS = ("pv", "hydro", "other", "storage", "import")
LICENCES: Mapping[str, tuple[str, str]] = {
    "CC-BY-4.0": ("Creative Commons Attribution 4.0 International", "https://creativecommons.org/licenses/by/4.0/"),
    "CC0-1.0": ("Creative Commons Zero 1.0 Universal", "https://creativecommons.org/publicdomain/zero/1.0/"),
    "ODbL-1.0": ("Open Data Commons Open Database License 1.0", "https://opendatacommons.org/licenses/odbl/1-0/"),
}
"""Licences that the publisher may choose: SPDX identifier -> title, address."""


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        type: of Table Schema: "string", "integer", "number", "boolean", "datetime" (UTC, ISO 8601).
        unit: "MWh", "g/kWh"; "1" for a fraction 0..1; "" where there is none.
        required: never empty. Elsewhere empty means unknown, undefined or not public; never zero.
    """

    name: str
    type: str
    unit: str
    meaning: str
    required: bool = False


@dataclass(frozen=True)
class Table:
    """One table. ``key``: columns that name a row."""

    name: str
    title: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]


_PARTS = tuple(
    Column(f"part_{kind}", "number", "1", f"Part of the consumption that came from {source}, traced along the grid.")
    for kind, source in {
        "pv": "photovoltaics in the town",
        "hydro": "hydropower in the town",
        "other": "other plants in the town",
        "storage": "storage in the town",
        "import": "the upstream grid",
    }.items()
)
_FIGURES = (
    Column("consumption_mwh", "number", "MWh", "Gross consumption of the known quarter hours, rounded to 0.1 MWh."),
    Column("share", "number", "1", "Renewable energy over gross consumption, by flow tracing. Not the supplier's declaration."),
    Column("co2_g_per_kwh", "number", "g/kWh", "Greenhouse gases of what was consumed, life cycle, average."),
    *_PARTS,
)
_APPROVAL = (
    Column("coverage", "number", "1", "Known quarter hours over those of the period.", required=True),
    Column("revision", "integer", "", "1 with the first approval, one more with every restatement.", required=True),
    Column("approved_at", "datetime", "", "Instant of the approval.", required=True),
    Column("licence", "string", "", "SPDX identifier of the licence of this revision.", required=True),
)


def _periods(name: str, title: str, example: str) -> Table:
    period = Column("period", "string", "", f"On the town's clock, as in {example}.", required=True)
    return Table(name, title, (period, *_FIGURES, *_APPROVAL), ("period",))


MONTHS = _periods("months", "Approved figures of the months", "2016-01")
YEARS = _periods("years", "Approved figures of the years", "2016")
HOURS = Table(
    "hours",
    "Hours of an approved month",
    (
        Column("start", "datetime", "", "Start of the hour.", required=True),
        Column("known_quarter_hours", "integer", "", "Quarter hours of it that are known, 0 to 4.", required=True),
        *_FIGURES,
        Column("revision", "integer", "", "Revision of the month that the hour belongs to.", required=True),
        Column("licence", "string", "", "SPDX identifier of the licence of this revision.", required=True),
    ),
    ("start",),
)
REVISIONS = Table(
    "revisions",
    "Every approval and restatement, oldest first",
    (
        Column("period", "string", "", "Month or year on the town's clock.", required=True),
        Column("revision", "integer", "", "1 with the first approval.", required=True),
        Column("standing", "boolean", "", "Whether this revision is the one that holds.", required=True),
        *_FIGURES,
        Column("coverage", "number", "1", "Known quarter hours over those of the period.", required=True),
        Column("approved_at", "datetime", "", "Instant of the approval.", required=True),
        Column("licence", "string", "", "SPDX identifier of the licence of this revision.", required=True),
        Column("attribution", "string", "", "Whom to name when using this revision.", required=True),
        *(
            Column(f"reason_{language}", "string", "", f"Why it was restated, in {name}.")
            for language, name in {"de": "German", "fr": "French", "it": "Italian", "en": "English"}.items()
        ),
    ),
    ("period", "revision"),
)
TABLES = (MONTHS, YEARS, HOURS, REVISIONS)
