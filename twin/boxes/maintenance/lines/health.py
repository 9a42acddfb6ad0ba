"""What the box remembers of the lines, and how a stretch of telemetry moves it on.

Three lanes run side by side. With good telemetry they differ by what is not known of the soil; through a gap the best lane
holds the last good current while hot and cool take the extremes of the last week. The undisturbed soil follows the air with
the delay of the depth at which cables lie.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin.boxes.maintenance.lines.cable import SOIL_TERMS, roll, steady_rise, together
from twin.boxes.maintenance.lines.facts import BEST, WatchedLine
from twin.boxes.maintenance.lines.reading import Telemetry
from twin.boxes.maintenance.thermal import gaps
from twin.boxes.maintenance.thermal.gaps import bridged
from twin.domain.pack import pack, unpack
from twin.domain.time import QUARTER_HOUR_S

WINDOW = 7 * 96
"""Quarter hours whose extremes bound the current in a gap: a week holds both workdays and a weekend."""
SOIL_DELAY_S = 18.0 * 86400.0
"""Delay of the yearly wave at 0.7 m in soil of 0.5e-6 m2/s: z sqrt(T / 4 pi delta) = 18 days (Carslaw and Jaeger, 2.6)."""
COLDEST_SOIL_C = 5.0
"""The soil is never taken as colder: frost stays above the cables, and a cold spell of weeks must not promise more than the
depth keeps of it (assumption; the filter passes 96 % of the yearly wave where 0.7 m of soil pass 73 %, so summers err hot)."""
SOIL_C = 20.0
"""Undisturbed soil where the air has never been measured: the reference of IEC 60287-3-1 for most of Europe."""
TERMS = SOIL_TERMS + 1
FORMAT = 1


@dataclass(frozen=True)
class Health:
    """The lines at one instant.

    Attributes:
        at_s: the instant, epoch seconds. ``lines``: their names, in order.
        rise_k: terms of the cables [K], dims (line, lane, term); zeros for an overhead line, which remembers nothing.
        i_ka: last good current, dims (line,); the rated one where none was ever measured.
        soil_c: undisturbed soil as it follows the air.
    """

    at_s: int
    lines: tuple[str, ...]
    rise_k: np.ndarray
    i_ka: np.ndarray
    soil_c: float

    def to_bytes(self) -> bytes:
        """Packed, for the journal."""
        meta = {"format": FORMAT, "at_s": self.at_s, "lines": list(self.lines)}
        return pack(meta, {"rise_k": self.rise_k, "i_ka": self.i_ka, "soil_c": np.array([self.soil_c])})

    @classmethod
    def from_bytes(cls, data: bytes, lines: Sequence[WatchedLine]) -> Health | None:
        """Inverse of `to_bytes`; None for another format or other lines, whose history must be rolled over again."""
        meta, arrays = unpack(data)
        names = tuple(line.name for line in lines)
        if meta.get("format") != FORMAT or tuple(meta["lines"]) != names:
            return None
        return cls(meta["at_s"], names, np.array(arrays["rise_k"]), np.array(arrays["i_ka"]), float(arrays["soil_c"][0]))


def begin(telemetry: Telemetry, lines: Sequence[WatchedLine]) -> Health:
    """Settled at the first row under the mean square of all currents that the telemetry has."""
    air = telemetry.air_c[np.isfinite(telemetry.air_c)]
    soil_c = float(air.mean()) if air.size else SOIL_C
    i_ka = np.array([_root_mean_square(telemetry.i_ka[:, k], line.rated_i_ka) for k, line in enumerate(lines)])
    rise_k = np.zeros((len(lines), 3, TERMS))
    for k, line in enumerate(lines):
        if line.cable is not None:
            rise_k[k] = steady_rise(line.cable, np.full(3, i_ka[k]), soil_of(line, np.array([soil_c]))[0])
    return Health(telemetry.start_s, tuple(line.name for line in lines), rise_k, i_ka, soil_c)


def move_on(health: Health, telemetry: Telemetry, lines: Sequence[WatchedLine]) -> Health:
    """The lines at the end of ``telemetry``. In one go or in pieces: the same bits.

    Args:
        health: at an instant within ``telemetry``.
        telemetry: from `WINDOW` before that instant on, where there is so much.
        lines: the same as ever.
    """
    first = telemetry.row(health.at_s)
    if first >= len(telemetry.i_ka):
        return health
    soil_c = follow_air(health.soil_c, telemetry.air_c[first:])
    lanes = bridged(telemetry.i_ka, first, len(telemetry.i_ka), health.i_ka, WINDOW)
    # the highest current is the hot lane, the lowest the cool one
    of_line = np.stack([lanes[:, gaps.BEST], lanes[:, gaps.HIGH], lanes[:, gaps.LOW]], axis=-1)
    rise_k = roll_cables(lines, health.rise_k, of_line, soil_c[:-1])[-1]
    return Health(telemetry.end_s, health.lines, rise_k, of_line[-1, :, BEST], float(soil_c[-1]))


def roll_cables(lines: Sequence[WatchedLine], rise_k: np.ndarray, i_ka: np.ndarray, soil_c: np.ndarray) -> np.ndarray:
    """The terms of all lines at every boundary of quarter hours [K], dims (time + 1, line, lane, term).

    Args:
        lines: an overhead one keeps its zeros.
        rise_k: dims (line, lane, term). ``i_ka``: dims (time, line, lane). ``soil_c``: as it follows the air, dims (time,).
    """
    rows = np.zeros((len(i_ka) + 1, *rise_k.shape))
    at = [k for k, line in enumerate(lines) if line.cable is not None]
    if at:
        model = together([line.cable for line in lines if line.cable is not None])
        soil = np.stack([soil_of(lines[k], soil_c) for k in at], axis=1)
        rows[:, at] = roll(model, rise_k[at], i_ka[:, at], soil, seconds=QUARTER_HOUR_S)
    return rows


def soil_of(line: WatchedLine, soil_c: np.ndarray) -> np.ndarray:
    """Undisturbed soil at the line in its lanes [degC], dims (time, lane): measured, or as it follows the air."""
    at_depth = np.maximum(soil_c, COLDEST_SOIL_C) if np.isnan(line.soil_c) else np.full(len(soil_c), line.soil_c)
    return np.asarray(at_depth[:, None] + line.soil_spread_k)


def follow_air(soil_c: float, air_c: np.ndarray) -> np.ndarray:
    """The soil at the boundaries of quarter hours of air [degC], dims (time + 1,); it rests while the air is unknown."""
    share = -np.expm1(-QUARTER_HOUR_S / SOIL_DELAY_S)
    rows = np.empty(len(air_c) + 1)
    rows[0] = now = soil_c
    for k, air in enumerate(air_c.tolist()):
        if math.isfinite(air):
            now += share * (air - now)
        rows[k + 1] = now
    return rows


def _root_mean_square(i_ka: np.ndarray, otherwise: float) -> float:
    good = i_ka[np.isfinite(i_ka)]
    return float(np.sqrt(np.mean(good**2))) if good.size else otherwise
