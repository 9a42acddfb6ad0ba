"""What every small surface tells, in one language: share, its age, the hours ahead, or why there is nothing to tell.

Widget, screen and image are drawn from this alone, so that none of them is more certain than the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dashboard import format as fmt
from dashboard.public.cards import stories
from dashboard.public.cards.green import advised, hour_words
from dashboard.public.cards.stories import on_air
from dashboard.public.green_window import SHOWN_HOURS, best_window
from dashboard.public.telling import Telling, in_language
from dashboard.public.view import embargo_words
from twin.contracts.public_release import PublicRelease
from twin.contracts.public_snapshot import ComingHour, PublicSnapshot, Roof

INVENTED = frozenset({"benchmark_town", "simulated_plant", "synthetic_outside"})
"""Notes of a snapshot that make it a demonstration."""


@dataclass(frozen=True)
class HourTold:
    """One bar: its hour ("14"), its sentence, its height 0..1 (None: unknown) and whether it is green."""

    label: str
    words: str
    share: float | None
    green: bool


@dataclass(frozen=True)
class RoofTold:
    """A plant's card; ``part``: production over peak power, 0..1, None while its meter is silent."""

    title: str
    power: str
    when: str
    quality: str
    part: float | None


@dataclass(frozen=True)
class StoryTold:
    """What is on, or comes next, among what the publisher has approved.

    Attributes:
        about: what it is, in which part of the town and when, as far as each is told.
    """

    about: str
    title: str
    text: str


@dataclass(frozen=True)
class Told:
    """Words of one moment; "" where there is nothing to say.

    Attributes:
        town: its title. ``notice``: why there are no values; everything below is then empty.
        share: "73 %", or a word; ``figure``: True when it is a percentage. ``meaning``: of a word.
        as_of: the instant that the figures describe, with its day, because an image travels.
        stale: since when no new value has come; to be shown when the snapshot is too old.
        best: the hours to recommend, or why there are none.
    """

    language: str
    town: str
    notice: str = ""
    share: str = ""
    figure: bool = False
    meaning: str = ""
    made: str = ""
    as_of: str = ""
    quality: str = ""
    demo: str = ""
    stale: str = ""
    best: str = ""
    hours: tuple[HourTold, ...] = ()
    roof: RoofTold | None = None
    story: StoryTold | None = None


def words_of(language: str) -> fmt.Texts:
    """The words around the public page."""
    return fmt.texts(language, "public_extra")


def town_of(snapshot: PublicSnapshot | None, language: str) -> str:
    """The town's title; the view's own name before anything is known."""
    if snapshot is None:
        return words_of(language).get("told.brand")
    return in_language(snapshot.title, language) or snapshot.site


def tell(snapshot: PublicSnapshot | None, release: PublicRelease | None, language: str) -> Told:
    """The moment of a snapshot; its reason where there is none, or where an embargo keeps it back."""
    words, town = words_of(language), town_of(snapshot, language)
    if release is not None and release.embargo is not None:
        return Told(language, town, notice=" ".join(filter(None, embargo_words(release.embargo, snapshot, language))))
    if snapshot is None:
        return Told(language, town, notice=words.get("told.starting"))
    return _Teller(Telling(snapshot, release, language)).told(town)


class _Teller:
    def __init__(self, telling: Telling) -> None:
        self._telling = telling
        self._snapshot = telling.snapshot
        self._words = words_of(telling.language)

    def told(self, town: str) -> Told:
        telling, snapshot = self._telling, self._snapshot
        state, share = telling.state, telling.share
        hours = advised(telling)
        return Told(
            language=telling.language,
            town=town,
            share=self._say(f"told.{state}") if share is None else telling.percent(share),
            figure=share is not None,
            meaning=self._say(f"told.meaning_{state}") if share is None else "",
            made="" if share is None or snapshot.made_here is None else self._say("told.made", here=snapshot.made_here),
            as_of=self._dated("told.as_of_own" if telling.own_time else "told.as_of", snapshot.as_of),
            quality=telling.quality(snapshot.quality),
            demo=self._say("told.demo") if INVENTED & set(snapshot.notes) else "",
            stale=self._dated("told.stale", snapshot.published_at),
            best=self._best(hours),
            hours=tuple(self._hour(hour) for hour in hours[:SHOWN_HOURS]),
            roof=None if snapshot.roof is None else self._roof(snapshot.roof),
            story=self._story(),
        )

    def _say(self, code: str, **params: Any) -> str:
        return self._words.get(code, params, timezone=self._snapshot.timezone, near=self._snapshot.as_of)

    def _dated(self, code: str, at: datetime) -> str:
        """Words with an instant that keeps its day, because an image or a screen may be looked at on another one."""
        return self._words.get(code, {"at": at}, timezone=self._snapshot.timezone)

    def _best(self, hours: Sequence[ComingHour]) -> str:
        window = best_window(hours)
        if window is None:
            return self._say("hours.none" if any(hour.share is not None for hour in hours) else "hours.unknown")
        code = "hours.best_now" if window.start <= self._snapshot.as_of else "hours.best"
        return self._say(code, start=window.start, end=window.end, share=window.share)

    def _hour(self, hour: ComingHour) -> HourTold:
        label, known = self._telling.clock(hour.start)[:2], hour.share is not None
        return HourTold(label, hour_words(self._telling, hour), hour.share, hour.green and known)

    def _roof(self, roof: Roof) -> RoofTold:
        kwp = self._telling.kilowatt(roof.kwp, "kWp")
        power = self._telling.say("roof.unknown")
        part = None
        if roof.p_kw is not None:
            power = self._say("roof.power", p=self._telling.kilowatt(roof.p_kw), kwp=kwp)
            part = min(1.0, max(0.0, roof.p_kw / roof.kwp)) if roof.kwp > 0.0 else None
        quality = self._telling.quality(roof.quality)
        return RoofTold(self._telling.titled(roof.title), power, self._telling.mean_of(roof), quality, part)

    def _story(self) -> StoryTold | None:
        """What the page puts first: what runs now, then what comes soonest."""
        if not on_air(self._telling):
            return None
        stories.fill(self._telling)
        kind, where, when, title, text = (
            self._telling.text[f"s0_{name}"] for name in ("kind", "where", "when", "title", "text")
        )
        return StoryTold(" · ".join(filter(None, (kind, where, when))), title, text)
