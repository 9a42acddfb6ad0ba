"""Probability times consequence of every single outage: energy not served that N-1 and its rates lead to expect.

The futures' own sampled outages show the same risk, drawn: few of them have any. Here every outage counts at every hour with
the probability that it begins in it, so that rare ones are no matter of luck. The two views of one risk are never added.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from scenarios.futures.outages import HOURS_PER_YEAR
from scenarios.play.security import security
from scenarios.rehearsal.rehearsal import Rehearsal
from scenarios.risk.facts import RiskFacts
from scenarios.risk.states import States, states_of, topologies_in
from twin.contracts.ports import Engine, GridLimits
from twin.domain.controls import Controls
from twin.domain.time import QUARTER_HOUR
from twin.wiring import Progress, controls_of, limits_of

SHOWN = 30
"""Outages that are listed, the most expensive first; the sums are of all."""
_PER_HOUR = 4


def outages_of(rehearsal: Rehearsal, facts: RiskFacts, progress: Progress) -> dict[str, Any]:
    """`outage_risk` of a rehearsal's window, as the town lives by itself; of every hour the quarter with the highest load.

    Raises:
        BadInput: for a site without simulated plant.
    """
    ready, window = rehearsal.ready, rehearsal.window
    states = states_of(ready, window.start, window.start + (window.ticks or 0) * QUARTER_HOUR, progress)
    limits = limits_of(ready.site, ready.engine.model(states.topology[0]).grid)
    tightest = GridLimits(loading_percent=min(limits.line_percent, limits.trafo_percent))
    hourly = states.at(_highest_load(states))
    names, before, after = unsupplied_mw(ready.engine, hourly, controls_of(ready.site, ready.net), tightest)
    return outage_risk(names, before, after, facts)


def unsupplied_mw(
    engine: Engine, states: States, controls: Controls | None, limits: GridLimits
) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Outages, and the load that each leaves dark before and after its best closure [MW], dims (outage, state)."""
    names: list[str] = []
    found = np.zeros((2, 0, len(states)))
    for topology, rows in topologies_in(states).items():
        model = engine.model(topology)
        given = states.injections.isel(time=rows).drop_vars("time", errors="ignore")
        settled = model.solve(given, want=("sgen_q_mvar",), controls=controls)["sgen_q_mvar"].to_numpy()
        given = given.assign(sgen_q_mvar=(("time", "sgen"), np.nan_to_num(settled)))
        figures = security(model, given, limits=limits, hours=rows).isel(future=0)
        if not names:
            names = figures["outage"].to_numpy().tolist()
            found = np.zeros((2, len(names), len(states)))
        for at, when in enumerate(("before", "after")):
            found[at][:, rows] = figures[f"unsupplied_{when}_mw"].to_numpy()
    return names, found[0], found[1]


def outage_risk(outages: Sequence[str], before_mw: np.ndarray, after_mw: np.ndarray, facts: RiskFacts) -> dict[str, Any]:
    """Expected energy not served [MWh] and its value [CHF], by outage and by the hour in which it begins.

    An outage that begins in an hour leaves that hour's MW dark until its closure is made, and what the closure does not reach
    until the repair; that the load changes meanwhile is left aside.

    Args:
        outages: "line 66", dims (outage,). ``before_mw``, ``after_mw``: load dark before and after the best closure, dims
            (outage, hour).
    """
    mwh = energy_not_served_mwh(before_mw, after_mw, facts)
    rate = np.array([facts.outages_per_year.get(outage, 0.0) for outage in outages])
    expected = -np.expm1(-rate / HOURS_PER_YEAR)[:, None] * mwh
    chf = 1000.0 * facts.value_of_lost_load_chf_per_kwh
    order = [int(at) for at in np.argsort(-expected.sum(axis=1), kind="stable") if expected[at].any()]
    return {
        "rates": facts.source,
        "switching_h": facts.switching_h,
        "repair_h": facts.repair_h,
        "expected_mwh": float(expected.sum()),
        "expected_chf": float(expected.sum() * chf),
        "by_hour": {"expected_mwh": expected.sum(axis=0).tolist(), "expected_chf": (expected.sum(axis=0) * chf).tolist()},
        "by_outage": [
            {
                "outage": outages[at],
                "per_year": float(rate[at]),
                "mwh_if_it_happens": float(mwh[at].max()),
                "worst_hour": int(mwh[at].argmax()),
                "expected_mwh": float(expected[at].sum()),
                "expected_chf": float(expected[at].sum() * chf),
            }
            for at in order[:SHOWN]
        ],
    }


def energy_not_served_mwh(before_mw: np.ndarray, after_mw: np.ndarray, facts: RiskFacts) -> np.ndarray:
    """Energy that one outage leaves unserved until it is repaired [MWh], dims of ``before_mw``."""
    return np.asarray(before_mw * facts.switching_h + after_mw * (facts.repair_h - facts.switching_h))


def _highest_load(states: States) -> np.ndarray:
    """Of every hour from the window's start on the quarter with the highest load, dims (hour,)."""
    load = states.injections["load_p_mw"].to_numpy().sum(axis=1)
    starts = range(0, len(load), _PER_HOUR)
    return np.array([first + int(load[first : first + _PER_HOUR].argmax()) for first in starts])
