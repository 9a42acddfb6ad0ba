"""Ridge regression of the clear-sky ratio on the weather ahead and the ratios before: plain, quick, and hard to fool."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from forecasts.experts.pv_days import read_reference
from forecasts.past import Past
from forecasts.sky.features import is_weather
from forecasts.sky.hour_ridge import HourRidge, fit_hour_ridge
from forecasts.sky.reference import SkyReference
from forecasts.sky.training import as_power, path_ahead, ratio_rows
from twin.domain.pack import pack, unpack

_RATIOS = ("slot_ratio_1", "slot_ratio_mean_7", "slot_ratio_mean_15", "day_ratio_1", "day_ratio_7", "recent_ratio")
_RECENT_H = 6.0  # what the plant shows at the origin fades within such a lead
_DIFFERENCES = ("_rise", "_coming")  # endings of features that a root or a square says nothing about
_FOLD_DAYS = 7  # weeks are left out together: neighbouring days are alike


@dataclass(frozen=True)
class SkyRidgeFitted:
    """The reference, and two regressions: one for steps whose weather is known, one for the others.

    Attributes:
        names: features that the first one reads; the second reads those that are no weather.
    """

    reference: SkyReference
    names: tuple[str, ...]
    with_weather: HourRidge
    without: HourRidge

    def predict(self, past: Past, steps: int) -> np.ndarray:
        """Power [MW], dims (time,)."""
        path = path_ahead(past, self.reference, steps)
        x, hour = path.pick(self.names)[0], path.pick(("utc_hour",))[0, :, 0]
        lead = path.pick(("lead_h",))[0, :, 0]
        plain = self.without.predict(_inputs(x, lead, self.names, weather=False), hour)
        weather = np.array([is_weather(name) for name in self.names])
        if weather.any():
            seen = np.isfinite(x[:, weather]).mean(axis=1) > 0.5
            plain = np.where(seen, self.with_weather.predict(_inputs(x, lead, self.names, weather=True), hour), plain)
        return as_power(plain, path, self.reference)

    def to_bytes(self) -> bytes:
        """Reference, names and coefficients."""
        arrays = {
            f"{of}.{part}": array
            for of, ridge in (("with_weather", self.with_weather), ("without", self.without))
            for part, array in vars(ridge).items()
        }
        return pack({"expert": SkyRidge.name, "reference": self.reference.meta(), "names": self.names}, arrays)


class SkyRidge:
    """Ridge per hour of the sun, weighted by the clear sky."""

    name: ClassVar[str] = "sky_ridge"
    kinds: ClassVar[frozenset[str]] = frozenset({"pv"})

    def fit(self, past: Past, *, days_ahead: int, seed: int) -> SkyRidgeFitted:  # noqa: ARG002 - nothing random
        """Reference and coefficients.

        Raises:
            NotEnoughHistory: with fewer than twenty days of power by daylight.
        """
        reference, rows = ratio_rows(past, days_ahead=days_ahead)
        names = (*(n for n in rows.names if is_weather(n)), *_RATIOS)
        x = rows.x[:, [rows.names.index(name) for name in names]]
        hour, lead = (rows.x[:, rows.names.index(name)] for name in ("utc_hour", "lead_h"))
        fold = rows.origin // _FOLD_DAYS
        fits = [
            fit_hour_ridge(_inputs(x, lead, names, weather=weather), rows.ratio, rows.weight, hour, fold)
            for weather in (True, False)
        ]
        return SkyRidgeFitted(reference, names, *fits)

    def load(self, data: bytes) -> SkyRidgeFitted:
        """Inverse of `SkyRidgeFitted.to_bytes`.

        Raises:
            UnpackError: when the bytes are none of this expert's.
        """
        meta, arrays = unpack(data)
        reference = read_reference(meta, self.name)
        fits = [
            HourRidge(*(arrays[f"{of}.{part}"] for part in ("mean", "scale", "coefficients")))
            for of in ("with_weather", "without")
        ]
        return SkyRidgeFitted(reference, tuple(meta["names"]), *fits)


def _inputs(x: np.ndarray, lead: np.ndarray, names: tuple[str, ...], *, weather: bool) -> np.ndarray:
    """Inputs of the regression, dims (row, input): ratios, the newest one also fading with the lead, and weather, also bent."""
    own = x[:, [names.index(name) for name in _RATIOS]]
    own = np.where(np.isfinite(own), own, own[:, [_RATIOS.index("day_ratio_7")]])  # a gap counts as a usual day
    fading = own[:, [_RATIOS.index("recent_ratio")]] * np.exp(-lead / _RECENT_H)[:, None]
    parts = [own, fading]
    if weather:
        seen = x[:, [i for i, name in enumerate(names) if is_weather(name)]]
        # Liquid water and rain are skewed, indices saturate: a root and a square let a straight line bend.
        bent = [i for i, name in enumerate(names) if is_weather(name) and not name.endswith(_DIFFERENCES)]
        parts += [seen, np.sqrt(np.abs(x[:, bent])), x[:, bent] ** 2]
    return np.concatenate(parts, axis=1)
