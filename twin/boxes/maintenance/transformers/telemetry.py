"""Quarter hours of telemetry as arrays, and the air around transformers where it is not measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.boxes.maintenance.thermal.gaps import BEST, bridged
from twin.domain.time import QUARTER_HOUR_S

LOAD_WINDOW = 7 * 96
"""Quarter hours whose extremes bound the load in a gap: a week holds both workdays and a weekend."""
AMBIENT_WINDOW = 96
"""Likewise for ambient: a day holds its warmest and coldest hour."""
ASSUMED_AMBIENT_C = (20.0, -25.0, 40.0)
"""Cooling air where none was ever measured, best, low and high lane: yearly average and range of normal service
conditions (IEC 60076-1:2011, 4.2)."""


@dataclass(frozen=True)
class Telemetry:
    """Quarter hours of the transformers, NaN where there is no trustworthy value.

    Attributes:
        start_s: label of the first row, epoch seconds.
        load_factor: loading over rating, 1.0 = rated, dims (time, trafo).
        ambient_c: outside air [degC], dims (time,).
        top_oil_c: measured [degC], dims (time, trafo); all NaN without a sensor.
    """

    start_s: int
    load_factor: np.ndarray
    ambient_c: np.ndarray
    top_oil_c: np.ndarray

    @property
    def rows(self) -> int:
        """Number of quarter hours."""
        return len(self.load_factor)

    @property
    def end_s(self) -> int:
        """End of the last row, epoch seconds."""
        return self.start_s + self.rows * QUARTER_HOUR_S

    def row(self, at_s: int) -> int:
        """The row labelled ``at_s``."""
        return (at_s - self.start_s) // QUARTER_HOUR_S

    def until(self, end_s: int) -> Telemetry:
        """The rows that end not later than ``end_s``."""
        rows = slice(0, max(0, self.row(end_s)))
        return Telemetry(self.start_s, self.load_factor[rows], self.ambient_c[rows], self.top_oil_c[rows])

    def first_good(self, start: int) -> np.ndarray:
        """Row, not before ``start``, from which each transformer can be followed, -1 where none can, dims (trafo,).

        It needs a load; and the air of that quarter hour, unless none was measured at all.
        """
        good = np.isfinite(self.load_factor[start:])
        airy = np.isfinite(self.ambient_c)
        if airy.any():
            good = good & airy[start:, None]
        return np.where(good.any(axis=0), start + good.argmax(axis=0), -1) if len(good) else np.full(good.shape[1], -1)


def ambient_lanes(ambient_c: np.ndarray, first: int, last: int, last_good: float) -> np.ndarray:
    """Outside air of rows ``first`` to ``last`` [degC], dims (time, lane, 1); assumed while none was ever measured."""
    never = np.isnan(last_good)
    best = np.array([ASSUMED_AMBIENT_C[BEST] if never else last_good])
    lanes = bridged(ambient_c[:, None], first, last, best, AMBIENT_WINDOW)
    if never:
        before = np.cumsum(np.isfinite(ambient_c[first:last])) == 0
        lanes[before] = np.array(ASSUMED_AMBIENT_C)[:, None]
    return lanes
