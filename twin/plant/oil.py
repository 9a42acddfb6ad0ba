"""Top-oil temperature of the plant's transformers: the truth that the maintenance box may only measure.

Top oil follows its final value with the oil time constant, IEC 60076-7:2018, 8.2.2 (exponential solution), with the final
rise ((1 + R K^2) / (1 + R))^x x rise at rated load. Each transformer differs from its class by a hash of the seed, as built
ones differ from their type: rise +-8 %, time constant +-15 %, loss ratio +-10 %.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.domain import chance

QUARTER_MIN = 15.0


@dataclass(frozen=True)
class _Class:
    """IEC 60076-7:2018, table 4 (x, k11, tau_o) with rises and loss ratios usual for the class."""

    oil_exponent: float
    k11: float
    tau_oil_min: float
    rise_k: float
    loss_ratio: float


_CLASSES = {
    "distribution": _Class(0.8, 1.0, 180.0, 55.0, 5.0),
    "power": _Class(0.8, 0.5, 150.0, 52.0, 6.0),
}
_SPREADS = (("rise", 0.08), ("tau", 0.15), ("ratio", 0.10))


@dataclass(frozen=True)
class Oil:
    """Hidden thermal parameters, dims (trafo,)."""

    oil_exponent: np.ndarray
    tau_min: np.ndarray
    rise_k: np.ndarray
    loss_ratio: np.ndarray

    def final_c(self, load_factor: np.ndarray, ambient_c: float) -> np.ndarray:
        """Top-oil temperature that a lasting load would reach [degC]; ``load_factor``: 1 = rated, NaN counts as no load."""
        k = np.nan_to_num(load_factor)
        ratio = (1.0 + self.loss_ratio * k**2) / (1.0 + self.loss_ratio)
        return ambient_c + self.rise_k * ratio**self.oil_exponent

    def step(self, top_oil_c: np.ndarray, load_factor: np.ndarray, ambient_c: float) -> np.ndarray:
        """Top-oil temperature a quarter hour later [degC], dims (trafo,)."""
        final = self.final_c(load_factor, ambient_c)
        return final + (top_oil_c - final) * np.exp(-QUARTER_MIN / self.tau_min)


def built_transformers(seed: int, names: tuple[str, ...], sizes: tuple[str, ...]) -> Oil:
    """The transformers as built: their class, moved by a hash of (seed, name)."""
    types = [_CLASSES[size] for size in sizes]

    def moved(values: list[float], spread: tuple[str, float]) -> np.ndarray:
        draws = chance.uniform(chance.streams(seed, f"oil {spread[0]}", names))
        return np.array(values) * (1.0 + spread[1] * (2.0 * draws - 1.0))

    return Oil(
        np.array([t.oil_exponent for t in types]),
        moved([t.k11 * t.tau_oil_min for t in types], _SPREADS[1]),
        moved([t.rise_k for t in types], _SPREADS[0]),
        moved([t.loss_ratio for t in types], _SPREADS[2]),
    )
