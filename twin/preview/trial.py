"""A recommendation before it is answered: the coming hours by AC power flow, with it and without it, all else as decided."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from twin.contracts.preview import KpiChange, RecommendationAnswer
from twin.domain.problems import BadInput, Problem
from twin.domain.time import QUARTER_HOUR_S, floor_quarter
from twin.preview.coming import Coming, course
from twin.preview.present import Present
from twin.preview.warm import WarmGrid
from twin.regie.proof import Stack, harms, moves_of

_WANT = ("vm_pu", "line_loading_percent", "trafo_loading_percent")


def try_recommendation(warm: WarmGrid, present: Present, asked: str, told: Mapping[str, Any]) -> RecommendationAnswer:
    """The answer for the recommendation ``asked``; ``told``: what every answer says of itself.

    Raises:
        BadInput: for one that is not there, or of which no plan is left.
        Unavailable: without forecasts.
    """
    held = present.memory.decision.recommendations
    item = held.get(asked)
    if item is None:
        known = ", ".join(sorted(held)) or "none now"
        raise BadInput([Problem(f"id: {asked!r}", "no such recommendation", f"one of: {known}", "choose one on the screen")])
    coming, model = Coming(warm, present), warm.engine.model(present.topology)
    mine = {name: plan for name, plan in coming.proposals.items() if warm.devices[name].group == item.group}
    if not mine:
        reason = f"no plan of group {item.group!r} is left"
        raise BadInput([Problem(f"id: {asked!r}", reason, "an open or accepted recommendation", "ask again after a tick")])
    others = {name: plan for name, plan in coming.decided.items() if name not in mine}
    steps = coming.steps
    cases = [moves_of(warm.devices, model.grid, plans, steps) for plans in (others, others | mine)]
    stack = Stack(coming.outlooks(coming.median), warm.kit.load_tan_phi)
    solved = model.solve(stack.dataset(model.grid, cases), want=_WANT, controls=warm.kit.controls)
    arrays = {name: solved[name].values for name in (*_WANT, "converged")}
    without, with_it = ({name: a[i * steps : (i + 1) * steps] for name, a in arrays.items()} for i in (0, 1))
    lines, trafos = model.grid.line.tolist(), model.grid.trafo.tolist()
    ways = course(lines, trafos, without), course(lines, trafos, with_it)
    moved_mw = sum(((cases[1][table] - cases[0][table]).sum(axis=1) for table in cases[0]), np.zeros(steps))
    highest = [np.nanmax(_floats(way.worst_loading_percent), initial=-np.inf) for way in ways]
    effect = item.effect
    return RecommendationAnswer(
        **told,
        not_covered=("taps_stand",),
        id=item.id,
        group=item.group,
        start=floor_quarter(present.as_of),
        step_s=QUARTER_HOUR_S,
        without=ways[0],
        with_it=ways[1],
        p_mw=tuple(moved_mw.tolist()),
        harms=harms(warm.kit.limits, without, with_it),
        kpi=KpiChange(
            chf=_known(effect.get("chf")),
            grid_percent=float(highest[1] - highest[0]) if np.isfinite(highest).all() else None,
            co2_kg=_known(effect.get("co2_kg")),
            per="horizon",
            not_covered=("month_peak",),
        ),
    )


def _floats(values: tuple[float | None, ...]) -> np.ndarray:
    return np.array([np.nan if value is None else value for value in values])


def _known(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and np.isfinite(value) else None
