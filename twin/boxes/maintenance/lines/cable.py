"""A buried cable's temperature: IEC 60287 in the steady state, a ladder of exponentials on the way there.

    conductor = soil + sum of the terms,   each term -> W R (its share of the thermal resistance) with its own time constant

One term stands for the cable itself (insulation and jacket on the heat capacity of conductor and insulation), the others
for the soil between the cables' surface and the ground's mirror image. The exact answer of the soil to a constant loss is
the exponential integral (IEC 60853-2, clause 4.2; Kennelly's hypothesis):

    rho / (4 pi) [E1(D^2 / 16 delta t) - E1(L^2 / delta t)] = rho / (4 pi) integral of exp(-s / t) ds / s, s between the two

Each term takes an equal stretch of ln s, and its time constant is the one whose answer has the same mean in ln t,
exp(2 gamma) s with Euler's gamma. With six terms this stays within 2 % of the soil's final rise at every time.

Simplifications, all stated: the losses reach the soil at once, where IEC 60853-2 delays them by the cable's own heating
(attainment factor), so that the first hour is overstated; screen losses and drying of the soil stand in the soil's
effective resistivity; dielectric losses are left out (IEC 60287-1-1, table 3: below 127 kV for XLPE, 38 kV for paper).
Every quarter hour is advanced exactly for its constant loss, so that in pieces or in one go gives the same bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

SOIL_TERMS = 6
EULER_GAMMA = 0.5772156649015329
DIFFUSIVITY_M2_S = 0.5e-6
"""Of soil, where nothing else is known (IEC 60853-2, clause 4.2)."""
Figure = float | np.ndarray


@dataclass(frozen=True)
class CableModel:
    """A cable in its trench, or several: every figure then has dims (cable, 1) and the soil (cable, lane).

    Attributes:
        r20_ohm_per_m: resistance of a conductor at 20 degC, with what alternating current adds. ``alpha_per_k``: its
            temperature coefficient at 20 degC.
        internal_k_m_per_w: thermal resistance of the cable itself for one conductor's loss (T1 and T3).
        internal_tau_s: its time constant.
        bundle_diameter_m: of the cylinder that stands for the cables in the soil. ``depth_m``: of its axis.
        conductors: whose loss the cylinder carries: three.
        soil_k_m_per_w: effective thermal resistivity of the soil, dims (lane,): what is held possible of it.
        limit_c: highest conductor temperature.
    """

    r20_ohm_per_m: Figure
    alpha_per_k: Figure
    internal_k_m_per_w: Figure
    internal_tau_s: Figure
    bundle_diameter_m: Figure
    depth_m: Figure
    conductors: Figure
    soil_k_m_per_w: np.ndarray
    limit_c: Figure

    def resistance(self, temp_c: np.ndarray) -> np.ndarray:
        """Of a conductor at ``temp_c`` [ohm/m]."""
        return self.r20_ohm_per_m * (1.0 + self.alpha_per_k * (temp_c - 20.0))

    @property
    def soil_total(self) -> np.ndarray:
        """Thermal resistance of the soil, for one conductor's loss [K m/W], dims (lane,) (IEC 60287-2-1, clause 4.2: T4)."""
        log = np.log(4.0 * self.depth_m / self.bundle_diameter_m)
        return np.asarray(self.conductors * self.soil_k_m_per_w / (2.0 * np.pi) * log)

    @property
    def terms(self) -> tuple[np.ndarray, np.ndarray]:
        """Thermal resistances for one conductor's loss, and time constants.

        Returns:
            Resistances [K m/W], dims (lane, term), the cable's own first; time constants [s], dims (term,); both with cable
            in front where several stand together.
        """
        first = np.asarray(self.bundle_diameter_m**2 / (16.0 * DIFFUSIVITY_M2_S))
        last = np.asarray(self.depth_m**2 / DIFFUSIVITY_M2_S)
        middles = (np.arange(SOIL_TERMS) + 0.5) / SOIL_TERMS
        tau = np.exp(2.0 * EULER_GAMMA) * first[..., None] * (last / first)[..., None] ** middles
        share = np.repeat(self.soil_total[..., None] / SOIL_TERMS, SOIL_TERMS + 1, axis=-1)
        share[..., 0] = self.internal_k_m_per_w
        return share, np.concatenate([np.asarray(self.internal_tau_s)[..., None], tau], axis=-1)


