"""How the twin's own watch answers to the defects of the simulated fleet, measured on that code.

Years of quarter hours of every sensor and seed would take days, so the trial draws alarms from this operating
characteristic: how large a cooling defect has grown when the watch raises its alarm, and how often it raises one at a sound
transformer. Both are measured by running the watch itself over transformers that differ from their model as real ones do:
wrong rises and time constants, an ambient sensor elsewhere, sun on the roof, noise; the reference is learnt in four winter
weeks and must last the year.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from twin.boxes.maintenance.thermal.iec60076 import TYPICAL, roll, steady_state
from twin.boxes.maintenance.watch.budget import MONTH_S
from twin.boxes.maintenance.watch.observe import observe
from twin.boxes.maintenance.watch.state import PHASES, WatchSettings, new_watch

RISE_AT_FAILURE = 0.5
"""Share by which the oil's rise over ambient has grown when a cooling defect makes the transformer fail; an assumption."""
BUDGET = 0.001
"""False alarms per asset and month that the watch is asked for: cooling defects are rare (one a year in a thousand stations),
so at the usual 0.1 a thousand visits would find one."""
STRONG_K = 4.0
"""Mean excess of the last day [K] from which a standing alarm is a strong one: weak ones are many, strong ones mostly true."""
STEP_S = 3600
LEARNING_WEEKS, RAMP_WEEKS = 5, 26
HOURS_A_YEAR, HOURS_A_WEEK = 8760, 168


@dataclass(frozen=True)
class Answer:
    """How one kind of alarm answers.

    Attributes:
        grown: severity (share of the P-F interval gone) at the alarm, sorted; those never alarmed are missing.
        found: share of defects that raised an alarm before the failure.
        false_per_asset_week: alarms at sound transformers.
    """

    grown: tuple[float, ...]
    found: float
    false_per_asset_week: float

    def severity_at_alarm(self, chance: np.ndarray) -> np.ndarray:
        """Severity at which a defect is alarmed, for uniform ``chance``; infinite for the share never found."""
        if not self.grown:
            return np.full(chance.shape, np.inf)
        place = np.minimum((chance / self.found * len(self.grown)).astype(np.int64), len(self.grown) - 1)
        return np.where(chance < self.found, np.array(self.grown)[place], np.inf)

    @property
    def false_per_asset_month(self) -> float:
        """False alarms per asset and month."""
        return self.false_per_asset_week * MONTH_S / (7 * 86_400.0)


@dataclass(frozen=True)
class Characteristic:
    """The measured answer: of every alarm, and of the strong ones. ``budget``: false alarms per asset-month asked for."""

    every: Answer
    strong: Answer
    budget: float


def measure(*, count: int, seed: int, budget: float) -> Characteristic:
    """Run the watch over a sound year, and over half a year in which every transformer's cooling fails slowly.

    Args:
        count: transformers. ``seed``: of what they and their weather are like.
        budget: false alarms per asset and month.
    """
    hours = HOURS_A_YEAR + LEARNING_WEEKS * HOURS_A_WEEK
    load, known_c, true_air_c, rng = _world(count, hours, seed)
    typical = TYPICAL["distribution", "ONAN"]
    truth = replace(
        typical,
        top_oil_rise_k=typical.top_oil_rise_k * rng.normal(1.0, 0.05, count),
        tau_oil_min=typical.tau_oil_min * rng.normal(1.0, 0.10, count),
    )
    true_c = roll(truth, steady_state(truth, load[0], true_air_c[0]), load, true_air_c, minutes=60.0).top_oil_c[1:]
    model_c = roll(typical, steady_state(typical, load[0], known_c[0]), load, known_c, minutes=60.0).top_oil_c[1:]
    # Offset and noise of a pocket thermometer.
    sound_c = true_c + rng.normal(0.0, 1.0, count) + rng.normal(0.0, 0.3, (hours, count))
    # The defects start after the learning, and the rise grows along a straight line.
    start, span = LEARNING_WEEKS * HOURS_A_WEEK, RAMP_WEEKS * HOURS_A_WEEK
    grown = np.clip((np.arange(start + span) - start) / span, 0.0, 1.0)[:, None]
    ill_c = sound_c[: start + span] + RISE_AT_FAILURE * grown * (true_c - true_air_c)[: start + span]
    sound = _alarms(sound_c, model_c, load, known_c, budget)
    ill = _alarms(ill_c, model_c, load, known_c, budget)
    weeks = (hours - start) / HOURS_A_WEEK
    every, strong = (_answer(*pair, start=start, weeks=weeks) for pair in zip(sound, ill, strict=True))
    return Characteristic(every, strong, budget)


