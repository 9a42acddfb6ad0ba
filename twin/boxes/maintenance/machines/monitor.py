"""A watch on rotating machines: what their features deviate from a frozen reference, summed up with a bar by budget.

Every quarter hour of steady running enters a block of six hours; a block's mean is compared with what the reference expects at
that power and ambient; a multivariate moving average of the deviations is alarmed when it stays above its bar. Starts, stops
and fast load changes enter nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.boxes.maintenance.machines.ewma import bar_for
from twin.boxes.maintenance.machines.reference import REGRESSORS, Reference, learn, regressors, scaled
from twin.boxes.maintenance.machines.rows import Rows
from twin.boxes.maintenance.machines.state import WEIGHT, Monitor, arranged
from twin.boxes.maintenance.watch.budget import MONTH_S
from twin.boxes.maintenance.watch.state import BLOCK_S
from twin.domain.time import HOURS_PER_STEP, QUARTER_HOUR_S

MIN_ROWS = 8
"""Steady quarter hours that make a block of 24 count."""
REFERENCE_BLOCKS = 112
"""Four weeks of running make the reference."""
PERSISTENCE = 2
"""Blocks in a row above the bar that make an alarm."""
CLEARED = 0.5
"""Share of the bar below which an alarm ends."""
LARGEST = 8.0
"""A block counts as no further off than this [standard deviations], so that a repaired machine clears within a week."""
UNKNOWN = 1.0
"""Leverage above which the reference knows nothing of an operating point: its expectation is as unsure as a block itself. Such
a block is not judged but learnt, unless the machine is under alarm; a fault that begins there is not seen there."""
RUNNING = 0.1
"""Share of rated power from which a machine runs under load."""
SETTLE_ROWS = 4
"""An hour after a start or a jump of load, oil film and temperatures are on their way."""
JUMP = 0.3
"""Change of power from one quarter hour to the next that counts as a start [share of rated power]."""
SLOW_H = 2.0
"""Time constant with which bearings follow power and ambient; an assumption, sleeve bearings take one to three hours."""


@dataclass(frozen=True)
class Settings:
    """Facts of the machines.

    Attributes:
        rated_mw: dims (machine,). ``alarms_per_month``: budget of false alarms of one machine.
        reference_since_s: instants from which a new reference is learnt, epoch seconds, dims (instant, machine), 0 for none.
    """

    rated_mw: np.ndarray
    alarms_per_month: float
    reference_since_s: np.ndarray

    @property
    def blocks_between(self) -> float:
        """Blocks between two false alarms of a machine that runs all the time."""
        return MONTH_S / BLOCK_S / self.alarms_per_month


def _renewed(now: Monitor, at_s: int, settings: Settings) -> Monitor:
    """Machines whose reference is to be learnt anew from ``at_s`` on know nothing yet."""
    since_s = np.where(settings.reference_since_s <= at_s, settings.reference_since_s, 0.0).max(axis=0, initial=0.0)
    due = since_s > now.since_s
    if not due.any():
        return now
    fresh = arranged(now, np.where(due, -1, np.arange(len(due))))
    # what a machine does is no part of its reference, and `_operation` is ahead of the row
    operation = (now.share, now.slow_share, now.slow_ambient_c, now.steady)
    fresh.share, fresh.slow_share, fresh.slow_ambient_c, fresh.steady = operation
    fresh.since_s = np.maximum(now.since_s, since_s)
    return fresh


def observe(monitor: Monitor, rows: Rows, settings: Settings) -> Monitor:
    """Take in quarter hours after the last one; the same bits whether one by one or all at once.

    Args:
        monitor: as it was; it is left as it is.
        rows: the next ones.
        settings: facts of the machines.
    """
    now = Monitor.from_arrays(monitor.to_arrays())
    if rows.start_s != now.at_s:  # rows are missing between: a machine may have stopped meanwhile
        now.share = np.full_like(now.share, np.nan)
    usable, x = _operation(now, rows, settings)
    features = scaled(rows.features)
    for row in range(len(rows)):
        at_s = rows.start_s + row * QUARTER_HOUR_S
        if at_s // BLOCK_S != now.block:
            _close(now, settings)
            now.block = at_s // BLOCK_S
        if len(settings.reference_since_s):
            now = _renewed(now, at_s, settings)
        _take(now, at_s, usable[row], x[row], rows.features[row], features[row])
        now.at_s = at_s + QUARTER_HOUR_S
    return now


def _operation(now: Monitor, rows: Rows, settings: Settings) -> tuple[np.ndarray, np.ndarray]:
    """Move the operating point on: which machines run steadily, dims (time, machine), and the regressors of each row."""
    share = rows.p_mw / settings.rated_mw
    driving = np.stack([share, np.broadcast_to(rows.ambient_c[:, None], share.shape)], axis=1)
    keep = np.exp(-HOURS_PER_STEP / SLOW_H)
    last, slow = now.share, np.stack([now.slow_share, now.slow_ambient_c])
    steady, slowed = np.empty_like(share), np.empty_like(driving)
    with np.errstate(invalid="ignore"):
        for row in range(len(share)):
            # an unknown power counts as a jump, too: the machine may have stopped meanwhile
            runs = (share[row] >= RUNNING) & (np.abs(share[row] - last) <= JUMP)
            steady[row] = now.steady = np.where(runs, now.steady + 1.0, 0.0)
            last = share[row]
            slowed[row] = slow = _slowed(slow, driving[row], keep)
    now.share, (now.slow_share, now.slow_ambient_c) = last, slow
    flat = regressors(share.reshape(-1), slowed[:, 0].reshape(-1), slowed[:, 1].reshape(-1))
    return steady > SETTLE_ROWS, flat.reshape(*share.shape, REGRESSORS)


def _slowed(old: np.ndarray, new: np.ndarray, keep: float) -> np.ndarray:
    """First-order lag; a missing value changes nothing, the first one is where it begins."""
    moved = np.where(np.isnan(old), new, keep * old + (1.0 - keep) * new)
    return np.where(np.isnan(new), old, moved)


def _take(now: Monitor, at_s: int, usable: np.ndarray, x: np.ndarray, raw: np.ndarray, features: np.ndarray) -> None:
    """A quarter hour into the open block, where the machine runs steadily and its sensors live."""
    seen = usable[:, None] & np.isfinite(raw)
    now.held_rows = np.where(seen, np.where(raw == now.held, now.held_rows + 1.0, 1.0), now.held_rows)
    now.held = np.where(seen, raw, now.held)
    learning = now.reference.blocks[:, None] == 0.0
    if learning.any():
        now.longest = np.where(learning, np.maximum(now.longest, now.held_rows), now.longest)
    now.recent[:, 0] = np.where(seen, now.recent[:, 1], now.recent[:, 0])
    now.recent[:, 1] = np.where(seen, raw, now.recent[:, 1])
    now.recent_s = np.where(seen, float(at_s), now.recent_s)
    good = seen & np.isfinite(features) & ~now.stuck
    now.rows = now.rows + usable
    now.x_sum = now.x_sum + np.where(usable[:, None], x, 0.0)
    now.y_sum = now.y_sum + np.where(good, features, 0.0)
    now.y_rows = now.y_rows + good


def _close(now: Monitor, settings: Settings) -> None:
    """Judge the finished block of the machines that have a reference, add it to the others'."""
    measured = now.y_rows >= np.maximum(0.5 * now.rows, 0.5 * MIN_ROWS)[:, None]
    enough = (now.rows >= MIN_ROWS) & measured.any(axis=1)
    x = now.x_sum / np.maximum(now.rows, 1.0)[:, None]
    y = np.where(measured, now.y_sum / np.maximum(now.y_rows, 1.0), np.nan)
    learning = now.reference.blocks == 0.0
    _judge(now, settings, enough & ~learning, x, y)
    for machine in np.flatnonzero(enough & learning).tolist():
        _learn(now, machine, np.concatenate([x[machine], y[machine]]))
    now.rows, now.x_sum, now.y_sum, now.y_rows = (np.zeros_like(v) for v in (now.rows, now.x_sum, now.y_sum, now.y_rows))


