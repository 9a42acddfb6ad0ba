"""The states of a scenario's worst futures: drawn as `regie run --futures` draws them, nobody deciding anything."""

from __future__ import annotations

import numpy as np

from scenarios.futures.begin import wired_site
from scenarios.futures.chances import Chances
from scenarios.futures.fate import Fate
from scenarios.futures.powers import left_alone
from scenarios.rehearsal.rehearsal import Rehearsal
from scenarios.risk.remedies.judge import Judge
from scenarios.risk.states import States
from twin.wiring import Progress

WORST_SHARE = 0.05
"""Of all futures drawn; at least one."""
_AT_ONCE = 16


def worst_futures(rehearsal: Rehearsal, judge: Judge, futures: int, progress: Progress) -> tuple[States, list[int]]:
    """All quarter hours of the worst futures, one after the other, and their numbers, the worst first.

    Runs every box once, as the start of futures does. Worst is by load without supply, then by what is beyond limits.
    """
    with wired_site(rehearsal, progress) as site:
        town, start = site.town, site.start(closed_loop=False)
    fate = Fate(town, start, Chances.of(rehearsal.scenario.ensemble, futures, None))
    kept: list[tuple[tuple[float, float, float], int, States]] = []
    count = max(1, round(WORST_SHARE * futures))
    for first in range(0, futures, _AT_ONCE):
        for number in range(first, min(first + _AT_ONCE, futures)):
            powers = left_alone(town, start, fate.paths(number)[None])
            injections = powers.injections(town.grid).assign_coords(time=start.times)
            states = States(injections, fate.topologies(fate.outages(number)), np.ones(start.steps))
            figures = judge.harm(states).figures()
            size = figures["overload_percent_h"] + figures["voltage_percent_h"]
            kept.append(((figures["unsolved"], figures["unserved_mwh"], size), number, states))
        kept = sorted(kept, key=lambda one: (tuple(-part for part in one[0]), one[1]))[:count]
        progress("futures", min(first + _AT_ONCE, futures) / futures)
    return joined([states for _, _, states in kept]), [number for _, number, _ in kept]


def joined(parts: list[States]) -> States:
    """Some states after each other; the labels of time repeat."""
    import xarray as xr

    return States(
        xr.concat([part.injections for part in parts], dim="time"),
        np.concatenate([part.topology for part in parts]),
        np.concatenate([part.sun for part in parts]),
    )
