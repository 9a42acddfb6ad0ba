"""What people keep by hand, as it stands: a fold of the book's lines that takes in only what is new."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from dashboard.regie.book import Book, Line

S = TypeVar("S")


class Standing(Generic[S]):
    """The fold of some rooms' lines; safe to use from several threads."""

    def __init__(self, book: Book, rooms: tuple[str, ...], empty: S, take: Callable[[S, Line], S]) -> None:
        """``take``: what stands after one more line. A line that cannot follow changes nothing: the book outlives the code."""
        self._book = book
        self._rooms = rooms
        self._state = empty
        self._take = take
        self._seen = 0
        self._lock = threading.RLock()

    def now(self) -> S:
        """What stands after the last line.

        Raises:
            sqlite3.Error: when the book cannot be read.
        """
        with self._lock:
            for line in self._book.lines(*self._rooms, after=self._seen):
                self._state = self._take(self._state, line)
                self._seen = line.id
            return self._state

    def last(self) -> int:
        """Id of the last line that it rests on, 0 for none: it grows with every one.

        Raises:
            sqlite3.Error: when the book cannot be read.
        """
        with self._lock:
            self.now()
            return self._seen

    @contextmanager
    def turn(self) -> Iterator[S]:
        """What stands, while nobody else writes: whoever decides on it and writes does both before the next looks."""
        with self._lock:
            yield self.now()
