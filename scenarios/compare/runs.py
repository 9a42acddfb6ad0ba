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

    @property
    def of_futures(self) -> bool:
        """Whether it made many futures, and did not play the window once."""
        return bool(self.result["mode"] != "played")

    def differs(self, other: Run) -> tuple[str, ...]:
        """What makes figures of two runs incomparable: "site", "grid" or "window"."""
        pairs = {
            "site": (self.result["site"], other.result["site"]),
            "grid": (self.result.get("grid"), other.result.get("grid")),
            "window": (self.window, other.window),
        }
        return tuple(name for name, (mine, theirs) in pairs.items() if mine != theirs)


def side_by_side(places: Sequence[Path]) -> list[tuple[Run, ...]]:
    """Runs in groups to be compared, the first of each is what the others are held against.

    Folders that hold several rehearsals are compared rehearsal by rehearsal, by their names; else everything with the first.

    Raises:
        BadInput: for places without results, all at once, when there is nothing to compare, and for futures beside a run that
            was played once.
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
        groups = [_runs([each[name] for each in listed]) for name in shared]
    else:
        groups = [_runs([folder for each in listed for folder in each.values()])]
    unlike = [problem for group in groups for problem in _unlike(group)]
    if unlike:
        raise BadInput(unlike)
    return groups


def _unlike(group: Sequence[Run]) -> list[Problem]:
    """Runs of another kind than the first: a distribution has no difference to a single day."""
    kinds = {True: "futures (--futures)", False: "a window that was played once"}
    first = group[0].of_futures
    remedy = f"make it {'with' if first else 'without'} --futures, or compare it with its like"
    return [
        Problem(str(run.folder), kinds[not first], f"{kinds[first]} like A", remedy) for run in group if run.of_futures != first
    ]


def _runs(folders: Sequence[Path]) -> tuple[Run, ...]:
    return tuple(Run(letter, folder, read_result(folder)) for letter, folder in zip(_LETTERS, folders, strict=False))