_FIGURES = tuple(field.name for field in fields(CableModel) if field.name != "soil_k_m_per_w")


def together(models: Sequence[CableModel]) -> CableModel:
    """Several cables as one model, so that they are rolled in one go: dims of all that is rolled begin with cable."""
    columns = {name: np.array([[getattr(model, name)] for model in models]) for name in _FIGURES}
    return CableModel(**columns, soil_k_m_per_w=np.stack([model.soil_k_m_per_w for model in models]))


def steady_rise(model: CableModel, i_ka: np.ndarray, soil_c: np.ndarray) -> np.ndarray:
    """The terms [K] once the cable has settled under ``i_ka``: dims (lane, term).

    Loss and temperature depend on each other linearly, so the balance is solved and not iterated. Beyond the current at
    which no balance exists (thermal runaway) the loss is taken at twice the limit.

    Args:
        i_ka: current [kA]. ``soil_c``: undisturbed soil at the cable's depth [degC]; both dims (lane,).
    """
    share, _ = model.terms
    total = share.sum(axis=-1)
    watts20 = (1000.0 * np.asarray(i_ka, dtype=np.float64)) ** 2 * model.r20_ohm_per_m
    feedback = watts20 * model.alpha_per_k * total
    cold = watts20 * (1.0 + model.alpha_per_k * (soil_c - 20.0))
    hot = watts20 * (1.0 + model.alpha_per_k * (2.0 * model.limit_c - 20.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        watts = np.where(feedback < 1.0, np.minimum(cold / (1.0 - feedback), hot), hot)
    return watts[..., None] * share


def roll(model: CableModel, rise_k: np.ndarray, i_ka: np.ndarray, soil_c: np.ndarray, *, seconds: float) -> np.ndarray:
    """The terms at every boundary of consecutive steps, dims (time + 1, [cable,] lane, term) [K]; row 0 is ``rise_k``.

    The loss of a step is that of the conductor's temperature at its beginning, and the step is exact for it.

    Args:
        rise_k: the terms before, dims ([cable,] lane, term).
        i_ka: current [kA]. ``soil_c``: undisturbed soil at the cable's depth [degC]; both dims (time, [cable,] lane).
        seconds: length of a step.
    """
    share, tau = model.terms
    kept, gained = np.exp(-seconds / tau), share * (1.0 - np.exp(-seconds / tau))
    watts20 = (1000.0 * i_ka) ** 2
    rows = np.empty((len(i_ka) + 1, *rise_k.shape))
    rows[0] = rise_k
    for k in range(len(i_ka)):
        temp_c = soil_c[k] + rows[k].sum(axis=-1)
        watts = watts20[k] * model.resistance(temp_c)
        rows[k + 1] = rows[k] * kept + watts[..., None] * gained
    return rows


def bearable_ka(
    model: CableModel, rise_k: np.ndarray, soil_c: np.ndarray, *, steps: int, seconds: float, limit_c: float
) -> np.ndarray:
    """Current that may flow for ``steps`` steps from each instant on without passing the limit at the end of any [kA].

    The conductor's resistance is taken at the limit throughout (as IEC 60853-2 does for emergency ratings), which is on the
    safe side. 0 where the conductor is above the limit and cannot cool below it in the first step.

    Args:
        rise_k: what the cable carries in it from before, dims (..., lane, term). ``soil_c``: dims (..., lane).
        steps: how many, each of ``seconds``.
        limit_c: of the conductor [degC], normal or for an emergency.

    Returns:
        dims (..., lane).
    """
    share, tau = model.terms
    kept = np.exp(-seconds * np.arange(1, steps + 1)[:, None] / tau)  # dims (step, term)
    gained = share @ (1.0 - kept).T * model.resistance(np.asarray(limit_c))  # dims (lane, step)
    left_k = rise_k @ kept.T  # dims (..., step)
    room_k = np.maximum(0.0, limit_c - np.asarray(soil_c)[..., None] - left_k)
    return np.asarray(np.sqrt((room_k / gained).min(axis=-1)) / 1000.0)
