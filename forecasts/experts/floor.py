"""The floor: experts that need no fitting. Whoever cannot beat them has learnt nothing; on day one they are all there is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from forecasts.experts.day_path import along, days_touched
from forecasts.past import Past
from forecasts.profile import profiles
from forecasts.sheet import sheet_of

_ALL = frozenset({"load", "pv", "wind", "hydro"})


@dataclass(frozen=True)
class _Ready:
    """A floor expert is fitted from the beginning."""

    expert: _Floor

    def predict(self, past: Past, steps: int) -> np.ndarray:
        return self.expert.path(past, steps)

    def to_bytes(self) -> bytes:
        return b""


class _Floor:
    """Nothing to learn, nothing to keep."""

    def fit(self, past: Past, *, days_ahead: int, seed: int) -> _Ready:  # noqa: ARG002 - the interface of an expert
        """Ready at once."""
        return _Ready(self)

    def path(self, past: Past, steps: int) -> np.ndarray:
        """What the expert says [MW], dims (time,)."""
        raise NotImplementedError

    def load(self, data: bytes) -> _Ready:  # noqa: ARG002 - the interface of an expert
        """Ready at once."""
        return _Ready(self)


class LastWeek(_Floor):
    """The same slot a week ago; a fortnight ago where that is not known."""

    name: ClassVar[str] = "last_week"
    kinds: ClassVar[frozenset[str]] = _ALL

    def path(self, past: Past, steps: int) -> np.ndarray:
        """[MW], dims (time,)."""
        return _repeat(past, steps, period_days=7)


class Yesterday(_Floor):
    """The same slot of the newest day; of the day before where that is not known."""

    name: ClassVar[str] = "yesterday"
    kinds: ClassVar[frozenset[str]] = _ALL

    def path(self, past: Past, steps: int) -> np.ndarray:
        """[MW], dims (time,)."""
        return _repeat(past, steps, period_days=1)


class DayType(_Floor):
    """The mean of the last six days of the same type: workday, Saturday, Sunday or public holiday."""

    name: ClassVar[str] = "day_type"
    kinds: ClassVar[frozenset[str]] = frozenset({"load", "hydro"})

    def path(self, past: Past, steps: int) -> np.ndarray:
        """[MW], dims (time,)."""
        sheet = sheet_of(past, days_touched(past, steps))
        ahead = np.arange(sheet.known, sheet.days)
        types = np.concatenate([sheet.types[: sheet.known], sheet.types[ahead]])
        until = np.concatenate([np.zeros(sheet.known, dtype=int), np.full(len(ahead), sheet.known)])
        return along(profiles(sheet.values, types, until)[sheet.known :], past, steps)


def _repeat(past: Past, steps: int, *, period_days: int) -> np.ndarray:
    """The newest known value of the same wall-clock slot a whole number of periods ago, dims (time,)."""
    sheet = sheet_of(past, days_touched(past, steps))
    ahead = sheet.days - sheet.known
    path = np.full((ahead, sheet.slots), np.nan)
    for day in range(ahead):
        back = sheet.known + day - period_days
        while back >= 0 and np.isnan(path[day]).any():
            if back < sheet.known:
                path[day] = np.where(np.isnan(path[day]), sheet.values[back], path[day])
            back -= period_days
    return along(path, past, steps)
