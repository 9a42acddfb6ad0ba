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
from typing import Any

from twin.adapters.csv_folder import CsvFile, CsvFolder, csv_files
from twin.adapters.local_stamps import Doubled, StampReader, settle
from twin.domain.problems import BadInput, Problem, Problems
from twin.domain.time import QUARTER_HOUR_S

COLUMNS = ("time", "channel", "value")
KNOWN_TIME = "known_time"
_POINT = "correct the row; a number has a decimal point, not a comma"


@dataclass(frozen=True, order=True, slots=True)
class Row:
    """One reading as a file gave it; sorted by when it became known. ``stated``: the file itself says when that was."""

    known_time_s: int
    valid_time_s: int
    channel: int
    value: float = field(compare=False)
    stated: bool = field(compare=False)
    file: str = field(compare=False)
    line: int = field(compare=False)

    @property
    def place(self) -> str:
        """File and line."""
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class _Parsed:
    """A row whose channel and time can be read; ``known_s`` None when the file does not say, ``value`` None when it is none."""

    file: str
    line: int
    name: str
    text: str
    stamp: int | Doubled
    known_s: int | None
    value: float | None


@dataclass(frozen=True)
class News:
    """What a look at a folder found.

    Attributes:
        rows: good ones in order of becoming known. ``problems``: one per bad row or refused file.
        anew: files that were read from their beginning again. ``unread``: why a file could not be read, or None.
    """

    rows: list[Row]
    problems: tuple[Problem, ...]
    anew: frozenset[str]
    unread: OSError | None


def read_rows(folder: Path, channels: Mapping[str, int], timezone: str | None) -> tuple[list[Row], tuple[Problem, ...]]:
    """Good rows of a whole folder and its problems; see `RowSource`.

    Raises:
        BadInput: when the folder or a file's columns are missing.
    """
    news = RowSource(folder, channels, timezone).whole()
    return news.rows, news.problems


class RowSource:
    """The rows of a folder, look by look.

    Refused: unknown channels, stamps off the quarter hour or not readable, stamps of autumn's doubled hour that could be either
    (see `twin.adapters.local_stamps.settle`: only where both hours are there in one look can they be told apart), rows with too
    many or too few fields, values that are no finite number, and readings that claim to have been known before their quarter
    hour was over (they come from the future). Repeated rows count once; rows that contradict each other (same channel, time
    and known time, other value) are all refused, in any order, but for rows on air that state no known time: the last counts.
    """

    def __init__(self, folder: Path, channels: Mapping[str, int], timezone: str | None) -> None:
        self.folder = CsvFolder(folder)
        self._path, self._channels, self._timezone = folder, channels, timezone

    def whole(self) -> News:
        """The first look, at a folder that has to be there; a last line that lacks its end is reported.

        Raises:
            BadInput: when the folder or a file's columns are missing.
            OSError: when a file cannot be read.
        """
        problems = folder_problems(self._path)
        if problems:
            raise BadInput(problems)
        news = self._look(on_air=False)
        if news.unread is not None:
            raise news.unread
        open_ended = Problems()
        for file in self.folder:
            if file.waiting:
                place = f"{file.path.name}:{file.mark.lines + 1}"
                open_ended.add(place, "a last line without its end", "a line end", "end the line; until then it waits")
        return News(news.rows, (*news.problems, *open_ended), news.anew, None)

    def look(self) -> News:
        """What is new since the last look; a folder or file that cannot be read is tried again the next time."""
        return self._look(on_air=True)

    def _look(self, *, on_air: bool) -> News:
        reader = _Reader(self._channels, StampReader(self._timezone))  # stamps of months would add up in one for good
        rows: list[Row] = []
        anew: set[str] = set()
        unread: OSError | None = None
        try:
            files = tuple(self.folder)
        except OSError as error:
            return News([], (), frozenset(), error)
        for file in files:
            before = file.mark, file.columns
            try:
                if file.changed():
                    before = file.mark, file.columns
                    rows += reader.rows(file)
            except OSError as error:
                file.mark, file.columns = before
                file.look_again()
                unread = error
            if file.anew:
                anew.add(file.path.name)
        rows = _without_contradictions(rows, reader.bad, on_air=on_air)
        return News(rows, tuple(reader.bad), frozenset(anew), unread)