def _answer(sound: np.ndarray, ill: np.ndarray, *, start: int, weeks: float) -> Answer:
    """From where alarms stand, dims (time, trafo)."""
    count = sound.shape[1]
    raised = np.diff(sound[start:].astype(np.int8), axis=0) == 1
    # An alarm that comes and goes within four weeks is one visit.
    visits = sum(_apart(np.flatnonzero(raised[:, trafo]), 4 * HOURS_A_WEEK) for trafo in range(count))
    first = np.where(ill[start:].any(axis=0), ill[start:].argmax(axis=0), -1)
    grown = sorted((first[first >= 0] / (RAMP_WEEKS * HOURS_A_WEEK)).tolist())
    # None seen is no proof of none: half a one.
    return Answer(tuple(grown), len(grown) / count, max(visits, 0.5) / weeks / count)


def _apart(times: np.ndarray, least: int) -> int:
    count, last = 0, -least
    for time in times:
        if time - last >= least:
            count, last = count + 1, int(time)
    return count


def _alarms(
    measured_c: np.ndarray, model_c: np.ndarray, load: np.ndarray, air_c: np.ndarray, budget: float
) -> tuple[np.ndarray, np.ndarray]:
    """Whether the hotter side's alarm stands, and whether it is strong, dims (time, trafo)."""
    watch = new_watch(measured_c.shape[1], WatchSettings(step_s=STEP_S, alarms_per_asset_month=budget))
    stands, strong = np.zeros(measured_c.shape, dtype=bool), np.zeros(measured_c.shape, dtype=bool)
    for hour, found_c in enumerate(measured_c):
        watch = observe(
            watch,
            at_s=hour * STEP_S,
            modelled_rise_k=model_c[hour] - air_c[hour],
            residual_k=found_c - model_c[hour],
            measured_c=found_c,
            load_factor=load[hour],
            ambient_c=air_c[hour],
        )
        stands[hour] = watch.sums.raised_s[:, 0] > 0.0
        strong[hour] = stands[hour] & (
            np.nan_to_num(watch.recent.excess_k[:, -PHASES:].astype(np.float64)).mean(axis=1) >= STRONG_K
        )
    return stands, strong


def _world(count: int, hours: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.random.Generator]:
    """Load factor, ambient as the twin knows it and as the transformer feels it [degC], dims (time, trafo)."""
    rng = np.random.default_rng([seed, 5])
    hour = np.arange(hours)
    season = np.cos(2.0 * np.pi * (hour / HOURS_A_YEAR - 3 / 52))
    weather_k = _wander(rng, hours, 1, sigma=4.0, memory_h=72.0)[:, 0]
    air_c = 10.0 - 9.0 * season - 4.0 * np.cos(2.0 * np.pi * (hour % 24 - 3) / 24.0) + weather_k
    sun_k = (
        rng.uniform(0.0, 3.0, count)
        * np.maximum(0.0, np.sin(2.0 * np.pi * (hour % 24 - 7) / 24.0))[:, None]
        * (0.6 - 0.4 * season)[:, None]
    )
    local_k = rng.normal(2.0, 1.5, count) + _wander(rng, hours, count, sigma=0.7, memory_h=12.0)
    day = 1.0 + 0.30 * np.sin(2.0 * np.pi * (hour % 24 - 9) / 24.0)
    week = np.where(hour // 24 % 7 < 5, 1.0, 0.85)
    peak = rng.uniform(0.3, 1.0, count)
    load = (
        peak
        * ((0.70 + 0.15 * season) * day * week / 1.105)[:, None]
        * (1.0 + _wander(rng, hours, count, sigma=0.08, memory_h=6.0))
    )
    known_c = np.broadcast_to(air_c[:, None], (hours, count))
    return np.maximum(load, 0.02), known_c, known_c + sun_k + local_k, rng


def _wander(rng: np.random.Generator, hours: int, count: int, *, sigma: float, memory_h: float) -> np.ndarray:
    """An autoregressive walk around zero, dims (time, count)."""
    keep = float(np.exp(-1.0 / memory_h))
    steps = rng.normal(0.0, sigma * (1.0 - keep**2) ** 0.5, (hours, count))
    steps[0] *= 1.0 / (1.0 - keep**2) ** 0.5
    for hour in range(1, hours):
        steps[hour] += keep * steps[hour - 1]
    return steps
