"""Results found, and which of them belong beside each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from scenarios.results.read import found, read_result
from twin.domain.problems import BadInput, Problem

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class Run:
    """Results of one rehearsal. ``letter``: what it is called beside the others."""

    letter: str
    folder: Path
    result: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Of its folder."""
        return self.folder.name

    @cached_property
    def window(self) -> tuple[str, int]:
        """Start and number of quarter hours."""
        return str(self.result["start"]), int(self.result["ticks"])

    def differs(self, other: Run) -> tuple[str, ...]:
        """What makes figures of two runs incomparable: "site", "grid", "window" or "mode"."""
        pairs = {
            "site": (self.result["site"], other.result["site"]),
            "grid": (self.result.get("grid"), other.result.get("grid")),
            "window": (self.window, other.window),
            "mode": (self.result["mode"] == "played", other.result["mode"] == "played"),
        }
        return tuple(name for name, (mine, theirs) in pairs.items() if mine != theirs)


def side_by_side(places: Sequence[Path]) -> list[tuple[Run, ...]]:
    """Runs in groups to be compared, the first of each is what the others are held against.

    Folders that hold several rehearsals are compared rehearsal by rehearsal, by their names; else everything with the first.

    Raises:
        BadInput: for places without results, all at once, and when there is nothing to compare.
    """
    problems: list[Problem] = []
    listed: list[dict[str, Path]] = []
    for place in places:
        try:
            listed.append(found(place))
        except BadInput as refused:
            problems += refused.problems
    if not problems and sum(map(len, listed)) < 2:
        limit = "two or more results"
        problems.append(Problem(" ".join(map(str, places)), "a single result", limit, "give another folder beside it"))
    if not problems and max(map(len, listed)) > len(_LETTERS):
        problems.append(Problem("results", "too many", f"at most {len(_LETTERS)} beside each other", "give fewer folders"))
    if problems:
        raise BadInput(problems)
    shared = [name for name in listed[0] if all(name in other for other in listed[1:])]
    if len(listed) > 1 and max(map(len, listed)) > 1 and shared:
        return [_runs([each[name] for each in listed]) for name in shared]
    return [_runs([folder for each in listed for folder in each.values()])]


def _runs(folders: Sequence[Path]) -> tuple[Run, ...]:
    return tuple(Run(letter, folder, read_result(folder)) for letter, folder in zip(_LETTERS, folders, strict=False))
