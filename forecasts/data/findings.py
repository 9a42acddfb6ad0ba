"""What makes a series worse than it should be for a forecast, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from forecasts.data.quality import Fault, WeatherQuality
from forecasts.data.runs import runs_of

_DAY_S = 86_400
_FEWEST_DAYS = 8  # the same slot of last week, and a day to score it on
_MUCH_MISSING = 0.1
_LARGEST_MW, _SMALLEST_MW = 20_000.0, 1e-6  # a small country, a single lamp


def degrading_notes(
    values: np.ndarray,
    step_s: int,
    faults: Mapping[str, Fault],
    weather: Sequence[WeatherQuality],
    *,
    weather_asked: bool,
) -> tuple[str, ...]:
    """Reasons to trust forecasts of this series less, each with its remedy where there is one.

    Args:
        values: mean power [MW] after cleaning, dims (time,).
    """
    notes = []
    days = len(values) * step_s / _DAY_S
    if days < _FEWEST_DAYS:
        notes.append(f"{days:.1f} days of history, less than {_FEWEST_DAYS}: only the simplest experts can answer")
    missing = float(np.mean(np.isnan(values)))
    if missing > _MUCH_MISSING:
        notes.append(f"{missing:.0%} of the values are missing")
    size = float(np.nanmean(np.abs(values)))
    if not _SMALLEST_MW <= size <= _LARGEST_MW:
        notes.append(f"a mean of {size:.3g} MW is implausible for one series; check the unit")
    if "wrong_unit" in faults:
        fault = faults["wrong_unit"]
        notes.append(f"{fault.count} values from {fault.stamps[0]} on are in another unit than the others")
    if "above_capacity" in faults:
        notes.append(f"{faults['above_capacity'].count} values are above 1.5 times the capacity; check it")
    if "clock_absent" in faults:
        notes.append("times that the local clock leaves out in spring: if the file keeps winter time all year, state Etc/GMT-1")
    if "split" in faults:
        notes.append("the file's intervals lie across whole steps; their energy was split, which smooths them")
    dropped = [each.name for each in weather if each.dropped]
    if dropped:
        notes.append(f"weather {', '.join(dropped)} is left out, no value to use")
    if weather_asked and len(dropped) == len(weather):
        notes.append("no weather is left; experts go without it")
    return tuple(notes)


def longest_gap(values: np.ndarray) -> int:
    """How many values in a row are missing at most."""
    runs = runs_of(np.isnan(values).astype(float))
    return int(max(runs.length[runs.value > 0], default=0))
