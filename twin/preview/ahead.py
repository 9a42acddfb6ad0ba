"""The look-ahead: worst loading and voltages, N-1 after restoration, and how likely a violation is, as far as forecasts reach.

The course is that of the forecasts' medians with what is decided. N-1 is computed at the most loaded quarter hour of each
hour and holds for that hour. The probability is the share of equally likely cases in which a limit is broken (or no power flow
converges): consumption and PV are normal about their medians, as wide as the forecast's outermost quantiles, independent of
each other, and each moves alike in all zones; the cases are the points of a Fibonacci lattice in those two dimensions
(Niederreiter 1992, Random Number Generation and Quasi-Monte Carlo Methods, section 5.1), the same for every quarter hour, so
the same tick gives the same answer. It does not know errors of the forecast beyond that width, nor failures of the grid.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

import numpy as np
import xarray as xr
from scipy.special import ndtri

from twin.contracts.preview import Course, LookAheadAnswer
from twin.domain.time import QUARTER_HOUR_S, floor_quarter
from twin.preview.coming import Coming, course
from twin.preview.present import Present
from twin.preview.standing import NextOutage, violated
from twin.preview.warm import WarmGrid
from twin.regie.horizon import AHEAD_STEPS
from twin.regie.proof import Moves, Stack, moves_of

SAMPLES, _STRIDE = 34, 21
"""Points of the lattice: neighbours in Fibonacci's sequence. A probability is told to 3 %. Shifted by half a turn, no
point lies in a corner and the two dimensions are uncorrelated."""
_HOUR = 4
_AT_ONCE = 16
"""Hours whose outages are computed together: as many as the kernel has lanes cost hardly more than one."""
_WANT = ("vm_pu", "line_loading_percent", "trafo_loading_percent", "sgen_q_mvar")


def look_ahead(
    warm: WarmGrid, present: Present, step_s: int, told: Mapping[str, Any]
) -> Generator[None, None, LookAheadAnswer]:
    """The answer, yielding every tenth of a second or so; ``told``: what every answer says of itself.

    Raises:
        Unavailable: without forecasts.
    """
    coming, model = Coming(warm, present), warm.engine.model(present.topology)
    moves = moves_of(warm.devices, model.grid, coming.decided, coming.steps)
    base = _solve(warm, present, coming, coming.median, moves)
    yield
    way = course(model.grid.line.tolist(), model.grid.trafo.tolist(), base.arrays)
    margins, outages = yield from _next_outages(warm, present, base, coming.steps)
    over, outside = (np.zeros(coming.steps) for _ in range(2))
    either = np.zeros(coming.steps)
    for case in lattice(coming.median, coming.sigma):
        found = _solve(warm, present, coming, case, moves).arrays
        hit = violated(warm.kit.limits, found["line_loading_percent"], found["trafo_loading_percent"], found["vm_pu"])
        unsolved = ~found["converged"].astype(bool)
        over += hit[0] | unsolved
        outside += hit[1] | unsolved
        either += hit[0] | hit[1] | unsolved
        yield
    every = step_s // QUARTER_HOUR_S
    return LookAheadAnswer(
        **told,
        not_covered=("taps_stand",),
        start=floor_quarter(present.as_of),
        step_s=step_s,
        course=_thinned(way, every),
        n1_margin_percent=tuple(margins[::every]),
        n1_worst_outage=tuple(outages[::every]),
        p_violation=_highest(either / SAMPLES, every),
        p_overload=_highest(over / SAMPLES, every),
        p_voltage=_highest(outside / SAMPLES, every),
        method="normal_lattice",
        samples=SAMPLES,
        boxes=tuple(sorted(f"{box.instance} {box.service}" for box in coming.boxes.values() if _forecasts(box.report.outputs))),
        reach="48h" if coming.steps == AHEAD_STEPS else "forecast_ends",
    )


def lattice(median: Mapping[str, np.ndarray], sigma: Mapping[str, np.ndarray]) -> Generator[dict[str, np.ndarray], None, None]:
    """Equally likely paths of every zone's consumption and generation [MW], none below zero."""
    for number in range(SAMPLES):
        z = {
            "load": ndtri((number + 0.5) / SAMPLES),
            "pv": ndtri(((number * _STRIDE + SAMPLES // 2) % SAMPLES + 0.5) / SAMPLES),
        }
        yield {name: np.maximum(path + z[name.partition(":")[0]] * sigma[name], 0.0) for name, path in median.items()}


class _Solved:
    """A batch of the horizon: what was injected, and what came of it, dims (time, element)."""

    def __init__(self, injections: xr.Dataset, solved: xr.Dataset) -> None:
        self.injections = injections
        self.arrays = {name: solved[name].values for name in (*_WANT, "converged")}


def _solve(warm: WarmGrid, present: Present, coming: Coming, paths: Mapping[str, np.ndarray], moves: Moves) -> _Solved:
    model = warm.engine.model(present.topology)
    injections = Stack(coming.outlooks(paths), warm.kit.load_tan_phi).dataset(model.grid, [moves])
    return _Solved(injections, model.solve(injections, want=_WANT, controls=warm.kit.controls))


def _next_outages(
    warm: WarmGrid, present: Present, base: _Solved, steps: int
) -> Generator[None, None, tuple[list[float | None], list[str]]]:
    model = warm.engine.model(present.topology)
    held = base.injections.assign(sgen_q_mvar=(("time", "sgen"), np.nan_to_num(base.arrays["sgen_q_mvar"])))
    loading = np.concatenate([base.arrays["line_loading_percent"], base.arrays["trafo_loading_percent"]], axis=1)
    highest = np.nan_to_num(np.fmax.reduce(loading, axis=1), nan=np.inf)
    hours = [range(begin, min(begin + _HOUR, steps)) for begin in range(0, steps, _HOUR)]
    worst = [max(hour, key=lambda step: highest[step]) for hour in hours]
    margins: list[float | None] = []
    outages: list[str] = []
    for first in range(0, len(hours), _AT_ONCE):
        part = slice(first, first + _AT_ONCE)
        found = model.contingencies(held.isel(time=worst[part]), warm.outages)
        for number, (step, hour) in enumerate(zip(worst[part], hours[part], strict=True)):
            known = bool(base.arrays["converged"][step])
            one = NextOutage(found.isel(time=number) if known else None)
            margins += [one.margin_percent] * len(hour)
            outages += [one.worst or ""] * len(hour)
        yield
    return margins, outages


def _thinned(way: Course, every: int) -> Course:
    """The worst of every ``every`` quarter hours."""
    if every == 1:
        return way
    groups = [range(i, min(i + every, len(way.worst_element))) for i in range(0, len(way.worst_element), every)]
    worst = [max(group, key=lambda i: _or(way.worst_loading_percent[i], -1.0)) for group in groups]
    low = [min(group, key=lambda i: _or(way.vm_min_pu[i], np.inf)) for group in groups]
    high = [max(group, key=lambda i: _or(way.vm_max_pu[i], -np.inf)) for group in groups]
    return Course(
        worst_loading_percent=tuple(way.worst_loading_percent[i] for i in worst),
        worst_element=tuple(way.worst_element[i] for i in worst),
        vm_min_pu=tuple(way.vm_min_pu[i] for i in low),
        vm_max_pu=tuple(way.vm_max_pu[i] for i in high),
    )


def _or(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value


def _highest(share: np.ndarray, every: int) -> tuple[float | None, ...]:
    return tuple(float(share[i : i + every].max()) for i in range(0, len(share), every))


def _forecasts(outputs: Mapping[str, Any]) -> bool:
    return bool({"load_forecast_p_mw", "pv_forecast_p_mw"} & set(outputs))
