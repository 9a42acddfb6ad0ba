"""The best rota for a crew: time-based maintenance tuned on seeds of its own, so that the twin meets a good one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from twin.maintenance.simulated_fleet.observations import ACTIONS
from twin.maintenance.simulated_fleet.policies import NEVER, Cycles, Rota
from twin.maintenance.simulated_fleet.trial import Say, Setting, lived


def tune(*, seeds: Sequence[int], setting: Setting, aim: str, say: Say) -> Cycles:
    """The rota that is best at ``aim`` ("cost" or "outages") at this crew: one cycle after the other, until none helps.

    The seeds are none that a comparison uses, or the rota would know its years.
    """
    choices: list[tuple[object, ...]] = [tuple(options) for options in CYCLES_TRIED]
    best = Cycles((208, NEVER, 104, 52, NEVER, NEVER, NEVER, 52), by_worth=0.5, by_age=0.5)
    tried = {best: _aimed(best, seeds, setting, aim)}
    moved = True
    while moved:
        moved = False
        for place in range(len(ACTIONS) + 2):
            for option in choices[place] if place < len(ACTIONS) else (0.0, 0.5, 1.0):
                other = _with(best, place, option)
                if other not in tried:
                    tried[other] = _aimed(other, seeds, setting, aim)
                if tried[other] < tried[best]:
                    best, moved = other, True
                    say(f"rota for {aim}: {best} {tried[best]}")
    return best


CYCLES_TRIED: tuple[tuple[int, ...], ...] = (
    (52, 78, 104, 156, 208, 260), (260, NEVER), (26, 52, 104, 260), (13, 26, 52, 104, NEVER), (104, 208, 312, NEVER),
    (312, 416, NEVER), (156, 260, 520, NEVER), (13, 26, 52, 104, 260),
)  # fmt: skip
"""Cycles that tuning tries for every action of ACTIONS [weeks]."""


def _with(cycles: Cycles, place: int, option: object) -> Cycles:
    if place < len(ACTIONS):
        return replace(cycles, weeks=(*cycles.weeks[:place], option, *cycles.weeks[place + 1 :]))  # type: ignore[arg-type]  # weeks of CYCLES_TRIED
    return replace(cycles, **{("by_worth", "by_age")[place - len(ACTIONS)]: option})  # type: ignore[arg-type]  # a power of the two


def _aimed(cycles: Cycles, seeds: Sequence[int], setting: Setting, aim: str) -> tuple[float, float]:
    """Aim first, the other after, averages over the seeds."""
    ledgers = [lived(Rota(cycles), setting, seed=seed) for seed in seeds]
    cost, outages = (float(np.mean([getattr(ledger, name) for ledger in ledgers])) for name in ("cost_chf", "total_outages"))
    return (cost, outages) if aim == "cost" else (outages, cost)
