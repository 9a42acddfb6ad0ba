"""What may be shown now: the loop's ``public.json`` and the publisher's ``release.json``, looked at together.

The release can only take away or add to what the loop tells. While it cannot be read nothing is shown, for it might hold an
embargo; where there is none yet, nothing is approved and nothing is withheld. A release that is lost during an embargo does not
lift it: the data package beside the tables, written by the same publisher, tells of it as well.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from dashboard.public.open_data import DATA_PACKAGE, DataPackage, Resource
from dashboard.public.watched import Reading, Watched
from twin.contracts import public_release
from twin.contracts.public_release import BEFORE, EARLIEST, RELEASE_SCHEMA_VERSION, Embargo, PublicRelease
from twin.contracts.public_snapshot import PUBLIC_SCHEMA_VERSION, PublicSnapshot

SNAPSHOT_FILE = "public.json"
Faults = list[tuple[str, str]]
_FRACTIONS = ("share", "made_here", "part", "low", "high", "renewable_share", "coverage", "before", "after")
_LARGEST_KW = 1e9  # twice the load of Europe
_RANGES: Mapping[str, tuple[float, float]] = {
    **dict.fromkeys(_FRACTIONS, (0.0, 1.0)),
    **dict.fromkeys(("p_kw", "load_kw", "pv_kw"), (-_LARGEST_KW, _LARGEST_KW)),
    "p_mw": (-_LARGEST_KW / 1e3, _LARGEST_KW / 1e3),
    "kwp": (0.0, _LARGEST_KW),
    "consumption_mwh": (0.0, 8.784 * _LARGEST_KW),  # in a leap year
    "co2_g_per_kwh": (0.0, 5e3),  # four times the one of lignite
    "speed": (1e-3, 1e9),  # grid seconds per second; the most is 30 years in one
}
"""Name of a number -> the least and the most that is believed."""


@dataclass(frozen=True)
class Edition:
    """Both files at one look.

    Attributes:
        version: changes whenever either does.
        snapshot: the live values; None in trouble.
        release: what is approved; None where nothing is yet.
        downloads: the open data that stands ready.
        trouble: "" when the live values can be shown; else "starting", "schema", "unreadable", "release" or "unshown".
        params: what the words about the trouble need.
    """

    version: str
    snapshot: PublicSnapshot | None
    release: PublicRelease | None = None
    trouble: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    downloads: tuple[Resource, ...] = ()

    @property
    def embargo(self) -> Embargo | None:
        """While there is one, no figure is shown, live or approved."""
        return None if self.release is None else self.release.embargo

    @property
    def withheld(self) -> bool:
        """Whether approved figures, and tables of them, may not be handed out."""
        return self.embargo is not None or self.trouble in ("release", "unshown")

    @property
    def failing(self) -> bool:
        """Whether something is broken, which a start is not."""
        return self.trouble not in ("", "starting")

    def unshown(self) -> Edition:
        """The same files where a page of them cannot be made: no figure, no table, and a version of its own."""
        return Edition(f"{self.version}.unshown", None, trouble="unshown")


class Feed:
    """The latest edition from the directory in which the loop and the publisher leave their files."""

    def __init__(self, directory: Path) -> None:
        self._live = Watched(directory / SNAPSHOT_FILE, PublicSnapshot, PUBLIC_SCHEMA_VERSION, _snapshot_faults)
        self._release = Watched(directory / public_release.FILE, PublicRelease, RELEASE_SCHEMA_VERSION, faults_in)
        self._open = Watched(directory / DATA_PACKAGE, DataPackage, 1, faults_in)
        self._approved: Reading[PublicRelease] = Reading("", None, "missing")

    def latest(self) -> Edition:
        """The edition as it is now; equal files give an equal version."""
        live, package = self._live.latest(), self._open.latest()
        approved = self._approved_now(package)
        version = f"{live.version}.{approved.version}.{package.version}"
        if approved.trouble not in ("", "missing"):
            return Edition(version, None, None, "release", approved.params)
        release = approved.content
        downloads = package.content.resources if package.content else ()
        if live.content is None:
            trouble = "starting" if live.trouble == "missing" else live.trouble
            return Edition(version, None, release, trouble, live.params, downloads)
        return Edition(version, live.content, release, downloads=downloads)

    def _approved_now(self, package: Reading[DataPackage]) -> Reading[PublicRelease]:
        found, before = self._release.latest(), self._approved
        lost = found.trouble == "missing" and before.content is not None and before.content.embargo is not None
        if not lost:  # an embargo ends by the publisher's deed, not by the loss of a file
            self._approved = found if found.trouble != "missing" else _witnessed(package)
        return self._approved


def _witnessed(package: Reading[DataPackage]) -> Reading[PublicRelease]:
    """What the data package says of a release that is not there: nothing, or that all is withheld and since when."""
    if package.content is None:  # one that cannot be read might tell of an embargo, as a release might
        return Reading(package.version, None, package.trouble, package.params)
    withheld = package.content.embargo
    if withheld is None:
        return Reading("", None, "missing")
    embargo = Embargo(since=withheld.since, until=None, reason={})
    nothing: dict[str, Any] = dict.fromkeys(("months", "years", "corrections", "stories"), ())
    release = PublicRelease(
        site="", made_at=withheld.since, licence="", attribution="", embargo=embargo, declared=None, **nothing
    )
    return Reading(package.version, release)


def faults_in(document: BaseModel) -> Faults:
    """What the types of a document do not say: instants are in UTC and of our time, numbers are finite and plausible."""
    found: Faults = []
    for place, name, value in _fields(document, ""):
        if isinstance(value, datetime) and value.tzinfo is None:
            found.append(("time", f"{place}={value.isoformat()} has no time zone; write UTC"))
        elif isinstance(value, datetime) and (value.utcoffset() != timedelta() or not EARLIEST <= value < BEFORE):
            found.append(
                ("fields", f"{place}={value.isoformat()} is not in UTC from {EARLIEST:%Y} until {BEFORE:%Y}; correct it")
            )
        elif isinstance(value, float):
            least, most = _RANGES.get(name, (-sys.float_info.max, sys.float_info.max))
            if not least <= value <= most:  # no number (NaN) is within anything
                found.append(("fields", f"{place}={value} is outside {least:g}..{most:g}; correct it"))
    return found


def _snapshot_faults(snapshot: PublicSnapshot) -> Faults:
    faults = faults_in(snapshot)
    # A name that leaves the time-zone database ("../x", a directory) is a ValueError or an OSError; unknown ones a KeyError.
    try:
        ZoneInfo(snapshot.timezone)
    except (KeyError, ValueError, OSError) as problem:
        faults.append(("time", f"timezone={snapshot.timezone!r} is not an IANA name: {problem}"))
    return faults


def _fields(value: object, place: str, name: str = "") -> Iterator[tuple[str, str, object]]:
    """Every single value in a document with its place; what stands in a mapping of ``parts`` is a ``part``."""
    if isinstance(value, BaseModel):
        for inner, content in value:
            yield from _fields(content, f"{place}.{inner}".lstrip("."), inner)
    elif isinstance(value, Mapping):
        for key, content in value.items():
            yield from _fields(content, f"{place}.{key}", "part" if name == "parts" else "")
    elif isinstance(value, tuple):
        for index, content in enumerate(value):
            yield from _fields(content, f"{place}[{index}]", name)
    else:
        yield place, name, value