def _learn(now: Monitor, machine: int, block: np.ndarray) -> None:
    place = int(now.learnt[machine])
    if place == now.learning.shape[1]:
        more = np.full((len(now.learnt), 1, now.learning.shape[2]), np.nan)
        now.learning = np.concatenate([now.learning, more], axis=1)
    now.learning[machine, place] = block
    now.learnt[machine] = place + 1
    if place + 1 == REFERENCE_BLOCKS:
        now.reference = learn(now.reference, machine, now.learning[machine])
        now.learning[machine], now.learnt[machine] = np.nan, 0.0
        now.learning = now.learning[:, : int(now.learnt.max())]


def _judge(now: Monitor, settings: Settings, asked: np.ndarray, x: np.ndarray, y: np.ndarray) -> None:
    reference = now.reference
    known = reference.leverage(x) <= UNKNOWN
    residual = reference.residual(x, y)
    judged = asked & known & (reference.active & np.isfinite(residual)).any(axis=1)
    now.unknown, now.judged = now.unknown + (asked & ~known), now.judged + judged
    residual = _completed(residual, reference.precision)
    now.reference = reference.extended(asked & ~known & (now.alarm_s == 0.0), x, residual)
    length = np.sqrt(np.einsum("mf,mfg,mg->m", residual, reference.precision, residual))
    limited = residual * (LARGEST / np.maximum(length, LARGEST))[:, None]
    move = judged[:, None]
    now.excess = np.where(move, residual, now.excess)
    now.average = np.where(move, WEIGHT * limited + (1.0 - WEIGHT) * now.average, now.average)
    now.average_x = np.where(move, WEIGHT * x + (1.0 - WEIGHT) * now.average_x, now.average_x)
    now.deviation = np.where(judged, _statistic(now) / _bars(reference, settings), now.deviation)
    start_s = float(now.block * BLOCK_S)
    over = now.deviation > 1.0
    now.above_s = np.where(judged & over & (now.above == 0.0), start_s, now.above_s)
    now.above = np.where(judged, np.where(over, now.above + 1.0, 0.0), now.above)
    raised = (now.above >= PERSISTENCE) & (now.alarm_s == 0.0)
    now.alarm_s = np.where(raised, now.above_s, np.where(now.deviation < CLEARED, 0.0, now.alarm_s))


