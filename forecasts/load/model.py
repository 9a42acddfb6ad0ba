"""What a load engine hands to the tick: a base path, how errors fade, and how wide the band is. Small enough to be a state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from forecasts.correction import Correction
from twin.domain.pack import UnpackError, pack, unpack

FORMAT = 2


@dataclass(frozen=True)
class LoadModel:
    """One zone's load model, valid for one local day.

    Attributes:
        day: the local day it belongs to (days since 1970-01-01).
        start_s: label of the base path's first quarter hour, epoch seconds.
        base: load by the model alone at the reference temperature [MW], dims (time,). Past rows are as forecast,
            not as fitted.
        reference_c: that temperature [degC]. ``slope``: what a degree above it adds [MW/K], dims (feature,), for the
            features of `temperature.warmth`.
        correction: damping factors by lead. ``table``: error quantiles [MW], dims (hour, node, quantile).
        days: days of history it rests on. ``settled``: it will not change before the next local day.
    """

    day: int
    start_s: int
    base: np.ndarray
    reference_c: float
    slope: np.ndarray
    correction: Correction
    table: np.ndarray
    days: int
    settled: bool

    def write(self) -> bytes:
        """Packed; single precision, about 10 kB."""
        meta = {
            "format": FORMAT,
            "day": self.day,
            "start_s": self.start_s,
            "reference_c": self.reference_c,
            "days": self.days,
            "settled": self.settled,
        }
        arrays = {"base": self.base, "slope": self.slope, "phi": self.correction.phi, "table": self.table}
        return pack(meta, {name: array.astype(np.float32) for name, array in arrays.items()})

    @classmethod
    def read(cls, data: bytes) -> LoadModel:
        """Inverse of `write`.

        Raises:
            UnpackError: when the bytes are no model of this format.
        """
        meta, arrays = unpack(data)
        if meta.pop("format", None) != FORMAT:
            raise UnpackError("a load model of another format")
        wide: dict[str, Any] = {name: array.astype(np.float64) for name, array in arrays.items()}
        return cls(correction=Correction(wide.pop("phi")), **wide, **meta)
