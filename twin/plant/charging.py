"""How a car takes up a session's energy: rated power, then a taper over the last tenth.

Below a tenth of the session's energy the car lets in power in proportion to what is missing, down to a fifth of the rated
power, which it keeps to the end. Closed forms, so that one quarter hour is exact whatever happened in it.
"""

from __future__ import annotations

import numpy as np

TAPER_SHARE = 0.10
FLOOR_SHARE = 0.20


def uptake_mwh(
    missing_mwh: np.ndarray, energy_mwh: np.ndarray, limit_mw: np.ndarray, rated_mw: np.ndarray, hours: np.ndarray
) -> np.ndarray:
    """Energy that goes into each car within ``hours`` [MWh], dims (car,).

    Args:
        missing_mwh: energy still missing. ``energy_mwh``: of the whole session (> 0 where something is missing).
        limit_mw: power allowed by an order or the charger, 0..rated. ``hours``: connected time, dims (car,).
    """
    limit = np.clip(limit_mw, 0.0, rated_mw)
    limit = np.where(limit > 1e-9 * rated_mw, limit, 0.0)  # below a billionth of rated power nothing flows
    safe_limit = np.where(limit > 0.0, limit, 1.0)
    safe_rated = np.where(rated_mw > 0.0, rated_mw, 1.0)
    taper = TAPER_SHARE * energy_mwh  # the car's own ceiling is rated x missing / taper below this
    left, time = missing_mwh.astype(float), hours.astype(float)

    # 1. as much as the charger allows, until the car's ceiling falls to it (or to its floor)
    bend = taper * np.maximum(limit / safe_rated, FLOOR_SHARE)
    full = np.minimum(time, np.maximum(left - bend, 0.0) / safe_limit)
    left, time = left - full * limit, time - full

    # 2. the ceiling falls with what is missing: exponential, down to the floor
    floor = taper * FLOOR_SHARE
    rate = np.where(taper > 0.0, rated_mw / np.where(taper > 0.0, taper, 1.0), 0.0)
    tapering = (left > floor * (1.0 + 1e-12)) & (limit > FLOOR_SHARE * rated_mw)
    span = np.where(tapering, np.log(np.maximum(left, 1e-30) / np.maximum(floor, 1e-30)), 0.0)
    fall = np.minimum(time, np.where(rate > 0.0, span / np.where(rate > 0.0, rate, 1.0), 0.0))
    fall = np.where(tapering, fall, 0.0)
    left, time = np.where(tapering, left * np.exp(-rate * fall), left), time - fall

    # 3. the floor to the end
    slow = np.minimum(limit, FLOOR_SHARE * rated_mw)
    left = np.maximum(left - time * slow, 0.0)
    return np.where(limit > 0.0, missing_mwh - left, 0.0)
