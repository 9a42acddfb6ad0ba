"""A watch on the cooling: measured minus modelled top-oil against a frozen reference, summed up by a CUSUM.

The model is conditioned on load and ambient, so what remains is parameter error, sensor error and the
health of the cooling. A straight line of the residual over the modelled rise takes up the parameter error; it
is learnt once and then *frozen*, because a reference that keeps learning absorbs the slow drift it is meant
to show. Neighbouring quarter hours say almost the same; means of six hours are nearly independent.

Source: E. S. Page, Continuous inspection schemes, Biometrika 41 (1954); D. Siegmund, Sequential Analysis
(1985), for the run length below.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

BLOCK_S = 6 * 3600
MIN_SAMPLES = 12
"""Valid quarter hours that make a block of 24 count."""
REFERENCE_BLOCKS = 112
"""Four weeks of blocks make the reference."""
MIN_SIGMA_K = 0.5
"""Floor of the reference's spread [K]: accuracy of a pocket thermometer with transmitter."""
SLACK = 1.0
THRESHOLD = 5.0
"""In standard deviations: a shift of 2 is found fastest. Mean run length between false alarms by Siegmund,
(exp(2 k b) - 2 k b - 1) / (2 k^2) with b = h + 1.166: 1.1e5 independent blocks, 77 years; correlation
shortens it."""
CEILING = 2.0 * THRESHOLD
"""The sum stops here, so that a repaired transformer clears within days, however long it was ill."""


@dataclass(frozen=True)
class Watch:
    """What the watch remembers.

    Attributes:
        block: number of the open block (epoch seconds // BLOCK_S). ``samples``, ``rise_sum_k``,
            ``residual_sum_k``: its sums.
        blocks, sx, sy, sxx, sxy, syy: sums over the reference's blocks, x = modelled rise, y = residual [K].
        offset_k, slope, sigma_k: the frozen reference; sigma 0 while it is being learnt.
        cusum: in standard deviations. ``excess_k``: last block's residual above the reference [K].
        alarm_since_s: start of the block that raised the alarm, or 0.
    """

    block: float = 0.0
    samples: float = 0.0
    rise_sum_k: float = 0.0
    residual_sum_k: float = 0.0
    blocks: float = 0.0
    sx: float = 0.0
    sy: float = 0.0
    sxx: float = 0.0
    sxy: float = 0.0
    syy: float = 0.0
    offset_k: float = 0.0
    slope: float = 0.0
    sigma_k: float = 0.0
    cusum: float = 0.0
    excess_k: float = 0.0
    alarm_since_s: float = 0.0

    @property
    def learning(self) -> bool:
        """True until the reference is frozen."""
        return self.sigma_k == 0.0


def observe(watch: Watch, *, at_s: int, rise_k: float, residual_k: float) -> Watch:
    """Take in one quarter hour.

    Args:
        watch: as it was.
        at_s: label of the quarter hour, epoch seconds; never before an earlier one.
        rise_k: modelled top-oil over ambient [K].
        residual_k: measured minus modelled top-oil [K], finite.
    """
    block = float(at_s // BLOCK_S)
    if block != watch.block:
        watch = replace(_close(watch), block=block, samples=0.0, rise_sum_k=0.0, residual_sum_k=0.0)
    return replace(
        watch,
        samples=watch.samples + 1.0,
        rise_sum_k=watch.rise_sum_k + rise_k,
        residual_sum_k=watch.residual_sum_k + residual_k,
    )


def _close(watch: Watch) -> Watch:
    """Judge the finished block, or add it to the reference."""
    if watch.samples < MIN_SAMPLES:
        return watch
    x, y = watch.rise_sum_k / watch.samples, watch.residual_sum_k / watch.samples
    if watch.learning:
        return _learn(watch, x, y)
    excess_k = y - watch.offset_k - watch.slope * x
    cusum = min(CEILING, max(0.0, watch.cusum + excess_k / watch.sigma_k - SLACK))
    since_s = watch.alarm_since_s
    if cusum > THRESHOLD:
        since_s = since_s or watch.block * BLOCK_S
    elif cusum == 0.0:
        since_s = 0.0
    return replace(watch, cusum=cusum, excess_k=excess_k, alarm_since_s=since_s)


def _learn(watch: Watch, x: float, y: float) -> Watch:
    n = watch.blocks + 1.0
    sx, sy = watch.sx + x, watch.sy + y
    sxx, sxy, syy = watch.sxx + x * x, watch.sxy + x * y, watch.syy + y * y
    watch = replace(watch, blocks=n, sx=sx, sy=sy, sxx=sxx, sxy=sxy, syy=syy)
    if n < REFERENCE_BLOCKS:
        return watch
    spread = sxx - sx * sx / n
    # Below 1 K of spread in the modelled rise a slope cannot be told from noise.
    slope = (sxy - sx * sy / n) / spread if spread > n else 0.0
    offset_k = (sy - slope * sx) / n
    variance = (syy - sy * sy / n - slope * (sxy - sx * sy / n)) / (n - 2.0)
    return replace(watch, offset_k=offset_k, slope=slope, sigma_k=max(MIN_SIGMA_K, max(0.0, variance) ** 0.5))
