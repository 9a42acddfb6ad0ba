"""What the publisher's forms send: texts as they were typed, local times as the browser writes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from dashboard.regie.work.refusal import Refused
from twin.contracts.public_release import BEFORE, EARLIEST
from twin.contracts.work_order import Why
from twin.publication.deeds import LANGUAGES, LONGEST_TEXT

Typed = Annotated[str, StringConstraints(max_length=4 * LONGEST_TEXT)]
"""Longer is no typing; what is too long by less is told with its own words."""
Short = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]


class _Asked(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Nothing(_Asked):
    """A deed that asks for nothing."""


class _Spoken(_Asked):
    """Words in each language, "" where nothing was written."""

    de: Typed = ""
    fr: Typed = ""
    it: Typed = ""
    en: Typed = ""

    @property
    def text(self) -> Mapping[str, str]:
        """By language, what was written."""
        return {language: text for language in LANGUAGES if (text := getattr(self, language).strip())}


class Seen(_Asked):
    """A deed on what was on the screen. ``seen``: its mark."""

    seen: Short


class Approved(_Asked):
    """An approval. ``seen``: mark of the draft on the screen; ``despite``: "on" where little of the period is known."""

    seen: Short
    despite: Short = ""


class Restated(_Spoken):
    """A restatement, its reason by language; otherwise as `Approved`."""

    seen: Short
    despite: Short = ""


class Noticed(_Spoken):
    """Other words for a correction."""


class Embargoed(_Spoken):
    """An embargo and why. ``until``: local time, "" until it is lifted."""

    until: Short = ""


class Licensed(_Asked):
    """Under which licence, and whom to name."""

    licence: Short
    attribution: Short


class Declaration(_Asked):
    """The supplier's declaration. ``percent``: renewable share as typed; ``published``: a date or ""."""

    year: Annotated[int, Field(ge=2000, le=2100)]
    percent: Short
    supplier: Short
    published: Short = ""


class StoryTyped(_Asked):
    """A story. ``id``: of one that is written anew, "" for a new one; ``start``, ``end``: local time, "" for none."""

    id: Short = ""
    kind: Literal["event", "challenge", "story"]
    start: Short
    end: Short = ""
    zone: Short = ""
    title_de: Typed = ""
    title_fr: Typed = ""
    title_it: Typed = ""
    title_en: Typed = ""
    text_de: Typed = ""
    text_fr: Typed = ""
    text_it: Typed = ""
    text_en: Typed = ""

    def spoken(self, part: Literal["title", "text"]) -> Mapping[str, str]:
        """By language, what was written."""
        return {language: text for language in LANGUAGES if (text := getattr(self, f"{part}_{language}").strip())}


def instant(typed: str, timezone: str) -> datetime | None:
    """A local time as a browser's field writes it, None for an empty one.

    Raises:
        Refused: for anything else, and for what the public page cannot write.
    """
    if not typed:
        return None
    try:
        local = datetime.fromisoformat(typed)
        at = (local if local.tzinfo else local.replace(tzinfo=ZoneInfo(timezone))).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused([Why(code="no_instant", params={"typed": typed})]) from None
    if not EARLIEST <= at < BEFORE:
        raise Refused(
            [Why(code="not_our_time", params={"typed": typed, "first": f"{EARLIEST:%Y}", "last": f"{BEFORE.year - 1}"})]
        )
    return at
