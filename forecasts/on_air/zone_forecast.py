"""The forecast of one zone at one instant: the day's path by the champion, bent by what was measured since.

A pure function of what is known, of the artifact and of what was issued before. What the object keeps is a cache of the day's
path; late telemetry or a newer weather forecast changes its key, and the answer is the one that would have been given had all
come in order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

import numpy as np

from forecasts.champion.champion import Champion, train
from forecasts.champion.correction import Correction, newest, no_correction
from forecasts.champion.settings import ChampionSettings
from forecasts.champion.ticks import bent, spread_of, within
from forecasts.champion.width import stretched
from forecasts.expert import Blender, Expert, NotEnoughHistory
from forecasts.futures.dependence import Dependence
from forecasts.futures.ramps import usual_change_mw
from forecasts.futures.tick_paths import Course
from forecasts.on_air.issued import Issued
from forecasts.on_air.outlook_error import spread_of_outlook
from forecasts.on_air.zone_past import Now, ZoneFacts, now_of
from forecasts.past import Past
from forecasts.quantiles import LEVELS, NORMAL, widen
from twin.contracts.frame import AsOfView
from twin.domain.pack import UnpackError
from twin.domain.time import QUARTER_HOUR_S

_MIDDLE = LEVELS.index(0.5)
_A_DAY = 96
_SPARE = 100  # quarter hours of the longest local day: a tick may be issued at its end


class NeverMeasuredError(ValueError):
    """Nothing of a zone, or of the difference that a rest is, was ever measured."""


@dataclass(frozen=True)
class Day:
    """A day's path, from yesterday's midnight on so that its latest errors can be seen.

    Attributes:
        quantiles: [MW], dims (time, quantile), from today's midnight. ``low``, ``high``, ``scale``: dims (time,).
        before: yesterday's median as it would have been issued, dims (time,), NaN where unknown. ``before_scale``: its scale.
        dependence: of its errors. ``days``: of history. ``settled``: it rests on a training.
        usual_change_mw: what nine in ten changes within an hour of the past stay below; NaN without a past.
    """

    quantiles: np.ndarray
    low: np.ndarray
    high: np.ndarray
    scale: np.ndarray
    before: np.ndarray
    before_scale: np.ndarray
    correction: Correction
    dependence: Dependence
    days: int
    settled: bool
    usual_change_mw: float


@dataclass(frozen=True)
class Answer:
    """What one zone answers at a tick.

    Attributes:
        day: that the course was cut from. ``state``: what to remember.
        errors_s: first label of the issues before today, dims (issue,). ``errors``: of them [MW], dims (issue, slot).
    """

    course: Course
    day: Day
    state: bytes
    errors_s: np.ndarray
    errors: np.ndarray


@dataclass
class ZoneForecast:
    """Answers for one zone.

    Args:
        experts: by name. ``floors``: those that serve before anything was trained.
        leads: quarter hours that an answer covers.
    """

    facts: ZoneFacts
    experts: Mapping[str, Expert | Blender]
    floors: Mapping[str, Expert | Blender]
    settings: ChampionSettings
    history: timedelta
    leads: int
    _day: dict[str, Day] = field(default_factory=dict)
    _before: dict[str, tuple[np.ndarray, np.ndarray]] = field(default_factory=dict)
    _champion: dict[str, Champion] = field(default_factory=dict)
    _floored: dict[str, Champion | None] = field(default_factory=dict)

    def fit(self, view: AsOfView, *, seed: int) -> bytes:
        """A trained champion; equal data and seed give equal bytes.

        Raises:
            NotEnoughHistory: when nothing can be learnt yet.
        """
        now = now_of(view, self.facts, self.history, 0)
        return train(now.past, self.experts, leads=self.leads, seed=seed, settings=self.settings).to_bytes()

    def answer(self, view: AsOfView, artifact: bytes | None, state: bytes | None) -> Answer:
        """What is to come from ``view.as_of`` on.

        Raises:
            NeverMeasuredError: when nothing at all was.
        """
        now = now_of(view, self.facts, self.history, self.leads + _SPARE)
        key = _key(now, artifact)
        if key not in self._day:
            self._day = {key: self._make_day(now, artifact)}
        day = self._day[key]
        slots = now.past.slots_per_day
        midnight_s = now.past.start_s + now.past.rows * now.past.step_s
        before = Issued.read(state, slots)
        issued = before.with_issue(midnight_s, day.quantiles)
        width = before.factor(now.past.start_s, now.past.values, now.past.step_s, self.settings)
        at = len(now.today)
        error = np.concatenate([now.past.values[-len(day.before) :], now.today]) if len(day.before) else now.today
        middle = np.concatenate([day.before, day.quantiles[:at, _MIDDLE]])
        scale = np.concatenate([day.before_scale, day.scale[:at]])
        back = slice(max(0, len(error) - slots), None)
        errors, age = newest((error - middle)[back], scale[back], slots)
        coming = slice(at, at + self.leads)
        path = stretched(day.quantiles[coming], width)
        quantiles = bent(path, day.correction, errors, age, day.scale[coming], QUARTER_HOUR_S)
        low, high = day.low[coming], day.high[coming]
        course = Course(within(quantiles, low, high), low, high, day.dependence, at)
        return Answer(course, day, issued.write(), *before.errors(now.past.start_s, now.past.values, now.past.step_s))

    def _make_day(self, now: Now, artifact: bytes | None) -> Day:
        artifact = self._readable(artifact)
        past, settled = now.past, artifact is not None
        if _sky_unseen(now):  # who was taught to rely on the sun to come would be as sure without it
            past, artifact = replace(past, weather={}, _memo={}), None
        champion = self._trained(past, artifact) if _taught(past) else None
        if champion is None:
            return self._from_today(now)
        limits = champion.limits(past)
        path = self._whole(champion.quantiles(past, champion.said(past)), limits.high, now)
        spread = spread_of_outlook(
            past, path[:, _MIDDLE], lambda other: champion.quantiles(other, champion.said(other))[:, _MIDDLE], now.unsure
        )
        path = within(widen(path, np.nan_to_num(spread)), limits.low, limits.high)
        before, before_scale = self._yesterday(champion, past, artifact)
        quantiles, low, high, scale = (
            _as_long(rows, self.leads + past.slots_per_day) for rows in (path, limits.low, limits.high, limits.scale)
        )
        return Day(
            quantiles, low, high, scale, before, before_scale, champion.correction, champion.dependence, champion.days,
            settled=settled, usual_change_mw=usual_change_mw(past.values, step_s=QUARTER_HOUR_S, window_h=1),
        )  # fmt: skip

    def _whole(self, path: np.ndarray, high: np.ndarray, now: Now) -> np.ndarray:
        """A path whose hours without any expert (a second day knows but half of the first) are as open as on a first day."""
        silent = np.isnan(path[:, 0])
        if not silent.any():
            return path
        known = np.concatenate([now.past.values, now.today])
        top = np.where(np.isfinite(high), high, np.nanmax(known))
        open_to_all = top[:, None] * np.array(LEVELS) if self.facts.kind == "pv" else _level(known)
        return np.where(silent[:, None], open_to_all, path)

    def _trained(self, past: Past, artifact: bytes | None) -> Champion | None:
        if artifact is not None:
            return self._champion[hashlib.sha256(artifact).hexdigest()]
        # Floor experts look at no weather to come: they learn once a day, and not anew with every outlook.
        known = {name: column[: past.rows] for name, column in past.weather.items()}
        lesson = replace(past, weather=known, _memo={})
        key = _key(Now(lesson, np.empty(0), {}), None)
        if key not in self._floored:
            try:
                self._floored = {key: train(lesson, self.floors, leads=self.leads, seed=0, settings=self.settings)}
            except NotEnoughHistory:
                self._floored = {key: None}
        return self._floored[key]

    def _readable(self, artifact: bytes | None) -> bytes | None:
        """The artifact; None for one of an older version, or of experts taken out since: until tonight the floors serve."""
        if artifact is None:
            return None
        key = hashlib.sha256(artifact).hexdigest()
        if key not in self._champion:
            try:
                self._champion = {key: Champion.read(artifact, self.experts)}
            except UnpackError:
                return None
        return artifact

    def _yesterday(self, champion: Champion, past: Past, artifact: bytes | None) -> tuple[np.ndarray, np.ndarray]:
        """What the champion would have said of yesterday: (median, scale), dims (time,)."""
        day, _ = past.days_and_slots(0, past.rows + 1)
        begin = int(np.searchsorted(day, day[-1] - 1))
        if begin in (0, past.rows):
            return np.empty(0), np.empty(0)
        weather = {name: column[: past.rows] for name, column in past.weather.items()}
        earlier = replace(past, values=past.values[:begin], weather=weather, _memo={})
        key = _key(Now(earlier, np.empty(0), {}), artifact) + ("" if artifact else _key(Now(past, np.empty(0), {}), None))
        if key not in self._before:
            rows = past.rows - begin
            middle = champion.quantiles(earlier, champion.said(earlier))[:rows, _MIDDLE]
            self._before = {key: (middle, champion.limits(earlier).scale[:rows])}
        return self._before[key]

    def _from_today(self, now: Now) -> Day:
        """The first hours of a site: what today has shown, or for a plant anything between nothing and its clear sky."""
        steps = self.leads + _SPARE
        known = now.today[np.isfinite(now.today)]
        nothing, one = np.zeros(steps), np.ones(steps)
        if self.facts.kind == "pv":
            top = self._declared_sky(now.past, steps)
            quantiles, low, high = top[:, None] * np.array(LEVELS), nothing, top
        elif known.size:
            quantiles, low, high = np.tile(_level(now.today), (steps, 1)), np.full(steps, -np.inf), np.full(steps, np.inf)
        else:
            less = "".join(f" less {part!r}" for part in self.facts.minus)
            raise NeverMeasuredError(
                f"zone {self.facts.zone!r}{less}: no valid {self.facts.signal} in the last {self.history.days} days; "
                "check the telemetry of the zone's meters"
            )
        empty = np.empty(0)
        unknown = Dependence.fit(np.empty((0, self.leads + now.past.slots_per_day)), step_s=QUARTER_HOUR_S)
        return Day(
            quantiles, low, high, one, empty, empty, no_correction(self.leads), unknown, 0, settled=False,
            usual_change_mw=float("nan"),
        )  # fmt: skip

    def _declared_sky(self, past: Past, steps: int) -> np.ndarray:
        from forecasts.sky.reference import declared_clear_sky

        return declared_clear_sky(past, steps)


def _as_long(rows: np.ndarray, steps: int) -> np.ndarray:
    """At least so many rows, dims (time, ...): late on the eves of the short day in spring, 48 hours end beyond the last day.

    What is missing, less than an hour, is that of a day before.
    """
    missing = max(0, steps - len(rows))
    return np.concatenate([rows, rows[-_A_DAY:][:missing]])


def _taught(past: Past) -> bool:
    """Whether anything was measured before today."""
    return bool(np.isfinite(past.values).any())


def _sky_unseen(now: Now) -> bool:
    """A plant whose irradiance is known up to now and not a quarter hour further."""
    column = now.past.weather.get("ghi_w_m2", np.empty(0))
    ahead = column[now.past.rows + len(now.today) :]
    return now.past.kind == "pv" and bool(np.isfinite(column).any()) and not np.isfinite(ahead).any()


def _level(known: np.ndarray) -> np.ndarray:
    """Quantiles of a load of which nothing but some values is known [MW], dims (quantile,)."""
    return np.asarray(np.nanmean(known) + spread_of(known) * NORMAL)


def _key(now: Now, artifact: bytes | None) -> str:
    """Of all that a day's path depends on; on the first day that is what was measured since midnight."""
    past = now.past
    digest = hashlib.sha256(artifact or b"")
    digest.update(f"{past.start_s}/{past.rows}".encode())
    first_day = () if _taught(past) else (now.today,)
    for array in (past.values, *past.weather.values(), *first_day):
        digest.update(np.nan_to_num(array, nan=-9e99).tobytes())
    return digest.hexdigest()
