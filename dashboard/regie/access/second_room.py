"""Four eyes on the main page: what waits for a second person, who confirms or rejects it. Never the first, never a program."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Hashable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock
from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI, HTTPException, Request

from dashboard.regie.access.asked import needs
from dashboard.regie.access.roles import Deed, Person
from dashboard.regie.access.second import CONFIRM, REJECT, ROOM, Pending, pending
from dashboard.regie.desk import Desk, Look, Screen
from dashboard.regie.markup import Markup, tag
from dashboard.regie.messages import told
from dashboard.regie.page import Visit
from dashboard.regie.wish import expiry
from dashboard.regie.words import Words


@dataclass(frozen=True)
class SecondRoom:
    """The second person's answer."""

    desk: Desk
    panels: Collection[str] = ("second",)
    _one_at_a_time: Lock = field(default_factory=Lock)

    def add_to(self, server: FastAPI) -> None:
        """Add the address."""

        @server.post("/regie/api/second/{ask}/{answer}", status_code=202)
        def second(
            ask: int,
            answer: Literal["confirm", "reject"],
            person: Annotated[Person, Depends(needs(Deed.COMMAND))],
            request: Request,
        ) -> dict[str, int | None]:
            words = Visit.of(request, person, self.desk, "access").words
            try:
                return {"id": self.answer(ask, person, words, confirmed=answer == "confirm")}
            except sqlite3.Error as error:
                raise HTTPException(503, words("second.not_stored", why=str(error))) from error

    def answer(self, ask: int, person: Person, words: Words, *, confirmed: bool) -> int | None:
        """Take a second person's answer; returns the command's number, None for a rejected one.

        Raises:
            HTTPException: nothing waits under that number, or this person may not answer it.
            sqlite3.Error: the book or the queue takes nothing.
        """
        if self.desk.read_only:
            raise HTTPException(403, words("second.read_only"))
        with self._one_at_a_time:  # two who confirm at once must not send it twice
            one = next((one for one in self._waiting() if one.id == ask), None)
            if one is None:
                raise HTTPException(404, words("second.gone"))
            if person.program or (confirmed and person.name == one.by):
                raise HTTPException(403, words("second.same"))
            self.desk.note(person, CONFIRM if confirmed else REJECT, one.wish.target, ask=ask, asked_by=one.by)
            if not confirmed:
                return None
            now = datetime.now(UTC)
            return self.desk.queue.put(one.wish, f"{one.by} + {person.name}", now, expiry(now, self.desk.now.snapshot))

    def stamp(self) -> Hashable:
        """What waits."""
        return tuple(one.id for one in self._waiting())

    def draw(self, look: Look) -> Screen:
        """A line for each wish that waits, with its two buttons for who may answer."""
        waiting = self._waiting() if look.may(Deed.SEE) else []
        return {"second": {"markup": tag("ul", *(self._item(one, look) for one in waiting)) if waiting else ""}}

    def _item(self, one: Pending, look: Look) -> Markup:
        words = look.with_words("access")
        names: dict[str, Any] = told({"kind": one.wish.kind, "target": one.wish.target}, look.names)
        text = words("second.waits", by=one.by, until=words.wall(one.expires), **names)
        buttons = [
            tag(
                "button",
                words(f"second.{answer}"),
                type="button",
                class_="button strong" if answer == "confirm" else "button",
                data_second=f"{one.id}/{answer}",
                data_focus=f"second-{one.id}-{answer}",
            )
            for answer in ("confirm", "reject")
        ]
        return tag("li", tag("span", "▲ ", text), *(buttons if look.may(Deed.COMMAND) else ()), class_="line")

    def _waiting(self) -> list[Pending]:
        if not self.desk.second:
            return []
        return pending(self.desk.book.lines(ROOM), datetime.now(UTC))
