"""What the proof looks ahead on: the boxes' forecasts, brought to every element of the grid."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from twin.contracts.messages import Envelope, State
from twin.regie.horizon import element_outlooks
from twin.regie.parts import Parts
from twin.regie.proof import Outlooks
from twin.regie.tick import Observation


def outlooks_of(
    parts: Parts,
    live: Observation,
    reports: Mapping[str, Envelope],
    forecasts: Mapping[str, np.ndarray],
    outside: Mapping[str, xr.DataArray],
    state: State,
) -> Outlooks | None:
    """The coming day's element powers for the proof; metered hydro is held at its last power."""
    grid = parts.engine.model(state.topology).grid
    hydro = {sgen: live.raw[channel] for sgen, channel in parts.fixed_sgens.items()}
    fixed = {sgen: float(p_mw) for sgen, p_mw in hydro.items() if not np.isnan(p_mw)}
    return element_outlooks(
        parts.estimator,
        grid,
        parts.zones,
        forecasts=forecasts,
        fixed_sgen_p_mw=fixed,
        envelopes=reports,
        devices=parts.devices,
        outside=outside,
    )
