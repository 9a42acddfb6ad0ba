"""One address: what a recommendation would do, before anybody accepts or refuses it."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Hashable
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict

from dashboard.format import choose_language
from dashboard.regie.access.asked import needs
from dashboard.regie.access.roles import Deed, Person
from dashboard.regie.decide.trial import trial
from dashboard.regie.desk import Desk, Look, Screen
from dashboard.regie.names import Names
from dashboard.regie.wish import Line
from dashboard.regie.words import Words
from twin.contracts.desk_ports import Unavailable
from twin.contracts.preview import RecommendationAnswer
from twin.contracts.snapshot import RecommendationView
from twin.domain.problems import BadInput

PATIENCE_S = 20.0
"""Longest wait for the work process: it may be compiling the grid for the first question."""


class Asked(BaseModel):
    """What the page asks for: a recommendation, told in its language."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Line
    lang: str = ""


class DecideRoom:
    """Simulate first."""

    panels: Collection[str] = ()

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def add_to(self, server: FastAPI) -> None:
        """Add the address; asking takes a second of the work process, so it is for those who decide."""

        @server.post("/regie/api/simulate")
        def simulate(asked: Asked, person: Annotated[Person, Depends(needs(Deed.COMMAND))]) -> dict[str, str]:
            return {"markup": self._simulated(asked, person)}

    def _simulated(self, asked: Asked, person: Person) -> str:
        """The answer's markup, with the buttons that decide."""
        words = self._words(asked.lang)
        item, names = self._recommendation(asked.id, words)
        if self._desk.ports.previews is None:
            raise HTTPException(503, words("trial.no_work"))
        try:
            self._desk.note(person, "recommendation.simulate", item.id)
            answer = self._desk.ports.previews.ask({"kind": "recommendation", "id": item.id}, PATIENCE_S)
        except sqlite3.Error as error:
            raise HTTPException(503, words("trial.no_book", why=error)) from error
        except Unavailable as why:
            raise HTTPException(503, words("trial.unavailable", why=why)) from why
        except BadInput as why:
            raise HTTPException(409, words("trial.refused", why=why)) from why
        told = RecommendationAnswer.model_validate(answer)
        return trial(item, told, names, may_see_money=person.may(Deed.SEE_MONEY))

    def _words(self, asked: str) -> Words:
        snapshot, language = self._desk.now.snapshot, choose_language(asked, None)
        if snapshot is None:
            return Words.of(language, "UTC", None, "trial")
        return Words.of(language, snapshot.site.timezone, snapshot.as_of, "trial")

    def _recommendation(self, id_: str, words: Words) -> tuple[RecommendationView, Names]:
        """The recommendation on the screen, or 404."""
        snapshot, diagram = self._desk.now.snapshot, self._desk.now.diagram
        for item in () if snapshot is None else snapshot.recommendations:
            if item.id == id_ and snapshot is not None:
                return item, Names(words, snapshot.site, None if diagram is None else diagram.facts)
        raise HTTPException(404, words("trial.gone"))

    def stamp(self) -> Hashable:
        """It has no panel: the page has a dialog."""
        return None

    def draw(self, _: Look) -> Screen:
        """It has no panel."""
        return {}
