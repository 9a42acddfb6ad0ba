"""What champions and their shadows foretold, held against what came: one issue a local day, scored when its truth is in.

The issue of local midnight is kept until two hours after the day's end and scored over the day's quarter hours; of the day then
remain two figures. One issue a day counts every quarter hour once and the leads of a day alike, and is all that a journal must
carry. What is scored is what was served: a box whose constant had to stand in is as good as that constant.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import xarray as xr

from twin.contracts.box import BoxCard
from twin.contracts.frame import Frame
from twin.contracts.messages import Envelope, Service
from twin.domain.quality import Quality
from twin.domain.signals import SIGNALS
from twin.domain.time import QUARTER_HOUR, QUARTER_HOUR_S, floor_quarter, to_epoch_s

TRUTH = {"load_forecast_p_mw": "zone_load_p_mw", "pv_forecast_p_mw": "zone_pv_p_mw"}
"""What a forecast is held against."""
LEVELS = np.array([0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95])
_SCORED = slice(1, 10)
"""Pinball is the mean over .1 to .9; the two outermost levels are the 90 % band."""
KEPT_DAYS = 28
SETTLED_AFTER = timedelta(hours=2)
"""Meters may speak late: a quarter hour that two hours did not bring is taken as unknown."""
LEAST_TRUTH = 0.75
"""Share of a day's values that must be known: the rest of a day may be its easy part."""
_NOT_MEASURED = int(Quality.INVALID | Quality.STALE | Quality.SUBSTITUTED | Quality.FORECAST)

Columns = tuple[tuple[str, str], ...]
"""(signal, element) of the frame, one per forecast path."""


@dataclass(frozen=True)
class DayScore:
    """One box on one local day (ISO date). ``pinball_mw``: mean over .1 to .9; ``covered_90``: share inside the 90 % band."""

    day: str
    pinball_mw: float
    covered_90: float


@dataclass(frozen=True)
class Issue:
    """A forecast of one local day, labels ``start_s`` to ``end_s``, kept until its truth is in.

    Attributes:
        path: [MW], float32, dims (time, level, column): `LEVELS` and ``columns``.
    """

    instance: str
    day: str
    start_s: int
    end_s: int
    columns: Columns
    path: np.ndarray


@dataclass(frozen=True)
class Pair:
    """A shadow beside its champion, with the days of either. ``failing``: it was not served fresh when last asked."""

    instance: str
    champion: str
    days: Sequence[DayScore]
    champion_days: Sequence[DayScore]
    scored: bool
    failing: bool