def _completed(residual: np.ndarray, precision: np.ndarray) -> np.ndarray:
    """Missing deviations as the others lead one to expect them, so that they neither raise nor hide anything."""
    missing = np.isnan(residual)
    if not missing.any():
        return residual
    there = np.where(missing, 0.0, residual)
    both = missing[:, :, None] & missing[:, None, :]
    matrix = np.where(both, precision, np.eye(residual.shape[1]))
    wanted = np.where(missing, -np.einsum("mfg,mg->mf", precision, there), 0.0)
    return there + np.linalg.solve(matrix, wanted[..., None])[..., 0]


def _statistic(now: Monitor) -> np.ndarray:
    """T2 of the moving average, dims (machine,), shrunk by what an estimated covariance makes it too large in the mean."""
    reference, p = now.reference, now.reference.active.sum(axis=1)
    freedom = np.maximum(reference.freedom, p + 2.0)
    squared = np.einsum("mf,mfg,mg->m", now.average, reference.precision, now.average)
    return squared / now.variance * (freedom - p - 1.0) / freedom


def _bars(reference: Reference, settings: Settings) -> np.ndarray:
    """Bar of T2 by the number of features that a machine is monitored by, dims (machine,)."""
    number = reference.active.sum(axis=1)
    bars = {p: bar_for(features=p, weight=WEIGHT, blocks=settings.blocks_between) for p in set(number.tolist()) if p}
    return np.array([bars.get(p, np.inf) for p in number.tolist()])
