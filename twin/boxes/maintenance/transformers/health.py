"""What the box remembers of a transformer, and how a stretch of telemetry moves it on.

Temperatures run in three lanes: *best*, *low* and *high*. With good telemetry all three see the same load
and ambient, and the lanes close at the pace of the oil; through a gap the best lane holds the last good value
while low and high take the extremes lately seen. So the statement widens with the gap and stays wide as long
as the oil remembers it.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass

import numpy as np

from twin.boxes.maintenance.thermal.iec60076 import ThermalState, loss_of_life_h, roll, steady_state
from twin.boxes.maintenance.thermal.nameplate import Nameplate
from twin.boxes.maintenance.watch.residual import Watch, observe
from twin.domain.pack import pack, unpack
from twin.domain.time import QUARTER_HOUR_S

BEST, LOW, HIGH = range(3)
STEP_MIN = QUARTER_HOUR_S / 60.0
LOAD_WINDOW = 7 * 96
"""Quarter hours whose extremes bound the load in a gap: a week holds both workdays and a weekend."""
AMBIENT_WINDOW = 96
"""Likewise for ambient: a day holds its warmest and coldest hour."""
FORMAT = 1


@dataclass(frozen=True)
class Telemetry:
    """Quarter hours of one transformer, NaN where there is no trustworthy value, dims (time,).

    Attributes:
        start_s: label of the first row, epoch seconds.
        load_factor: loading over rating, 1.0 = rated. ``ambient_c``: air around the tank [degC].
        top_oil_c: measured [degC]; all NaN without a sensor.
    """

    start_s: int
    load_factor: np.ndarray
    ambient_c: np.ndarray
    top_oil_c: np.ndarray

    @property
    def end_s(self) -> int:
        """End of the last row, epoch seconds."""
        return self.start_s + len(self.load_factor) * QUARTER_HOUR_S

    def row(self, at_s: int) -> int:
        """The row labelled ``at_s``."""
        return (at_s - self.start_s) // QUARTER_HOUR_S

    def until(self, end_s: int) -> Telemetry:
        """The rows that end not later than ``end_s``."""
        rows = slice(0, max(0, self.row(end_s)))
        return Telemetry(self.start_s, self.load_factor[rows], self.ambient_c[rows], self.top_oil_c[rows])


@dataclass(frozen=True)
class Health:
    """A transformer at one instant.

    Attributes:
        at_s: the instant. ``since_s``: where the count of lost life began. Epoch seconds.
        thermal: the three states, dims (lane,).
        lost_h: life used up since then [h at normal ageing], best lane.
        load_factor, ambient_c: last good values.
        watch: on the cooling.
    """

    at_s: int
    since_s: int
    thermal: ThermalState
    lost_h: float
    load_factor: float
    ambient_c: float
    watch: Watch

    def to_bytes(self) -> bytes:
        """Packed, for the journal."""
        meta = {"format": FORMAT, "at_s": self.at_s, "since_s": self.since_s}
        thermal = np.stack([self.thermal.top_oil_c, self.thermal.fast_k, self.thermal.slow_k])
        scalars = np.array([self.lost_h, self.load_factor, self.ambient_c])
        return pack(meta, {"thermal": thermal, "scalars": scalars, "watch": np.array(astuple(self.watch))})

    @classmethod
    def from_bytes(cls, data: bytes) -> Health | None:
        """Inverse of `to_bytes`; None for another format, whose history must be rolled over again."""
        meta, arrays = unpack(data)
        if meta.get("format") != FORMAT:
            return None
        lost_h, load_factor, ambient_c = arrays["scalars"].tolist()
        watch = Watch(*arrays["watch"].tolist())
        thermal = ThermalState(*np.array(arrays["thermal"]))
        return cls(meta["at_s"], meta["since_s"], thermal, lost_h, load_factor, ambient_c, watch)


def begin(telemetry: Telemetry, nameplate: Nameplate) -> Health:
    """Settled at the first quarter hour that has both load and ambient.

    Raises:
        ValueError: when there is none.
    """
    good = np.flatnonzero(np.isfinite(telemetry.load_factor) & np.isfinite(telemetry.ambient_c))
    if not good.size:
        raise ValueError(
            f"transformer {nameplate.trafo!r}: none of {len(telemetry.load_factor)} quarter hours has both"
            " trafo_loading_percent and temp_c; one is needed to begin; check this transformer's telemetry"
        )
    first = int(good[0])
    load_factor, ambient_c = float(telemetry.load_factor[first]), float(telemetry.ambient_c[first])
    at_s = telemetry.start_s + first * QUARTER_HOUR_S
    thermal = steady_state(nameplate.parameters, np.full(3, load_factor), np.full(3, ambient_c))
    return Health(at_s, at_s, thermal, 0.0, load_factor, ambient_c, Watch())


def move_on(health: Health, telemetry: Telemetry, nameplate: Nameplate) -> Health:
    """The transformer at the end of ``telemetry``. In one go or in pieces: the same bits.

    Args:
        health: at an instant within ``telemetry``.
        telemetry: from `LOAD_WINDOW` before that instant on, where there is so much.
        nameplate: of the transformer.
    """
    first = telemetry.row(health.at_s)
    if first >= len(telemetry.load_factor):
        return health
    load = _lanes(telemetry.load_factor, first, health.load_factor, LOAD_WINDOW)
    ambient = _lanes(telemetry.ambient_c, first, health.ambient_c, AMBIENT_WINDOW)
    states = roll(nameplate.parameters, health.thermal, load, ambient, minutes=STEP_MIN)
    lost = loss_of_life_h(nameplate.parameters, states, load, ambient, minutes=STEP_MIN, paper=nameplate.paper)
    return Health(
        at_s=telemetry.end_s,
        since_s=health.since_s,
        thermal=states.at(-1),
        # one by one and in order, so that pieces add up to the same bits as the whole
        lost_h=float(np.add.accumulate(np.concatenate([[health.lost_h], lost[:, BEST]]))[-1]),
        load_factor=float(load[-1, BEST]),
        ambient_c=float(ambient[-1, BEST]),
        watch=_look(health.watch, telemetry, first, states.top_oil_c[:, BEST]),
    )


def _lanes(values: np.ndarray, first: int, last_good: float, window: int) -> np.ndarray:
    """Rows from ``first`` on in three lanes, gaps bridged: dims (time, lane)."""
    rows = values[first:]
    lanes = np.repeat(rows[:, None], 3, axis=1)
    for gap in np.flatnonzero(~np.isfinite(rows)).tolist():
        best = float(lanes[gap - 1, BEST]) if gap else last_good
        seen = values[max(0, first + gap - window) : first + gap]
        seen = seen[np.isfinite(seen)]
        lanes[gap] = best, min(best, seen.min(initial=best)), max(best, seen.max(initial=best))
    return lanes


def _look(watch: Watch, telemetry: Telemetry, first: int, top_oil_c: np.ndarray) -> Watch:
    """Feed the watch with quarter hours where load, ambient and measured top-oil are all good."""
    modelled = 0.5 * (top_oil_c[:-1] + top_oil_c[1:])  # the mean of the quarter hour, as telemetry reports it
    residual = telemetry.top_oil_c[first:] - modelled
    rise = modelled - telemetry.ambient_c[first:]
    good = np.isfinite(residual) & np.isfinite(rise) & np.isfinite(telemetry.load_factor[first:])
    for row in np.flatnonzero(good).tolist():
        at_s = telemetry.start_s + (first + row) * QUARTER_HOUR_S
        watch = observe(watch, at_s=at_s, rise_k=float(rise[row]), residual_k=float(residual[row]))
    return watch