class Scorer:
    """Keeps the issues and scores of some boxes; its state travels in the journal.

    Args:
        timezone: IANA name; days are local ones.
    """

    def __init__(self, instances: Collection[str], timezone: str) -> None:
        self._instances = tuple(instances)
        self._zone = ZoneInfo(timezone)
        self._issues: list[Issue] = []
        self._days: dict[str, list[DayScore]] = {name: [] for name in self._instances}

    def days(self, instance: str) -> Sequence[DayScore]:
        """The scored days, oldest first."""
        return tuple(self._days.get(instance, ()))

    def observe(self, as_of: datetime, envelopes: Mapping[str, Envelope], frame: Frame) -> None:
        """After the boxes of a regular tick: keep the issues of a day that begins, score those whose day is over."""
        if self._instances and self._day(as_of) != self._day(as_of - QUARTER_HOUR):
            self._keep(as_of, envelopes)
        settled_s = to_epoch_s(as_of - SETTLED_AFTER)
        for issue in [issue for issue in self._issues if issue.end_s <= settled_s]:
            self._issues.remove(issue)
            score = _score(issue, frame)
            if score is not None:
                self._days[issue.instance] = [*self._days[issue.instance], score][-KEPT_DAYS:]

    def to_parts(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Everything that a resume needs, for `twin.domain.pack.pack`."""
        issues = [[i.instance, i.day, i.start_s, i.end_s, [list(column) for column in i.columns]] for i in self._issues]
        days = {name: [[d.day, d.pinball_mw, d.covered_90] for d in days] for name, days in self._days.items()}
        return {"issues": issues, "days": days}, {f"issue/{n}": issue.path for n, issue in enumerate(self._issues)}

    def from_parts(self, meta: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> None:
        """Inverse of `to_parts`."""
        self._issues = [
            Issue(name, day, start_s, end_s, tuple((signal, element) for signal, element in columns), arrays[f"issue/{n}"])
            for n, (name, day, start_s, end_s, columns) in enumerate(meta["issues"])
        ]
        self._days = {name: [DayScore(*day) for day in days] for name, days in meta["days"].items()}

    def _day(self, instant: datetime) -> str:
        return instant.astimezone(self._zone).date().isoformat()

    def _keep(self, as_of: datetime, envelopes: Mapping[str, Envelope]) -> None:
        start = floor_quarter(as_of)
        local = start.astimezone(self._zone)
        end = (local.replace(tzinfo=None) + timedelta(days=1)).replace(hour=0, minute=0, tzinfo=self._zone)
        start_s, end_s = to_epoch_s(start), to_epoch_s(end)
        for name in self._instances:
            asked = envelopes.get(name)  # a reserve is not
            foretold = None if asked is None or asked.service is Service.ABSENT else paths_of(asked.report.outputs)
            if foretold is not None:
                columns, path = foretold
                steps = (end_s - start_s) // QUARTER_HOUR_S
                self._issues.append(Issue(name, self._day(as_of), start_s, end_s, columns, path[:steps]))


def is_scored(card: BoxCard) -> bool:
    """True for a box that foretells what will be measured, quarter hour by quarter hour."""
    return any(p.signal in TRUTH and p.resolution == QUARTER_HOUR and p.horizon > QUARTER_HOUR for p in card.provides)


def paths_of(outputs: Mapping[str, xr.DataArray]) -> tuple[Columns, np.ndarray] | None:
    """What a report's outputs foretell of the frame's columns: paths [MW], float32, dims (time, level, column); or None.

    A level that the box does not give is read off between those that it gives, beyond them it is the outermost.
    """
    columns: list[tuple[str, str]] = []
    paths = []
    for signal, measured in TRUTH.items():
        output = outputs.get(signal)
        if output is None or output.sizes["time"] < 2 or int(np.diff(_seconds(output)[:2])[0]) != QUARTER_HOUR_S:
            continue
        dim = SIGNALS[signal].dim
        columns += [(measured, str(element)) for element in output[dim].values]
        paths.append(_at_levels(output.transpose("time", ..., dim)))
    if not paths:
        return None
    steps = min(len(path) for path in paths)
    return tuple(columns), np.concatenate([path[:steps] for path in paths], axis=2).astype(np.float32)


def measured(frame: Frame, columns: Columns, start_s: int, steps: int) -> np.ndarray:
    """What was measured from the label ``start_s`` on [MW], dims (time, column); NaN where nothing was."""
    found = np.full((steps, len(columns)), np.nan)
    first = (start_s - frame.start_s) // QUARTER_HOUR_S
    rows = np.arange(max(first, 0), min(first + steps, len(frame.values)))
    for at, column in enumerate(columns):
        position = frame.layout.index.get(column)
        if position is not None:
            known = (frame.quality[rows, position] & _NOT_MEASURED) == 0
            found[rows - first, at] = np.where(known, frame.values[rows, position], np.nan)
    return found


def pinball_mw(path: np.ndarray, truth: np.ndarray) -> float:
    """Mean pinball loss over the levels .1 to .9 and everything known, NaN when nothing is.

    Args:
        path: [MW], dims (time, level, column). ``truth``: [MW], dims (time, column), NaN where unknown.

    Source: Koenker and Bassett (1978), Regression quantiles, Econometrica 46(1), the check function.
    """
    error = truth[:, None, :] - path[:, _SCORED, :].astype(float)
    level = LEVELS[_SCORED][None, :, None]
    loss = np.maximum(level * error, (level - 1.0) * error)
    known = loss[np.isfinite(loss)]
    return float(known.mean()) if len(known) else float("nan")


def covered_90(path: np.ndarray, truth: np.ndarray) -> float:
    """Share of what is known that lies inside the 90 % band, NaN when nothing is; arguments as in `pinball_mw`."""
    known = np.isfinite(truth)
    inside = (path[:, 0, :] <= truth) & (truth <= path[:, -1, :])
    return float(inside[known].mean()) if known.any() else float("nan")


def _score(issue: Issue, frame: Frame) -> DayScore | None:
    """The day's figures; None when too little of it is known."""
    truth = measured(frame, issue.columns, issue.start_s, len(issue.path))
    if np.isfinite(truth).mean() < LEAST_TRUTH:
        return None
    return DayScore(issue.day, pinball_mw(issue.path, truth), covered_90(issue.path, truth))


def _seconds(output: xr.DataArray) -> np.ndarray:
    return output["time"].values.astype("datetime64[s]").astype(np.int64)


def _at_levels(output: xr.DataArray) -> np.ndarray:
    """Values at `LEVELS`, dims (time, level, element), of an output with dims (time, quantile, element) or (time, element)."""
    if "quantile" not in output.dims:
        return np.repeat(output.values[:, None, :], len(LEVELS), axis=1)
    given = output["quantile"].values
    at = np.clip(np.interp(LEVELS, given, np.arange(len(given))), 0, len(given) - 1)
    below = np.floor(at).astype(int)
    above = np.minimum(below + 1, len(given) - 1)
    share = (at - below)[None, :, None]
    values: np.ndarray = (1.0 - share) * output.values[:, below, :] + share * output.values[:, above, :]
    return values
