"""Risk of a scenario's futures: how probable every violation is, how large, what it costs, and how sure each figure is.

Definitions, with a worked example, stand in ``docs/risk.md``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from scenarios.futures.schema import SIDES
from scenarios.risk.confidence import LEVEL, of_difference, of_mean, of_probability, ranks_of_quantile
from scenarios.risk.facts import RiskFacts
from scenarios.risk.headline import headline
from scenarios.risk.sums import KINDS, PER_HOUR, SIZES, Sums, summed
from scenarios.risk.tally import Quantile, Tally
from twin.domain.time import HOURS_PER_STEP

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
TAIL = 0.95
"""Of value at risk and of what costs are on average beyond it."""
PLAN, DO_NOTHING = range(len(SIDES))
Json = dict[str, Any]


def risk_of(futures: xr.Dataset, facts: RiskFacts) -> Json:
    """Every figure of risk, JSON-able: ``result.json["risk"]``.

    Args:
        futures: see `scenarios.futures.schema`; may be open lazily, it is read once, chunk by chunk.

    Returns:
        ``futures``, ``confidence``, ``hours`` (labels); per side "plan" and "do_nothing" ``window`` (``probability``
        of any violation in it, ``unserved_mwh`` expected, each ``value``, ``low``, ``high``), ``by_hour`` (by kind:
        ``probability``, ``low``, ``high``, ``expected``), ``elements`` (only those that ever violate), ``totals``, ``cost``,
        ``margin``, ``loading`` and ``headline`` (five figures that runs are compared by); ``difference``: plan less do-nothing,
        future by future. Lists run along ``hours``; what is unknown is null.

    Raises:
        BadInput: for a data set without a finished future.
    """
    sums = summed(futures)
    sides = {name: _side(futures, sums, facts, side) for side, name in enumerate(SIDES)}
    return {
        "futures": sums.futures,
        "confidence": LEVEL,
        "hours": _labels(futures["time"].to_numpy()[::PER_HOUR]),
        "value_of_lost_load_chf_per_kwh": facts.value_of_lost_load_chf_per_kwh,
        **sides,
        "difference": _difference(sums, facts),
    }


def _side(futures: xr.Dataset, sums: Sums, facts: RiskFacts, side: int) -> Json:
    found: Json = {
        "window": _window(sums, side),
        "by_hour": {kind: _kind(sums, facts, side, kind) for kind in KINDS},
        "elements": _elements(futures, sums, facts, side),
        "cost": _cost(_costs(sums, facts)[side]),
        "margin": _margin(futures, sums, side),
        "loading": {"time": _labels(futures["time"].to_numpy()), **_quantiles(sums.loading[side])},
    }
    found["totals"] = {
        kind: {name: sum(values) for name, values in found["by_hour"][kind]["expected"].items()} for kind in SIZES
    }
    found["headline"] = headline(found)
    return found


def _window(sums: Sums, side: int) -> Json:
    """The window as a whole: an hour's probabilities do not add up to it, futures are counted anew."""
    count = int(sums.in_window[side, KINDS.index("any")])
    low, high = of_probability(count, sums.futures)
    bounds = {
        "probability": (count / sums.futures, float(low), float(high)),
        "unserved_mwh": _mean_bounds(np.concatenate(sums.unserved_mwh, axis=1)[side]),
    }
    return {name: dict(zip(("value", "low", "high"), map(_number, found), strict=True)) for name, found in bounds.items()}


def _mean_bounds(values: np.ndarray) -> tuple[float, float, float]:
    low, high = of_mean(values)
    return float(values.mean()), max(low, 0.0), high  # nobody is served less than nothing


def _kind(sums: Sums, facts: RiskFacts, side: int, kind: str) -> Json:
    """One kind of violation by hour."""
    count = sums.count[side, KINDS.index(kind)]
    low, high = of_probability(count, sums.futures)
    found: Json = {"probability": _list(count / sums.futures), "low": _list(low), "high": _list(high)}
    if kind in SIZES:
        total = sums.size[side, list(SIZES).index(kind)]
        found["expected"] = {SIZES[kind]: _list(total / sums.futures)}
        with np.errstate(invalid="ignore", divide="ignore"):
            found["size_when_it_happens"] = {SIZES[kind]: _list(np.where(count > 0, total / count, np.nan))}
        if kind == "unserved":
            found["expected"]["chf"] = _list(1000.0 * facts.value_of_lost_load_chf_per_kwh * total / sums.futures)
    return found


def _elements(futures: xr.Dataset, sums: Sums, facts: RiskFacts, side: int) -> list[Json]:
    """Every element that breaks its limit, or is without supply, in some future; by hour, the highest probability first."""
    found = []
    for place, element in enumerate(futures["element"].to_numpy().astype(str)):
        for kind, count, sizes in (
            ("voltage" if element.startswith("bus:") else "overload", "violating", ("excess", "excess_mwh")),
            ("unserved", "unserved", ("unserved_mwh",)),
        ):
            times = sums.elements[count][side, place]
            if times.any():
                found.append(
                    {"element": element, "name": facts.names.get(element, element), "kind": kind}
                    | _element(times, sums, (side, place), sizes, facts.value_of_lost_load_chf_per_kwh)
                )
    return sorted(found, key=lambda one: (-max(one["probability"]), one["element"], one["kind"]))


