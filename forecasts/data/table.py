"""Rows of CSV and Parquet files with the place each one came from: the reading that every loader shares."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from glob import glob
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np

from forecasts.data.number_text import read_numbers
from forecasts.data.spec import closest
from twin.domain.problems import Problems

_DELIMITERS = (";", "\t", ",", "|")
_HEAD = 40  # lines looked at for the delimiter and the header
_RAGGED_SHARE = 0.05


@dataclass(frozen=True)
class Table:
    """Wanted columns of all files, one below the other.

    Attributes:
        columns: name -> dims (row,): texts as an object array from CSV, whatever the file holds from Parquet.
        file: which of ``files`` a row is of, dims (row,). ``row``: line of a CSV file or row of a Parquet file, from 1.
        comma_divides: the delimiter is a comma.
    """

    columns: dict[str, np.ndarray]
    files: tuple[str, ...]
    file: np.ndarray
    row: np.ndarray
    comma_divides: bool

    def __len__(self) -> int:
        return len(self.row)

    def take(self, rows: np.ndarray) -> Table:
        """Some rows, in the order asked for."""
        columns = {name: column[rows] for name, column in self.columns.items()}
        return Table(columns, self.files, self.file[rows], self.row[rows], self.comma_divides)

    def places(self, rows: np.ndarray) -> str:
        """The first rows of some, as a person finds them: file and line."""
        shown = [f"{self.files[int(self.file[row])]}:{self.row[row]}" for row in rows[:20]]
        return ", ".join(shown) + (f" and {len(rows) - 20} more" if len(rows) > 20 else "")

    def numbers(self, column: str) -> tuple[np.ndarray, np.ndarray]:
        """A column's values, NaN for none, and which rows hold something else than a number."""
        raw = self.columns[column]
        if raw.dtype.kind in "fiub":
            values = raw.astype(float)
            strange = np.isinf(values)
            return np.where(strange, np.nan, values), strange
        texts = ["" if each is None else str(each) for each in raw]
        return read_numbers(texts, comma_divides=self.comma_divides)


def paths_of(text: str, problems: Problems) -> list[Path]:
    """Files that a path, a glob or a list with commas names, each once; what is not there is noted."""
    if Path(text).is_file():
        return [Path(text)]
    found: dict[Path, None] = {}
    for part in (each.strip() for each in text.split(",")):
        names = [part] if Path(part).exists() else sorted(glob(part))  # noqa: PTH207 - the user's pattern may be absolute
        if not names:
            problems.add(part, "no such file", "a CSV or Parquet file, a glob, or several with commas", "correct the path")
        for name in names:
            if Path(name).is_file():
                found[Path(name)] = None
            else:
                problems.add(name, "not a file", "a CSV or Parquet file", f"name the files in it, e.g. {name}/*.csv")
    return list(found)


def read_table(
    paths: Sequence[Path], wanted: Sequence[str], problems: Problems, *, optional: Sequence[str] = ()
) -> Table | None:
    """Wanted columns of all files, and the optional ones that every file has; None when a fault was noted.

    Faults: an empty file, a file that is no text and no Parquet, an absent column (with the columns that there are).
    """
    parts = [_read_file(path, problems) for path in paths]
    read = [part for part in parts if part is not None]
    if not read or len(read) < len(parts):
        return None
    before = len(problems.found)
    names = [_column_names(part, wanted, problems) for part in read]
    if len(problems.found) > before:
        return None
    kept = [name for name in optional if all(name in part.names for part in read) and name not in wanted]
    columns = {}
    for name in dict.fromkeys([*wanted, *kept]):
        pieces = [part.column(known.get(name, name)) for part, known in zip(read, names, strict=True)]
        columns[name] = pieces[0] if len(pieces) == 1 else np.concatenate(pieces)
    return Table(
        columns=columns,
        files=tuple(part.file for part in read),
        file=np.repeat(np.arange(len(read)), [len(part.row) for part in read]),
        row=np.concatenate([part.row for part in read]),
        comma_divides=all(part.comma_divides for part in read),
    )


def column_names(path: Path, problems: Problems) -> tuple[str, ...]:
    """Columns of one file; empty when a fault was noted."""
    part = _read_file(path, problems)
    return () if part is None else part.names


@dataclass(frozen=True)
class _Part:
    file: str
    names: tuple[str, ...]
    row: np.ndarray
    comma_divides: bool
    cells: Any  # list of rows of a CSV file, data frame of a Parquet file

    def column(self, name: str) -> np.ndarray:
        if not isinstance(self.cells, list):
            column = self.cells[name]
            if getattr(column.dtype, "tz", None):  # epoch seconds say "UTC"; a naive stamp would not
                column = column.dt.tz_convert(None).astype("datetime64[s]").astype("int64")
            return np.asarray(column.to_numpy())
        place = self.names.index(name)
        column = np.empty(len(self.cells), dtype=object)
        column[:] = [cells[place] if place < len(cells) else "" for cells in self.cells]
        return column


