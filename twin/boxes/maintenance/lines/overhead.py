"""What an overhead line bears in a given weather: the heat balance of CIGRE TB 601 or IEEE 738, solved by `linerate`.

A bare conductor follows the weather within minutes (its time constant is 5 to 15 min), so a quarter hour is taken as
settled: what may flow for two hours is the least that may flow in any of their quarter hours. The temperature limit stands
for the clearance that the line was built for; sag is not computed and no statement is made on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from twin.boxes.maintenance.lines.conductors import Conductor

Standard = Literal["cigre601", "ieee738"]
TOLERANCE_K = 0.01
"""Of the bisection; far below what any meter resolves."""
HOTTEST_C = 400.0


@dataclass(frozen=True)
class Span:
    """The conductor in its place.

    Attributes:
        altitude_m: above sea level; thin air cools less. ``inclination_degree``: of the steepest span.
        standard: which heat balance.
    """

    conductor: Conductor
    altitude_m: float
    inclination_degree: float
    standard: Standard


@dataclass(frozen=True)
class Weather:
    """The weather at the conductor, arrays that broadcast together.

    Attributes:
        air_c: air temperature [degC]. ``wind_m_s``: its speed. ``attack_degree``: between wind and conductor, 90 = across.
        sun_w_m2: irradiance on the conductor, what strikes its projected surface from sky, sun and ground together.
    """

    air_c: np.ndarray
    wind_m_s: np.ndarray
    attack_degree: np.ndarray
    sun_w_m2: np.ndarray


def ampacity_ka(span: Span, weather: Weather, *, limit_c: float) -> np.ndarray:
    """Current at which the conductor settles at ``limit_c`` [kA]; 0 where the weather alone heats it beyond.

    With the resistance free of the current (no magnetisation of the core) the balance is linear in its square, so what the
    idle conductor would lose at the limit is what the current may bring.

    Returns:
        Of the broadcast shape of ``weather``; NaN where any of its values is.

    Source: CIGRE TB 601 (2014), section 3; IEEE Std 738-2012, section 4.4.
    """
    shape = np.broadcast_shapes(*(np.shape(part) for part in _parts(weather)))
    model = _model(span, weather)
    with np.errstate(invalid="ignore"):  # air above the limit: the difference to the power of 1.25 is none
        lost = -np.asarray(model.compute_heat_balance(limit_c, 0.0))
    lost = np.where(np.isnan(lost) & (weather.air_c > limit_c), 0.0, lost)
    ohm_per_m = float(model.compute_resistance(limit_c, 0.0))
    return np.broadcast_to(np.sqrt(np.maximum(0.0, lost) / ohm_per_m) / 1000.0, shape)


def conductor_c(span: Span, weather: Weather, i_ka: np.ndarray) -> np.ndarray:
    """Temperature at which the conductor settles under ``i_ka`` [degC], of the broadcast shape; NaN stays NaN.

    A conductor that would melt is stated at the search's end of 400 degC.
    """
    from linerate.solver import bisect

    shape = np.broadcast_shapes(np.shape(i_ka), *(np.shape(part) for part in _parts(weather)))
    current_a = np.broadcast_to(np.asarray(i_ka, dtype=np.float64) * 1000.0, shape)
    air_c = np.broadcast_to(weather.air_c, shape)
    model = _model(span, weather)

    def balance(temp_c: Any) -> Any:
        # no conductor of the table lives at the upper end; the balance there counts as cooling so that the search ends
        return np.where(temp_c >= HOTTEST_C, -1.0, np.asarray(model.compute_heat_balance(temp_c, current_a)))

    # current and sun only heat: the search begins at the air's temperature
    coldest = np.where(np.isnan(air_c), 0.0, air_c)
    settled = bisect(balance, coldest, np.full(shape, HOTTEST_C), TOLERANCE_K, accept_invalid_values=True)
    known = np.isfinite(current_a)
    for part in _parts(weather):
        known = known & np.isfinite(part)
    return np.where(known, settled, np.nan)


def _parts(weather: Weather) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    return weather.air_c, weather.wind_m_s, weather.attack_degree, weather.sun_w_m2


def _model(span: Span, weather: Weather) -> Any:
    """The model of `linerate` for the span, with the sun as it was measured instead of as astronomy has it."""
    import linerate
    from linerate.model import IEEE738, Cigre601

    class Cigre601InThisSun(Cigre601):
        def compute_global_radiation_intensity(self) -> np.ndarray:
            return weather.sun_w_m2

    class IEEE738InThisSun(IEEE738):
        def compute_global_radiation_intensity(self) -> np.ndarray:
            return weather.sun_w_m2

    # The conductor points north, so that the direction of the wind is its angle of attack; the ends of a span of about a
    # kilometre lie as far apart in height as its inclination asks for.
    half_km, half_degree = 0.5, 0.5 / 111.2
    rise_m = 1000.0 * half_km * float(np.tan(np.radians(span.inclination_degree)))
    there = linerate.Span(
        conductor=_conductor(span.conductor),
        start_tower=linerate.Tower(longitude=0.0, latitude=-half_degree, altitude=span.altitude_m - rise_m),
        end_tower=linerate.Tower(longitude=0.0, latitude=half_degree, altitude=span.altitude_m + rise_m),
        num_conductors=1,
    )
    air = linerate.Weather(
        air_temperature=weather.air_c,
        wind_direction=np.radians(weather.attack_degree),
        wind_speed=weather.wind_m_s,
        ground_albedo=0.0,  # reflected light is part of sun_w_m2
    )
    chosen = Cigre601InThisSun if span.standard == "cigre601" else IEEE738InThisSun
    return chosen(there, air, np.datetime64("2000-01-01T00:00"))  # the instant only serves the astronomy that is not asked


def _conductor(conductor: Conductor) -> Any:
    import linerate

    r20 = conductor.r20_ohm_per_km / 1000.0
    return linerate.Conductor(
        core_diameter=conductor.core_diameter_mm / 1000.0,
        conductor_diameter=conductor.diameter_mm / 1000.0,
        outer_layer_strand_diameter=conductor.strand_diameter_mm / 1000.0,
        emissivity=conductor.emissivity,
        solar_absorptivity=conductor.absorptivity,
        temperature1=20.0,
        temperature2=70.0,
        resistance_at_temperature1=r20,
        resistance_at_temperature2=r20 * (1.0 + 50.0 * conductor.alpha_per_k),
        aluminium_cross_section_area=float("nan"),
        constant_magnetic_effect=1.0,
        current_density_proportional_magnetic_effect=0.0,
        max_magnetic_core_relative_resistance_increase=1.0,
    )
