"""What the weather forecast's own error adds to a forecast that was judged on measured weather.

Past weather in the frame was measured; the weather ahead is a forecast. Experts judged on the first would promise too narrow a
band on the second, so the path is asked again with a colder and with a duller outlook.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from forecasts.past import Past

TEMPERATURE_K = (1.0, 2.0)
"""Standard deviation of a temperature forecast now and two days ahead: an assumption, about what regional models reach."""

BRIGHTNESS = (0.08, 0.25)
"""The same of irradiance, as share of the brightest hour of the day ahead: an assumption, about a third of a mean cloudiness."""


def spread_of_outlook(past: Past, middle: np.ndarray, ask: Callable[[Past], np.ndarray]) -> np.ndarray:
    """Standard deviation that the outlook's error adds [MW], dims (time,).

    Args:
        middle: the median path [MW], dims (time,). ``ask``: the median path of another past.
    """
    squares = np.zeros(len(middle))
    for name in past.weather:
        squares += (ask(_worse(past, name)) - middle) ** 2
    return np.sqrt(squares)


def _worse(past: Past, name: str) -> Past:
    """One standard deviation colder, or duller."""
    column = past.weather[name].copy()
    coming = column[past.rows :]
    share = np.linspace(0.0, 1.0, max(len(coming), 1))[: len(coming)]
    if name == "temp_c":
        coming -= TEMPERATURE_K[0] + share * (TEMPERATURE_K[1] - TEMPERATURE_K[0])
    elif name == "ghi_w_m2":
        coming *= 1.0 - 2.0 * (BRIGHTNESS[0] + share * (BRIGHTNESS[1] - BRIGHTNESS[0]))  # half of full sun is usual
    return replace(past, weather={**past.weather, name: column}, _memo={})
