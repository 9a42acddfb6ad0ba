"""One reading of every asset into the watch: most readings only add to the sums of a block of six hours.

A closed block is judged against the frozen reference by a two-sided CUSUM, or joins the reference while that is learnt.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np

from twin.boxes.maintenance.watch.readings import accept, follow_load
from twin.boxes.maintenance.watch.reference import expected_residual, freeze
from twin.boxes.maintenance.watch.state import BLOCK_S, RECENT_BLOCKS, OpenBlock, Recent, Sums, Watch

MIN_SHARE = 0.5
"""Of a block's readings that must be good for the block to count."""
UNSURE_SLACK = 1.5
"""Standard errors of the reference that widen the allowance: what it does not know is the same for many blocks, so no sum
averages it out."""
MOST_PER_BLOCK = 0.6
"""Of the threshold that one block may add or take: it takes two to raise an alarm, and one does not undo what others say."""
CEILING = 2.0
"""Times the threshold where the sum stops, so that a repaired asset clears within days, however long it was ill."""
CLEARED = 0.25
"""Of the threshold below which an alarm clears."""


def observe(
    watch: Watch,
    *,
    at_s: int,
    modelled_rise_k: np.ndarray,
    residual_k: np.ndarray,
    measured_c: np.ndarray,
    load_factor: np.ndarray,
    ambient_c: np.ndarray,
) -> Watch:
    """Take in one reading of every asset.

    Args:
        watch: as it was.
        at_s: label of the reading, epoch seconds; never before an earlier one.
        modelled_rise_k: modelled top-oil over ambient [K], dims (asset,), as everything below.
        residual_k: measured minus modelled top-oil [K]; NaN where either is missing or not to be trusted.
        measured_c: top-oil [degC], NaN where missing.
        load_factor: K, 1.0 = rated, NaN where missing.
        ambient_c: cooling air [degC], NaN where missing.
    """
    number = at_s // BLOCK_S
    if number != int(watch.open.number):
        watch = _close(watch, at_s, number)
    sensor = follow_load(watch.sensor, at_s=at_s, load_factor=load_factor, step_s=watch.settings.step_s)
    if not (np.isfinite(residual_k) & np.isfinite(measured_c)).any():  # no sensor speaks: there is nothing to sum
        return replace(watch, at_s=at_s, sensor=sensor)
    learning = watch.learning
    expected_k = np.where(learning, 0.0, watch.reference.coefficients[:, 0])
    sensor, good = accept(
        sensor,
        at_s=at_s,
        measured_c=measured_c,
        residual_k=residual_k,
        expected_k=expected_k,
        spread_k=watch.reference.long_sigma_k,
        learning=learning,
    )
    good = good & np.isfinite(modelled_rise_k)
    airy = good & np.isfinite(ambient_c)
    block = watch.open
    summed = OpenBlock(
        number=block.number,
        samples=block.samples + good,
        residual_k=block.residual_k + np.where(good, residual_k, 0.0),
        rise_k=block.rise_k + np.where(good, modelled_rise_k, 0.0),
        measured_c=block.measured_c + np.where(good, measured_c, 0.0),
        load2=block.load2 + np.where(good & np.isfinite(sensor.load2), sensor.load2, 0.0),
        ambient_c=block.ambient_c + np.where(airy, ambient_c, 0.0),
        ambient_samples=block.ambient_samples + airy,
    )
    return replace(watch, at_s=at_s, sensor=sensor, open=summed)


@dataclass(frozen=True)
class _Closed:
    """Means of a finished block, dims (asset,), NaN for an asset without enough good readings."""

    at_s: int
    number: int
    enough: np.ndarray
    residual_k: np.ndarray
    rise_k: np.ndarray
    measured_c: np.ndarray
    load2: np.ndarray
    ambient_c: np.ndarray


