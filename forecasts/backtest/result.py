"""What a backtest says of a series: one JSON object, powers in MW, None where there is nothing to say."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np

from forecasts.backtest.clocked import Clock
from forecasts.backtest.record import BAND, CHAMPION, DAY_AHEAD, Record
from forecasts.futures.peaks import score_peaks
from forecasts.futures.ramps import score_ramps
from forecasts.quantiles import LEVELS
from forecasts.scores import Scorecard, ratio, skill
from forecasts.series import Series
from twin.domain.problems import Problem
from twin.domain.time import from_epoch_s

WEATHER = {"none": "none", "forecast": "forecast", "measured": "measured (perfect weather)"}

_LEADS_H = (0.25, 0.5, 1.0, 2.0, 4.0, 6.0, 12.0, 24.0)
_MEDIAN = LEVELS.index(0.5)
_SLICE = 256  # origins scored at a time: a year of quarter-hourly issues would not fit the memory at once


@dataclass(frozen=True)
class BacktestResult:
    """A rehearsed series.

    Attributes:
        peers: name -> what the peer forecast on the same scored origins.
        summary: what ``--json`` prints. ``quality``: the data-quality report, a sentence a line.
    """

    record: Record
    peers: Mapping[str, Record]
    summary: dict[str, Any]
    quality: tuple[str, ...]


@dataclass(frozen=True)
class Judged:
    """A record, and the seconds that it took."""

    record: Record
    clock: Clock


def naive_of(kind: str) -> str:
    """The forecast that everybody can make: the same slot last week for loads, yesterday for what the weather makes."""
    return "last_week" if kind == "load" else "yesterday"


def summarise(
    judged: Judged, peers: Mapping[str, Judged], *, quality: Mapping[str, Any], problems: Sequence[Problem], seed: int
) -> dict[str, Any]:
    """The JSON object of one series.

    Args:
        quality: the data-quality report. ``problems``: faults beside those that the records name.
        seed: of the paths that peaks and ramps are read off.
    """
    record = judged.record
    series, plan = record.series, record.plan
    naive = naive_of(series.kind)
    faults = [*problems, *record.problems, *(fault for peer in peers.values() for fault in peer.record.problems)]
    daily = _daily(record)
    summary = {
        "series": series.name,
        "kind": series.kind,
        "unit": "MW",
        "step_s": series.step_s,
        "weather": WEATHER[series.weather_source],
        "from": _iso(series, plan.scored_from),
        "to": _iso(series, plan.end),
        "origins": int(record.scored.sum()),
        "horizon_h": plan.horizon * series.step_s / 3600.0,
        "quality": dict(quality),
        "naive": naive,
        "champion": CHAMPION,
        "experts": _experts(judged, peers, naive),
        "weights": _weights(daily),
        "problems": [vars(fault) for fault in faults],
        "peaks": score_peaks(daily, seed=seed),
        "ramps": score_ramps(daily, seed=seed),
        "tick": {"mae_ratio": _tick(record)} if DAY_AHEAD in record.names else {},
    }
    found: dict[str, Any] = _plain(summary)
    return found


def _daily(record: Record) -> Record:
    """The first origin of each local day: what is told once a day is judged once a day."""
    days, _ = record.series.place.calendar.locate(_labels(record.series, record.origin))
    first = np.diff(days, prepend=days[:1] - 1) != 0
    return replace(record, origin=record.origin[first], scored=record.scored[first], weights=record.weights[first])


def _experts(judged: Judged, peers: Mapping[str, Judged], naive: str) -> dict[str, dict[str, Any]]:
    whose_is = {name: judged for name in judged.record.names if name != DAY_AHEAD}
    whose_is |= {name: peer for name, peer in peers.items() if name in peer.record.names}
    cards, times = {}, {}
    for name, whose in whose_is.items():
        begun = time.perf_counter()
        cards[name] = _card(whose.record, name)
        times[name] = _seconds(whose, name, time.perf_counter() - begun)
    return {
        name: {
            **card.figures,
            "skill": _skill(name, card, naive, cards, whose_is),
            "fit_s": times[name][0],
            "predict_s": times[name][1],
            "origins": card.origins,
        }
        for name, card in cards.items()
    }


def _skill(name: str, card: Scorecard, naive: str, cards: Mapping[str, Scorecard], whose_is: Mapping[str, Judged]) -> float:
    """Against the naive forecast, on the truths that both spoke about: who was silent on hard days has no skill from that."""
    if naive not in cards:
        return float("nan")
    if card.cells == cards[naive].cells:
        return skill(card.pinball_10_90, cards[naive].pinball_10_90)
    one, other = whose_is[name].record, whose_is[naive].record
    ours = theirs = Scorecard.of(np.empty((0, 1)), np.empty((0, 1, len(LEVELS))))
    for mine, its in zip(_scored_slices(one), _scored_slices(other), strict=True):
        said, plain = one.forecast(name, mine), other.forecast(naive, its)
        both = np.isfinite(said).all(axis=-1) & np.isfinite(plain).all(axis=-1)
        truth = np.where(both, one.truth(mine), np.nan)
        ours, theirs = ours + Scorecard.of(truth, said), theirs + Scorecard.of(truth, plain)
    return skill(ours.pinball_10_90, theirs.pinball_10_90)


def _card(record: Record, name: str) -> Scorecard:
    parts = [Scorecard.of(record.truth(part), record.forecast(name, part)) for part in _scored_slices(record)]
    empty = Scorecard.of(np.empty((0, 1)), np.empty((0, 1, len(LEVELS))))
    return sum(parts, start=empty)


def _scored_slices(record: Record) -> Iterator[slice]:
    """Slices of origins that together are those that are scored; they are the last ones."""
    first = int(np.argmax(record.scored)) if record.scored.any() else len(record.origin)
    for start in range(first, len(record.origin), _SLICE):
        yield slice(start, min(start + _SLICE, len(record.origin)))


def _seconds(judged: Judged, name: str, asked_s: float) -> tuple[float, float]:
    """Seconds of fitting and predicting; a band costs what its expert costs, the champion what all its members and it cost.

    Args:
        asked_s: what it took to read the forecasts off the record, which for the champion is when they are made.
    """
    clock = judged.clock
    if name == CHAMPION:
        members = judged.record.members
        fit_s, predict_s = (sum(part.get(member, 0.0) for member in members) for part in (clock.fit_s, clock.predict_s))
        return fit_s + clock.weighing_s, predict_s + asked_s
    bare = name if name in clock.fit_s else name.removesuffix(BAND)
    return clock.fit_s.get(bare, 0.0), clock.predict_s.get(bare, 0.0)


def _weights(daily: Record) -> list[dict[str, Any]]:
    """Mean weight over the quantiles of every member, before each scored day."""
    return [
        {"at": _iso(daily.series, int(row)), **dict(zip(daily.members, map(float, share), strict=True))}
        for row, share in zip(daily.origin[daily.scored], daily.weights[daily.scored].mean(axis=2), strict=True)
    ]


def _tick(record: Record) -> dict[str, float]:
    """MAE of the champion at each lead over that of its path of midnight; a lead is the time from the issue to a step's end."""
    steps = {hours: round(hours * 3600.0 / record.series.step_s) - 1 for hours in _LEADS_H}
    steps = {hours: step for hours, step in steps.items() if 0 <= step < record.plan.horizon}
    steps = {hours: step for hours, step in steps.items() if (step + 1) * record.series.step_s == hours * 3600.0}
    at = list(steps.values())
    ours, theirs = np.zeros(len(at)), np.zeros(len(at))
    for part in _scored_slices(record):
        truth = record.truth(part)[:, at]
        one, other = (np.abs(record.forecast(name, part)[:, at, _MEDIAN] - truth) for name in (CHAMPION, DAY_AHEAD))
        known = np.isfinite(one) & np.isfinite(other)
        ours += np.where(known, one, 0.0).sum(axis=0)
        theirs += np.where(known, other, 0.0).sum(axis=0)
    return {f"{hours:g}": ratio(*pair) for hours, *pair in zip(steps, ours.tolist(), theirs.tolist(), strict=True)}


def _labels(series: Series, rows: np.ndarray) -> np.ndarray:
    seconds = series.start_s + rows.astype(np.int64) * series.step_s
    return seconds.astype("datetime64[s]").astype("datetime64[ns]")


def _iso(series: Series, row: int) -> str:
    return from_epoch_s(series.start_s + row * series.step_s).isoformat()


def _plain(value: Any) -> Any:
    """What JSON can hold: NaN becomes None, numpy's numbers Python's."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value
