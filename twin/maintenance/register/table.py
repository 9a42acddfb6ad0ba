"""Rows of a CSV file as a utility exports it: separator and decimal comma found out, columns by name, faults with their row."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from twin.domain.problems import BadInput, Problem, Problems
from twin.site.files import read_text

_SEPARATORS = ";\t,"
"""In this order: a file with decimal commas is separated by something else."""
BEYOND = "beyond the header"
"""Column of what a row holds after the last one."""


@dataclass(frozen=True)
class Rows:
    """The rows of a file.

    Attributes:
        name: of the file, for messages. ``header``: its columns, by our names where ``columns`` renames them.
        rows: (row in the file, cells by column); the header is row 1.
    """

    name: str
    header: tuple[str, ...]
    rows: tuple[tuple[int, Mapping[str, str]], ...]

    def cells(self, problems: Problems) -> Iterator[Cells]:
        """Every row, ready to be read; faults go to ``problems``."""
        for number, cells in self.rows:
            found = Cells(f"{self.name} row {number}", number, cells, problems)
            if found.text(BEYOND):
                found.fault(BEYOND, f"{len(self.header)} cells", "quote a text that holds the separator; check the whole row")
            yield found


def read_rows(path: Path, *, columns: Mapping[str, str], known: Sequence[str], needed: Sequence[str]) -> Rows:
    """The rows of a CSV file with a header; empty rows are left out.

    Args:
        columns: our column -> the file's own header. ``known``: our columns; ``needed``: without which nothing can be said.

    Raises:
        BadInput: when the file cannot be read, is empty, or lacks a needed column, naming every one.
    """
    text = read_text(path)
    first = text.partition("\n")[0]
    separator = next((mark for mark in _SEPARATORS if mark in first), ",")
    lines = list(csv.reader(io.StringIO(text), delimiter=separator))
    if not lines:
        raise BadInput([Problem(path.name, "empty", "a header and rows", "export the fleet again")])
    ours = {theirs.strip().casefold(): name for name, theirs in columns.items()}
    header = tuple(ours.get(cell.strip().casefold(), cell.strip().casefold()) for cell in lines[0])
    problems = Problems()
    for name in sorted(set(columns) - set(known)):
        problems.add(f"{path.name} columns", repr(name), f"one of {', '.join(known)}", "correct the mapping")
    for name, theirs in columns.items():
        if name in known and name not in header:
            problems.add(f"{path.name} header", f"no column {theirs!r}", "the columns that the mapping names", "correct it")
    for name in needed:
        if name not in header and name not in columns:
            problems.add(f"{path.name} header", f"no column {name!r}", f"columns {', '.join(needed)}", "add or map it")
    problems.raise_if_any()
    rows = [
        (number, {name: cell.strip() for name, cell in zip(header, line, strict=False)} | _beyond(line, len(header)))
        for number, line in enumerate(lines[1:], start=2)
        if any(cell.strip() for cell in line)
    ]
    return Rows(path.name, header, tuple(rows))


def _beyond(line: Sequence[str], columns: int) -> dict[str, str]:
    """Cells without a header: a separator inside a text, or a decimal comma, moves all that follow by one."""
    cells = ", ".join(cell.strip() for cell in line[columns:] if cell.strip())
    return {BEYOND: cells} if cells else {}


@dataclass(frozen=True)
class Cells:
    """One row; a cell that cannot be read is a fault and counts as missing."""

    place: str
    number: int
    cells: Mapping[str, str]
    problems: Problems

    def fault(self, column: str, limit: str, remedy: str) -> None:
        """Note that a cell is not what it should be."""
        self.problems.add(f"{self.place}, {column}", repr(self.text(column)), limit, remedy)

    def text(self, column: str) -> str:
        """A cell, "" where there is none."""
        return self.cells.get(column, "")

    def number_in(self, column: str, low: float, high: float, unit: str) -> float:
        """A figure in [low, high]; NaN where missing or wrong."""
        text = self.text(column)
        if not text:
            return float("nan")
        try:
            value = float(text.replace("'", "").replace("’", "").replace(",", "."))
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            self.fault(column, f"{low:.10g} to {high:.10g} {unit}".rstrip(), "correct value and unit; it counts as missing")
            return float("nan")
        return value

    def whole_in(self, column: str, low: int, high: int, what: str) -> int | None:
        """A whole number in [low, high]; None where missing or wrong."""
        value = self.number_in(column, low, high, what)
        if math.isnan(value):
            return None
        if value != int(value):
            self.fault(column, "a whole number", "correct it; it counts as missing")
            return None
        return int(value)

    def day(self, column: str, *, latest: date, otherwise: str = "it counts as missing") -> date | None:
        """A day not after ``latest``, ISO 8601 or dd.mm.yyyy; None where missing or wrong, which ``otherwise`` tells."""
        found = None if not self.text(column) else parse_day(self.text(column))
        if self.text(column) and (found is None or found > latest):
            self.fault(column, f"a day up to {latest.isoformat()}", f"correct it, written like 2014-05-17; {otherwise}")
            return None
        return found


def parse_day(text: str) -> date | None:
    """A day written 2024-05-17 or 17.05.2024; None for anything else."""
    try:
        if "." in text:
            day, month, year = map(int, text.split("."))
            return date(year, month, day)
        return date.fromisoformat(text)
    except ValueError:
        return None
