"""An edition in the words of one language: for every place of the live page its text and its attributes.

The page (HTML) and the live file (JSON) are both made from this, so that the first paint and every later one agree.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dashboard import format as fmt
from dashboard.public import cards
from dashboard.public.feed import Edition
from dashboard.public.telling import Attributes, Telling, in_language, shown
from twin.contracts.public_release import Embargo
from twin.contracts.public_snapshot import PublicSnapshot

TIMEZONE = "Europe/Zurich"  # while no snapshot names the town's own


@dataclass(frozen=True)
class View:
    """What the live page shows in one language.

    Attributes:
        text: place -> words; attributes: place -> attribute -> value, None taking the attribute away.
        clock: instants (ISO 8601 UTC) that the script needs: ``published_at``, ``next_at``, ``stale_after``.
        share_percent: the share as the page shows it, to tell a meaningful change from a small one; None if there is none.
        say: one sentence for screen readers.
        embargo: whether figures are withheld, so that a browser gives up those that it keeps.
    """

    language: str
    text: Mapping[str, str]
    attributes: Mapping[str, Attributes]
    clock: Mapping[str, str | None] = field(default_factory=dict)
    share_percent: int | None = None
    say: str = ""
    embargo: bool = False

    def to_json(self) -> bytes:
        """The live file, in UTF-8."""
        content = {
            **self.clock,
            "embargo": self.embargo,
            "share_percent": self.share_percent,
            "say": self.say,
            "text": self.text,
            "attributes": self.attributes,
        }
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def render(edition: Edition, language: str) -> View:
    """The view of an edition; in trouble or under an embargo it holds nothing but the words that say why."""
    if edition.embargo is not None:
        return _withheld(edition, edition.embargo, language)
    if edition.snapshot is None:
        return _without_figures(language, trouble_words(edition, language))
    telling = Telling(edition.snapshot, edition.release, language)
    snapshot = telling.snapshot
    telling.put("notice", "")
    telling.show("cards", True)
    telling.show("embargo", False)
    telling.text["title"] = telling.titled(snapshot.title)
    stale_at = f"{telling.day(snapshot.published_at)} {telling.clock(snapshot.published_at, seconds=True)}"
    telling.text["stale"] = telling.say("stale.since", at=stale_at)
    for card in cards.ALL:
        card.fill(telling)
    percent = None if telling.share is None else round(100 * telling.share)
    words = telling.quality(snapshot.quality)
    say = telling.say("share.say_quality" if words else "share.say", share=telling.text["share"], words=words)
    return View(language, telling.text, telling.attributes, _clock_of(edition), percent, say)


def trouble_words(edition: Edition, language: str) -> str:
    """Why nothing can be shown."""
    words = fmt.texts(language, "public")
    params: dict[str, Any] = dict(edition.params)
    if "reason" in params:
        params["reason"] = words.get(f"reason.{params['reason']}")
    return words.get(f"notice.{edition.trouble}", params)


def embargo_words(embargo: Embargo, snapshot: PublicSnapshot | None, language: str) -> tuple[str, str]:
    """Since when, until when if that is known, and the publisher's own words: the same on every surface."""
    instants = {"since": embargo.since, "until": embargo.until}
    code = "embargo.since" if embargo.until is None else "embargo.until"
    said = fmt.texts(language, "public").get(code, instants, timezone=timezone_of(snapshot))
    return said, in_language(embargo.reason, language)


def timezone_of(snapshot: PublicSnapshot | None) -> str:
    """The town's, as far as a snapshot names it."""
    return TIMEZONE if snapshot is None else snapshot.timezone


def _withheld(edition: Edition, embargo: Embargo, language: str) -> View:
    """Under an embargo: no share, no other figure, no hour; the clock goes on, so that its end is seen in time."""
    said, reason = embargo_words(embargo, edition.snapshot, language)
    text = {"notice": "", "embargo_since": said, "embargo_reason": reason}
    if edition.snapshot is not None:
        text["title"] = in_language(edition.snapshot.title, language)
    attributes = {"embargo": shown(True), **dict.fromkeys(("notice", "demo", "cards"), shown(False))}
    return View(language, text, attributes, _clock_of(edition), say=f"{said} {reason}", embargo=True)


def _without_figures(language: str, notice: str) -> View:
    attributes = {"notice": shown(True), **dict.fromkeys(("demo", "cards", "embargo"), shown(False))}
    return View(language, {"notice": notice}, attributes, say=notice)


def _clock_of(edition: Edition) -> dict[str, str | None]:
    snapshot = edition.snapshot
    if snapshot is None:
        return {}
    return {name: _iso(getattr(snapshot, name)) for name in ("published_at", "next_at", "stale_after")}


def _iso(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat().replace("+00:00", "Z")
