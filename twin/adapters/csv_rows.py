"""Rows of telemetry CSV files: parsed, checked one by one, every bad one reported with file and line.

A file has the columns ``time``, ``channel``, ``value`` and, if wanted, ``known_time``. Times are the *start* of a quarter hour,
ISO 8601, with an offset or in the stated zone. An empty value means that the source itself said "missing".
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TextIO
from zoneinfo import ZoneInfo

from twin.domain.problems import BadInput, Problem, Problems
from twin.domain.time import QUARTER_HOUR_S, to_epoch_s

COLUMNS = ("time", "channel", "value")


@dataclass(frozen=True, order=True)
class Row:
    """One reading as a file gave it; sorted by when it became known."""

    known_time_s: int
    valid_time_s: int
    channel: int
    value: float = field(compare=False)
    place: str = field(compare=False)


@dataclass
class Clock:
    """Text stamps to UTC. ``timezone``: of stamps without offset, or None when there must be none.

    In autumn's doubled hour the first appearance of a stamp (per file and channel) is summer time, the second winter time.
    """

    timezone: str | None
    _seen: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    _known: dict[str, int] = field(default_factory=dict)

    def epoch_s(self, text: str, file: str, channel: str) -> int:
        """Seconds since 1970.

        Raises:
            ValueError: saying what is wrong with the stamp.
        """
        if text in self._known:
            return self._known[text]
        stamp = datetime.fromisoformat(text)
        if not 1970 <= stamp.year <= 2200:  # the ends of the calendar overflow in another time zone
            raise ValueError(f"{text} is not of the years 1970 to 2200")
        if stamp.tzinfo is None:
            if self.timezone is None:
                raise ValueError("has no offset, and the site file states no telemetry timezone")
            zone = ZoneInfo(self.timezone)
            early, late = (stamp.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
            if early.utcoffset() != late.utcoffset():
                return self._at_change(text, early, late, (file, channel, text))
            stamp = early
        self._known[text] = to_epoch_s(stamp)
        return self._known[text]

    def _at_change(self, text: str, early: datetime, late: datetime, key: tuple[str, str, str]) -> int:
        if (early.utcoffset() or timedelta(0)) < (late.utcoffset() or timedelta(0)):
            raise ValueError(f"{text} does not exist: clocks go forward over it")
        self._seen[key] += 1
        return to_epoch_s(early if self._seen[key] == 1 else late)


def read_rows(folder: Path, channels: Mapping[str, int], timezone: str | None) -> tuple[list[Row], tuple[Problem, ...]]:
    """Good rows in order of becoming known, and one problem per bad row.

    Refused: unknown channels, stamps off the quarter hour or not readable, values that are no finite number, and readings that
    claim to have been known before their quarter hour was over (they come from the future). Repeated rows count once; rows that
    contradict each other (same channel, time and known time, other value) are all refused, whatever their order.

    Raises:
        BadInput: when the folder or a file's columns are missing.
    """
    problems = folder_problems(folder)
    if problems:
        raise BadInput(problems)
    reader = _Reader(channels, Clock(timezone))
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
        missing = [name for name in COLUMNS if name not in found]
        if missing:
            broken.add(file.name, f"columns {list(found)}", f"columns {', '.join(COLUMNS)}", f"add {', '.join(missing)}")
    return tuple(broken)


def _open(file: Path) -> TextIO:
    """As UTF-8; what is none stands as escapes in its own row, so that this row is refused and the others are read."""
    return file.open(encoding="utf-8-sig", errors="backslashreplace", newline="")


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.csv")) if folder.is_dir() else []


@dataclass
class _Reader:
    channels: Mapping[str, int]
    clock: Clock
    bad: Problems = field(default_factory=Problems)

    def rows(self, file: Path) -> Iterator[Row]:
        """Good rows of one file."""
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
                row = self._row(record, file.name, reader.line_num)
                if row is not None:
                    yield row

    def _row(self, record: Mapping[str, str | None], file: str, line: int) -> Row | None:
        place, name = f"{file}:{line}", (record["channel"] or "").strip()
        if name not in self.channels:
            self.bad.add(place, f"channel {name!r}", "a channel of the site file", "declare it, or correct the name")
            return None
        try:
            valid, known = self._times(record, file, name)
        except ValueError as error:
            limit = "ISO 8601, start of a quarter hour, known when that is over"
            self.bad.add(place, f"{name}: {error}", limit, "correct time or known_time")
            return None
        text = (record["value"] or "").strip()
        value = _number(text)
        if value is None:
            self.bad.add(place, f"value {text!r}", "a finite number, or nothing for missing", "correct the value")
            return None
        return Row(known, valid, self.channels[name], value, place)

    def _times(self, record: Mapping[str, str | None], file: str, name: str) -> tuple[int, int]:
        """Valid and known time [epoch s]; a ValueError says what is wrong with them."""
        text, known_text = (record["time"] or "").strip(), (record.get("known_time") or "").strip()
        valid = self.clock.epoch_s(text, file, name)
        if valid % QUARTER_HOUR_S:
            raise ValueError(f"{text} is not on the quarter hour")
        over = valid + QUARTER_HOUR_S
        known = self.clock.epoch_s(known_text, file, f"{name} known") if known_text else over
        if known < over:
            raise ValueError(f"{text} was known at {known_text}, it comes from the future")
        return valid, known


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
