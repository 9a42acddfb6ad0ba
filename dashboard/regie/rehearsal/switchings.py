"""Switchings that a scenario's file lets happen, and those of the packaged ones that it extends, as instants."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Switching:
    """``switch``: as the file names it ("switch.7"); it is put back at ``until``."""

    switch: str
    closed: bool
    at: datetime
    until: datetime | None


def switchings_of(file: Path, library: Path | None, start: datetime, timezone: str) -> tuple[Switching, ...]:
    """In order of time; a file that cannot be read, or a moment that is none, tells of nothing.

    Args:
        start: of the window, for times of day; ``timezone``: of the site.
    """
    found = []
    for row in _rows(file, library, frozenset()):
        at = _instant(row.get("at"), start, timezone)
        if at is not None and "switch" in row:
            until = _instant(row.get("until"), at, timezone)
            found.append(Switching(str(row["switch"]), bool(row.get("closed")), at, until))
    return tuple(sorted(found, key=lambda one: one.at))


def _rows(file: Path, library: Path | None, seen: frozenset[Path]) -> Iterator[Mapping[str, Any]]:
    try:
        facts = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    for name in facts.get("compose", {}).get("extends", []):
        path = None if library is None else library / f"{name}.toml"
        if path is not None and path not in seen:
            yield from _rows(path, library, seen | {path})
    yield from facts.get("switchings", [])


def _instant(written: Any, after: datetime, timezone: str) -> datetime | None:
    """A moment as scenario files write it: an instant, local time, a day, or the first such time of day after ``after``."""
    zone = ZoneInfo(timezone)
    if isinstance(written, datetime):
        return (written if written.tzinfo else written.replace(tzinfo=zone)).astimezone(UTC)
    if isinstance(written, date):
        return datetime(written.year, written.month, written.day, tzinfo=zone).astimezone(UTC)
    if isinstance(written, time):
        today = datetime.combine(after.astimezone(zone).date(), written, zone)
        return (today if today >= after else today + timedelta(days=1)).astimezone(UTC)
    return None
