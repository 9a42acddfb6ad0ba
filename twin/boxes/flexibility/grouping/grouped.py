"""Like devices as one: a smaller problem, and its plan handed out to every device again."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from twin.boxes.flexibility.grouping.aggregate import aggregate
from twin.boxes.flexibility.grouping.handing_out import handed_out
from twin.boxes.flexibility.grouping.likeness import Key, by_fill, key_of
from twin.boxes.flexibility.grouping.members import Members, members_of
from twin.boxes.flexibility.grouping.tracking import tracked
from twin.boxes.flexibility.lp.problem import Device, Problem
from twin.boxes.flexibility.lp.rows import GridRow

BATCH = 100
"""Members whose tracking programmes are solved as one."""
MISSED_MW = 1e-6
"""A plan that is missed by less than a watt is followed."""


@dataclass(frozen=True)
class Grouping:
    """A problem whose like devices are one.

    Attributes:
        problem: the smaller problem.
        members: all devices that stand in a group. ``group``: unit of theirs in the smaller problem, dims (member,);
            ``units``: their own units in the original one, dims (member,).
        alone: units that stand for themselves: (in the original, in the smaller problem), dims (unit alone, 2).
        shape: (unit, step) of the original problem.
    """

    problem: Problem
    members: Members
    group: np.ndarray
    units: np.ndarray
    alone: np.ndarray
    shape: tuple[int, int]

    def split(self, plan_p_mw: np.ndarray) -> np.ndarray:
        """Power of every unit of the original problem [MW], dims (unit, step).

        Every device stays within its limits and leaves with what it was promised; the sum of a group is the plan's wherever
        its members can follow, in the first step always. Where equal shares miss the plan, a linear programme looks for the
        split that misses it least.

        Args:
            plan_p_mw: plan of the smaller problem [MW], dims (unit, step).
        """
        power = np.zeros(self.shape)
        power[self.alone[:, 0]] = plan_p_mw[self.alone[:, 1]]
        which, group = np.unique(self.group, return_inverse=True)
        wanted = plan_p_mw[which]
        fair = handed_out(self.members, group, wanted)
        given = self._tracked(group, wanted, fair)
        power[self.units] = fair if given is None else handed_out(self.members, group, wanted, given)
        return power

    def _tracked(self, group: np.ndarray, wanted: np.ndarray, fair: np.ndarray) -> np.ndarray | None:
        """Power of the members whose group equal shares miss, NaN for all else, dims (member, step); None without any."""
        total = np.zeros(wanted.shape)
        np.add.at(total, group, fair)
        missed = (np.abs(total - wanted) > MISSED_MW).any(axis=1)
        if not missed.any():
            return None
        given = np.full(fair.shape, np.nan)
        for some in _batches(np.flatnonzero(missed), np.bincount(group)):
            place = np.full(len(missed), -1)
            place[some] = np.arange(len(some))
            which = np.flatnonzero(place[group] >= 0)
            closest = tracked(self.members.of(which), place[group[which]], wanted[some], fair[which])
            if closest is not None:
                given[which] = closest
        return given


def _batches(groups: np.ndarray, sizes: np.ndarray) -> list[np.ndarray]:
    """Groups in batches of some `BATCH` members: a programme's time grows faster than its size."""
    batch = np.cumsum(sizes[groups]) // BATCH
    return [groups[batch == at] for at in np.unique(batch)]


def grouped(problem: Problem, place: Mapping[str, Hashable]) -> Grouping:
    """``problem`` with like devices put together.

    Args:
        place: node or zone of every device by its id; devices of different places are never put together. One without a place
            stands alone.
    """
    clusters = _clusters(problem, place)
    parts = {device.id: device.parts(problem.hours) for device in problem.devices}
    ordered = [device for cluster in clusters.values() for device in cluster]
    members = members_of([parts[device.id] for device in ordered], problem.hours)
    ends = np.cumsum([len(cluster) for cluster in clusters.values()])
    stands_for = {
        cluster[0].id: aggregate(name, cluster, members.of(np.arange(end - len(cluster), end)), len(problem.hours))
        for (name, cluster), end in zip(clusters.items(), ends, strict=True)
    }
    within = {device.id: name for name, cluster in clusters.items() for device in cluster}
    devices = tuple(stands_for.get(d.id, d) for d in problem.devices if d.id in stands_for or d.id not in within)
    small = replace(problem, devices=devices, rows=())
    here, there = small.unit_of, problem.unit_of
    found = Grouping(
        small,
        members,
        np.array([here[within[device.id]] for device in ordered], dtype=int),
        np.array([there[device.id] for device in ordered], dtype=int),
        np.array([(at, here[unit]) for unit, at in there.items() if unit not in within], dtype=int).reshape(-1, 2),
        (len(problem.parts.units), len(problem.hours)),
    )
    return replace(found, problem=replace(small, rows=tuple(_row(row, found) for row in problem.rows)))


def _clusters(problem: Problem, place: Mapping[str, Hashable]) -> dict[str, list[Device]]:
    """Members by the group's name; the order of the problem's devices changes neither."""
    by_key: dict[Key, list[Device]] = {}
    for device in problem.devices:
        key = key_of(device, place[device.id], problem.hours) if device.id in place else None
        if key is not None:
            by_key.setdefault(key, []).append(device)
    clusters = [(key, part) for key in sorted(by_key) for part in by_fill(by_key[key])]
    found: dict[str, list[Device]] = {}
    number: dict[tuple[str, str], int] = {}
    for (kind, where, *_), cluster in clusters:
        if len(cluster) == 1:
            continue
        # Numbered, not named after a member: the compiled model serves while cars come and go.
        number[kind, where] = number.get((kind, where), 0) + 1
        found[f"{kind} {number[kind, where]} at {where}"] = sorted(cluster, key=lambda device: device.id)
    return found


def _row(row: GridRow, grouping: Grouping) -> GridRow:
    """The row by groups: the slope that the members share, or the mean by what each can do."""
    shape = len(grouping.problem.parts.units), grouping.shape[1]
    members = grouping.members
    weight = np.maximum(members.draw_high.max(axis=1) + members.feed_high.max(axis=1), 1e-12)
    size = np.bincount(grouping.group, weight, shape[0])
    share = weight / size[grouping.group]
    by_p = np.zeros(shape)
    np.add.at(by_p, grouping.group, share[:, None] * row.by_p[grouping.units])
    by_p[grouping.alone[:, 1]] = row.by_p[grouping.alone[:, 0]]
    by_q = None
    if row.by_q is not None:
        by_q = np.zeros(shape)
        by_q[grouping.alone[:, 1]] = row.by_q[grouping.alone[:, 0]]
    return replace(row, by_p=by_p, by_q=by_q)