def _element(times: np.ndarray, sums: Sums, at: tuple[int, int], sizes: tuple[str, ...], lost_chf_per_kwh: float) -> Json:
    """One element: of every hour the quarter hour in which it violates most often, and the time in violation."""
    starts = np.arange(0, len(times), PER_HOUR)
    worst = np.maximum.reduceat(times, starts)
    low, high = of_probability(worst, sums.futures)
    found: Json = {"probability": _list(worst / sums.futures), "low": _list(low), "high": _list(high)}
    found["expected_h"] = _list(HOURS_PER_STEP * np.add.reduceat(times, starts) / sums.futures)
    for name in sizes:
        total = np.add.reduceat(sums.elements[name][at], starts)
        if name == "excess":
            with np.errstate(invalid="ignore", divide="ignore"):
                hits = np.add.reduceat(times, starts)
                found["size_when_it_happens"] = _list(np.where(hits > 0, total / hits, np.nan))
        else:
            found["expected_mwh"] = _list(total / sums.futures)
            if name == "unserved_mwh":
                found["expected_chf"] = _list(1000.0 * lost_chf_per_kwh * total / sums.futures)
    return found


# ------------------------------------------------------------------------------------------------- cost, both sides


def _costs(sums: Sums, facts: RiskFacts) -> np.ndarray:
    """Energy and lost load of every future [CHF], NaN where a quarter hour has no solution or price, dims (side, future)."""
    lost = 1000.0 * facts.value_of_lost_load_chf_per_kwh * np.concatenate(sums.unserved_mwh, axis=1)
    return np.asarray(np.concatenate(sums.energy_chf, axis=1) + lost)


def _cost(values: np.ndarray) -> Json:
    """Distribution of a cost over futures [CHF]."""
    known = np.sort(values[np.isfinite(values)])
    found: Json = {"futures": len(known), "unknown": len(values) - len(known)}
    if not len(known):
        return found
    middle, low, high = ranks_of_quantile(TAIL, len(known))
    mean_low, mean_high = of_mean(known)
    found["mean_chf"] = {"value": float(known.mean()), "low": _number(mean_low), "high": _number(mean_high)}
    found["value_at_risk_chf"] = {
        "share": TAIL,
        "value": float(known[middle - 1]),
        "low": float(known[low - 1]) if low >= 1 else None,
        "high": float(known[high - 1]) if high <= len(known) else None,
    }
    found["beyond_value_at_risk_chf"] = {"share": TAIL, "value": _mean_of_worst(known)}
    return found


def _mean_of_worst(ascending: np.ndarray) -> float:
    """Mean of the worst 1 - TAIL of all draws, the one on the edge in part (R. Rockafellar, S. Uryasev, J. Risk 2, 2000)."""
    room = (1.0 - TAIL) * len(ascending)
    weight = np.clip(room - np.arange(len(ascending)), 0.0, 1.0)[::-1]
    return float((weight * ascending).sum() / weight.sum())


def _difference(sums: Sums, facts: RiskFacts) -> Json:
    """Plan less do-nothing in the same futures; negative is what the plan gains."""
    costs = _costs(sums, facts)
    by_hour: dict[str, Json] = {}
    for kind in KINDS:
        at = KINDS.index(kind)
        first, second = sums.only[PLAN, at], sums.only[DO_NOTHING, at]
        low, high = of_difference(first, second, sums.futures)
        by_hour[kind] = {"probability": _list((first - second) / sums.futures), "low": _list(low), "high": _list(high)}
    for at, kind in enumerate(SIZES):
        moved = (sums.size[PLAN, at] - sums.size[DO_NOTHING, at]) / sums.futures
        by_hour[kind]["expected"] = {SIZES[kind]: _list(moved)}
        if kind == "unserved":
            by_hour[kind]["expected"]["chf"] = _list(1000.0 * facts.value_of_lost_load_chf_per_kwh * moved)
    return {"by_hour": by_hour, "cost": _cost(costs[PLAN] - costs[DO_NOTHING])}


# ------------------------------------------------------------------------------------------------- margin


def _margin(futures: xr.Dataset, sums: Sums, side: int) -> Json:
    """The 'marge de sécurité': distribution of the N-1 margin by hour [%], and how probable it is that there is none."""
    looked, short = sums.n1_count[side], sums.n1_short[side]
    some = looked > 0
    pairs = [of_probability(int(k), int(n)) if n else (np.nan, np.nan) for k, n in zip(short, looked, strict=True)]
    with np.errstate(invalid="ignore", divide="ignore"):
        probability, dark = np.where(some, short / looked, np.nan), np.where(some, sums.n1_dark_mw[side] / looked, np.nan)
    return {
        "hours": _labels(futures["hour"].to_numpy()),
        "futures": looked.tolist(),
        **_quantiles(sums.margin[side]),
        "short": {
            "probability": _list(probability),
            "low": _list(np.array([float(low) for low, _ in pairs])),
            "high": _list(np.array([float(high) for _, high in pairs])),
        },
        "expected_unsupplied_mw": _list(dark),
    }


def _quantiles(tally: Tally) -> Json:
    """Quantiles with their bounds, [%] by column."""

    def row(found: Quantile) -> Json:
        return {"value": _list(found.value), "low": _list(found.low), "high": _list(found.high)}

    return {"quantiles_percent": {f"{share:g}": row(tally.quantile(share)) for share in QUANTILES}}


def _labels(time: np.ndarray) -> list[str]:
    return [f"{label}Z" for label in time.astype("datetime64[s]").astype(str)]


def _list(values: np.ndarray) -> list[float | None]:
    """As JSON knows it: null for what is unknown or without bound."""
    return [_number(value) for value in np.asarray(values, dtype=float).tolist()]


def _number(value: float) -> float | None:
    return value if np.isfinite(value) else None
