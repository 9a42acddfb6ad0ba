"""Where all futures of a window begin: what was forecast and decided at its first instant, as plain arrays.

Made once by a tick of the whole loop (`scenarios.futures.begin`), kept beside the results and named by its content, so that a
run which goes on after a kill draws its futures from the very same forecasts.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np

from forecasts.futures.dependence import Dependence
from twin.domain.pack import pack, unpack

_ARRAYS = ("quantiles", "ceiling_mw", "device_alone_mw", "device_planned_mw", "world")
OUTSIDE = ("price_chf_per_kwh", "import_co2_g_per_kwh", "import_renewable_share")


@dataclass(frozen=True)
class Start:
    """The start of a window of quarter hours.

    Attributes:
        start: label of the first quarter hour, UTC. ``site_sha256``: of the site as the scenario changes it.
        series: (kind, zone) of what is forecast, kind "load" or "pv". ``quantiles``: of them at `forecasts.quantiles.LEVELS`
            [MW], ascending, dims (series, time, quantile). ``ceiling_mw``: no path exceeds it, dims (series,).
        world: factor on the paths for what the scenario changes and no forecast could know, dims (series, time).
        dependence: of the forecasts' errors over time and between series. ``slot``: its step at which the window begins.
        devices: ids. ``device_alone_mw``: what each does by itself, ``device_planned_mw``: what was decided for it, drawing
            positive, dims (device, time).
        fixed_sgen_p_mw: metered plants that nobody forecasts, by sgen index: their last power [MW] times what the scenario
            makes of it, dims (time,).
        outside: ``price_chf_per_kwh``, ``import_co2_g_per_kwh``, ``import_renewable_share``, dims (time,), NaN = unknown.
        decided: for people: artifacts, groups that were accepted, kept share of the plan.
    """

    start: datetime
    site_sha256: str
    series: tuple[tuple[str, str], ...]
    quantiles: np.ndarray
    ceiling_mw: np.ndarray
    world: np.ndarray
    dependence: Dependence
    slot: int
    devices: tuple[str, ...]
    device_alone_mw: np.ndarray
    device_planned_mw: np.ndarray
    fixed_sgen_p_mw: dict[int, np.ndarray]
    outside: dict[str, np.ndarray]
    decided: dict[str, Any]

    @property
    def steps(self) -> int:
        """Quarter hours of the window."""
        return self.quantiles.shape[1]

    @cached_property
    def times(self) -> np.ndarray:
        """Labels of the quarter hours, datetime64[ns], UTC, dims (time,)."""
        first = np.datetime64(self.start.replace(tzinfo=None), "ns")
        return np.asarray(first + np.arange(self.steps) * np.timedelta64(15, "m"))

    @cached_property
    def sha256(self) -> str:
        """Of everything in it."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    def to_bytes(self) -> bytes:
        """Canonical."""
        meta = {
            "start": self.start.isoformat(),
            "site_sha256": self.site_sha256,
            "series": [list(one) for one in self.series],
            "slot": self.slot,
            "devices": list(self.devices),
            "decided": self.decided,
        }
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        arrays |= {f"dependence.{name}": array for name, array in self.dependence.to_arrays().items()}
        arrays |= {f"fixed.{index}": path for index, path in self.fixed_sgen_p_mw.items()}
        return pack(meta, arrays | {f"outside.{name}": self.outside[name] for name in OUTSIDE})

    @classmethod
    def from_bytes(cls, data: bytes) -> Start:
        """Inverse of `to_bytes`.

        Raises:
            UnpackError: if the bytes are no packed message.
        """
        meta, arrays = unpack(data)

        def under(prefix: str) -> dict[str, np.ndarray]:
            return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}

        return cls(
            start=datetime.fromisoformat(meta["start"]),
            site_sha256=meta["site_sha256"],
            series=tuple((kind, zone) for kind, zone in meta["series"]),
            dependence=Dependence.from_arrays(under("dependence.")),
            slot=meta["slot"],
            devices=tuple(meta["devices"]),
            fixed_sgen_p_mw={int(index): path for index, path in under("fixed.").items()},
            outside=under("outside."),
            decided=meta["decided"],
            **{name: arrays[name] for name in _ARRAYS},
        )