def folder_problems(folder: Path) -> tuple[Problem, ...]:
    """What keeps the whole folder from being read: no file there, or one without the columns."""
    files = csv_files(folder)
    if not files:
        limit, remedy = "a folder with CSV files", "correct telemetry.folder in the site file"
        return (Problem(str(folder), "no CSV file there", limit, remedy),)
    broken = Problems()
    for file in files:
        try:
            with file.open(encoding="utf-8-sig", errors="backslashreplace", newline="") as lines:
                found = next(csv.reader(lines), [])
        except csv.Error as error:
            broken.add(file.name, error, f"columns {', '.join(COLUMNS)}", "correct the first line")
            continue
        _check_columns(file.name, found, broken)
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


@dataclass
class _Reader:
    channels: Mapping[str, int]
    stamps: StampReader
    bad: Problems = field(default_factory=Problems)

    def rows(self, file: CsvFile) -> list[Row]:
        """Good rows that are new in one file, channel by channel."""
        good = []
        by_channel: defaultdict[str, list[_Parsed]] = defaultdict(list)
        for parsed in self._parsed(file):
            by_channel[parsed.name].append(parsed)
        for rows in by_channel.values():
            for row, valid_s in zip(rows, settle([row.stamp for row in rows]), strict=True):
                found = self._row(row, valid_s)
                if found is not None:
                    good.append(found)
        return good

    def _parsed(self, file: CsvFile) -> Iterator[_Parsed]:
        name, lines = file.path.name, file.lines()
        if file.columns is None and not self._begun(file, lines):
            return
        if not file.columns:
            return
        first = file.mark.lines
        reader = csv.DictReader(lines, fieldnames=file.columns)
        while True:
            try:
                record = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                self.bad.add(f"{name}:{first + reader.line_num}", error, "a row of CSV", "correct or remove the row")
                continue
            parsed = self._parse(record, name, first + reader.line_num)
            if parsed is not None:
                yield parsed

    def _begun(self, file: CsvFile, lines: Iterator[str]) -> bool:
        """Read the first line, if it has come; a file without the columns is reported once and left alone."""
        broken = Problems()
        try:
            columns = next(csv.reader(lines), None)
        except csv.Error as error:
            columns = [str(error)]
        if columns is None:
            return False
        _check_columns(file.path.name, columns, broken)
        self.bad.found += broken
        file.columns = () if broken else tuple(columns)
        return True

    def _parse(self, record: Mapping[str | None, Any], file: str, line: int) -> _Parsed | None:
        place = f"{file}:{line}"
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
        return _Parsed(file, line, name, text, stamp, known_s, self._value(record, place))

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
        place = f"{row.file}:{row.line}"
        if valid_s is None:
            limit = "a stamp with one meaning, or the whole hour twice in a row"
            self.bad.add(place, f"{row.name}: {row.text} is of the hour that the clock shows twice", limit, "give an offset")
            return None
        over_s = valid_s + QUARTER_HOUR_S
        known_s = over_s if row.known_s is None else row.known_s
        if known_s < over_s:
            value = f"{row.name}: {row.text} was known before its quarter hour was over, it comes from the future"
            self.bad.add(place, value, "known when that is over", "correct time or known_time")
            return None
        if row.value is None:
            return None
        return Row(known_s, valid_s, self.channels[row.name], row.value, row.known_s is not None, row.file, row.line)


def _number(text: str) -> float | None:
    """The value; NaN for an empty text, None for anything that is no finite number."""
    if not text:
        return float("nan")
    try:
        value = float("no number" if "_" in text else text)  # Python reads 1_000, no other program does
    except ValueError:
        return None
    return value if abs(value) < float("inf") else None


def _without_contradictions(rows: list[Row], bad: Problems, *, on_air: bool) -> list[Row]:
    """One row a reading. On air a later line corrects an earlier one, as it does when the two come in two looks."""
    groups: dict[tuple[int, int, int], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.known_time_s, row.valid_time_s, row.channel), []).append(row)
    kept = []
    for key in sorted(groups):
        same = groups[key]
        if len({repr(row.value) for row in same}) == 1:
            kept.append(same[0])
            continue
        if on_air and not any(row.stated for row in same):
            kept.append(max(same, key=lambda row: (row.file, row.line)))
            continue
        values = ", ".join(sorted(f"{row.value:g}" for row in same))
        places = ", ".join(sorted(row.place for row in same))
        bad.add(places, f"values {values} for one reading", "one value", "remove the wrong ones, or give a known_time")
    return kept
