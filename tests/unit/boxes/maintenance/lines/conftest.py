"""The continuous rating of a cable, by the standard's closed form: what ratings in time are held against."""

from collections.abc import Callable

import numpy as np
import pytest

from twin.boxes.maintenance.lines.cable import CableModel


def continuous_ka(model: CableModel, soil_c: np.ndarray, *, limit_c: float) -> np.ndarray:
    """Current that may flow for ever [kA] (IEC 60287-1-1, clause 1.4.1, without dielectric loss); 0 in soil above the limit."""
    share, _ = model.terms
    room_k = np.maximum(0.0, limit_c - soil_c)
    return np.asarray(np.sqrt(room_k / (model.resistance(np.asarray(limit_c)) * share.sum(axis=-1))) / 1000.0)


@pytest.fixture(scope="session", name="continuous_ka")
def _continuous_ka() -> Callable[..., np.ndarray]:
    return continuous_ka
