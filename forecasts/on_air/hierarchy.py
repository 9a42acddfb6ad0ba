"""Which zone holds which: town, feeders, consenting buildings, and of every parent the rest that no child shows.

A zone's load is the sum of its children's and of its rest. Buildings whose people did not consent are never named: they are in
the rest of whatever holds them, like everything that nobody measures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from twin.domain.problems import Problems

_REST = "rest of "


def rest_name(parent: str) -> str:
    """What everything of a parent that is in no child is called."""
    return _REST + parent


@dataclass(frozen=True)
class Hierarchy:
    """Series that sum.

    Attributes:
        names: zones and consenting buildings, parents before children, then the rests.
        sums: rows that are zero for coherent values, dims (parent, name): +1 for the parent, -1 for each child and its rest.
    """

    names: tuple[str, ...]
    sums: np.ndarray

    @classmethod
    def of(cls, parents: Mapping[str, str]) -> Hierarchy:
        """Build it from who belongs to whom.

        Args:
            parents: child -> parent. Names that are nobody's child are the tops.

        Raises:
            BadInput: naming every circle and every name that is none.
        """
        _check(parents)
        shown: list[str] = []
        level = sorted(set(parents.values()) - set(parents))
        while level:
            shown += level
            level = sorted(child for child, parent in parents.items() if parent in level)
        children = {name: [child for child in shown if parents.get(child) == name] for name in shown}
        with_children = [name for name in shown if children[name]]
        names = (*shown, *(rest_name(name) for name in with_children))
        place = {name: i for i, name in enumerate(names)}
        sums = np.zeros((len(with_children), len(names)))
        for row, parent in enumerate(with_children):
            sums[row, place[parent]] = 1.0
            sums[row, [place[child] for child in (*children[parent], rest_name(parent))]] = -1.0
        return cls(names, sums)

    def stack(self, values: Mapping[str, np.ndarray]) -> np.ndarray:
        """Arrays by name in the hierarchy's order, NaN for a name without one, dims (name, ...).

        Raises:
            KeyError: for a name that the hierarchy does not show.
        """
        for name in values:
            if name not in self.names:
                raise KeyError(f"{name!r} is not shown by this hierarchy; leave it out, it is in its parent's rest")
        shape = next(iter(values.values())).shape
        return np.stack([np.asarray(values.get(name, np.full(shape, np.nan)), dtype=np.float64) for name in self.names])

    def fill_rests(self, values: np.ndarray) -> np.ndarray:
        """Values with every unknown rest set to its parent minus the children that are known, dims (name, ...).

        So a history of a rest is made, to be forecast like any series; and a reconciled rest that nobody forecast. NaN stays
        where the parent is unknown.
        """
        filled = values.copy()
        for row in self.sums:
            parent = int(np.argmax(row))
            rest = np.flatnonzero(row < 0.0)[-1]
            if not self.names[rest].startswith(_REST):
                continue
            known_children = np.nan_to_num(values[np.setdiff1d(np.flatnonzero(row < 0.0), [rest])]).sum(axis=0)
            filled[rest] = np.where(np.isnan(values[rest]), values[parent] - known_children, values[rest])
        return filled


def _check(parents: Mapping[str, str]) -> None:
    problems = Problems()
    for name in parents:
        seen, at = {name}, name
        while (at := parents.get(at, "")) and at not in seen:
            seen.add(at)
        if at:
            problems.add(
                f"zone {name!r}", f"belongs to {parents[name]!r}", "a tree without circles", "correct one of the parents"
            )
    known = set(parents) | set(parents.values())
    for name in sorted(known):
        if not name or name.startswith(_REST):
            problems.add(f"zone {name!r}", repr(name), f"a name that does not begin with {_REST!r}", "rename the zone")
    problems.raise_if_any()
