"""Probability times consequence of every single outage: energy not served that N-1 and its rates lead to expect.

The futures' own sampled outages show the same risk, drawn: few of them have any. Here every outage counts at every hour with
the probability that it begins in it, so that rare ones are no matter of luck. The two views of one risk are never added.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from scenarios.futures.outages import HOURS_PER_YEAR
from scenarios.risk.facts import RiskFacts

SHOWN = 30
"""Outages that are listed, the most expensive first; the sums are of all."""


def outage_risk(
    outages: Sequence[str], before_mw: np.ndarray, after_mw: np.ndarray, looked_at: np.ndarray, facts: RiskFacts
) -> dict[str, Any]:
    """Expected energy not served [MWh] and its value [CHF], by outage and by the hour in which it begins.

    An outage that begins in an hour leaves that hour's MW dark until its closure is made, and what the closure does not reach
    until the repair; that the load changes meanwhile is left aside.

    Args:
        outages: "line 66", dims (outage,). ``before_mw``, ``after_mw``: load dark before and after the best closure, summed
            over ``looked_at`` futures (dims (hour,)), dims (outage, hour).
    """
    mwh = energy_not_served_mwh(before_mw, after_mw, facts) / np.maximum(looked_at, 1)
    rate = np.array([facts.outages_per_year.get(outage, 0.0) for outage in outages])
    probability = -np.expm1(-rate / HOURS_PER_YEAR)
    expected = np.where(looked_at > 0, probability[:, None] * mwh, 0.0)
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
