"""The desk: what every room of the régie's web application shares, and what a room is."""

from __future__ import annotations

from collections.abc import Collection, Hashable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from fastapi import FastAPI

from dashboard.regie.access.roles import Deed, Person
from dashboard.regie.book import Book, Line
from dashboard.regie.commands import CommandQueue
from dashboard.regie.diagram import Diagram
from dashboard.regie.names import Names
from dashboard.regie.wish import Wish, expiry
from dashboard.regie.words import Words
from twin.contracts.desk_ports import Ports
from twin.contracts.snapshot import Snapshot

Screen = dict[str, dict[str, Any]]
"""Panel id -> its properties."""


@dataclass(frozen=True)
class Look:
    """What a panel is drawn from: one snapshot, in one language, for one set of rights.

    Attributes:
        names: of the site's parts, with the words of the screen. ``diagram``: None while nobody has described the grid.
        deeds: what whoever looks may do. ``read_only``: no command is taken on this address.
    """

    snapshot: Snapshot
    names: Names
    diagram: Diagram | None
    deeds: frozenset[Deed]
    read_only: bool

    @property
    def words(self) -> Words:
        """The words of the screen."""
        return self.names.words

    def with_words(self, room: str) -> Words:
        """The words of the screen, and those of ``locale/<room>.<language>.toml``."""
        return Words.of(self.words.language, self.words.timezone, self.words.now, room)

    def may(self, deed: Deed) -> bool:
        """True when whoever looks may do that here."""
        return deed in self.deeds and (not self.read_only or deed in (Deed.SEE, Deed.SEE_MONEY))


class Now(Protocol):
    """The newest snapshot, as the watcher holds it."""

    @property
    def snapshot(self) -> Snapshot | None:
        """None before the loop's first."""
        ...

    @property
    def diagram(self) -> Diagram | None:
        """None while nobody has described the grid."""
        ...

    @property
    def readable(self) -> bool:
        """False while the newest snapshot file cannot be read."""
        ...

    @property
    def followers(self) -> int:
        """Live connections."""
        ...


@dataclass(frozen=True)
class Desk:
    """What every room shares.

    Attributes:
        read_only: this address takes no commands (it is bound to more than loopback without encryption).
        second: kinds of commands that a second person must confirm, and ``second_life``: how long the first one's wish waits.
    """

    state: Path
    now: Now
    queue: CommandQueue
    book: Book
    ports: Ports
    read_only: bool
    second: frozenset[str] = frozenset()
    second_life: timedelta = timedelta(0)

    def note(self, person: Person, kind: str, target: str = "", /, **params: Any) -> Line:
        """Write one line of the book in somebody's name.

        Raises:
            sqlite3.Error: when the book takes nothing; then what it is about must not be done either.
        """
        return self.book.write(datetime.now(UTC), person.name, str(person.role), kind, target, **params)

    def command(self, person: Person, wish: Wish) -> int | None:
        """Put a command into the loop's queue, and into the book first; returns its number.

        None for a kind that takes two people: the wish stands in the book until a second one confirms it (`access.second`).

        Raises:
            sqlite3.Error: when either store refuses it.
        """
        issued_at = datetime.now(UTC)
        if wish.kind in self.second:
            until = issued_at + self.second_life
            self.note(person, "second.ask", wish.target, wish=wish.model_dump(), expires=until.isoformat())
            return None
        self.note(person, f"command.{wish.kind}", wish.target, **({"motive": wish.motive} if wish.motive else {}))
        return self.queue.put(wish, person.name, issued_at, expiry(issued_at, self.now.snapshot))


class Room(Protocol):
    """One part of the web application: addresses of its own, and panels on the main page."""

    @property
    def panels(self) -> Collection[str]:
        """Ids of its panels on the main page, in reading order."""
        ...

    def add_to(self, server: FastAPI) -> None:
        """Add its addresses; each asks for a deed (`dashboard.regie.access.asked.needs`)."""
        ...

    def stamp(self) -> Hashable:
        """Changes when its panels are to be drawn anew although the snapshot is the same."""
        ...

    def draw(self, look: Look) -> Screen:
        """Its panels."""
        ...
