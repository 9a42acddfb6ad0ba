"""How the twin's own watch answers to the defects of the simulated fleet, measured on that code.

Years of quarter hours of every sensor and seed would take days, so the trial draws alarms from this operating
characteristic: how large a cooling defect has grown when the watch raises its alarm, and how often it raises one at a sound
transformer. Both are measured by running the watch itself over the telemetry of the fault trial
(`twin.maintenance.evaluate.simulated`), hour by hour: the reference is learnt in winter and must last the year.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.boxes.maintenance.watch.budget import MONTH_S
from twin.boxes.maintenance.watch.observe import observe
from twin.boxes.maintenance.watch.state import PHASES, WatchSettings, new_watch
from twin.maintenance.evaluate.simulated import MODEL, simulated_fleet
from twin.maintenance.evaluate.telemetry import modelled_top_oil

START_S = 1_767_571_200
"""5 January 2026, UTC: the learning falls into winter."""
RISE_AT_FAILURE = 0.5
"""Share by which the oil's rise over ambient has grown when a cooling defect makes the transformer fail; an assumption."""
BUDGET = 0.001
"""False alarms per asset and month that the watch is asked for: cooling defects are rare (one a year in a thousand stations),
so at the usual 0.1 a thousand visits would find one."""
STRONG_K = 4.0
"""Mean excess of the last day [K] from which a standing alarm is a strong one: weak ones are many, strong ones mostly true."""
STEP_S = 3600
ROWS_AN_HOUR, HOURS_A_DAY = 4, 24
LEARNING_DAYS, RAMP_DAYS, SOUND_DAYS = 35, 182, 365


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
    days = LEARNING_DAYS + SOUND_DAYS
    simulated = simulated_fleet(seed=seed, assets=count, days=days, start_s=START_S)
    sound = simulated.telemetry
    start, span = LEARNING_DAYS * HOURS_A_DAY, RAMP_DAYS * HOURS_A_DAY
    # The defects start after the learning, and the rise grows along a straight line.
    grown = np.clip((np.arange(days * HOURS_A_DAY) - start) / span, 0.0, 1.0)[:, None]
    rise_k = simulated.rise_k[::ROWS_AN_HOUR]
    model_c = modelled_top_oil(MODEL, sound)[::ROWS_AN_HOUR]
    load, air_c, oil_c = (each[::ROWS_AN_HOUR] for each in (sound.load_factor, sound.ambient_c, sound.top_oil_c))
    ill_c = (oil_c + RISE_AT_FAILURE * grown * rise_k)[: start + span]
    rings = _alarms(oil_c, model_c, load, air_c, budget), _alarms(ill_c, model_c, load, air_c, budget)
    every, strong = (_answer(*pair, start=start, weeks=SOUND_DAYS / 7.0) for pair in zip(*rings, strict=True))
    return Characteristic(every, strong, budget)


def _answer(sound: np.ndarray, ill: np.ndarray, *, start: int, weeks: float) -> Answer:
    """From where alarms stand, dims (time, trafo)."""
    count = sound.shape[1]
    raised = np.diff(sound[start:].astype(np.int8), axis=0) == 1
    # An alarm that comes and goes within four weeks is one visit.
    visits = sum(_apart(np.flatnonzero(raised[:, trafo]), 28 * HOURS_A_DAY) for trafo in range(count))
    first = np.where(ill[start:].any(axis=0), ill[start:].argmax(axis=0), -1)
    grown = sorted((first[first >= 0] / (RAMP_DAYS * HOURS_A_DAY)).tolist())
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
            at_s=START_S + hour * STEP_S,
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
