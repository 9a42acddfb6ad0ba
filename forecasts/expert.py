"""The interface of an expert, and where experts are found.

An expert is pure: ``fit`` learns from a `Past`, ``predict`` answers from another one, and neither sees a clock or a file. It
answers from local midnight on; what the day has shown since is the champion's to correct.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Protocol, runtime_checkable

import numpy as np

from forecasts.past import Past


class NotEnoughHistory(ValueError):
    """An expert needs more (or better) history than there is; the others go on without it."""


@runtime_checkable
class Fitted(Protocol):
    """What an expert has learnt."""

    def predict(self, past: Past, steps: int) -> np.ndarray:
        """Mean power [MW] of the ``steps`` intervals from the end of ``past`` (a local midnight) on.

        Returns:
            dims (time,) for a point forecast, dims (time, quantile) for `forecasts.quantiles.LEVELS`; NaN where unknown.
        """
        ...

    def to_bytes(self) -> bytes:
        """All of it, for `Expert.load`; equal learning gives equal bytes."""
        ...


@runtime_checkable
class Expert(Protocol):
    """One way to forecast a series.

    Attributes:
        name: how the command line, the weights and the report call it.
        kinds: kinds of series that it can forecast.
    """

    name: ClassVar[str]
    kinds: ClassVar[frozenset[str]]

    def fit(self, past: Past, *, days_ahead: int, seed: int) -> Fitted:
        """Learn from ``past``, which ends at a local midnight.

        Args:
            days_ahead: how many local days a path may touch (2: today and tomorrow).

        Raises:
            NotEnoughHistory: when nothing sensible can be learnt yet.
        """
        ...

    def load(self, data: bytes) -> Fitted:
        """Inverse of `Fitted.to_bytes`.

        Raises:
            UnpackError: when the bytes are none of this expert's.
        """
        ...


class FittedBlend(Protocol):
    """What a blender has learnt."""

    def predict(self, paths: Mapping[str, np.ndarray]) -> np.ndarray:
        """Quantiles [MW] of one issue, dims (depth, slot, quantile), from the others' paths, dims (depth, slot, level)."""
        ...

    def to_bytes(self) -> bytes:
        """All of it, for `Blender.load`."""
        ...


@runtime_checkable
class Blender(Protocol):
    """An expert that listens to the others: it learns from their past issues and answers from their present ones."""

    name: ClassVar[str]
    kinds: ClassVar[frozenset[str]]

    def fit_on(self, truth: np.ndarray, paths: Mapping[str, np.ndarray], *, seed: int) -> FittedBlend:
        """Learn from issues whose truth is in.

        Args:
            truth: [MW], dims (issue, depth, slot), NaN = not known yet. ``paths``: dims (issue, depth, slot, level).

        Raises:
            NotEnoughHistory: with too few issues.
        """
        ...

    def load(self, data: bytes) -> FittedBlend:
        """Inverse of `FittedBlend.to_bytes`."""
        ...
