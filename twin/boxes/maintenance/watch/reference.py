"""The reference: residual of the healthy asset over modelled rise, ambient and the time of day, learnt once and then frozen.

The model is conditioned on load and ambient, so what remains is parameter error, sensor error, sun and wind, and the
health of the cooling. A line over rise and ambient with an offset for each quarter of the day takes up the first ones. A
reference that kept learning would absorb the slow drift that it is meant to show.

A few weeks do not show all seasons: slopes are held near zero by a prior as wide as slopes of built assets are, and what
the learning span leaves unknown of them widens the CUSUM's allowance where rise or ambient leave that span.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from twin.boxes.maintenance.watch.budget import blocks_between, threshold_for
from twin.boxes.maintenance.watch.state import BLOCK_S, PHASES, REGRESSORS, Reference, Watch

MIN_SIGMA_K = 0.5
"""Floor of the spread [K]: accuracy of a pocket thermometer with transmitter."""
PRIOR_K = np.array([20.0, 0.15, 0.05] + [1.5] * (PHASES - 1))
"""Standard deviation of the coefficients before any data: offset [K], over rise [K/K] (rated rises of built transformers
scatter by some 10 % around their class's), over ambient [K/K] (sun of summer against winter: 1 to 2 K in 25 K), hours [K]."""
SLACK_SIGMAS = 0.75
"""Allowance in long standard deviations; half the shift that is found fastest."""
MOST_SLACK_K = 3.0
"""Half of the 6 K that a failing cooling must not hide behind, however noisy the asset: there the bar rises instead."""
CUSUM_SHARE = 0.6
"""Of the false-alarm budget; the rest is left to the rules for single readings and to what the model of noise leaves out."""
_TURNS = 8
_TUKEY = 4.685
"""Biweight with 95 % efficiency on normal data (Huber and Ronchetti, Robust Statistics, 2009)."""
_PRIOR_CORRELATION, _PRIOR_PAIRS = 0.4, 20.0
_MOST_CORRELATED = 0.9
_BATCH = 8


def regressors(block: np.ndarray, rise_k: np.ndarray, ambient_c: np.ndarray) -> np.ndarray:
    """Rows of the regression, dims (..., REGRESSORS).

    Args:
        block: number of the block.
        rise_k: modelled top-oil over ambient, from its centre [K].
        ambient_c: from its centre [K]; NaN counts as the centre.
    """
    rows = np.zeros((*rise_k.shape, REGRESSORS))
    rows[..., 0], rows[..., 1], rows[..., 2] = 1.0, rise_k, np.nan_to_num(ambient_c)
    phase = np.broadcast_to(block % PHASES, rise_k.shape)
    for hour in range(PHASES - 1):
        rows[..., 3 + hour] = (phase == hour) - 1.0 * (phase == PHASES - 1)
    return rows


def freeze(reference: Reference, rows: np.ndarray, *, alarms_per_asset_month: float) -> Reference:
    """The reference with the assets in ``rows`` frozen.

    Args:
        reference: whose blocks of these assets are all there.
        rows: indices of assets.
        alarms_per_asset_month: budget [1/(asset month)].
    """
    block, rise_k, ambient_c, residual_k = (
        getattr(reference, name)[rows].astype(np.float64) for name in ("block", "rise_k", "ambient_c", "residual_k")
    )
    centre_rise_k = rise_k.mean(axis=1)
    known = np.isfinite(ambient_c)
    centre_c = np.where(known, ambient_c, 0.0).sum(axis=1) / np.maximum(1, known.sum(axis=1))
    x = regressors(block, rise_k - centre_rise_k[:, None], ambient_c - centre_c[:, None])
    coefficients, sigma_k, weights = _fit(x, residual_k)
    left_k = residual_k - (x @ coefficients[..., None])[..., 0]
    calm_k = np.clip(left_k, -2.5 * sigma_k[:, None], 2.5 * sigma_k[:, None])
    correlation, long_sigma_k = _correlation(block, calm_k, sigma_k)
    covariance = np.linalg.inv(_information(x, weights, long_sigma_k))
    slack_k = np.clip(SLACK_SIGMAS * long_sigma_k, MIN_SIGMA_K, MOST_SLACK_K)
    found = {
        "coefficients": coefficients,
        "covariance": covariance,
        "centre_rise_k": centre_rise_k,
        "centre_ambient_c": centre_c,
        "sigma_k": sigma_k,
        "correlation": correlation,
        "long_sigma_k": long_sigma_k,
        "slack_k": slack_k,
        "threshold": _threshold(slack_k / long_sigma_k, alarms_per_asset_month),
        "drift": _drift(calm_k, long_sigma_k),
    }
    changed = {name: getattr(reference, name).copy() for name in found}
    for name, values in found.items():
        changed[name][rows] = values
    return replace(reference, **changed)


def with_budget(watch: Watch, *, alarms_per_asset_month: float) -> Watch:
    """The watch under another budget of false alarms [1/(asset month)]: bars move, references stay."""
    told, reference = watch.settings, watch.reference
    if told.alarms_per_asset_month == alarms_per_asset_month:
        return watch
    threshold, rows = reference.threshold.copy(), np.flatnonzero(~watch.learning)
    threshold[rows] = _threshold(reference.slack_k[rows] / reference.long_sigma_k[rows], alarms_per_asset_month)
    settings = replace(told, alarms_per_asset_month=alarms_per_asset_month)
    return replace(watch, settings=settings, reference=replace(reference, threshold=threshold))


def expected_residual(
    reference: Reference, block: int, rise_k: np.ndarray, ambient_c: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """What the reference expects of the residual, and how well it knows that: standard error [K], dims (asset,).

    Args:
        reference: frozen; an asset that learns gets zeros.
        block: number of the block.
        rise_k: modelled top-oil over ambient, its mean [K], NaN where unknown.
        ambient_c: cooling air, its mean [degC], NaN where unknown.
    """
    x = regressors(np.array(block), rise_k - reference.centre_rise_k, ambient_c - reference.centre_ambient_c)
    expected_k = np.einsum("ar,ar->a", x, reference.coefficients)
    variance = np.einsum("ar,ars,as->a", x, reference.covariance, x)
    return expected_k, np.sqrt(np.maximum(0.0, variance))


def _threshold(slack: np.ndarray, alarms_per_asset_month: float) -> np.ndarray:
    """Bar of the CUSUM [long standard deviations] for an allowance in the same."""
    return threshold_for(slack, blocks=blocks_between(CUSUM_SHARE * alarms_per_asset_month, block_s=BLOCK_S))


def _fit(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coefficients, spread [K] and weights by iterated weights: a fault within the span must not become the reference."""
    weights = np.ones_like(y)
    y0 = np.median(y, axis=1)
    sigma_k = np.maximum(MIN_SIGMA_K, 1.4826 * np.median(np.abs(y - y0[:, None]), axis=1))
    coefficients = np.zeros((len(y), REGRESSORS))
    coefficients[:, 0] = y0
    for _ in range(_TURNS):
        left = y - (x @ coefficients[..., None])[..., 0]
        sigma_k = np.maximum(MIN_SIGMA_K, 1.4826 * np.median(np.abs(left), axis=1))
        far = np.minimum(1.0, np.abs(left) / (_TUKEY * sigma_k[:, None]))
        weights = (1.0 - far**2) ** 2
        right = np.einsum("anr,an->ar", x, weights * y) / (sigma_k**2)[:, None]
        coefficients = np.linalg.solve(_information(x, weights, sigma_k), right[..., None])[..., 0]
    left = y - (x @ coefficients[..., None])[..., 0]
    freedom = np.maximum(1.0, weights.sum(axis=1) - REGRESSORS)
    # The biweight shortens the tails it weighs: on normal data the weighted spread is 0.89 of the true one.
    spread = np.sqrt((weights * left**2).sum(axis=1) / freedom) / 0.89
    return coefficients, np.maximum(MIN_SIGMA_K, spread), weights


def _information(x: np.ndarray, weights: np.ndarray, sigma_k: np.ndarray) -> np.ndarray:
    weighted = np.swapaxes(x * weights[..., None], 1, 2)
    return weighted @ x / (sigma_k**2)[:, None, None] + np.diag(PRIOR_K**-2.0)


def _correlation(block: np.ndarray, left_k: np.ndarray, sigma_k: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Correlation of neighbouring blocks, and the spread that sums of blocks see [K], dims (asset,).

    The long-run variance is the larger of two estimates: of a first-order process, sigma^2 (1 + r) / (1 - r), and of means
    of two days, which also sees weather that lasts.
    """
    beside = np.diff(block, axis=1) == 1.0
    products = (left_k[:, 1:] * left_k[:, :-1] * beside).sum(axis=1) / sigma_k**2
    pairs = beside.sum(axis=1)
    correlation = (products + _PRIOR_CORRELATION * _PRIOR_PAIRS) / (pairs + _PRIOR_PAIRS)
    correlation = np.clip(correlation, 0.0, _MOST_CORRELATED)
    whole = left_k.shape[1] // _BATCH * _BATCH
    batches = left_k[:, :whole].reshape(len(left_k), -1, _BATCH).mean(axis=2)
    by_batch = _BATCH * batches.var(axis=1, ddof=1) if batches.shape[1] > 1 else np.zeros(len(left_k))
    by_order = sigma_k**2 * (1.0 + correlation) / (1.0 - correlation)
    return correlation, np.sqrt(np.maximum(by_order, by_batch))


def _drift(left_k: np.ndarray, long_sigma_k: np.ndarray) -> np.ndarray:
    """How far the last quarter lies off the rest, in standard errors of correlated means, dims (asset,)."""
    blocks = left_k.shape[1]
    early, late = left_k[:, : 3 * blocks // 4], left_k[:, 3 * blocks // 4 :]
    error_k = long_sigma_k * np.sqrt(1.0 / early.shape[1] + 1.0 / late.shape[1])
    return (late.mean(axis=1) - early.mean(axis=1)) / error_k
