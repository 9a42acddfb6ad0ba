"""A view of a few devices: their power of the past days, and what stands of their rights."""

from datetime import UTC, datetime, timedelta

import numpy as np
import xarray as xr

from twin.contracts.frame import AsOfView, Frame, Layout
from twin.domain.time import QUARTER_HOUR, QUARTER_HOUR_S, quarter_hours, to_epoch_s

NOW = datetime(2016, 1, 20, 12, 0, tzinfo=UTC)
EARLIER_S = to_epoch_s(NOW) - QUARTER_HOUR_S
"""A quarter hour ago, epoch seconds."""


def view_of(*, p_mw=None, ahead=None, as_of=NOW):
    """``p_mw``: by device, dims (time,) up to now. ``ahead``: by signal, what it says of each device now and later."""
    columns = dict(p_mw or {"nobody": np.zeros(96)})
    values = np.stack([np.asarray(column, dtype=float) for column in columns.values()], axis=1)
    layout = Layout(tuple(("device_p_mw", name) for name in columns))
    start_s = to_epoch_s(as_of - len(values) * QUARTER_HOUR)
    frame = Frame(layout, start_s, values, np.zeros(values.shape, np.uint8))
    return AsOfView(as_of, frame, {signal: _outlook(of, as_of) for signal, of in (ahead or {}).items()})


def _outlook(by_device, as_of):
    values = np.tile(np.array([list(by_device.values())], dtype=float), (4, 1))
    coords = {"time": quarter_hours(as_of, 4), "device": list(by_device)}
    attrs = {"issued_at": (as_of - timedelta(minutes=1)).isoformat()}
    return xr.DataArray(values, dims=("time", "device"), coords=coords, attrs=attrs)
