"""Telling an edition in one language: the small words that every card and page needs, and the places it fills.

A place is named like ``share`` or ``h3_bar``; the card that fills it also says where it stands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dashboard import format as fmt
from twin.contracts.public_release import Declared, PublicRelease
from twin.contracts.public_snapshot import Neighbourhood, PublicSnapshot, Roof, ZonePart

Attributes = Mapping[str, str | None]

QUARTER_HOUR, HOUR, DAY = timedelta(minutes=15), timedelta(hours=1), timedelta(days=1)
REAL_TIME = 1.0
KINDS = ("pv", "hydro", "other", "storage", "import")
"""The sources of `twin.contracts.public_snapshot.Source`, what is made here first; one without words counts as "other"."""

_NOTHING_USED = {"no_production_and_no_consumption": "undefined", "all_exported": "exported"}
"""States in which a share has nothing to be a share of, by status."""

Mean = Neighbourhood | Roof | ZonePart
"""Whatever holds for an interval of time."""


@dataclass(frozen=True)
class Telling:
    """One snapshot in one language.

    Attributes:
        text: place -> words; attributes: place -> attribute -> value, None taking the attribute away.
        release: what is approved; None where nothing is.
    """

    snapshot: PublicSnapshot
    release: PublicRelease | None
    language: str
    text: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, Attributes] = field(default_factory=dict)

    # ------------------------------------------------------------------------------------------ places

    def put(self, place: str, words: str) -> None:
        """Fill a place that is there only when there are words for it."""
        self.text[place] = words
        self.show(place, bool(words))

    def show(self, place: str, visible: bool) -> None:
        """Show or hide a place."""
        self.attributes[place] = shown(visible)

    # ------------------------------------------------------------------------------------------ words

    def say(self, code: str, **params: Any) -> str:
        """The words of a code."""
        return fmt.texts(self.language, "public").get(code, params)

    def has(self, code: str) -> bool:
        """Whether a code has words."""
        return fmt.texts(self.language, "public").has(code)

    def clock(self, instant: datetime, *, seconds: bool = False) -> str:
        """Time of day in the town."""
        return fmt.clock(instant, timezone=self.snapshot.timezone, language=self.language, seconds=seconds)

    def day(self, instant: datetime, *, year: bool = True) -> str:
        """Day in the town."""
        return fmt.day(instant, timezone=self.snapshot.timezone, language=self.language, year=year)

    def moment(self, instant: datetime) -> str:
        """Time of day in the town, with its day when that is not the page's."""
        return fmt.moment(instant, timezone=self.snapshot.timezone, language=self.language, near=self.snapshot.as_of)

    def lasting(self, length: timedelta) -> str:
        """Words for a length of time."""
        return fmt.duration(max(1, round(length.total_seconds())), language=self.language)

    def percent(self, fraction: float | None) -> str:
        """A fraction as whole percent."""
        return fmt.percent(fraction, language=self.language)

    def kilowatt(self, p_kw: float, unit: str = "kW") -> str:
        """A power; a small plant's tenths matter, those of a street do not."""
        return fmt.number(p_kw, unit, language=self.language, decimals=1 if abs(p_kw) < 100 and round(p_kw, 1) % 1 else 0)

    def mean_of(self, card: Mean) -> str:
        """Which interval a mean is of; its start with its day when that is not the page's."""
        return self.say("period.mean", start=self.moment(card.start), end=self.clock(card.end))

    def titled(self, words: Mapping[str, str]) -> str:
        """What somebody wrote in several languages, in this one or else in one that there is."""
        return in_language(words, self.language) or self.snapshot.site

    def dated(self, card: Mean) -> str:
        """The interval of a mean, and its quality where that is doubtful."""
        return " · ".join(filter(None, (self.mean_of(card), self.quality(card.quality))))

    def quality(self, flags: Sequence[str]) -> str:
        """The flags in words; "" for a good value, because only a doubtful one needs a label."""
        words = ", ".join(self.say(f"quality.{flag}") for flag in flags if flag != "good")
        return self.say("share.quality", words=words) if words else ""

    # ------------------------------------------------------------------------------------------ facts

    @property
    def state(self) -> str:
        """One of "ok", "undefined" (0/0), "exported" and "unknown"; a status this page does not know is unknown too."""
        status = self.snapshot.status
        if status in _NOTHING_USED:
            return _NOTHING_USED[status]
        return "ok" if status == "ok" and not fmt.is_missing(self.snapshot.share) else "unknown"

    @property
    def share(self) -> float | None:
        """The renewable share when it is known and defined."""
        return self.snapshot.share if self.state == "ok" else None

    @property
    def own_date(self) -> bool:
        """Whether the town's calendar is another than the wall's."""
        return abs(self.snapshot.as_of - self.snapshot.published_at) > HOUR

    @property
    def own_time(self) -> bool:
        """A town whose time is the wall's has one clock; of any other the page shows the town's, and beside it only an age."""
        return self.own_date or self.snapshot.speed != REAL_TIME

    def same_day(self, instant: datetime) -> bool:
        """Whether an instant falls on the local day of the snapshot."""
        here = ZoneInfo(self.snapshot.timezone)
        return instant.astimezone(here).date() == self.snapshot.as_of.astimezone(here).date()


def shown(visible: bool) -> Attributes:
    """The attribute that hides a place, or takes the hiding away."""
    return {"hidden": None if visible else ""}


def in_language(words: Mapping[str, str], language: str) -> str:
    """What somebody wrote in several languages: in this one, else in English, else in the first; "" when there is nothing."""
    return words.get(language) or words.get("en") or next(iter(words.values()), "")


def declared_words(declared: Declared | None, language: str) -> str:
    """The supplier's own declaration; its share with the decimals that it states, two at most, because it is a legal figure."""
    say = fmt.texts(language, "public").get
    if declared is None:
        return say("share.declared_none")
    percent = round(100.0 * declared.renewable_share, 2)
    decimals = next(places for places in range(3) if round(percent, places) == percent)
    share = fmt.percent(declared.renewable_share, language=language, decimals=decimals)
    return say("share.declared", {"supplier": declared.supplier, "year": str(declared.year), "share": share})