def _column_names(part: _Part, wanted: Sequence[str], problems: Problems) -> dict[str, str]:
    """Wanted name -> the file's own, which may differ by spaces, or by what pandas calls a column without a name."""
    by_strip = {name.strip(): name for name in part.names}
    found = {}
    for name in dict.fromkeys(wanted):
        if name in part.names:
            found[name] = name
        elif name.strip() in by_strip:
            found[name] = by_strip[name.strip()]
        else:
            limit = "one of " + ", ".join(map(repr, part.names))
            problems.add(f"{part.file}: column {name!r}", "absent", limit, closest(name, part.names))
    return found


def _read_file(path: Path, problems: Problems) -> _Part | None:
    data = path.read_bytes()
    if not data.strip():
        problems.add(path.name, "empty", "a header and rows", "export it again")
        return None
    if data[:4] == b"PAR1":
        return _read_parquet(path, problems)
    if b"\0" in data[:4096]:
        problems.add(path.name, "neither text nor Parquet", "a CSV or Parquet file", "export the sheet as CSV (UTF-8)")
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    return _read_csv(path.name, text, problems)


def _read_csv(file: str, text: str, problems: Problems) -> _Part | None:
    delimiter = _delimiter(text.split("\n", _HEAD)[:_HEAD])
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter)
    cells, numbers = [], []
    for row in reader:
        if row:  # a blank line is none
            cells.append(row)
            numbers.append(reader.line_num)
    header = _header(cells)
    names = tuple(name.strip() or f"Unnamed: {place}" for place, name in enumerate(cells[header]))
    body, lines_of = cells[header + 1 :], np.array(numbers[header + 1 :], dtype=np.int64)
    if not any(any(cell.strip() for cell in row) for row in body):
        problems.add(file, "a header without rows", "at least a week of rows", "export it again")
        return None
    ragged = [i for i, row in enumerate(body) if len(row) > len(names) and any(cell.strip() for cell in row[len(names) :])]
    if len(ragged) > _RAGGED_SHARE * len(body):
        rows = ", ".join(str(lines_of[i]) for i in ragged[:20])
        limit = f"{len(names)} cells as in the header"
        value = f"more cells than columns in {len(ragged)} rows"
        problems.add(f"{file} rows {rows}", value, limit, "quote numbers with a comma")
        return None
    for i in ragged:
        body[i] = body[i][:1]  # which cell is one too many nobody knows: only the first is kept
    return _Part(file, names, lines_of, delimiter == ",", body)


def _delimiter(lines: Sequence[str]) -> str:
    """The one that cuts the most lines into as many cells as the header has, and into more than one."""
    filled = [line for line in lines if line.strip()]

    def score(delimiter: str) -> tuple[int, int]:
        widths = [len(row) for row in csv.reader(filled, delimiter=delimiter)]
        usual = max(set(widths), key=lambda width: (widths.count(width), width))
        return (widths.count(usual) if usual > 1 else 0, -_DELIMITERS.index(delimiter))

    return max(_DELIMITERS, key=score)


def _header(cells: Sequence[Sequence[str]]) -> int:
    """The first row about as wide as rows usually are: titles above a table have fewer cells."""
    widths = [len(row) for row in cells[:_HEAD]]
    usual = max(set(widths), key=lambda width: (widths.count(width), width))
    enough = usual if usual <= 2 else usual - 1  # rows may end with a delimiter that the header lacks
    return next(i for i, row in enumerate(cells) if len(row) >= enough and any(cell.strip() for cell in row))


def _read_parquet(path: Path, problems: Problems) -> _Part | None:
    import pandas as pd

    try:
        frame = pd.read_parquet(path)
    except (OSError, ValueError) as unreadable:
        problems.add(path.name, f"unreadable Parquet ({unreadable})", "a whole file", "export it again")
        return None
    if not len(frame):
        problems.add(path.name, "a header without rows", "at least a week of rows", "export it again")
        return None
    if isinstance(frame.index, pd.DatetimeIndex):
        frame = frame.reset_index(names="index" if frame.index.name is None else str(frame.index.name))
    frame.columns = [str(name) for name in frame.columns]
    return _Part(path.name, tuple(frame.columns), np.arange(1, len(frame) + 1), False, frame)
