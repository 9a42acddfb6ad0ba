"""Stamps to seconds: ISO 8601 with or without offset, day.month.year, slashes, digits run together, 24:00, epoch seconds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

_DAY_S = 86_400
_FIRST_S, _LAST_S = 0, 7_258_118_400  # 1970 to 2200: outside, a column of numbers is no column of time
_NAMED_OFFSETS = {"UTC": "Z", "GMT": "Z", "CET": "+01:00", "MEZ": "+01:00", "CEST": "+02:00", "MESZ": "+02:00"}
_CLOCK = r"(?:[ T]+(\d{1,2})(?::(\d{2}))?(?::(\d{2})(?:\.\d*)?)?)?\s*(Z|UTC|[+-]\d{2}:?\d{2})?$"
_YEAR_FIRST = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})" + _CLOCK)
_YEAR_LAST = re.compile(r"(\d{1,2})([./-])(\d{1,2})[./-](\d{4}|\d{2})" + _CLOCK)
_DIGITS = re.compile(r"(\d{4})(\d{2})(\d{2})[ T]?(\d{2})?:?(\d{2})?:?(\d{2})?()$")


@dataclass(frozen=True)
class Stamps:
    """A column of time.

    Attributes:
        seconds: since 1970, dims (row,): UTC where ``zoned``, of the clock on the wall elsewhere; 0 where not ``found``.
        found, zoned: masks, dims (row,). ``empty``: rows without any text, which are no fault of their own.
    """

    seconds: np.ndarray
    found: np.ndarray
    zoned: np.ndarray
    empty: np.ndarray


def read_stamps(raw: np.ndarray) -> Stamps:
    """Every stamp of a column as CSV or Parquet holds it: texts, datetimes or numbers."""
    if raw.dtype.kind == "M":
        found = ~np.isnat(raw)
        seconds = np.where(found, raw, np.datetime64(0, "s")).astype("datetime64[s]").astype(np.int64)
        return Stamps(seconds, found, np.zeros(len(raw), dtype=bool), ~found)
    if raw.dtype.kind in "iuf":
        return _of_numbers(raw.astype(float))
    texts = [_text(each) for each in raw]
    reader = _Reader(day_first=_day_first(texts))
    seconds, found, zoned = np.zeros(len(texts), np.int64), np.zeros(len(texts), bool), np.zeros(len(texts), bool)
    for row, text in enumerate(texts):
        read = reader.read(text)
        if read is not None:
            seconds[row], zoned[row], found[row] = *read, True
    return Stamps(seconds, found, zoned, np.array([not text for text in texts], dtype=bool))


def _text(cell: object) -> str:
    if cell is None or cell != cell:  # noqa: PLR0124 - only NaN and NaT differ from themselves
        return ""
    return cell.isoformat() if isinstance(cell, datetime) else str(cell).strip()


def _of_numbers(numbers: np.ndarray) -> Stamps:
    """Epoch seconds, or milliseconds where the figures are too large for seconds, or 20190101 and 201901010015."""
    empty = ~np.isfinite(numbers)
    typical = float(np.median(numbers[~empty])) if (~empty).any() else 0.0
    if 19_700_101 <= typical < 22_000_101 or 19_700_101_0000 <= typical < 22_000_101_0000:
        texts = ["" if bare else f"{number:.0f}" for bare, number in zip(empty, numbers, strict=True)]
        return read_stamps(np.array(texts, dtype=object))
    seconds = np.where(empty, 0.0, numbers) / (1000.0 if typical > _LAST_S else 1.0)
    # Half a million seconds is January 1970: such a column counts something else (hours, rows, months).
    found = ~empty & (seconds > 5e5) & (seconds < _LAST_S) & (typical > 1e8)
    return Stamps(np.where(found, np.rint(seconds), 0).astype(np.int64), found, found.copy(), empty)


@dataclass(frozen=True)
class _Reader:
    day_first: bool

    def read(self, text: str) -> tuple[int, bool] | None:
        """Seconds, and whether an offset made them UTC; None where the text is no stamp."""
        if not text:
            return None
        if text[-1].isalpha() and (words := text.rsplit(maxsplit=1))[-1].upper() in _NAMED_OFFSETS and len(words) == 2:
            text = words[0] + _NAMED_OFFSETS[words[1].upper()]
        try:
            stamp = datetime.fromisoformat(text)
        except ValueError:
            return self._read_other(text)
        zoned = stamp.tzinfo is not None
        return _within(int((stamp if zoned else stamp.replace(tzinfo=UTC)).timestamp()), zoned=zoned)

    def _read_other(self, text: str) -> tuple[int, bool] | None:
        if match := _YEAR_FIRST.match(text):
            year, month, day, *clock = match.groups()
        elif match := _YEAR_LAST.match(text):
            first, mark, second, year, *clock = match.groups()
            day, month = (first, second) if mark == "." or self.day_first else (second, first)
            year = year if len(year) == 4 else f"20{year}"
        elif text.isdigit() and len(text) in {10, 13}:
            return _within(int(text) // (1000 if len(text) == 13 else 1), zoned=True)
        elif match := _DIGITS.match(text):
            year, month, day, *clock = match.groups()
        else:
            return None
        hour, minute, second, offset = clock
        try:
            midnight = datetime(int(year), int(month), int(day), tzinfo=UTC)
        except ValueError:
            return None
        past = timedelta(hours=int(hour or 0), minutes=int(minute or 0), seconds=int(second or 0))
        if past > timedelta(days=1):  # 24:00 is the end of a day, later is nothing
            return None
        return _within(int((midnight + past - _offset(offset)).timestamp()), zoned=bool(offset))


def _within(seconds: int, *, zoned: bool) -> tuple[int, bool] | None:
    return (seconds, zoned) if _FIRST_S <= seconds < _LAST_S else None


def _offset(text: str | None) -> timedelta:
    if not text or text in {"Z", "UTC"}:
        return timedelta(0)
    size = timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    return -size if text[0] == "-" else size


def _day_first(texts: Sequence[str]) -> bool:
    """Whether 03/04/2019 is the third of April: so it is unless a second figure above 12 says otherwise.

    Where none does, dates with the day first run through a month before they change it.
    """
    first, second = [], []
    for text in texts:
        match = _YEAR_LAST.match(text)
        if match and match.group(2) != ".":
            first.append(int(match.group(1)))
            second.append(int(match.group(3)))
    if not first or max(first) > 12:
        return True
    if max(second) > 12:
        return False
    return bool(np.count_nonzero(np.diff(first)) >= np.count_nonzero(np.diff(second)))
