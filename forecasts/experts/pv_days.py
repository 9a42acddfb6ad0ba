"""The floor of photovoltaic forecasts: each slot has the mean clear-sky ratio of the last days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from forecasts.past import Past
from forecasts.sky.reference import SkyReference, learn_reference
from forecasts.sky.training import as_power, path_ahead
from twin.domain.pack import UnpackError, pack, unpack

_CASCADE = ("slot_ratio_mean_7", "slot_ratio_mean_15", "day_ratio_7", "day_ratio_30")  # the first that is known speaks


@dataclass(frozen=True)
class SkyDaysFitted:
    """The plant's reference is all there is to learn."""

    reference: SkyReference

    def predict(self, past: Past, steps: int) -> np.ndarray:
        """Power [MW], dims (time,); NaN by day when the last month is unknown."""
        path = path_ahead(past, self.reference, steps)
        ratio = np.full(steps, np.nan)
        for known in path.pick(_CASCADE)[0].T:
            ratio = np.where(np.isfinite(ratio), ratio, known)
        return as_power(ratio, path, self.reference)

    def to_bytes(self) -> bytes:
        """The reference."""
        return pack({"expert": SkyDays.name, "reference": self.reference.meta()})


class SkyDays:
    """Persistence of the ratio to the clear sky."""

    name: ClassVar[str] = "sky_days"
    kinds: ClassVar[frozenset[str]] = frozenset({"pv"})

    def fit(self, past: Past, *, days_ahead: int, seed: int) -> SkyDaysFitted:  # noqa: ARG002 - nothing random, any path
        """The plant's clear-sky reference.

        Raises:
            NotEnoughHistory: with less than a day of power.
        """
        return SkyDaysFitted(learn_reference(past))

    def load(self, data: bytes) -> SkyDaysFitted:
        """Inverse of `SkyDaysFitted.to_bytes`.

        Raises:
            UnpackError: when the bytes are none of this expert's.
        """
        meta, _ = unpack(data)
        return SkyDaysFitted(read_reference(meta, self.name))


def read_reference(meta: dict, expert: str) -> SkyReference:
    """The reference in an expert's bytes.

    Raises:
        UnpackError: when they are another expert's.
    """
    if meta.get("expert") != expert:
        raise UnpackError(f"these bytes are of expert {meta.get('expert')!r}; expected {expert!r}")
    return SkyReference.read(meta["reference"])
