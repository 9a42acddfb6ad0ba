"""Series for a model out of an as-of view: plain arrays on a full grid of quarter hours, NaN where nothing can be trusted."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from twin.contracts.frame import AsOfView, MissingSignalError
from twin.domain.quality import Quality
from twin.domain.time import QUARTER_HOUR_S, floor_quarter, quarter_hours, to_epoch_s

_UNTRUSTED = int(Quality.INVALID | Quality.STALE)


def measured(view: AsOfView, signal: str, element: str, start: datetime, end: datetime) -> np.ndarray:
    """Values of ``signal`` for every quarter hour in ``[start, end)``, dims (time,).

    Invalid and stale values and rows that the frame does not hold are NaN; so is everything when the frame
    does not know the signal, because a model that can do without it should go on.

    Raises:
        FutureReadError: when ``end`` lies after the view's as-of.
    """
    start_s = to_epoch_s(start)
    steps = max(0, (to_epoch_s(end) - start_s) // QUARTER_HOUR_S)
    values = np.full(steps, np.nan)
    if not steps:
        return values
    try:
        found, flags = view.past(signal, (element,) if element else (), start=start, end=end)
    except MissingSignalError:
        return values
    first = max(0, (view.frame.start_s - start_s) // QUARTER_HOUR_S)
    values[first : first + len(found)] = np.where((flags[:, 0] & _UNTRUSTED) == 0, found[:, 0], np.nan)
    return values


def ahead(view: AsOfView, signal: str, steps: int) -> np.ndarray:
    """What is known of ``signal`` for the ``steps`` quarter hours from as-of on, dims (time,), NaN where nothing is.

    Raises:
        FutureReadError: when the outlook was issued after as-of, or does not say when.
    """
    values = np.full(steps, np.nan)
    try:
        array = view.outlook(signal)
    except MissingSignalError:
        return values
    labels = quarter_hours(floor_quarter(view.as_of), steps)
    times = array.coords["time"].values.astype("datetime64[ns]")
    position = np.searchsorted(times, labels)
    inside = position < len(times)
    inside[inside] &= times[position[inside]] == labels[inside]
    values[inside] = np.asarray(array.values, dtype=np.float64)[position[inside]]
    return values
