"""The what-if's address and form: one browser's question to the preview service; none of it reaches loop or other screens."""

from __future__ import annotations

from collections.abc import Collection, Hashable
from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict, Field

from dashboard.format import choose_language
from dashboard.regie.access.asked import needs
from dashboard.regie.access.roles import Deed, Person
from dashboard.regie.desk import Desk, Look, Screen
from dashboard.regie.grid.what_if import answer, form
from dashboard.regie.grid.zone import fits
from dashboard.regie.names import Names
from dashboard.regie.words import Words
from twin.contracts.desk_ports import Unavailable
from twin.contracts.preview import WhatIfAnswer
from twin.domain.problems import BadInput

_PATIENCE_S = 5.0


class Asked(BaseModel):
    """What the form sends."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    element: Annotated[str, Field(pattern=r"^(line|trafo|switch|device):[^\x00-\x1f]{1,80}$")]
    action: Literal["out", "back", "open", "close", "power"]
    p_mw: Annotated[float, Field(ge=-1000.0, le=1000.0, allow_inf_nan=False)] = 0.0
    lang: str = "en"

    def question(self) -> dict[str, Any]:
        """The question in the preview service's form.

        Raises:
            ValueError: the action is none of that kind of element.
        """
        table, _, name = self.element.partition(":")
        if self.action in ("out", "back") and table in ("line", "trafo"):
            return {"kind": "what_if", "outages": [{"table": table, "index": int(name), "out": self.action == "out"}]}
        if self.action in ("open", "close") and table == "switch":
            return {"kind": "what_if", "switch": [{"switch": int(name), "closed": self.action == "close"}]}
        if self.action == "power" and table == "device":
            return {"kind": "what_if", "redispatch": [{"device": name, "p_mw": self.p_mw}]}
        allowed = "out or back of a line or trafo, open or close of a switch, power of a device"
        raise ValueError(f"action={self.action!r} of element={self.element!r}: {allowed}")


class WhatIfRoom:
    """What-ifs on the main page."""

    panels: Collection[str] = ("what-if",)

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def add_to(self, server: FastAPI) -> None:
        """Add the address."""

        @server.post("/regie/api/what-if")
        def what_if(asked: Asked, _: Annotated[Person, Depends(needs(Deed.REHEARSE))]) -> dict[str, str]:
            return self.answer(asked)

    def answer(self, asked: Asked) -> dict[str, str]:
        """Diagram, map and comparison as markup, for the browser that asked.

        Raises:
            HTTPException: 422 for a question with faults, 503 where there is nothing to ask or no answer in time.
        """
        snapshot, diagram, previews = self._desk.now.snapshot, self._desk.now.diagram, self._desk.ports.previews
        language = choose_language(asked.lang, None)
        timezone, now = ("UTC", None) if snapshot is None else (snapshot.site.timezone, snapshot.as_of)
        words = Words.of(language, timezone, now, "grid")
        if previews is None or snapshot is None or diagram is None:
            raise HTTPException(503, words("grid.no_service"))
        try:
            told = WhatIfAnswer.model_validate(previews.ask(asked.question(), _PATIENCE_S))
        except Unavailable as error:
            raise HTTPException(503, f"{words('grid.no_answer')} {words('ui.technical', text=str(error))}") from error
        except (BadInput, ValueError) as error:
            raise HTTPException(422, f"{words('grid.refused')} {words('ui.technical', text=str(error))}") from error
        if not fits(told.after.values, diagram.facts):
            raise HTTPException(503, words("grid.no_answer"))
        names = Names(words, snapshot.site, diagram.facts)
        done = f"{names.of(asked.element)}: {words(f'grid.do_{asked.action}')}"
        if asked.action == "power":
            done = f"{done} {words.power(asked.p_mw, signed=True)}"
        return answer(told, done, diagram, names)

    def stamp(self) -> Hashable:
        """The form changes with the grid alone."""
        return None

    def draw(self, look: Look) -> Screen:
        """The form, for those who may ask."""
        allowed = Deed.REHEARSE in look.deeds
        return {"what-if": {"markup": form(look) if allowed else "", "label": look.words("grid.what_if")}}
