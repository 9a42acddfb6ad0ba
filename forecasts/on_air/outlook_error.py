"""What the weather forecast's own error adds to a forecast that was judged on measured weather.

Past weather in the frame was measured; the weather ahead is a forecast. Experts judged on the first would promise too narrow a
band on the second, so the path is asked again with a colder and with a duller outlook.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from forecasts.past import Past

TEMPERATURE_K = (1.0, 2.0)
"""Standard deviation of a temperature forecast now and two days ahead: an assumption, about what regional models reach."""

BRIGHTNESS = (0.08, 0.25)
"""The same of irradiance, as share of a clear sky: an assumption, about a third of a mean cloudiness."""


def spread_of_outlook(
    past: Past, middle: np.ndarray, ask: Callable[[Past], np.ndarray], unsure: Mapping[str, np.ndarray]
) -> np.ndarray:
    """Standard deviation that the outlook's error adds [MW], dims (time,).

    A cold front is dull: both errors are taken to come together, which asks the experts once more instead of once for each.

    Args:
        middle: the median path [MW], dims (time,). ``ask``: the median path of another past.
        unsure: weather that is no forecast -> its standard deviation, dims (time ahead,).
    """
    if not past.weather:
        return np.zeros(len(middle))
    spread: np.ndarray = np.abs(ask(_colder_and_duller(past, unsure)) - middle)
    return spread


def _colder_and_duller(past: Past, unsure: Mapping[str, np.ndarray]) -> Past:
    """One standard deviation off, all along."""
    weather = {name: column.copy() for name, column in past.weather.items()}
    for name, column in weather.items():
        coming = column[past.rows :]
        share = np.linspace(0.0, 1.0, max(len(coming), 1))[: len(coming)]
        if name in unsure:
            coming -= unsure[name][: len(coming)]
        elif name == "temp_c":
            coming -= TEMPERATURE_K[0] + share * (TEMPERATURE_K[1] - TEMPERATURE_K[0])
        elif name == "ghi_w_m2":
            coming *= 1.0 - 2.0 * (BRIGHTNESS[0] + share * (BRIGHTNESS[1] - BRIGHTNESS[0]))  # half of full sun is usual
    return replace(past, weather=weather, _memo={})
