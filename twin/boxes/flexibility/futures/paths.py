"""Futures: one planning problem along several forecast paths, each with its probability."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from twin.boxes.flexibility.devices.plant import Plant
from twin.boxes.flexibility.lp.problem import Device, Problem
from twin.domain.problems import Problems


@dataclass(frozen=True, kw_only=True)
class Futures:
    """Problems of equal structure; what is decided in the first ``shared_steps`` steps is the same in all of them.

    Attributes:
        problems: one per path. ``probabilities``: of each, above zero, summing to 1.
        shared_steps: steps that are ordered before anybody knows which path comes true.

    Raises:
        BadInput: with every fault.
    """

    problems: tuple[Problem, ...]
    probabilities: tuple[float, ...]
    shared_steps: int = 1

    def __post_init__(self) -> None:
        faults = Problems()
        if not self.problems or len(self.problems) != len(self.probabilities):
            count = f"{len(self.problems)} paths, {len(self.probabilities)} probabilities"
            faults.add("futures", count, "one probability per path, at least one", "give every path its probability")
            faults.raise_if_any()
        # Probabilities come from divisions of counts: anything closer to 1 is rounding.
        total = float(np.sum(self.probabilities))
        if not (abs(total - 1.0) < 1e-6 and min(self.probabilities) > 0.0):
            given = f"{self.probabilities}, sum {total:g}"
            faults.add("futures.probabilities", given, "above 0 and summing to 1", "leave out paths that cannot happen")
        steps = len(self.problems[0].hours)
        if not 1 <= self.shared_steps <= steps:
            faults.add("futures.shared_steps", self.shared_steps, f"1 to {steps} steps", "share what is ordered now")
        for at, problem in enumerate(self.problems):
            if problem.structure != self.problems[0].structure:
                faults.add(f"futures.problems[{at}]", "another structure", "the first path's", "give all the same devices")
            elif _watched(problem) != _watched(self.problems[0]):
                faults.add(f"futures.problems[{at}].rows", "other rows", "the first path's", "watch the same on every path")
        faults.raise_if_any()


def along(
    problem: Problem,
    *,
    net_p_mw: np.ndarray,
    used_mw: Mapping[str, np.ndarray] | None = None,
    available_mw: Mapping[str, np.ndarray] | None = None,
) -> Problem:
    """``problem`` as one forecast path sees it.

    The margin that a row holds back for the forecast's error goes: the paths themselves stand for the error now.

    Args:
        net_p_mw: net import without the planned devices on this path [MW], dims (step,).
        used_mw: by a row's name, how much more of it this path uses than the forecast ``problem`` was made for [MW], dims
            (step,); rows that are not named keep their room.
        available_mw: by a plant's id, what it could feed in on this path [MW], dims (step,).

    Raises:
        BadInput: for names that the problem does not have.
    """
    used, available = used_mw or {}, available_mw or {}
    faults = Problems()
    plants = {device.id for device in problem.devices if isinstance(device, Plant)}
    for place, names, known in (
        ("used_mw", used, {row.name for row in problem.rows}),
        ("available_mw", available, plants),
    ):
        for name in sorted(set(names) - known):
            faults.add(f"path.{place}", name, "a name of the problem", "check the forecast's names")
    faults.raise_if_any()
    rows = tuple(
        replace(row, room_mw=row.room_mw + row.margin_mw - used[row.name], margin_mw=0.0) if row.name in used else row
        for row in problem.rows
    )
    site = replace(problem.site, net_p_mw=np.asarray(net_p_mw, dtype=float))
    devices = tuple(_shone_on(device, available) for device in problem.devices)
    return replace(problem, devices=devices, site=site, rows=rows)


def _shone_on(device: Device, available: Mapping[str, np.ndarray]) -> Device:
    if isinstance(device, Plant) and device.id in available:
        return replace(device, available_mw=available[device.id])
    return device


def _watched(problem: Problem) -> list[tuple[str, bytes]]:
    return [(row.name, np.isfinite(row.room_mw).tobytes()) for row in problem.rows]
