"""One measured series with its weather and its place: what a loader hands over and a rehearsal replays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from forecasts.past import Past, Place

Kind = Literal["load", "pv", "wind", "hydro"]
KINDS: tuple[Kind, ...] = ("load", "pv", "wind", "hydro")
WeatherSource = Literal["none", "forecast", "measured"]


@dataclass(frozen=True)
class Series:
    """A regular grid of intervals, labelled by their start in UTC.

    Attributes:
        start_s: label of row 0, epoch seconds. ``step_s``: length of an interval; it divides a day.
        values: mean power [MW], dims (time,); NaN = missing. ``quality``: `Quality` flags, dims (time,).
        weather: dims (time,) each, NaN where unknown; names as in `forecasts.data` (temp_c, ghi_w_m2, wind_m_s, ...).
        weather_source: "measured" marks every figure as perfect weather: what was measured stands in for a forecast.
        capacity_mw: of a plant where it is known. ``planes``: as in `Past`, where they are declared.
    """

    name: str
    kind: Kind
    start_s: int
    step_s: int
    values: np.ndarray
    quality: np.ndarray
    place: Place
    weather: Mapping[str, np.ndarray] = field(default_factory=dict)
    weather_source: WeatherSource = "none"
    capacity_mw: float | None = None
    planes: tuple[tuple[float, float, float], ...] = ()

    def as_of(self, row: int, *, reach: int, first: int = 0) -> Past:
        """What was known when row ``row`` began: rows before it, and weather ``reach`` rows further.

        Args:
            first: oldest row to hand over, so that a training window costs no more than it needs.
        """
        first = max(0, first)
        return Past(
            kind=self.kind,
            start_s=self.start_s + first * self.step_s,
            step_s=self.step_s,
            values=self.values[first:row].copy(),  # a copy: a slice would carry the future with it
            weather={name: column[first : row + reach].copy() for name, column in self.weather.items()},
            place=self.place,
            capacity_mw=self.capacity_mw,
            planes=self.planes,
        )
