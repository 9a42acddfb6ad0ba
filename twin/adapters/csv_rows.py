"""Rows of telemetry CSV files: parsed, checked one by one, every bad one reported with file and line.

A file has the columns ``time``, ``channel``, ``value`` and, if wanted, ``known_time``. Times are the *start* of a quarter hour,
ISO 8601, with an offset or in the stated zone. An empty value means that the source itself said "missing". Numbers have a
decimal point.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from twin.adapters.local_stamps import Doubled, StampReader, settle
from twin.domain.problems import BadInput, Problem, Problems
from twin.domain.time import QUARTER_HOUR_S

COLUMNS = ("time", "channel", "value")
KNOWN_TIME = "known_time"
_POINT = "correct the row; a number has a decimal point, not a comma"


@dataclass(frozen=True, order=True)
class Row:
    """One reading as a file gave it; sorted by when it became known."""

    known_time_s: int
    valid_time_s: int
    channel: int
    value: float = field(compare=False)
    place: str = field(compare=False)


@dataclass(frozen=True)
class _Parsed:
    """A row whose channel and time can be read; ``known_s`` None when the file does not say, ``value`` None when it is none."""

    place: str
    name: str
    text: str
    stamp: int | Doubled
    known_s: int | None
    value: float | None


def read_rows(folder: Path, channels: Mapping[str, int], timezone: str | None) -> tuple[list[Row], tuple[Problem, ...]]:
    """Good rows in order of becoming known, and one problem per bad row.

    Refused: unknown channels, stamps off the quarter hour or not readable, stamps of autumn's doubled hour that could be either
    (see `twin.adapters.local_stamps.settle`), rows with too many or too few fields, values that are no finite number, and
    readings that claim to have been known before their quarter hour was over (they come from the future). Repeated rows count
    once; rows that contradict each other (same channel, time and known time, other value) are all refused, in any order.

    Raises:
        BadInput: when the folder or a file's columns are missing.
    """
    problems = folder_problems(folder)
    if problems:
        raise BadInput(problems)
    reader = _Reader(channels, StampReader(timezone))
    rows = [row for file in _files(folder) for row in reader.rows(file)]
    return _without_contradictions(rows, reader.bad), tuple(reader.bad)


def folder_problems(folder: Path) -> tuple[Problem, ...]:
    """What keeps the whole folder from being read: no file there, or one without the columns."""
    files = _files(folder)
    if not files:
        limit, remedy = "a folder with CSV files", "correct telemetry.folder in the site file"
        return (Problem(str(folder), "no CSV file there", limit, remedy),)
    broken = Problems()
    for file in files:
        try:
            with _open(file) as lines:
                found = csv.DictReader(lines).fieldnames or ()
        except csv.Error as error:
            broken.add(file.name, error, f"columns {', '.join(COLUMNS)}", "correct the first line")
            continue
        _check_columns(file.name, list(found), broken)
    return tuple(broken)


def _check_columns(file: str, found: list[str], broken: Problems) -> None:
    limit = f"columns {', '.join(COLUMNS)}"
    other = next((sign for sign in ";\t|" if len(found) == 1 and sign in found[0]), None)
    if other is not None:
        remedy = "write CSV with commas between the fields and a point in the numbers"
        broken.add(file, f"fields separated by {other!r}", "fields separated by ','", remedy)
        return
    missing = [name for name in COLUMNS if name not in found]
    if missing:
        broken.add(file, f"columns {found}", limit, f"add {', '.join(missing)}")
    for name in (*COLUMNS, KNOWN_TIME):
        if found.count(name) > 1:
            broken.add(file, f"column {name!r} {found.count(name)} times", "every column once", "rename or remove one")


def _open(file: Path) -> TextIO:
    """As UTF-8; what is none stands as escapes in its own row, so that this row is refused and the others are read."""
    return file.open(encoding="utf-8-sig", errors="backslashreplace", newline="")


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix.lower() == ".csv") if folder.is_dir() else []


@dataclass
class _Reader:
    channels: Mapping[str, int]
    stamps: StampReader
    bad: Problems = field(default_factory=Problems)

    def rows(self, file: Path) -> Iterator[Row]:
        """Good rows of one file, channel by channel."""
        by_channel: defaultdict[str, list[_Parsed]] = defaultdict(list)
        for parsed in self._parsed(file):
            by_channel[parsed.name].append(parsed)
        for rows in by_channel.values():
            for row, valid_s in zip(rows, settle([row.stamp for row in rows]), strict=True):
                good = self._row(row, valid_s)
                if good is not None:
                    yield good

    def _parsed(self, file: Path) -> Iterator[_Parsed]:
        with _open(file) as lines:
            reader = csv.DictReader(lines)
            while True:
                try:
                    record = next(reader)
                except StopIteration:
                    return
                except csv.Error as error:
                    self.bad.add(f"{file.name}:{reader.line_num}", error, "a row of CSV", "correct or remove the row")
                    continue
                parsed = self._parse(record, f"{file.name}:{reader.line_num}")
                if parsed is not None:
                    yield parsed

    def _parse(self, record: Mapping[str | None, Any], place: str) -> _Parsed | None:
        name, text, known = ((record.get(column) or "").strip() for column in ("channel", "time", KNOWN_TIME))
        if name not in self.channels:
            self.bad.add(place, f"channel {name!r}", "a channel of the site file", "declare it, or correct the name")
            return None
        try:
            stamp, known_s = self._times(text, known)
        except ValueError as error:
            limit = "ISO 8601, start of a quarter hour, known when that is over"
            self.bad.add(place, f"{name}: {error}", limit, "correct time or known_time")
            return None
        return _Parsed(place, name, text, stamp, known_s, self._value(record, place))

    def _times(self, text: str, known: str) -> tuple[int | Doubled, int | None]:
        """Valid and known time; a ValueError says what is wrong with them."""
        stamp = self.stamps.read(text)
        if (stamp.early_s if isinstance(stamp, Doubled) else stamp) % QUARTER_HOUR_S:
            raise ValueError(f"{text} is not on the quarter hour")
        known_s = self.stamps.read(known) if known else None
        if isinstance(known_s, Doubled):
            raise ValueError(f"known_time {known} is of the hour that the clock shows twice; give an offset")
        return stamp, known_s

    def _value(self, record: Mapping[str | None, Any], place: str) -> float | None:
        """The value, NaN for missing; None for a row that is refused, and reported."""
        surplus = [text for text in record.get(None, ()) if text.strip()]
        if surplus:
            self.bad.add(place, f"surplus {', '.join(surplus)}", "one field per column", _POINT)
            return None
        if record["value"] is None:
            self.bad.add(place, "a row that ends before its value", "one field per column", "complete the row")
            return None
        text = record["value"].strip()
        value = _number(text)
        if value is None:
            self.bad.add(place, f"value {text!r}", "a finite number, or nothing for missing", _POINT)
        return value

    def _row(self, row: _Parsed, valid_s: int | None) -> Row | None:
        if valid_s is None:
            limit = "a stamp with one meaning, or the whole hour twice in a row"
            self.bad.add(
                row.place, f"{row.name}: {row.text} is of the hour that the clock shows twice", limit, "give an offset"
            )
            return None
        over_s = valid_s + QUARTER_HOUR_S
        known_s = over_s if row.known_s is None else row.known_s
        if known_s < over_s:
            value = f"{row.name}: {row.text} was known before its quarter hour was over, it comes from the future"
            self.bad.add(row.place, value, "known when that is over", "correct time or known_time")
            return None
        return None if row.value is None else Row(known_s, valid_s, self.channels[row.name], row.value, row.place)


def _number(text: str) -> float | None:
    """The value; NaN for an empty text, None for anything that is no finite number."""
    if not text:
        return float("nan")
    try:
        value = float("no number" if "_" in text else text)  # Python reads 1_000, no other program does
    except ValueError:
        return None
    return value if abs(value) < float("inf") else None


def _without_contradictions(rows: list[Row], bad: Problems) -> list[Row]:
    groups: dict[tuple[int, int, int], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.known_time_s, row.valid_time_s, row.channel), []).append(row)
    kept = []
    for key in sorted(groups):
        same = groups[key]
        if len({repr(row.value) for row in same}) == 1:
            kept.append(same[0])
            continue
        values = ", ".join(sorted(f"{row.value:g}" for row in same))
        places = ", ".join(sorted(row.place for row in same))
        bad.add(places, f"values {values} for one reading", "one value", "remove the wrong ones, or give a known_time")
    return kept
