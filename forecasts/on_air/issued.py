"""What was truly issued at the last midnights, and whether it held: the width that live issues ask for.

A rehearsal is judged on measured weather; what is on air rests on forecast weather, late telemetry and what else goes wrong.
Only what was issued can tell, so the last issues travel in the box's state.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecasts.champion.settings import ChampionSettings
from forecasts.champion.width import stretch
from forecasts.quantiles import LEVELS
from twin.domain.pack import UnpackError, pack, unpack

KEPT = 14
"""Issues that are remembered."""

_SHOWN = (0, LEVELS.index(0.5), len(LEVELS) - 1)


@dataclass(frozen=True)
class Issued:
    """The first day of past midnight issues.

    Attributes:
        start_s: first label of each, epoch seconds, dims (issue,). ``band``: lowest, middle and highest quantile [MW], float32,
            dims (issue, slot, 3); NaN beyond a short day.
    """

    start_s: np.ndarray
    band: np.ndarray

    @classmethod
    def none(cls, slots: int) -> Issued:
        """Nothing was issued yet."""
        return cls(np.empty(0, dtype=np.int64), np.empty((0, slots, 3), dtype=np.float32))

    @classmethod
    def read(cls, state: bytes | None, slots: int) -> Issued:
        """Inverse of `write`; nothing for a state that another version wrote."""
        try:
            _, arrays = unpack(state or b"")
            start_s, band = arrays["start_s"].astype(np.int64), arrays["band"].astype(np.float32).reshape(-1, slots, 3)
        except (UnpackError, KeyError, ValueError):
            return cls.none(slots)
        return cls(start_s, band) if start_s.shape == (len(band),) else cls.none(slots)

    def write(self) -> bytes:
        """Packed, about 15 kB."""
        return pack({}, {"start_s": self.start_s, "band": self.band})

    def with_issue(self, start_s: int, quantiles: np.ndarray) -> Issued:
        """Remember today's, dims (time, quantile), once; the oldest is forgotten."""
        if len(self.start_s) and self.start_s[-1] >= start_s:
            return self
        slots = self.band.shape[1]
        day = np.full((1, slots, 3), np.nan, dtype=np.float32)
        rows = min(slots, len(quantiles))
        day[0, :rows] = quantiles[:rows, _SHOWN]
        return Issued(np.append(self.start_s, start_s)[-KEPT:], np.concatenate([self.band, day])[-KEPT:])

    def factor(self, start_s: int, values: np.ndarray, step_s: int, settings: ChampionSettings) -> float:
        """Factor on the band's width that the issues before today ask for.

        Args:
            start_s: label of the first of ``values`` [MW], dims (time,), which end at today's midnight.
        """
        past, truth = self._came(start_s, values, step_s)
        wide = np.repeat(self.band[past].astype(np.float64), (1, len(LEVELS) - 2, 1), axis=2)
        return stretch(truth, wide, half_life=settings.half_life, strength=settings.strength)

    def errors(self, start_s: int, values: np.ndarray, step_s: int) -> tuple[np.ndarray, np.ndarray]:
        """First label of the issues before today, dims (issue,), and truth minus median [MW], dims (issue, slot).

        Args:
            start_s: label of the first of ``values`` [MW], dims (time,), which end at today's midnight.
        """
        past, truth = self._came(start_s, values, step_s)
        return self.start_s[past], truth - self.band[past, :, 1]

    def _came(self, start_s: int, values: np.ndarray, step_s: int) -> tuple[np.ndarray, np.ndarray]:
        """Which issues are behind us, and what came, dims (issue, slot)."""
        slots = self.band.shape[1]
        padded = np.concatenate([values, np.full(slots, np.nan)])
        past = (self.start_s >= start_s) & (self.start_s < start_s + len(values) * step_s)
        rows = (self.start_s[past] - start_s) // step_s
        return past, padded[rows[:, None] + np.arange(slots)]
