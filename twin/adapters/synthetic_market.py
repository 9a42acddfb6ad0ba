"""Synthetic day-ahead price and national consumption mix: plausible shapes, nobody's quotation.

Every figure here is an assumption, chosen so that the shape of a year resembles Swiss days of recent years: dear winters and
evenings, cheap weekends, a hollow at noon that deepens with the sun, cheaper windy days.
"""

from __future__ import annotations

import numpy as np

CHF_PER_EUR = 0.94
"""Exchange rate of the synthetic price, an assumption."""

LOWEST_EUR_PER_MWH = -40.0


def season(day: np.ndarray) -> np.ndarray:
    """1 in mid-January, -1 in mid-July; ``day``: days since 1970-01-01."""
    return np.cos(2.0 * np.pi * ((day / 365.2425) % 1.0 - 14.0 / 365.2425))


def _bump(hour: np.ndarray, centre: float, width: float) -> np.ndarray:
    return np.exp(-0.5 * ((hour - centre) / width) ** 2)


def price_chf_per_kwh(
    *, hour: np.ndarray, weekend: np.ndarray, winter: np.ndarray, sun: np.ndarray, wind: np.ndarray, noise: np.ndarray
) -> np.ndarray:
    """Day-ahead price of whole hours.

    Args:
        hour: local hour of day. ``weekend``: bool. ``winter``: from `season`. ``sun``: 0..1 of full sunshine in the region.
        wind, noise: standard normal. All dims (time,).
    """
    eur_per_mwh = (
        78.0
        + 24.0 * winter
        + 16.0 * _bump(hour, 8.0, 1.6)
        + 30.0 * _bump(hour, 19.0, 2.0)
        - 14.0 * _bump(hour, 3.0, 2.5)
        - 13.0 * weekend
        - 62.0 * sun
        - 11.0 * wind
        + 4.0 * noise
    )
    return np.maximum(eur_per_mwh, LOWEST_EUR_PER_MWH) * CHF_PER_EUR / 1000.0


def renewable_share(hour: np.ndarray, winter: np.ndarray, sun: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Renewable share of the national consumption mix, imports included, 0.2..0.95; arguments as for the price."""
    share = 0.60 - 0.13 * winter + 0.14 * sun - 0.05 * _bump(hour, 19.5, 2.5) + 0.04 * noise
    return np.clip(share, 0.20, 0.95)


def co2_g_per_kwh(share: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Life-cycle intensity of the mix [g/kWh]: what is not renewable is nuclear at home and fossil from abroad in part."""
    return np.clip(25.0 + 230.0 * (1.0 - share) + 6.0 * noise, 15.0, 400.0)