def _close(watch: Watch, at_s: int, number: int) -> Watch:
    """The finished block judged, or added to the reference; an empty one opened."""
    block = watch.open
    enough = block.samples >= MIN_SHARE * BLOCK_S / watch.settings.step_s
    empty = np.zeros_like(block.samples)
    opened = OpenBlock(np.array(number, dtype=np.int64), empty, empty, empty, empty, empty, empty, empty)
    if not enough.any():
        return replace(watch, open=opened, recent=_passed(watch.recent, number - int(block.number)))
    samples, airy = np.maximum(1.0, block.samples), block.ambient_samples
    closed = _Closed(
        at_s=at_s,
        number=int(block.number),
        enough=enough,
        residual_k=np.where(enough, block.residual_k / samples, np.nan),
        rise_k=np.where(enough, block.rise_k / samples, np.nan),
        measured_c=np.where(enough, block.measured_c / samples, np.nan),
        load2=np.where(enough, block.load2 / samples, np.nan),
        ambient_c=np.where(enough & (airy > 0.0), block.ambient_c / np.maximum(1.0, airy), np.nan),
    )
    learns, judged = enough & watch.learning, enough & ~watch.learning
    watch = _judge(watch, closed, judged) if judged.any() else replace(watch, recent=_passed(watch.recent, 1))
    if learns.any():
        watch = _learn(watch, closed, learns)
    # blocks in which nothing at all was read lie between
    return replace(watch, open=opened, recent=_passed(watch.recent, number - int(block.number) - 1))


def _learn(watch: Watch, closed: _Closed, rows: np.ndarray) -> Watch:
    told, reference = watch.settings, watch.reference
    at, place = np.flatnonzero(rows), reference.count[rows].astype(np.int64)
    names = ("rise_k", "ambient_c", "residual_k")
    changed = {name: getattr(reference, name).copy() for name in ("block", *names)}
    changed["block"][at, place] = closed.number
    for name in names:
        changed[name][at, place] = getattr(closed, name)[at]
    reference = replace(reference, count=reference.count + rows, **changed)
    full = np.flatnonzero(rows & (reference.count >= told.reference_blocks))
    if len(full):
        reference = freeze(reference, full, alarms_per_asset_month=told.alarms_per_asset_month)
    return replace(watch, reference=reference)


def _judge(watch: Watch, closed: _Closed, judged: np.ndarray) -> Watch:
    reference, sums = watch.reference, watch.sums
    expected_k, unsure_k = expected_residual(reference, closed.number, closed.rise_k, closed.ambient_c)
    excess_k = closed.residual_k - expected_k
    slack_k = reference.slack_k + UNSURE_SLACK * unsure_k
    bar = np.where(judged, reference.threshold, np.inf)[:, None]
    sigma_k = np.where(judged, reference.long_sigma_k, 1.0)[:, None]
    both_k = np.where(judged[:, None], np.stack([excess_k, -excess_k], axis=1) - slack_k[:, None], 0.0)
    most = MOST_PER_BLOCK * bar
    value = np.clip(sums.value + np.clip(both_k / sigma_k, -most, most), 0.0, CEILING * bar)
    value = np.where(judged[:, None], value, sums.value)
    began_s = float(closed.number * BLOCK_S)
    onset_s = np.where(value == 0.0, 0.0, np.where(sums.onset_s == 0.0, began_s, sums.onset_s))
    raised_s = np.where((sums.raised_s == 0.0) & (value > bar), float(closed.at_s), sums.raised_s)
    raised_s = np.where(judged[:, None] & (value <= CLEARED * bar), 0.0, raised_s)
    latest = (excess_k, closed.measured_c - excess_k, closed.rise_k, closed.load2, slack_k)
    return replace(watch, sums=Sums(value, onset_s, raised_s), recent=_remember(watch.recent, judged, latest))


def _remember(recent: Recent, rows: np.ndarray, latest: tuple[np.ndarray, ...]) -> Recent:
    """The week's window moved on by a block: an asset without a good one gets NaN, so that assets stay side by side."""
    old = (recent.excess_k, recent.expected_c, recent.rise_k, recent.load2, recent.slack_k)
    moved = []
    for window, value in zip(old, latest, strict=True):
        last = np.where(rows, value, np.nan).astype(np.float32)
        moved.append(np.concatenate([window[:, 1:], last[:, None]], axis=1))
    return Recent(*moved)


def _passed(recent: Recent, blocks: int) -> Recent:
    """The week's window moved on by blocks of which nothing is known."""
    gone = max(0, min(blocks, RECENT_BLOCKS))
    if not gone:
        return recent
    moved = (getattr(recent, field.name) for field in fields(recent))
    return Recent(*(np.concatenate([w[:, gone:], np.full((len(w), gone), np.nan, dtype=w.dtype)], axis=1) for w in moved))
