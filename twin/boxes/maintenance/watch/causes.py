"""Why readings leave the reference: the shape of the excess is compared with what each cause would leave behind.

A fault of the cooling scales the whole rise over ambient, so its excess follows the modelled rise, no-load losses included.
A bad contact (tap changer, bushing, joint) adds heat by I^2 R alone: its excess follows K^2 and vanishes without load. An
offset of the sensor follows neither. Each shape may grow along a straight line in time, so that a growing fault is told
as well as a sudden one. These are proposals with a confidence, not findings: only an inspection tells.
"""

from __future__ import annotations

import numpy as np

from twin.boxes.maintenance.watch.state import BLOCK_S, RECENT_BLOCKS, Watch

MIN_BLOCKS = 4
PRIORS = {"cooling": 0.5, "sensor_drift": 0.3, "contact": 0.2}
"""Before the shape is seen. Stated, not measured: fans, pumps and valves give way more often than contacts do."""
MOST_SURE = 0.95
SWAP_EVIDENCE = 6.0
"""Log-likelihood by which the other's model must fit better: odds of 400."""
SWAP_TOGETHER_S = 2 * 86_400.0
"""Both sensors leave their references at once: onsets this close."""
MOST_PAIRED = 200
"""Assets with the largest sums that are tried against each other, so that a storm of alarms stays cheap."""


def window(watch: Watch, asset: int, since_s: float) -> np.ndarray:
    """Which of the recent blocks lie after ``since_s`` and are known, at least the last `MIN_BLOCKS`: mask, dims (block,)."""
    blocks = int(watch.open.number) - int(since_s) // BLOCK_S
    kept = min(RECENT_BLOCKS, max(MIN_BLOCKS, blocks))
    mask = np.arange(RECENT_BLOCKS) >= RECENT_BLOCKS - kept
    return mask & np.isfinite(watch.recent.excess_k[asset])


def likely_causes(watch: Watch, asset: int, *, since_s: float, side: int) -> dict[str, float]:
    """Cause -> share of belief, the likeliest first.

    Args:
        watch: after an alarm of the CUSUM.
        asset: its index.
        since_s: onset of its sum, epoch seconds.
        side: 0 hotter, 1 colder than the reference.
    """
    chosen = window(watch, asset, since_s)
    recent, reference = watch.recent, watch.reference
    excess_k, rise_k, load2 = (
        getattr(recent, name)[asset][chosen].astype(np.float64) for name in ("excess_k", "rise_k", "load2")
    )
    if side == 1:
        # colder than ever: cooling that works better than new is rare, a sensor that reads low is not
        return {"sensor_drift": 0.8, "cooling": 0.1, "contact": 0.1}
    if len(excess_k) < MIN_BLOCKS:
        return dict(PRIORS)
    if load2.mean() > 1.0:
        return {"overload": 0.7, "cooling": 0.3}
    correlation = float(reference.correlation[asset])
    worth = (1.0 - correlation) / (1.0 + correlation) / (2.0 * float(reference.sigma_k[asset]) ** 2)
    time = np.flatnonzero(chosen) - RECENT_BLOCKS + 1.0
    shapes = {"cooling": rise_k, "sensor_drift": np.ones_like(rise_k), "contact": load2}
    logs = np.array([np.log(PRIORS[name]) - worth * _misfit(excess_k, shape, time) for name, shape in shapes.items()])
    shares = np.exp(logs - logs.max())
    shares /= shares.sum()
    return dict(sorted(zip(shapes, shares.tolist(), strict=True), key=lambda pair: -pair[1]))


def _misfit(excess_k: np.ndarray, shape: np.ndarray, time: np.ndarray) -> float:
    """Squares left [K^2] of the best (a + b t) x shape."""
    columns = np.stack([shape, shape * time], axis=1)
    best, *_ = np.linalg.lstsq(columns, excess_k, rcond=None)
    left = excess_k - columns @ best
    return float(left @ left)


def swapped_pairs(watch: Watch, assets: np.ndarray, since_s: np.ndarray) -> list[tuple[int, int, float]]:
    """Pairs whose sensors fit each other's model far better than their own: (asset, asset, log-likelihood gained).

    Args:
        watch: with alarms.
        assets: indices of assets off their reference.
        since_s: their onsets, same order, epoch seconds.
    """
    strongest = np.argsort(-watch.sums.value[assets].max(axis=1), kind="stable")[:MOST_PAIRED]
    found: list[tuple[float, int, int]] = []
    for rank, one in enumerate(strongest):
        for other in strongest[rank + 1 :]:
            if abs(since_s[one] - since_s[other]) > SWAP_TOGETHER_S:
                continue
            gain = _swap_gain(watch, int(assets[one]), int(assets[other]), float(max(since_s[one], since_s[other])))
            if gain > SWAP_EVIDENCE:
                found.append((gain, int(assets[one]), int(assets[other])))
    pairs, taken = [], set[int]()
    for gain, one, other in sorted(found, reverse=True):
        if not {one, other} & taken:
            taken |= {one, other}
            pairs.append((one, other, gain))
    return pairs


def _swap_gain(watch: Watch, one: int, other: int, since_s: float) -> float:
    chosen = window(watch, one, since_s) & window(watch, other, since_s)
    if chosen.sum() < MIN_BLOCKS:
        return 0.0
    recent, reference = watch.recent, watch.reference
    own = recent.excess_k[[one, other]][:, chosen].astype(np.float64)
    expected_c = recent.expected_c[[one, other]][:, chosen].astype(np.float64)
    crossed = expected_c + own - expected_c[::-1]
    correlation, sigma_k = reference.correlation[[one, other]], reference.sigma_k[[one, other]]
    worth = ((1.0 - correlation) / (1.0 + correlation) / (2.0 * sigma_k**2))[:, None]
    # exchanged sensors fit: what is left must look like the reference's own noise, offsets of the sensors within
    fits = bool((np.sqrt((crossed**2).mean(axis=1)) < np.maximum(2.0, 3.0 * sigma_k)).all())
    misfits = bool((np.sqrt((own**2).mean(axis=1)) > 2.0 * sigma_k).all())
    return float((worth * (own**2 - crossed**2)).sum()) if fits and misfits else 0.0
