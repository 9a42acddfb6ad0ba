"""Every signal's name, unit, sign, dimension and plausible range: one table, read by observe, boxes and validation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Signal:
    """One named quantity.

    Attributes:
        unit: as written in xarray attrs and on screens. ``dim``: the element dimension, or "" for one value per time.
        minimum, maximum: outside is implausible (bad telemetry or a wrong box answer).
        ramp: largest plausible change per quarter hour, or None.
        meaning: one line with the sign convention.
    """

    name: str
    unit: str
    dim: str
    minimum: float
    maximum: float
    meaning: str
    ramp: float | None = None


def _table(*signals: Signal) -> dict[str, Signal]:
    return {signal.name: signal for signal in signals}


_POWER = 1000.0  # MW; a distribution grid's connection, generously

SIGNALS: dict[str, Signal] = _table(
    # observed or estimated, one row per past quarter hour
    Signal("zone_net_p_mw", "MW", "zone", -_POWER, _POWER, "power entering the zone from above, import positive"),
    Signal("zone_load_p_mw", "MW", "zone", -1.0, _POWER, "gross consumption without batteries, consumption positive"),
    Signal("zone_pv_p_mw", "MW", "zone", -0.001, _POWER, "photovoltaic generation, positive"),
    Signal("zone_hydro_p_mw", "MW", "zone", -0.001, _POWER, "hydro generation, positive"),
    Signal("zone_other_p_mw", "MW", "zone", -0.001, _POWER, "generation of other plants, biomass or waste, positive"),
    Signal("zone_storage_p_mw", "MW", "zone", -_POWER, _POWER, "batteries, charging positive"),
    Signal("temp_c", "degC", "", -60.0, 60.0, "ambient temperature"),
    Signal("ghi_w_m2", "W/m2", "", -1.0, 1500.0, "global horizontal irradiance"),
    Signal("price_chf_per_kwh", "CHF/kWh", "", -5.0, 10.0, "energy price at the site's connection, import"),
    Signal("import_renewable_share", "1", "", 0.0, 1.0, "renewable share of the upstream consumption mix"),
    Signal("import_co2_g_per_kwh", "g/kWh", "", 0.0, 2000.0, "life-cycle intensity of the upstream mix"),
    Signal("trafo_loading_percent", "%", "trafo", 0.0, 400.0, "current loading, 100 = rated"),
    Signal("trafo_top_oil_c", "degC", "trafo", -60.0, 250.0, "measured top-oil temperature"),
    Signal("line_i_ka", "kA", "line", -0.001, 20.0, "current of a watched line"),
    Signal("wind_m_s", "m/s", "", 0.0, 100.0, "wind speed, where it is measured"),
    Signal("wind_degree", "deg", "", 0.0, 360.0, "direction the wind comes from, clockwise from north, where it is measured"),
    Signal("machine_p_mw", "MW", "machine", -1.0, _POWER, "active power of a hydro unit or a pump, positive while it works"),
    Signal("machine_vibration_mm_s", "mm/s", "machine", -1.0, 200.0, "vibration of the bearing housing, velocity r.m.s."),
    Signal("machine_bearing_c", "degC", "machine", -40.0, 250.0, "hottest bearing"),
    Signal("machine_crest_factor", "1", "machine", 0.0, 1e3, "peak over r.m.s. of the acceleration"),
    Signal("machine_kurtosis", "1", "machine", 0.0, 1e5, "kurtosis of the acceleration, 3 for Gaussian noise"),
    Signal("machine_envelope_ratio", "1", "machine", 0.0, 1e5, "strongest bearing defect line over its floor"),
    Signal("machine_once_mm_s", "mm/s", "machine", -1.0, 200.0, "velocity amplitude at the shaft's speed"),
    Signal("machine_twice_mm_s", "mm/s", "machine", -1.0, 200.0, "velocity amplitude at twice the shaft's speed"),
    Signal("device_p_mw", "MW", "device", -_POWER, _POWER, "device power, drawing positive"),
    Signal("device_soc_percent", "%", "device", 0.0, 100.0, "state of charge"),
    Signal("device_available", "1", "device", 0.0, 1.0, "1 when connected and obeying, else 0"),
    Signal("device_energy_required_mwh", "MWh", "device", 0.0, 1.0, "energy still wanted before departure"),
    Signal("device_departure_h", "h", "device", 0.0, 96.0, "hours from the interval's end to the announced departure"),
    # decided by people, known ahead
    Signal("device_mandate", "1", "device", 0.0, 1.0, "0 where a refusal holds for that quarter hour, else 1"),
    # counted by the régie, known ahead if nothing more is ordered
    Signal("device_curtailed_mwh", "MWh", "device", 0.0, 1e6, "plant's energy curtailed in that local calendar year so far"),
    Signal("device_calls_left", "1", "device", 0.0, 96.0, "blocks that may still begin that local day, 0 while a group rests"),
    Signal(
        "device_block_left_h", "h", "device", 0.0, 96.0, "how long a block may last from then on: what is left of a running one"
    ),
    # provided by boxes, one row per future quarter hour
    Signal("load_forecast_p_mw", "MW", "zone", -1.0, _POWER, "forecast of zone_load_p_mw, dims (time, quantile, zone)"),
    Signal("pv_forecast_p_mw", "MW", "zone", -0.001, _POWER, "forecast of zone_pv_p_mw, dims (time, quantile, zone)"),
    Signal("load_paths_p_mw", "MW", "zone", -1.0, _POWER, "possible courses of zone_load_p_mw, dims (time, scenario, zone)"),
    Signal("pv_paths_p_mw", "MW", "zone", -0.001, _POWER, "possible courses of zone_pv_p_mw, dims (time, scenario, zone)"),
    Signal("renewable_share_forecast", "1", "zone", 0.0, 1.0, "of what flows into the zone, dims (time, quantile, zone)"),
    Signal("pv_share_forecast", "1", "zone", 0.0, 1.0, "photovoltaics in it, dims (time, quantile, zone)"),
    Signal("hydro_share_forecast", "1", "zone", 0.0, 1.0, "hydro in it, dims (time, quantile, zone)"),
    Signal("other_share_forecast", "1", "zone", 0.0, 1.0, "other plants in it, dims (time, quantile, zone)"),
    Signal("import_share_forecast", "1", "zone", 0.0, 1.0, "import in it, dims (time, quantile, zone)"),
    Signal("hot_spot_c", "degC", "trafo", -60.0, 400.0, "winding hot-spot (IEC 60076-7), dims (time, trafo)"),
    Signal("top_oil_c", "degC", "trafo", -60.0, 300.0, "modelled top-oil, dims (time, trafo)"),
    Signal("ageing_rate", "1", "trafo", 0.0, 1e6, "relative ageing, 1 = normal, dims (time, trafo)"),
    Signal("line_rating_ka", "kA", "line", 0.0, 20.0, "bearable for two hours from then on, dims (time, quantile, line)"),
    Signal("line_temp_c", "degC", "line", -60.0, 400.0, "modelled conductor temperature, dims (time, line)"),
    Signal("machine_severity", "1", "machine", 0.0, 3.0, "vibration zone, 0 = A to 3 = D (ISO 20816-1), dims (time, machine)"),
    Signal("machine_deviation", "1", "machine", 0.0, 1e6, "from its healthy reference, 1 = alarm's bar, dims (time, machine)"),
    Signal("grid_tariff_chf_per_kwh", "CHF/kWh", "", -1.0, 5.0, "dynamic grid-usage tariff, dims (time,)"),
    Signal("plan_p_mw", "MW", "device", -_POWER, _POWER, "planned device power, dims (time, device)"),
)

OUTSIDE_SIGNALS = ("temp_c", "ghi_w_m2", "price_chf_per_kwh", "import_renewable_share", "import_co2_g_per_kwh")
"""What the world around the site brings: measured there as the site's own, and known ahead where there is an outlook."""

MACHINE_FEATURES = (
    "machine_vibration_mm_s",
    "machine_bearing_c",
    "machine_crest_factor",
    "machine_kurtosis",
    "machine_envelope_ratio",
    "machine_once_mm_s",
    "machine_twice_mm_s",
)
"""Columns of the frame only for machines that measure them."""

MEASURED_WIND = ("wind_m_s", "wind_degree")
"""Columns of the frame only where the site measures them: nothing but overhead lines asks for the wind."""
