"""Oil samples of a fleet from a CSV file.

Columns ``asset``, ``time`` and the gases ``h2``, ``ch4``, ``c2h6``, ``c2h4``, ``c2h2``, ``co``, ``co2`` and, if wanted, ``o2``
and ``n2``; a gas may also be written ``h2_ppm``. Concentrations are ppm by volume (µl/l); an empty field was not measured,
``<1`` stands for the detection limit itself, here 1 ppm. ``time`` is a date (its midnight UTC: a day more or less does not move
a rate of ppm per year) or an ISO 8601 stamp with an offset. Separator: comma or semicolon.
"""

from __future__ import annotations

import csv
import math
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from twin.boxes.maintenance.gas.sample import GASES, Sample, implausible
from twin.domain.problems import BadInput, Problem, Problems
from twin.domain.time import require_utc

_OPTIONAL = ("o2", "n2")
_REQUIRED = ("asset", "time", *(gas for gas in GASES if gas not in _OPTIONAL))

_ROUNDED_PERCENT = 0.4  # seven shares, each rounded to 0.1 %
_YEARS = 1950, 2200  # gas analysis of transformers is younger, and the ends of the calendar overflow


@dataclass(frozen=True)
class GasFile:
    """What a file says.

    Attributes:
        samples: by asset, in order of time. ``problems``: of rows, which are left out: unknown asset, no date, a number that
            is none, negative or in percent, a row without fault gases, two samples of one asset at one time.
    """

    samples: Mapping[str, tuple[Sample, ...]]
    problems: tuple[Problem, ...]


def read_gas_file(path: Path, *, assets: Collection[str] | None = None) -> GasFile:
    """Every sample that can be read, and every fault.

    Args:
        path: the CSV file. ``assets``: the fleet's names, or None when any name will do.

    Raises:
        BadInput: with every fault of the file as a whole: its text, its columns, percent throughout, no row at all.
        OSError: when the file cannot be read.
    """
    problems = Problems()
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        problems.add(path.name, "bytes that are not UTF-8", "UTF-8 text", "save the file as CSV UTF-8")
        problems.raise_if_any()
    lines = text.splitlines()
    delimiter = ";" if lines and lines[0].count(";") > lines[0].count(",") else ","
    reader = csv.reader(lines, delimiter=delimiter)
    columns = _columns(next(reader, []), path.name, problems)
    problems.raise_if_any()
    found: defaultdict[str, dict[datetime, tuple[int, Sample]]] = defaultdict(dict)
    for fields in reader:
        if not any(field.strip() for field in fields):
            continue
        place = f"{path.name}:{reader.line_num}"
        if len(fields) != len(columns):
            problems.add(
                place, f"{len(fields)} fields", f"{len(columns)} fields", "correct the row; a number has a decimal point"
            )
            continue
        row = dict(zip(columns, (field.strip() for field in fields), strict=True))
        sample = _sample(row, place, assets, problems)
        if sample is None:
            continue
        earlier = found[row["asset"]].get(sample.at)
        if earlier is not None:
            value = f"a second sample of {row['asset']!r} at {sample.at.isoformat()}"
            problems.add(place, value, f"one per time (the first is in line {earlier[0]})", "leave one of them out")
            continue
        found[row["asset"]][sample.at] = reader.line_num, sample
    _refuse_percent([sample for by_time in found.values() for _, sample in by_time.values()], path.name)
    if not any(found.values()) and not problems:
        raise BadInput([Problem(path.name, "no sample", "a header and at least one row", "check the export")])
    by_asset = {
        asset: tuple(sample for _, (_, sample) in sorted(by_time.items()))
        for asset, by_time in sorted(found.items())
        if by_time
    }
    return GasFile(by_asset, tuple(problems))


def _columns(header: list[str], file: str, problems: Problems) -> list[str]:
    """Column names of the header without the unit."""
    place, known = f"{file}:1", (*_REQUIRED, *_OPTIONAL)
    names = [name.strip().lower().removesuffix("_ppm") for name in header]
    for name in names:
        if "%" in name or "percent" in name:
            problems.add(place, f"column {name!r}", "concentrations in ppm (µl/l)", "export ppm, not percent")
        elif name not in known:
            problems.add(place, f"column {name!r}", f"columns of {', '.join(known)}", "rename or remove the column")
        elif names.count(name) > 1:
            problems.add(place, f"column {name!r} {names.count(name)} times", "each column once", "remove one of them")
    missing = [name for name in _REQUIRED if name not in names]
    if missing:
        problems.add(
            place, f"no column {', '.join(missing)}", f"columns {', '.join(_REQUIRED)}", "add them; empty where not measured"
        )
    return names


def _refuse_percent(samples: list[Sample], file: str) -> None:
    """Shares of the gas in percent add up to 100 in every row; ppm do so by chance in one."""
    sums = [math.fsum(sample[gas] for gas in GASES if gas not in _OPTIONAL) for sample in samples]
    if sums and all(abs(total - 100.0) <= _ROUNDED_PERCENT for total in sums):
        limit, remedy = "concentrations in ppm (µl/l)", "export ppm, not percent"
        raise BadInput([Problem(file, "in every row the gases add up to 100", limit, remedy)])


def _sample(row: Mapping[str, str], place: str, assets: Collection[str] | None, problems: Problems) -> Sample | None:
    """The sample of a row, or None when anything is wrong with it."""
    before = len(problems.found)
    if not row["asset"]:
        problems.add(place, "no asset", "the asset's name", "fill in the name")
    elif assets is not None and row["asset"] not in assets:
        problems.add(
            place, f"asset {row['asset']!r}", "an asset of the fleet", "correct the name or add the asset to the fleet"
        )
    at = _time(row["time"], place, problems)
    ppm = {f"{gas}_ppm": _ppm(row.get(gas, ""), f"{place}, {gas}", problems) for gas in GASES}
    if at is None or len(problems.found) > before:
        return None
    sample = Sample(at=at, **ppm)
    for fault in implausible(sample):
        problems.add(place if fault.what == "gases" else f"{place}, {fault.what}", fault.value, fault.limit, fault.remedy)
    return None if len(problems.found) > before else sample


def _time(text: str, place: str, problems: Problems) -> datetime | None:
    try:
        at = _stamp(text)
        if _YEARS[0] <= at.year <= _YEARS[1]:
            return at
    except (ValueError, OverflowError):
        pass
    limit = f"a date, or an ISO 8601 time with an offset, in {_YEARS[0]} to {_YEARS[1]}"
    remedy = "write the date as 2026-03-31, or a time with its offset as 2026-03-31T10:00+02:00"
    problems.add(f"{place}, time", repr(text), limit, remedy)
    return None


def _stamp(text: str) -> datetime:
    """The UTC instant of a date or of a stamp with offset; ValueError or OverflowError for anything else."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return require_utc(datetime.fromisoformat(text), what="time")
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _ppm(text: str, place: str, problems: Problems) -> float:
    """The number of a field [ppm]; NaN when empty, and NaN with a problem when it is none."""
    if not text:
        return math.nan
    if text.endswith("%"):
        problems.add(place, repr(text), "ppm (µl/l)", "export ppm, not percent")
        return math.nan
    try:
        value = float(text.removeprefix("<"))
    except ValueError:
        value = math.nan
    if math.isnan(value):  # 'nan' as text too: a field that was not measured is empty
        problems.add(place, repr(text), "a number in ppm, or nothing", "correct it; a number has a decimal point, not a comma")
    return value
