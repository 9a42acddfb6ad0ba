"""Faults of an input, collected and shown all at once: place, value, limit, remedy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

_Made = TypeVar("_Made")


@dataclass(frozen=True)
class Problem:
    """One fault. ``place`` names file, table, element or row; ``remedy`` says what to do about it."""

    place: str
    value: str
    limit: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.place}: {self.value}; expected {self.limit}; {self.remedy}"


class BadInput(ValueError):
    """An input was refused; ``problems`` holds every fault found. The command line shows them and exits with ``exit_code``."""

    exit_code = 2

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass
class Problems:
    """A collector: add faults while reading on, then ``raise_if_any``."""

    found: list[Problem] = field(default_factory=list)

    def add(self, place: str, value: object, limit: str, remedy: str) -> None:
        """Note one fault."""
        self.found.append(Problem(place, str(value), limit, remedy))

    def __iter__(self) -> Iterator[Problem]:
        return iter(self.found)

    def __bool__(self) -> bool:
        return bool(self.found)

    def tried(self, make: Callable[[], _Made]) -> _Made | None:
        """What ``make`` gives; None where it is refused: its faults join the rest, each once, and the caller reads on."""
        try:
            return make()
        except BadInput as refused:
            self.found += [problem for problem in refused.problems if problem not in self.found]
            return None

    def raise_if_any(self) -> None:
        """Refuse the input with all faults at once.

        Raises:
            BadInput: when at least one fault was noted.
        """
        if self.found:
            raise BadInput(self.found)
