"""The look-ahead of 48 hours on the main page: asked for beside the feed while somebody looks, shown when it has come.

An answer costs seconds of a processor that boxes and other what-ifs need too: nobody's screen costs none, and after each answer
there is a rest of twice the time it took. A run at full speed asks for none, for its ticks are over before their answer.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Collection, Hashable
from datetime import timedelta
from typing import Annotated

from fastapi import Depends, FastAPI, Request
from pydantic import ValidationError
from starlette.responses import HTMLResponse

from dashboard.regie.access.asked import needs
from dashboard.regie.access.roles import Deed, Person
from dashboard.regie.desk import Desk, Look, Screen
from dashboard.regie.grid.ahead_view import ahead_strip, readings
from dashboard.regie.grid.coming import Coming
from dashboard.regie.markup import Markup, tag
from dashboard.regie.names import Names
from dashboard.regie.page import Visit, page
from dashboard.regie.views.horizon import horizon_chart
from dashboard.regie.words import Words
from twin.contracts.desk_ports import Previews, Unavailable
from twin.contracts.preview import LookAheadAnswer
from twin.contracts.snapshot import Snapshot
from twin.domain.problems import BadInput

_LOG = logging.getLogger(__name__)
_PATIENCE_S = 60.0
_REST = 2.0
"""Times the last answer's duration: the look-ahead has a third of one processor at most."""
_TOO_OLD = timedelta(hours=1)
"""Of the grid's clock: hours ahead that were counted from before are not the coming ones."""


class AheadRoom:
    """Holds the newest answer; the feed never waits for one."""

    panels: Collection[str] = ("ahead",)

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._lock = threading.Lock()
        self._asked: Hashable = None
        self._asking = False
        self._not_before_s = 0.0
        self._answer: LookAheadAnswer | None = None
        self._version = 0

    def add_to(self, server: FastAPI) -> None:
        """Add the page with the whole horizon: charts with and without the plan, and every hour in words."""

        @server.get("/regie/ahead/")
        def ahead(request: Request, person: Annotated[Person, Depends(needs(Deed.SEE))]) -> HTMLResponse:
            visit = Visit.of(request, person, self._desk, "grid")
            return page(visit, "ahead/", visit.words("grid.ahead"), *self._whole(visit.words))

    def _whole(self, words: Words) -> list[Markup]:
        now = self._desk.now
        if now.snapshot is None:
            return [tag("p", words("ui.waiting"), class_="empty")]
        names = Names(words, now.snapshot.site, now.diagram.facts if now.diagram is not None else None)
        coming, _ = self._coming(now.snapshot, words)
        hours = [] if coming is None else readings(coming, names)[:: 3600 // coming.step_s]
        charts = tag("section", horizon_chart(now.snapshot.horizon, names), class_="panel whole-horizon")
        return [charts, tag("section", tag("ol", *(tag("li", hour) for hour in hours)), class_="panel")]

    def _coming(self, snapshot: Snapshot, words: Words) -> tuple[Coming | None, str | None]:
        """The hours to show, and why they are not the service's."""
        if (answer := self.known(snapshot)) is not None:
            return Coming.of_answer(answer), None
        horizon = snapshot.horizon
        return None if horizon is None else Coming.of_horizon(horizon, snapshot.as_of), words("grid.ahead_unavailable")

    def known(self, snapshot: Snapshot) -> LookAheadAnswer | None:
        """The newest answer while it still holds; nobody waits for one."""
        answer = self._answer
        fresh = answer is not None and not answer.stale and snapshot.as_of - answer.as_of < _TOO_OLD
        return answer if fresh else None

    def stamp(self) -> Hashable:
        """Changes when an answer has come; a new tick is asked about after the rest that follows the last one's answer."""
        now, previews = self._desk.now, self._desk.ports.previews
        if now.snapshot is None or previews is None or not now.followers or _is_at_full_speed(now.snapshot):
            return self._version
        tick = (now.snapshot.since, now.snapshot.tick)
        with self._lock:
            if self._asking or tick == self._asked or time.monotonic() < self._not_before_s:
                return self._version
            self._asked, self._asking = tick, True
        threading.Thread(target=self._ask, args=(previews,), name="look-ahead", daemon=True).start()
        return self._version

    def _ask(self, previews: Previews) -> None:
        answer: LookAheadAnswer | None = None
        begun_s = time.monotonic()
        try:
            answer = LookAheadAnswer.model_validate(previews.ask({"kind": "lookahead", "step_s": 900}, _PATIENCE_S))
        except (Unavailable, BadInput, ValidationError) as error:
            _LOG.info("no look-ahead: %s", str(error).splitlines()[0])
        finally:
            with self._lock:
                self._asking, self._answer = False, answer
                self._not_before_s = time.monotonic() + _REST * (time.monotonic() - begun_s)
                self._version += 1

    def draw(self, look: Look) -> Screen:
        """The strip; from the snapshot's own horizon where the service has no answer."""
        words = look.words
        coming, missing = self._coming(look.snapshot, words)
        return {
            "ahead": {
                "markup": ahead_strip(coming, look.names, missing=missing),
                "label": words("grid.ahead"),
                "payload": None if coming is None else {"reads": readings(coming, look.names)},
            }
        }


def _is_at_full_speed(snapshot: Snapshot) -> bool:
    return snapshot.mode == "live" and snapshot.next_at is None
