"""Clock, age and alarm counters for every page beside the main one, so that no page hides an alarm."""

from __future__ import annotations

from collections.abc import Collection, Hashable
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Depends, FastAPI

from dashboard.format import choose_language
from dashboard.regie.access.asked import needs
from dashboard.regie.access.roles import Deed, Person
from dashboard.regie.chips import chip
from dashboard.regie.desk import Desk, Look, Screen
from dashboard.regie.markup import tag
from dashboard.regie.screen import late_at
from dashboard.regie.words import Words


class PulseRoom:
    """One address that the other pages ask every two seconds."""

    panels: Collection[str] = ()

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def add_to(self, server: FastAPI) -> None:
        """Add the address."""

        @server.get("/regie/api/pulse")
        def pulse(person: Annotated[Person, Depends(needs(Deed.SEE))], lang: str = "en") -> dict[str, Any]:
            language = choose_language(lang, None)
            told = self.now(language, datetime.now(UTC))
            if person.locked:
                words = Words.of(language, "UTC")
                again = tag("a", "▲ ", words("nav.locked"), href=f"/regie/login?lang={language}", class_="warn")
                told["markup"] = tag("div", told["markup"], tag("p", again), class_="locked")
            return told

    def now(self, language: str, at: datetime) -> dict[str, Any]:
        """The bar's markup at wall clock ``at``, and whether what it shows is stale."""
        snapshot = self._desk.now.snapshot
        if snapshot is None:
            return {"markup": tag("p", Words.of(language, "UTC")("ui.waiting")), "stale": True}
        words = Words.of(language, snapshot.site.timezone, snapshot.as_of)
        late = snapshot.mode == "live" and at > late_at(snapshot)
        open_alarms = [alarm for alarm in snapshot.alarms if alarm.cleared_at is None]
        counts = [
            tag("span", chip(priority), " ", words.number(sum(1 for alarm in open_alarms if alarm.priority == priority)))
            for priority in (1, 2, 3, 4)
        ]
        clock = f"{words.day(snapshot.as_of)} {words.clock(snapshot.as_of)}"
        state = words("mode.stale") if late else words(f"mode.{snapshot.mode}")
        age = words("ui.age_s", n=max(0, round((at - snapshot.published_at).total_seconds())))
        parts = [
            tag("strong", clock),
            tag("span", state, class_="mode doubtful" if late else "mode"),
            tag("span", age),
            *counts,
        ]
        return {"markup": tag("p", *parts), "stale": late}

    def stamp(self) -> Hashable:
        """It has no panel."""
        return None

    def draw(self, _: Look) -> Screen:
        """It has no panel."""
        return {}
