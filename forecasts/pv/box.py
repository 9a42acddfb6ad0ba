"""The photovoltaic forecast of one zone: 48 hours in quantiles, as a ratio to its clear sky."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forecasts.on_air.forecast_box import ForecastBox
from forecasts.pv.planes import read_planes
from twin.contracts.box import BoxContext
from twin.domain.problems import Problems


class PvBox(ForecastBox):
    """Forecasts ``pv_forecast_p_mw`` of one zone, and paths of it, ``pv_paths_p_mw``.

    Args:
        config: of `ForecastBox`.
        context: the site; ``zones[zone]["pv_groups"]`` lists tilt [deg], azimuth [deg, 180 = south] and kWp. Where a zone lists
            none, planes and capacity are learnt from its generation.

    Raises:
        BadInput: with every fault of the configuration and of the zone's groups.
    """

    def __init__(self, config: Mapping[str, Any], context: BoxContext) -> None:
        place, problems = f"box {context.instance!r}", Problems()
        zone = config.get("zone")
        planes = (
            read_planes(context.zones[zone], zone, place, problems) if isinstance(zone, str) and zone in context.zones else ()
        )
        super().__init__(
            config,
            context,
            name="pv",
            kind="pv",
            signal="zone_pv_p_mw",
            provides="pv_forecast_p_mw",
            paths="pv_paths_p_mw",
            weather=("ghi_w_m2", "temp_c"),
            constant_mw=0.0,
            planes=planes,
            problems=problems,
        )
