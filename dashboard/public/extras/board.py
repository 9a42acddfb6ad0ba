"""A moment as places of a small page: the first paint of widget and screen, and ``board.json``, which renews both.

A place is named like ``share`` or ``h3_bar``. Words and numbers are made here; the script only puts them in their places.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from dashboard.public.extras.assets import BUILD
from dashboard.public.extras.told import HourTold, RoofTold, StoryTold, Told, tell, words_of
from dashboard.public.green_window import SHOWN_HOURS
from dashboard.public.telling import Attributes, shown
from twin.contracts.public_release import PublicRelease
from twin.contracts.public_snapshot import PublicSnapshot

BAR_HEIGHT = 100
"""Of the strip's drawings, in their own units."""


@dataclass(frozen=True)
class Board:
    """What a small page shows.

    Attributes:
        text: place -> words; attributes: place -> attribute -> value, None taking the attribute away.
        clock: instants (ISO 8601 UTC) that the script needs: ``published_at``, ``next_at``, ``stale_after``; all None where no
            figure is shown, because nothing can then grow old.
    """

    told: Told
    text: Mapping[str, str]
    attributes: Mapping[str, Attributes]
    clock: Mapping[str, str | None]


def board(snapshot: PublicSnapshot | None, release: PublicRelease | None, language: str) -> Board:
    """The board of a moment in a language."""
    told = tell(snapshot, release, language)
    text = {name: getattr(told, name) for name in ("town", "notice", "share", "meaning", "made", "as_of", "quality", "demo")}
    text |= {"stale": told.stale, "best": told.best}
    attributes: dict[str, Attributes] = {name: shown(bool(text[name])) for name in ("notice", "meaning", "quality", "demo")}
    attributes["values"] = shown(not told.notice)
    attributes["share"] = {"class": "share" if told.figure else "share word"}
    attributes["strip"] = shown(any(hour.share is not None for hour in told.hours))
    for index in range(SHOWN_HOURS):
        _hour(f"h{index}", told.hours[index] if index < len(told.hours) else None, text, attributes)
    _roof(told.roof, text, attributes)
    _story(told.story, text, attributes)
    timed = None if told.notice else snapshot
    clock = {name: _iso(None if timed is None else getattr(timed, name)) for name in ("published_at", "next_at", "stale_after")}
    return Board(told, text, attributes, clock)


def board_json(snapshot: PublicSnapshot | None, release: PublicRelease | None, language: str) -> bytes:
    """The file that widget and screen fetch; an open page whose build differs from the file's loads itself anew."""
    made = board(snapshot, release, language)
    embargo = release is not None and release.embargo is not None
    content = {**made.clock, "embargo": embargo, "build": BUILD, "text": made.text, "attributes": made.attributes}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def script_words(language: str, ages: list[str]) -> str:
    """The few words that the script itself says, as JSON."""
    say = words_of(language).get
    words = {name: say(f"board.{name}") for name in ("pause", "resume", "paused", "resumed", "fresh")}
    return json.dumps({**words, "ages": ages}, ensure_ascii=False, separators=(",", ":"))


def _hour(place: str, hour: HourTold | None, text: dict[str, str], attributes: dict[str, Attributes]) -> None:
    if hour is None:
        attributes[place] = {"hidden": "", "class": "hour"}
        return
    text[f"{place}_label"], text[f"{place}_words"] = hour.label, hour.words
    kind = "green" if hour.green else "hour" if hour.share is not None else "gap"
    attributes[place] = {"hidden": None, "class": kind}
    height = round(BAR_HEIGHT * (hour.share or 0.0))
    attributes[f"{place}_bar"] = {"y": str(BAR_HEIGHT - height), "height": str(height)}


def _roof(roof: RoofTold | None, text: dict[str, str], attributes: dict[str, Attributes]) -> None:
    attributes["roof_card"] = shown(roof is not None)
    if roof is not None:
        text |= {"roof_title": roof.title, "roof": roof.power, "roof_when": roof.when, "roof_quality": roof.quality}
        attributes["roof_picture"] = shown(roof.part is not None)  # an empty bar would look like zero
        attributes["roof_quality"] = shown(bool(roof.quality))
        attributes["roof_bar"] = {"width": f"{100.0 * (roof.part or 0.0):.1f}"}


def _story(story: StoryTold | None, text: dict[str, str], attributes: dict[str, Attributes]) -> None:
    attributes["story_card"] = shown(story is not None)
    if story is not None:
        text |= {"story_about": story.about, "story_title": story.title, "story": story.text}


def _iso(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat().replace("+00:00", "Z")
