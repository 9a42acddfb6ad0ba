"""One line of a preflight: what was looked at, what was found, what it should be, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """Go, go with open eyes, or stay on the ground."""

    GO = "go"
    CAUTION = "caution"
    NO_GO = "no-go"


@dataclass(frozen=True)
class Line:
    """One finding. ``remedy``: "" where nothing is to be done."""

    name: str
    verdict: Verdict
    value: str
    limit: str
    remedy: str = ""


def go(name: str, value: str, limit: str) -> Line:
    """As it should be."""
    return Line(name, Verdict.GO, value, limit)


def caution(name: str, value: str, limit: str, remedy: str) -> Line:
    """It goes, and somebody should know."""
    return Line(name, Verdict.CAUTION, value, limit, remedy)


def no_go(name: str, value: str, limit: str, remedy: str) -> Line:
    """It does not go like that."""
    return Line(name, Verdict.NO_GO, value, limit, remedy)
