"""The load forecast of a zone and its parts: 48 hours in quantiles, by weighed experts, or by any one of them alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from forecasts.on_air.forecast_box import ForecastBox
from forecasts.on_air.settings import read_number, read_parts
from twin.contracts.box import BoxContext
from twin.domain.problems import Problems


class LoadBox(ForecastBox):
    """Forecasts ``load_forecast_p_mw`` of a zone and of its parts, and paths of it, ``load_paths_p_mw``.

    Args:
        config: of `ForecastBox`; ``parts``, zones within the zone that are forecast with it, so that they sum; and
            ``constant_mw``, what the last rung answers (default 1 kW for each of the zone's customers, and for parts alike).
        context: the site; its calendar decides the day types.

    Raises:
        BadInput: with every fault of the configuration.
    """

    def __init__(self, config: Mapping[str, Any], context: BoxContext) -> None:
        place, problems = f"box {context.instance!r}", Problems()
        # About 1 kW a customer is the yearly mean of a town with its trades: a last resort, marked as such on every screen.
        zone = str(config.get("zone"))
        customers = float(context.zones.get(zone, {}).get("customers", 0.0))
        constant = read_number(config, "constant_mw", 0.001 * customers, minimum=0.0, place=place, problems=problems)
        parts = read_parts(config, context, zone, place, problems) if zone in context.zones else {}
        share = constant / customers if customers else 0.0
        super().__init__(
            config,
            context,
            name="load",
            kind="load",
            signal="zone_load_p_mw",
            provides="load_forecast_p_mw",
            paths="load_paths_p_mw",
            weather=("temp_c", "ghi_w_m2"),
            constant_mw={zone: constant} | {part: share * context.zones[part].get("customers", 0.0) for part in parts},
            planes=(),
            problems=problems,
            parts=parts,
            more_keys=("constant_mw", "parts"),
        )
