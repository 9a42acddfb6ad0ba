"""The look-ahead of the coming 48 hours on the main page: asked for once a tick beside the feed, shown when it has come."""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection, Hashable
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


class AheadRoom:
    """Holds the newest answer; the feed never waits for one."""

    panels: Collection[str] = ("ahead",)

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._lock = threading.Lock()
        self._asked: Hashable = None
        self._asking = False
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
        answer = self._answer
        if answer is not None and not answer.stale:
            return Coming.of_answer(answer), None
        horizon = snapshot.horizon
        return None if horizon is None else Coming.of_horizon(horizon, snapshot.as_of), words("grid.ahead_unavailable")

    def stamp(self) -> Hashable:
        """Changes when an answer has come; a new tick is asked about as soon as the last question is answered."""
        snapshot, previews = self._desk.now.snapshot, self._desk.ports.previews
        if snapshot is None or previews is None:
            return self._version
        tick = (snapshot.since, snapshot.tick)
        with self._lock:
            if self._asking or tick == self._asked:
                return self._version
            self._asked, self._asking = tick, True
        threading.Thread(target=self._ask, args=(previews,), name="look-ahead", daemon=True).start()
        return self._version

    def _ask(self, previews: Previews) -> None:
        answer: LookAheadAnswer | None = None
        try:
            answer = LookAheadAnswer.model_validate(previews.ask({"kind": "lookahead", "step_s": 900}, _PATIENCE_S))
        except (Unavailable, BadInput, ValidationError) as error:
            _LOG.info("no look-ahead: %s", str(error).splitlines()[0])
        finally:
            with self._lock:
                self._asking, self._answer = False, answer
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
