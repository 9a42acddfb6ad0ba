"""What the loop has left in ``public.json``: read again when the file changes, never trusted before it is checked."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from twin.contracts.public_snapshot import PUBLIC_SCHEMA_VERSION, PublicSnapshot

FILE_NAME = "public.json"
LARGEST_BYTES = 256 * 1024  # a snapshot of 24 hours is about 4 kB; what is far larger was not written by the loop

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reading:
    """One look at the file.

    Attributes:
        version: changes whenever the file does; "" while there is none.
        snapshot: what was read, or None.
        trouble: "" with a snapshot; else "starting" (no file yet), "schema" (another version) or "unreadable".
        params: what the words about the trouble need: ``found`` and ``known`` versions, or a ``reason`` code.
    """

    version: str
    snapshot: PublicSnapshot | None
    trouble: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)


class Feed:
    """The latest reading of ``<directory>/public.json``.

    Looking costs one ``stat`` while the file stays the same. Trouble is logged once, and so is its end.
    """

    def __init__(self, directory: Path) -> None:
        self._path = directory / FILE_NAME
        self._reading = Reading("", None, "starting")

    def latest(self) -> Reading:
        """The file as it is now; an unreadable one gives a reading that says why, never the values before it."""
        try:
            found = self._path.stat()
        except OSError as problem:
            if isinstance(problem, FileNotFoundError):
                return self._turn_to(Reading("", None, "starting"))
            return self._turn_to(_unreadable("", "access"), str(problem))
        # Each snapshot is a new file renamed into place, so the inode changes even within one tick of the file's clock.
        version = f"{found.st_mtime_ns:x}-{found.st_ino:x}-{found.st_size:x}"
        if version != self._reading.version:
            self._read(version)
        return self._reading

    def _read(self, version: str) -> None:
        try:
            with self._path.open("rb") as file:
                raw = file.read(LARGEST_BYTES + 1)
        except OSError as problem:
            self._turn_to(_unreadable(version, "access"), str(problem))
            return
        try:
            self._turn_to(_parse(raw, version))
        except _Refused as refused:
            self._turn_to(Reading(version, None, refused.trouble, refused.params), refused.detail)

    def _turn_to(self, reading: Reading, detail: str = "") -> Reading:
        before, self._reading = self._reading, reading
        failing = reading.trouble not in ("", "starting")
        if failing and before.trouble != reading.trouble:
            log.error("%s cannot be shown (%s): %s", self._path, reading.trouble, detail)
        elif not reading.trouble and before.trouble not in ("", "starting"):
            log.info("%s can be shown again", self._path)
        return reading


class _Refused(ValueError):
    """A file that cannot be shown; ``detail`` is for the log, the rest for the page."""

    def __init__(self, trouble: str, detail: str, **params: Any) -> None:
        super().__init__(detail)
        self.trouble = trouble
        self.detail = detail
        self.params = params


def _unreadable(version: str, reason: str) -> Reading:
    return Reading(version, None, "unreadable", {"reason": reason})


def _parse(raw: bytes, version: str) -> Reading:
    if len(raw) > LARGEST_BYTES:
        raise _Refused("unreadable", f"more than {LARGEST_BYTES} bytes", reason="size")
    try:
        content = json.loads(raw)
    except (ValueError, RecursionError) as problem:
        raise _Refused("unreadable", str(problem), reason="json") from problem
    found = content.get("schema_version") if isinstance(content, dict) else None
    if isinstance(found, int) and found != PUBLIC_SCHEMA_VERSION:
        message = f"schema_version {found} found, {PUBLIC_SCHEMA_VERSION} known; update dashboard.public with the régie"
        raise _Refused("schema", message, found=found, known=PUBLIC_SCHEMA_VERSION)
    try:
        snapshot = PublicSnapshot.model_validate_json(raw)
    except ValidationError as problem:
        raise _Refused("unreadable", str(problem), reason="fields") from problem
    faults = _time_faults(snapshot)
    if faults:
        raise _Refused("unreadable", "; ".join(faults), reason="time")
    return Reading(version, snapshot)


def _time_faults(snapshot: PublicSnapshot) -> list[str]:
    faults = [
        f"{name}={instant.isoformat()} has no time zone; write UTC"
        for name, instant in _instants(snapshot)
        if instant.tzinfo is None
    ]
    # A name that leaves the time-zone database ("../x", a directory) is a ValueError or an OSError; unknown ones a KeyError.
    try:
        ZoneInfo(snapshot.timezone)
    except (KeyError, ValueError, OSError) as problem:
        faults.append(f"timezone={snapshot.timezone!r} is not an IANA name: {problem}")
    return faults


def _instants(snapshot: PublicSnapshot) -> Iterator[tuple[str, datetime]]:
    for name in ("as_of", "interval", "published_at", "stale_after", "next_at"):
        instant = getattr(snapshot, name)
        if instant is not None:
            yield name, instant
    for name, card in (("neighbourhood", snapshot.neighbourhood), ("roof", snapshot.roof)):
        if card is not None:
            yield from ((f"{name}.start", card.start), (f"{name}.end", card.end))
    for index, hour in enumerate(snapshot.green_hours):
        yield f"green_hours[{index}].start", hour.start
