"""Quarter hours of machines as plain arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.domain.time import QUARTER_HOUR_S


@dataclass(frozen=True)
class Rows:
    """Consecutive quarter hours.

    Attributes:
        start_s: label of the first, epoch seconds. ``p_mw``: power of each machine, positive whatever it does [MW], dims
            (time, machine). ``ambient_c``: dims (time,). ``features``: as telemetered, dims (time, machine, feature). All NaN
            where missing.
    """

    start_s: int
    p_mw: np.ndarray
    ambient_c: np.ndarray
    features: np.ndarray

    def __len__(self) -> int:
        return len(self.ambient_c)

    def until(self, end_s: int) -> Rows:
        """Those with a label before ``end_s``."""
        last = max(0, (end_s - self.start_s) // QUARTER_HOUR_S)
        return Rows(self.start_s, self.p_mw[:last], self.ambient_c[:last], self.features[:last])

    def since(self, start_s: int) -> Rows:
        """Those with a label from ``start_s`` on."""
        first = max(0, (start_s - self.start_s) // QUARTER_HOUR_S)
        return Rows(self.start_s + first * QUARTER_HOUR_S, self.p_mw[first:], self.ambient_c[first:], self.features[first:])
