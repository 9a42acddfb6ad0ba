"""Whether an answer can be a forecast at all: finite, within reach of what was ever seen, and not the truth itself."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from forecasts.expert import Fitted
from forecasts.past import Past
from forecasts.quantiles import LEVELS
from twin.contracts.frame import FutureReadError

_REACH = 1.0  # spans of the known values beyond them, on either side
_EXACT = 1e-7  # of the values' span: closer than that is no forecast
_SINGLE = 2.0**-23  # of the values themselves: paths are kept in single precision
_SHARE = 0.5
_COMMON = 0.01  # share of all cells from which on a value is a habit of the series
_ALIKE = 0.02  # share of exact hits that a repetitive series (a night, a constant base) gives to everybody


def asked(expert: Fitted, past: Past, steps: int) -> tuple[np.ndarray, str]:
    """What an expert says [MW], dims (time,) or (time, quantile), NaN throughout where it fails or cannot be true; and why.

    Raises:
        FutureReadError: when it asks for what was not known.
    """
    silence = np.full(steps, np.nan)
    try:
        path = np.asarray(expert.predict(past, steps), dtype=np.float64)
    except FutureReadError:
        raise
    except Exception as error:  # noqa: BLE001 - an expert may fail in any way, and the others go on
        return silence, f"an issue failed: {type(error).__name__}: {error}"
    if path.shape not in {(steps,), (steps, len(LEVELS))}:
        return silence, f"an issue of shape {path.shape}, expected ({steps},) or ({steps}, {len(LEVELS)})"
    return gate(path, past)


def gate(path: np.ndarray, past: Past) -> tuple[np.ndarray, str]:
    """The path, NaN throughout where it is no forecast, and why.

    Args:
        path: [MW], dims (time,) or (time, quantile).
    """
    known = past.values[np.isfinite(past.values)]
    if not known.size:
        return path, ""
    low, high = float(known.min()), float(known.max())
    span = max(high - low, 1e-9 * max(abs(high), 1.0))
    if np.isnan(path).all():
        return path, "an issue without values"
    if np.isinf(path).any() or np.nanmin(path) < low - _REACH * span or np.nanmax(path) > high + _REACH * span:
        worst = path.reshape(-1)[int(np.nanargmax(np.abs(path - 0.5 * (low + high))))]
        limit = f"{low - _REACH * span:.4g} .. {high + _REACH * span:.4g} MW"
        return np.full(path.shape, np.nan), f"an issue out of reach ({worst:.4g} MW, expected {limit})"
    return path, ""


def too_good(path: np.ndarray, truth: np.ndarray, all_paths: Mapping[str, np.ndarray]) -> bool:
    """True when a path repeats the truth where others do not.

    Args:
        path: [MW], dims (issue, depth, slot, level). ``truth``: dims (issue, depth, slot). ``all_paths``: everybody's.
    """
    known = np.isfinite(truth) & _telling(truth)
    if not known.any():
        return False
    near = max(_EXACT * float(np.ptp(truth[known])), _SINGLE * float(np.abs(truth[known]).max()))

    def hits(candidate: np.ndarray) -> float:
        middle = candidate[..., candidate.shape[-1] // 2]
        said = known & np.isfinite(middle)
        return float((np.abs(middle - truth)[said] <= near).mean()) if said.any() else float("nan")

    mine = hits(path)
    others = [share for share in (hits(p) for p in all_paths.values() if p is not path) if np.isfinite(share)]
    usual = float(np.median(others)) if others else 0.0
    return bool(mine > _SHARE and usual + _ALIKE < mine / 2.0)


def _telling(truth: np.ndarray) -> np.ndarray:
    """Cells whose value is not one that comes again and again: anybody may repeat a night's zero or a constant load."""
    _, which, count = np.unique(truth, return_inverse=True, return_counts=True, equal_nan=True)
    return (count <= max(1.0, _COMMON * truth.size))[which].reshape(truth.shape)
