"""The look-ahead of the coming 48 hours on the main page: asked for once a tick beside the feed, shown when it has come."""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection, Hashable

from fastapi import FastAPI
from pydantic import ValidationError

from dashboard.regie.desk import Desk, Look, Screen
from dashboard.regie.grid.ahead_view import ahead_strip, readings
from dashboard.regie.grid.coming import Coming
from twin.contracts.desk_ports import Previews, Unavailable
from twin.contracts.preview import LookAheadAnswer
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
        """No address of its own."""

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
        words, snapshot = look.words, look.snapshot
        answer, missing = self._answer, None
        if answer is not None and not answer.stale:
            coming: Coming | None = Coming.of_answer(answer)
        else:
            missing = words("grid.ahead_unavailable")
            coming = None if snapshot.horizon is None else Coming.of_horizon(snapshot.horizon, snapshot.as_of)
        return {
            "ahead": {
                "markup": ahead_strip(coming, look.names, missing=missing),
                "label": words("grid.ahead"),
                "payload": None if coming is None else {"reads": readings(coming, look.names)},
            }
        }
