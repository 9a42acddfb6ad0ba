"""The sentences that calendar and news share about a window of green hours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dashboard.public.extras.green_windows import BandedWindow, banded_windows
from dashboard.public.extras.told import Told, tell, words_of
from dashboard.public.green_window import coming
from twin.contracts.public_release import PublicRelease
from twin.contracts.public_snapshot import PublicSnapshot


@dataclass(frozen=True)
class Outlook:
    """The coming green windows, or why there are none.

    Attributes:
        reason: "" with windows; else "embargo", "starting", "unknown" (no forecast) or "none" (no hour stands out).
    """

    told: Told
    windows: tuple[BandedWindow, ...]
    reason: str


def outlook(snapshot: PublicSnapshot | None, release: PublicRelease | None, language: str) -> Outlook:
    """The windows of the next 48 hours that may be published."""
    told = tell(snapshot, release, language)
    if release is not None and release.embargo is not None:
        return Outlook(told, (), "embargo")
    if snapshot is None:
        return Outlook(told, (), "starting")
    hours = coming(snapshot.coming, snapshot.as_of)
    windows = banded_windows(hours)
    known = any(hour.share is not None for hour in hours)
    return Outlook(told, windows, "" if windows else "none" if known else "unknown")


def caveats(snapshot: PublicSnapshot, told: Told, *, stale: bool) -> Iterator[str]:
    """What belongs beside every forecast: of when it is, that it is old, that the town is made up, what it is not."""
    words = words_of(told.language)
    yield words.get("calendar.forecast", {"at": snapshot.as_of}, timezone=snapshot.timezone)
    if stale:
        yield told.stale
    if told.demo:
        yield told.demo
    yield words.get("told.not_labelling")
