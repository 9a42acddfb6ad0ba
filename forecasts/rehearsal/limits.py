"""What a series can physically do at each interval, and how large its errors may be there: nothing at night for a plant."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forecasts.expert import NotEnoughHistory
from forecasts.past import Past

if TYPE_CHECKING:
    from forecasts.sky.reference import SkyReference

_DARK = 0.005  # of the envelope's peak: below, it is a meter's offset
_AT_CAP, _FEWEST_AT_CAP = 0.99, 8  # eight equal maxima are no single bright quarter hour


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
        sky, capacity = None, past.capacity_mw
        if past.kind == "pv":
            from forecasts.sky.reference import HEADROOM, learn_reference

            with suppress(NotEnoughHistory):
                sky = learn_reference(past)
            inverter = HEADROOM * _inverter_mw(past)  # often less than the planes' peak power, and never declared
            if np.isfinite(inverter):
                capacity = inverter if capacity is None else min(capacity, inverter)
        return cls(past.kind, capacity, sky)

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
            sun = _declared(past, steps) if self._kind == "pv" else None
            return Limits(nothing, top, one) if sun is None else Limits(nothing, np.minimum(sun, top), sun)
        clear = self._sky.rows(past, past.rows, past.rows + steps).p_mw
        ceiling = self._sky.ceiling_mw(clear)
        if not past.planes:
            # Planes that were fitted are least sure at low sun: what the plant was seen to give there is possible.
            seen = _seen(past, steps)
            clear, ceiling = np.maximum(clear, seen), np.maximum(ceiling, self._sky.ceiling_mw(seen))
        return Limits(nothing, np.minimum(ceiling, top), clear)


def _declared(past: Past, steps: int) -> np.ndarray | None:
    """Clear sky of the declared planes [MW], dims (time,); None where none are."""
    from forecasts.sky.reference import declared_clear_sky

    try:
        return declared_clear_sky(past, steps)
    except NotEnoughHistory:
        return None


def _inverter_mw(past: Past) -> float:
    """The power at which a plant's best hours are cut off [MW], infinite where none shows."""
    from forecasts.sky.plant_fit import FEWEST_DAYS, flat_top

    top = flat_top(past.values) if past.rows >= FEWEST_DAYS * past.slots_per_day else np.inf
    return top if (past.values > _AT_CAP * top).sum() >= _FEWEST_AT_CAP else np.inf


def _seen(past: Past, steps: int) -> np.ndarray:
    """The plant's own upper envelope over the coming intervals [MW], dims (time,); nothing where it is as good as dark."""
    from forecasts.sky.envelope import WINDOW_DAYS, upper_envelope

    start = max(0, past.rows - WINDOW_DAYS * past.slots_per_day)
    envelope = upper_envelope(past.values[start:], per_day=past.slots_per_day, rows=past.rows - start + steps)
    envelope = envelope[past.rows - start :]
    return np.where(envelope > _DARK * envelope.max(initial=0.0), envelope, 0.0)
