"""Failure records of a utility, for the survival of its fleet: who failed when."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from twin.domain.problems import Problem, Problems
from twin.maintenance.register.asset import Asset
from twin.maintenance.register.table import read_rows
from twin.site.maintenance import KINDS

COLUMNS = ("asset", "date", "kind", "installed_year")


@dataclass(frozen=True)
class Failure:
    """One failure. ``installed_year``: of what failed, which may have been replaced since; None: the asset's own."""

    asset: str
    day: date
    kind: str
    installed_year: int | None


@dataclass(frozen=True)
class Failures:
    """Records that can be used, and every fault of the file."""

    records: tuple[Failure, ...]
    problems: tuple[Problem, ...]


def read_failures(path: Path, *, assets: Collection[Asset], today: date, columns: Mapping[str, str] | None = None) -> Failures:
    """The failures of a CSV file; a record of an asset that nobody knows counts if it says its own kind and year.

    Raises:
        BadInput: when the file is no table with the columns asset and date.
    """
    rows = read_rows(path, columns=columns or {}, known=COLUMNS, needed=("asset", "date"))
    of = {asset.asset: asset for asset in assets}
    problems, found = Problems(), []
    for cells in rows.cells(problems):
        name, day = cells.text("asset"), cells.day("date", latest=today, otherwise="the record is left out")
        asset = of.get(name)
        kind = cells.text("kind") or ("" if asset is None else asset.kind)
        year = cells.whole_in("installed_year", 1880, today.year, "")
        year = asset.installed_year if year is None and asset is not None else year
        if day is None and not cells.text("date"):
            cells.fault("date", "a day", "say when it failed; the record is left out")
        if not kind:
            cells.fault("asset", "an asset of the fleet, or its kind and year beside it", "correct it; the record is left out")
        elif kind not in KINDS:
            cells.fault("kind", f"one of {', '.join(KINDS)}", "choose one; the record is left out")
        elif day is not None and year is not None and day.year < year:
            cells.fault("date", f"a day after its installation in {year}", "correct one of them; the record is left out")
        elif day is not None:
            found.append(Failure(name, day, kind, year))
    return Failures(tuple(found), tuple(problems))
