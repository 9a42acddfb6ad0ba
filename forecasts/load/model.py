"""What a load engine hands to the tick: a base path, how errors fade, and how wide the band is. Small enough to be a state."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecasts.correction import Correction
from twin.domain.pack import pack, unpack


@dataclass(frozen=True)
class LoadModel:
    """One zone's load model, valid for one local day.

    Attributes:
        day: the local day it belongs to (days since 1970-01-01).
        start_s: label of the base path's first quarter hour, epoch seconds.
        base: load by the model alone [MW], dims (time,). Past rows are as forecast, not as fitted.
        correction: damping factors by lead. ``table``: error quantiles [MW], dims (hour, node, quantile).
        days: days of history it rests on. ``settled``: it will not change before the next local day.
    """

    day: int
    start_s: int
    base: np.ndarray
    correction: Correction
    table: np.ndarray
    days: int
    settled: bool

    def write(self) -> bytes:
        """Packed; single precision, about 10 kB."""
        meta = {"day": self.day, "start_s": self.start_s, "days": self.days, "settled": self.settled}
        arrays = {"base": self.base, "phi": self.correction.phi, "table": self.table}
        return pack(meta, {name: array.astype(np.float32) for name, array in arrays.items()})

    @classmethod
    def read(cls, data: bytes) -> LoadModel:
        """Inverse of `write`.

        Raises:
            UnpackError: when the bytes are no packed message.
        """
        meta, arrays = unpack(data)
        wide = {name: array.astype(np.float64) for name, array in arrays.items()}
        return cls(base=wide["base"], correction=Correction(wide["phi"]), table=wide["table"], **meta)
