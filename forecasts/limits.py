"""What a series can physically do at each interval, and how large its errors may be there: nothing at night for a plant."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forecasts.experts.expert import NotEnoughHistory
from forecasts.past import Past

if TYPE_CHECKING:
    from forecasts.sky.reference import SkyReference

_DARK = 0.005  # of the envelope's peak: below, it is a meter's offset


@dataclass(frozen=True)
class Limits:
    """Of the intervals from a local midnight on.

    Attributes:
        low, high: [MW], dims (time,). ``scale``: of the errors [MW], 0 where nothing can err, dims (time,); 1 throughout where
            errors do not depend on the hour.
    """

    low: np.ndarray
    high: np.ndarray
    scale: np.ndarray


class Bounds:
    """What is possible for one series, learnt from a past.

    A load has no limits. Wind and water give at least nothing and at most their capacity. A photovoltaic plant is bounded by
    its clear sky, and its errors are as large as the clear sky lets them be.
    """

    def __init__(self, kind: str, capacity_mw: float | None, sky: SkyReference | None) -> None:
        self._kind, self._capacity, self._sky = kind, capacity_mw, sky

    @classmethod
    def learnt(cls, past: Past) -> Bounds:
        """From what is known; without any sun yet, a plant is bounded by zero and its capacity alone."""
        sky = None
        if past.kind == "pv":
            from forecasts.sky.reference import learn_reference

            with suppress(NotEnoughHistory):
                sky = learn_reference(past)
        return cls(past.kind, past.capacity_mw, sky)

    def meta(self) -> dict[str, Any]:
        """All of it, for JSON."""
        return {"kind": self._kind, "capacity_mw": self._capacity, "sky": None if self._sky is None else self._sky.meta()}

    @classmethod
    def read(cls, meta: Mapping[str, Any]) -> Bounds:
        """Inverse of `meta`."""
        from forecasts.sky.reference import SkyReference

        sky = None if meta["sky"] is None else SkyReference.read(meta["sky"])
        return cls(meta["kind"], meta["capacity_mw"], sky)

    def of(self, past: Past, steps: int) -> Limits:
        """Limits of the ``steps`` intervals from the end of ``past`` on."""
        nothing, one = np.zeros(steps), np.ones(steps)
        if self._kind == "load":
            return Limits(np.full(steps, -np.inf), np.full(steps, np.inf), one)
        top = np.full(steps, np.inf if self._capacity is None else self._capacity)
        if self._sky is None:
            return Limits(nothing, top, one)
        clear = self._sky.rows(past, past.rows, past.rows + steps).p_mw
        ceiling = self._sky.ceiling_mw(clear)
        if not past.planes:
            # Planes that were fitted are least sure at low sun: what the plant was seen to give there is possible.
            seen = _seen(past, steps)
            clear, ceiling = np.maximum(clear, seen), np.maximum(ceiling, self._sky.ceiling_mw(seen))
        return Limits(nothing, np.minimum(ceiling, top), clear)


def _seen(past: Past, steps: int) -> np.ndarray:
    """The plant's own upper envelope over the coming intervals [MW], dims (time,); nothing where it is as good as dark."""
    from forecasts.sky.envelope import WINDOW_DAYS, upper_envelope

    start = max(0, past.rows - WINDOW_DAYS * past.slots_per_day)
    envelope = upper_envelope(past.values[start:], per_day=past.slots_per_day, rows=past.rows - start + steps)
    envelope = envelope[past.rows - start :]
    return np.where(envelope > _DARK * envelope.max(initial=0.0), envelope, 0.0)
