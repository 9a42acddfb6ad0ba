"""From the as-of view to plain arrays: power, ambient and features of the machines."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from twin.boxes.maintenance.machines.reference import FEATURES
from twin.boxes.maintenance.machines.rows import Rows
from twin.boxes.maintenance.thermal.gaps import ANY_FLAG, trusted
from twin.contracts.frame import AsOfView, MissingSignalError
from twin.domain.quality import Quality
from twin.domain.time import QUARTER_HOUR, floor_quarter, from_epoch_s, to_datetime64, to_epoch_s


def read_rows(view: AsOfView, machines: tuple[str, ...], *, start: datetime) -> Rows:
    """Quarter hours from ``start`` (or the frame's first row) up to now.

    A held value of power or ambient is better than none; a feature is a measurement or nothing.
    """
    start = max(start, from_epoch_s(view.frame.start_s))
    length = int((floor_quarter(view.as_of) - start) / QUARTER_HOUR)
    ambient = _series(view, "temp_c", (), start=start, refused=Quality.INVALID, rows=length)
    power = [_series(view, "machine_p_mw", (name,), start=start, refused=Quality.INVALID, rows=length) for name in machines]
    features = [
        [_series(view, f"machine_{feature}", (name,), start=start, refused=ANY_FLAG, rows=length) for feature in FEATURES]
        for name in machines
    ]
    return Rows(to_epoch_s(start), np.stack(power, axis=1), ambient, np.array(features).transpose(2, 0, 1))


def _series(view: AsOfView, signal: str, elements: tuple[str, ...], *, start: datetime, refused: int, rows: int) -> np.ndarray:
    """Values without any of the ``refused`` flags, dims (time,), the first one at ``start``; NaN where the frame has none."""
    values = np.full(rows, np.nan)
    try:
        series = view.history(signal, elements, start=start, with_quality=True)
    except MissingSignalError:
        return values
    at = (series["time"].values - to_datetime64(start)) // np.timedelta64(QUARTER_HOUR)
    values[at.astype(np.int64)] = trusted(series, refused=refused).reshape(-1)
    return values
