"""The open data as rows, and as CSV (RFC 4180) and JSON: what is unknown or not public is an empty cell, or null."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from twin.contracts.open_tables import MONTHS, SOURCE_KINDS, YEARS, Table
from twin.contracts.public_release import PeriodFigure
from twin.contracts.publication import HourFigure, PublicationFacts
from twin.publication.deeds import LANGUAGES
from twin.publication.standing import Revision

Cell = str | int | float | bool | None
Row = Mapping[str, Cell]


def period_rows(revisions: Iterable[tuple[Revision, bool]], table: Table) -> list[Row]:
    """The figures that hold, of months or of years, oldest first. ``revisions``: with whether each holds."""
    assert table in (MONTHS, YEARS)
    held = [each for each, standing in revisions if standing and ("-" in each.figure.period) is (table is MONTHS)]
    return [
        {"period": each.figure.period, **_figures(each.figure), **_approval(each)}
        for each in sorted(held, key=lambda each: each.figure.period)
    ]


def revision_rows(revisions: Iterable[tuple[Revision, bool]]) -> list[Row]:
    """Every revision, in the order of approval."""
    return [
        {
            "period": each.figure.period,
            "standing": standing,
            **_figures(each.figure),
            **_approval(each),
            "attribution": each.attribution,
            **{f"reason_{language}": each.reason.get(language) for language in LANGUAGES},
        }
        for each, standing in revisions
    ]


def hour_rows(hours: Iterable[HourFigure], revision: Revision, facts: PublicationFacts) -> list[Row]:
    """The hours of one approved month in a town that may tell hours, without what the privacy rule withholds today."""
    assert facts.hours_public
    return [
        {
            "start": instant(hour.start),
            "known_quarter_hours": hour.known,
            "consumption_mwh": hour.consumption_mwh,
            "share": hour.share,
            "co2_g_per_kwh": hour.co2_g_per_kwh if facts.co2_public else None,
            **_parts(hour.parts if facts.parts_public else {}),
            "revision": revision.figure.revision,
            "licence": revision.licence,
        }
        for hour in hours
    ]


def as_csv(table: Table, rows: Sequence[Row]) -> bytes:
    """The table with its head, UTF-8."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([column.name for column in table.columns])
    writer.writerows([[_written(row[column.name]) for column in table.columns] for row in rows])
    return text.getvalue().encode()


def as_json(table: Table, rows: Sequence[Row]) -> bytes:
    """The table as a list of objects."""
    return as_text([{column.name: row[column.name] for column in table.columns} for row in rows])


def as_text(value: object) -> bytes:
    """JSON in UTF-8, one way for equal values."""
    return (json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1) + "\n").encode()


def instant(at: datetime) -> str:
    """As Table Schema writes a datetime: UTC, to the second."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _figures(figure: PeriodFigure) -> Row:
    return {
        "consumption_mwh": figure.consumption_mwh,
        "share": figure.share,
        "co2_g_per_kwh": figure.co2_g_per_kwh,
        **_parts(figure.parts),
    }


def _parts(parts: Mapping[str, float]) -> Row:
    """A kind that gave nothing is 0, but only where the parts are told at all."""
    return {f"part_{kind}": parts.get(kind, 0.0) if parts else None for kind in SOURCE_KINDS}


def _approval(revision: Revision) -> Row:
    figure = revision.figure
    return {
        "coverage": round(figure.coverage, 4),
        "revision": figure.revision,
        "approved_at": instant(figure.approved_at),
        "licence": revision.licence,
    }


def _written(value: Cell) -> Cell:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else value
