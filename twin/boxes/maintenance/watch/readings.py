"""Rules for single readings of a temperature sensor: spikes, units, values that stay where they are.

A spike is told by a level: oil does not leap, so a residual far from the last accepted one is set aside. What stays there for
an hour is no spike but a shift, and is accepted: it is the CUSUM's to judge. What fits as Fahrenheit, ten times or a
tenth of the expected temperature is never accepted.

A stuck sensor is told by variance, against what the model expects: readings stay within their resolution while the
model moves on. Where load and ambient rest, the model rests too, and nothing is said.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from twin.boxes.maintenance.watch.state import SensorState

UNITS = ("", "fahrenheit", "times_ten", "tenth")
SPIKE_K = 5.0
"""Least leap of the residual in one step that sets a reading aside [K]: top-oil follows with hours."""
SPIKE_SIGMAS = 8.0
_WINSOR_K = 3.0
_LEVEL_COUNT = 4
"""Readings that agree with each other make a level."""
_STALE_S = 2 * 3600.0
_EPISODE_S = 86_400.0
"""Spikes within a day of each other are one episode."""
_UNIT_FIT_K, UNIT_MISFIT_K = 10.0, 20.0
"""How well another unit must fit, and how far off the reading must be as it is [K]."""

STUCK_K = 1.5
"""Least movement of the model during a hold that says stuck [K]."""
STUCK_COUNT = 5
"""Readings of a hold, at least: chance alone keeps a noisy sensor within its resolution for two or three."""
STUCK_S = 5400.0
"""Least length of a hold [s]: at quarter hours a sensor that scatters by five times its resolution stays within it for an hour
some times a year, for an hour and a half hardly ever."""
FREE_K = 0.5
"""Beyond two resolutions, how far from the stuck value a reading must be for the alarm to clear [K]."""
_FLICKER_K = 0.1
"""A stuck converter may flicker by this much [K]."""
_RESOLUTION_K = (0.05, 2.0)
_STUCK_RESOLUTIONS = 3.0
_STUCK_MARGIN = 1.5
_MOST_MOVED_K = 2.5
_HOLD_GAP_S = 2 * 3600.0

OVERLOAD_S = 3600.0
_RATED, _RELIEVED = 1.0, 0.95
_OIL_S = 3.0 * 3600.0
"""Oil time constant of distribution transformers (IEC 60076-7:2005, table 5)."""


def accept(
    sensor: SensorState,
    *,
    at_s: int,
    measured_c: np.ndarray,
    residual_k: np.ndarray,
    expected_k: np.ndarray,
    spread_k: np.ndarray,
    learning: np.ndarray,
) -> tuple[SensorState, np.ndarray]:
    """The sensor's state after one reading, and which readings may be summed, dims (asset,).

    Args:
        sensor: as it was.
        at_s: label of the reading, epoch seconds.
        measured_c: top-oil [degC], NaN where missing.
        residual_k: measured minus modelled [K], NaN where missing.
        expected_k: usual residual of the asset [K], 0 while learning.
        spread_k: of the residual over days [K], 0 while learning.
        learning: whether the reference still learns.
    """
    seen = np.isfinite(residual_k) & np.isfinite(measured_c)
    leaps, level = _leaps(sensor, at_s, measured_c, residual_k, expected_k, spread_k, learning)
    holds = _holds(sensor, at_s, seen, measured_c, measured_c - residual_k, learning)
    return replace(sensor, **leaps, **holds), level & (holds["stuck_since_s"] == 0.0)


def _leaps(
    sensor: SensorState,
    at_s: int,
    measured_c: np.ndarray,
    residual_k: np.ndarray,
    expected_k: np.ndarray,
    spread_k: np.ndarray,
    learning: np.ndarray,
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """What a reading changes of the state, by field, and which readings are accepted."""
    seen = np.isfinite(residual_k) & np.isfinite(measured_c)
    fresh = np.isfinite(sensor.accepted_k) & (at_s - sensor.accepted_s <= _STALE_S)
    leap_k = np.where(fresh, residual_k - sensor.accepted_k, 0.0)
    sigma_k = np.sqrt(sensor.jump_k2 / np.maximum(1.0, sensor.jumps))
    spike_k = np.maximum(SPIKE_K, SPIKE_SIGMAS * sigma_k)
    hopeless_k = np.maximum(UNIT_MISFIT_K, 6.0 * spread_k)
    unit = np.where(seen, unit_of(measured_c, measured_c - residual_k + expected_k, hopeless_k=hopeless_k), 0)
    far = seen & ((np.abs(leap_k) > spike_k) | (unit > 0))
    agrees = far & (np.abs(residual_k - sensor.aside_k) <= spike_k)
    aside_count = np.where(far, np.where(agrees, sensor.aside_count + 1.0, 1.0), np.where(seen, 0.0, sensor.aside_count))
    level = far & (unit == 0) & (aside_count >= _LEVEL_COUNT)
    accepted = seen & (~far | level)
    # the one further from the model is the wrong one: a good reading after a spike that was accepted first is none
    off = far & ~level & ((unit > 0) | (np.abs(residual_k - expected_k) > np.abs(sensor.accepted_k - expected_k)))
    began = off & (at_s - sensor.spike_s > _EPISODE_S)
    gone = level & (sensor.spike_s > 0.0) & (at_s - sensor.spike_since_s <= _EPISODE_S)  # it was a shift, no spike
    steady = accepted & fresh & ~level & learning
    return {
        "accepted_k": np.where(accepted, residual_k, sensor.accepted_k),
        "accepted_s": np.where(accepted, at_s, sensor.accepted_s),
        "aside_k": np.where(far, residual_k, sensor.aside_k),
        "aside_count": np.where(level, 0.0, aside_count),
        "unit": np.where(off, unit, sensor.unit),
        "spike_s": np.where(gone, 0.0, np.where(off, at_s, sensor.spike_s)),
        "spike_since_s": np.where(gone, 0.0, np.where(began, at_s, sensor.spike_since_s)),
        "spike_k": np.where(off, residual_k - expected_k, sensor.spike_k),
        "jump_k2": sensor.jump_k2 + np.where(steady, np.minimum(np.abs(leap_k), _WINSOR_K) ** 2, 0.0),
        "jumps": sensor.jumps + steady,
    }, accepted


def unit_of(measured_c: np.ndarray, expected_c: np.ndarray, *, hopeless_k: np.ndarray | float) -> np.ndarray:
    """Index into `UNITS` of what would make a hopeless reading fit, 0 where it fits as it is or nothing does.

    Args:
        measured_c: as read [degC], NaN where missing: 0 then.
        expected_c: by the model [degC].
        hopeless_k: misfit beyond which another unit is tried [K].
    """
    hopeless = np.abs(measured_c - expected_c) > hopeless_k
    if not hopeless.any():  # nearly always
        return np.zeros(np.shape(hopeless), dtype=np.int64)
    tries = np.stack([(measured_c - 32.0) / 1.8, measured_c / 10.0, 10.0 * measured_c])
    miss_k = np.abs(tries - expected_c)
    best = np.argmin(np.where(np.isfinite(miss_k), miss_k, np.inf), axis=0)
    fits = np.take_along_axis(miss_k, best[None], axis=0)[0] <= _UNIT_FIT_K
    return np.where(hopeless & fits, best + 1, 0)


def _holds(
    sensor: SensorState, at_s: int, seen: np.ndarray, measured_c: np.ndarray, model_c: np.ndarray, learning: np.ndarray
) -> dict[str, np.ndarray]:
    """What a reading changes of the state, by field."""
    fine_k = np.clip(np.where(np.isfinite(sensor.resolution_k), sensor.resolution_k, _FLICKER_K), *_RESOLUTION_K)
    step_k = np.abs(measured_c - sensor.held_c)
    within = step_k <= np.maximum(_FLICKER_K, 0.5 * fine_k) + 1e-6
    stays = seen & within & (at_s - sensor.seen_s <= _HOLD_GAP_S)  # what lies in a gap nobody knows
    moves = seen & ~stays
    ended_k = np.where(moves & (sensor.held_count >= STUCK_COUNT), sensor.model_high_c - sensor.model_low_c, 0.0)
    held_count = np.where(moves, 1.0, sensor.held_count + stays)
    low_c = np.where(moves, model_c, np.where(stays, np.minimum(sensor.model_low_c, model_c), sensor.model_low_c))
    high_c = np.where(moves, model_c, np.where(stays, np.maximum(sensor.model_high_c, model_c), sensor.model_high_c))
    held_since_s = np.where(moves, at_s, sensor.held_since_s)
    limit_k = np.maximum(np.maximum(STUCK_K, _STUCK_RESOLUTIONS * fine_k), _STUCK_MARGIN * sensor.moved_k)
    was = sensor.stuck_since_s > 0.0
    long = (held_count >= STUCK_COUNT) & (at_s - held_since_s >= STUCK_S)
    raised = stays & ~was & long & (high_c - low_c > limit_k)
    clears = was & seen & (np.abs(measured_c - sensor.stuck_c) > FREE_K + 2.0 * fine_k)
    jump_k = np.where(moves & learning & (step_k > 0.01), step_k, np.inf)  # below a hundredth it is arithmetic, not a code
    return {
        "seen_s": np.where(seen, at_s, sensor.seen_s),
        "held_c": np.where(moves, measured_c, sensor.held_c),
        "held_since_s": held_since_s,
        "held_count": held_count,
        "model_low_c": low_c,
        "model_high_c": high_c,
        "moved_k": np.where(learning & ~was, np.maximum(sensor.moved_k, np.minimum(ended_k, _MOST_MOVED_K)), sensor.moved_k),
        "resolution_k": np.minimum(sensor.resolution_k, jump_k),
        "stuck_c": np.where(raised, sensor.held_c, sensor.stuck_c),
        "stuck_since_s": np.where(clears, 0.0, np.where(raised, held_since_s, sensor.stuck_since_s)),
        "stuck_raised_s": np.where(clears, 0.0, np.where(raised, at_s, sensor.stuck_raised_s)),
    }


def follow_load(sensor: SensorState, *, at_s: int, load_factor: np.ndarray, step_s: float) -> SensorState:
    """Load above rating, until it was below it with a margin, or missing, for an hour; and K^2 as slow as the oil.

    Args:
        sensor: as it was.
        at_s: label of the reading, epoch seconds.
        load_factor: K, 1.0 = rated, NaN where missing.
        step_s: between readings [s].
    """
    seen = np.isfinite(load_factor)
    load2 = np.where(seen, load_factor, 0.0) ** 2
    slow = np.exp(-step_s / _OIL_S)
    followed = np.where(np.isfinite(sensor.load2), load2 + (sensor.load2 - load2) * slow, load2)
    over = seen & (load_factor > _RATED)
    under = seen & (load_factor < _RELIEVED)
    relieved = under | ~seen  # of a load that nobody measures any more nothing is said for long
    under_count = np.where(relieved, sensor.under_count + 1.0, np.where(over, 0.0, sensor.under_count))
    over_count = sensor.over_count + over
    enough = OVERLOAD_S / step_s
    clears = (under & (over_count < enough)) | (relieved & (under_count >= enough))
    since_s = np.where(over & (sensor.over_since_s == 0.0), at_s, sensor.over_since_s)
    return replace(
        sensor,
        load2=np.where(seen, followed, sensor.load2),
        over_since_s=np.where(clears, 0.0, since_s),
        over_count=np.where(clears, 0.0, over_count),
        under_count=under_count,
    )
