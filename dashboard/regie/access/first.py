"""The first person of a state directory: somebody must be able to come in before there is anybody to let them in."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from dashboard.regie.access import passwords
from dashboard.regie.access.people import People
from dashboard.regie.access.roles import Role
from dashboard.regie.book import Book

NAME = "dispatcher"


def nobody_yet(state: Path) -> bool:
    """True until somebody is there, or has a password of their own.

    Raises:
        OSError, ValueError: the list of people cannot be read.
    """
    return all(entry.name == NAME and entry.once_until is not None for entry in People(state).all().values())


def first_password(state: Path) -> str | None:
    """A one-time password for the first administrator; None once somebody is there who has a password of their own.

    One that was never used is replaced: nobody can tell any more what it was.

    Raises:
        OSError, sqlite3.Error: when the state directory takes neither people nor the book's line.
        ValueError: the list of people cannot be read.
    """
    if not nobody_yet(state):
        return None
    people = People(state)
    password = passwords.one_time()
    Book(state).write(datetime.now(UTC), "regie live", "-", "access.first", NAME, role=str(Role.ADMIN))
    if people.get(NAME) is not None:
        people.set_password(NAME, password, once=True)
    else:
        people.add(NAME, Role.ADMIN, password, once=True)
    return password
