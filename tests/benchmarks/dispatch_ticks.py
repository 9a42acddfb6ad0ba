"""How long a tick's plan takes, each device for itself or like ones as one; carried on from tick to tick, without AC check.

Each for itself the shape never changes, and is compiled once. Groups come and go with the cars, and a new shape is compiled
anew: they pay from thousands of devices on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from clock import Span, span_of
from dispatch_fleet import Fleet, Place, advanced, drawn_fleet

from twin.boxes.flexibility.grouping.grouped import grouped
from twin.boxes.flexibility.horizon import STEP_HOURS, step_start_h
from twin.boxes.flexibility.lp.problem import Penalties, Problem, Site
from twin.boxes.flexibility.lp.solution import Limits
from twin.boxes.flexibility.planner import Planner

PEAK_CHF_PER_MW = 6_000.0
FIRST = 64
"""Quarter hour of the first tick: four in the afternoon, when cars come home."""
STARTS = step_start_h(STEP_HOURS)


@dataclass(frozen=True)
class Pace:
    """Of a rolling run.

    Attributes:
        spans: of every tick, in order; the first one compiles. ``groups``: devices of each plan.
        compiled: ticks that had to compile a model. ``iterations``: of the simplex method.
        problem: the last tick's, as planned; what other ways to HiGHS are timed on.
    """

    spans: tuple[Span, ...]
    groups: tuple[int, ...]
    compiled: int
    iterations: tuple[int, ...]
    problem: Problem

    def p95(self, clock: str) -> float:
        """95th percentile of the ticks [s]; ``clock``: "wall_s" or "cpu_s"."""
        return float(np.quantile([getattr(span, clock) for span in self.spans], 0.95))


def pace(*, devices: int, buses: int, ticks: int, groups: bool = False, seed: int = 1) -> Pace:
    """So many devices at so many buses through ``ticks`` quarter hours of a winter's evening and night.

    Args:
        groups: like devices of a bus are planned as one, and the plan is split among them.
    """
    fleet = _fleet(devices, buses, seed)
    place = {one.id: one.bus for one in fleet.places}
    planner, rng = Planner(limits=Limits(guard_s=60.0)), np.random.default_rng(seed)
    state, known = fleet.start(), set()
    spans, sizes, iterations, compiled = [], [], [], 0
    problem = planned = None
    for now in range(FIRST, FIRST + ticks):
        power = np.zeros((0, 0))
        noise = 1e-4 * rng.standard_normal(len(STEP_HOURS))

        def tick() -> None:
            nonlocal problem, planned, power
            problem = _problem(fleet, state, now, devices * noise)  # noqa: B023 - called before the next round
            grouping = grouped(problem, place) if groups else None
            planned = problem if grouping is None else grouping.problem
            plan = planner.plan(planned)
            assert plan.rung == "ok", plan.solution.status
            power = plan.p_mw if grouping is None else grouping.split(plan.p_mw)
            iterations.append(plan.solution.iterations)

        spans.append(span_of(tick))
        assert problem is not None
        assert planned is not None
        compiled += planned.structure not in known
        known.add(planned.structure)
        sizes.append(len(planned.devices))
        state = fleet.after(state, now, advanced(problem, power, 1), 1)
    assert planned is not None
    return Pace(tuple(spans), tuple(sizes), compiled, tuple(iterations), planned)


def _fleet(devices: int, buses: int, seed: int) -> Fleet:
    """24 % batteries, 36 % cars, 24 % heat pumps, the rest roofs."""
    batteries, cars, pumps = (round(share * devices) for share in (0.24, 0.36, 0.24))
    roofs = [Place(id=f"roof_{k}", bus=k % buses, p_max_mw=0.008 + 5e-5 * k) for k in range(devices - batteries - cars - pumps)]
    return drawn_fleet(range(buses), batteries=batteries, cars=cars, pumps=pumps, roofs=roofs, days=4, seed=seed)


def _problem(fleet: Fleet, state: dict[str, float], now: int, noise_mw: np.ndarray) -> Problem:
    hour = now / 4.0 + STARTS
    size = float(len(fleet.places))
    load = (
        size
        * 0.002
        * (1.0 + 0.4 * np.cos(2.0 * np.pi * (hour - 19.0) / 24.0) + 0.2 * np.cos(4.0 * np.pi * (hour - 8.0) / 24.0))
    )
    sun = 0.6 * np.clip(np.sin(np.pi * (hour % 24.0 - 7.0) / 10.0), 0.0, None) * (hour % 24.0 < 17.0)
    price = 120.0 + 40.0 * np.cos(2.0 * np.pi * (hour - 19.0) / 24.0) + 10.0 * np.cos(2.0 * np.pi * hour / 6.0)
    site = Site(
        net_p_mw=load + noise_mw, import_chf_per_mwh=price, export_chf_per_mwh=0.5 * price, peak_chf_per_mw=PEAK_CHF_PER_MW,
        peak_so_far_mw=0.003 * size,
    )  # fmt: skip
    devices = fleet.devices(state, now, STEP_HOURS, temp_c=2.0 - 4.0 * np.cos(2.0 * np.pi * (hour - 3.0) / 24.0), sun=sun)
    return Problem(hours=STEP_HOURS, devices=devices, site=site, penalties=Penalties.above(4.0 * PEAK_CHF_PER_MW))
