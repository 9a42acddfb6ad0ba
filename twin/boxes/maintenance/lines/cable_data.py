"""A cable's model from what is known of it: dimensions by cross-section, and the soil that its published rating implies.

The rated current of a data sheet holds for stated conditions, and there it heats the conductor to its limit. With the
cable's own thermal resistance from its dimensions, what is left is the soil's: its *effective* resistivity contains the
drying that the sheet allows for, the losses in the screens and whatever else the manufacturer put in. A site's own soil
then scales it by the ratio of its resistivity to the sheet's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from twin.boxes.maintenance.lines.cable import CableModel

LIMIT_C = {"xlpe": 90.0, "paper": 65.0, "pvc": 70.0}
"""Conductor temperature in normal operation (IEC 60502-2 and 60502-1; paper with belt 6/10 kV: VDE 0276-621)."""
INSULATION_K_M_PER_W = {"xlpe": 3.5, "paper": 6.0, "pvc": 5.0}
"""Thermal resistivity (IEC 60287-2-1, table 1)."""
JACKET_K_M_PER_W = 3.5
"""Of polyethylene (IEC 60287-2-1, table 1)."""
HEAT_J_M3_K = {"aluminium": 2.5e6, "copper": 3.45e6, "xlpe": 2.4e6, "paper": 2.0e6, "pvc": 1.7e6}
"""Volumetric heat capacity (IEC 60853-2, annex E)."""
RHO20_OHM_MM2_PER_KM = {"aluminium": 28.264, "copper": 17.241}
ALPHA_PER_K = {"aluminium": 0.00403, "copper": 0.00393}
"""Resistivity at 20 degC and its coefficient (IEC 60287-1-1, table 1)."""
R20_OHM_PER_KM = {
    "aluminium": {
        16: 1.91, 25: 1.20, 35: 0.868, 50: 0.641, 70: 0.443, 95: 0.320, 120: 0.253, 150: 0.206, 185: 0.164, 240: 0.125,
        300: 0.100, 400: 0.0778, 500: 0.0605, 630: 0.0469, 800: 0.0367,
    },
    "copper": {
        16: 1.15, 25: 0.727, 35: 0.524, 50: 0.387, 70: 0.268, 95: 0.193, 120: 0.153, 150: 0.124, 185: 0.0991, 240: 0.0754,
        300: 0.0601, 400: 0.0470, 500: 0.0366, 630: 0.0283, 800: 0.0221,
    },
}  # fmt: skip
"""Highest resistance of a stranded conductor at 20 degC, by cross-section in mm2 (IEC 60228, table 2)."""
FILLING = 0.92
"""Share of metal in a compacted round conductor."""
XLPE_MM = ((1.5, 1.7), (12.0, 3.4), (24.0, 5.5), (40.0, 8.0))
"""Insulation up to a nominal voltage [kV]: 0.6/1, 6/10, 12/20 and 18/30 kV (IEC 60502-1, table 6; 60502-2, table 6)."""
SCREENS_AND_JACKET_MM = (2.0, 2.5)
"""Semiconducting layers with wire screen, and the jacket: usual thicknesses of medium voltage (IEC 60502-2, clause 14)."""
DAILY_DIAMETER_M = 0.21
"""Soil farther from the axis sees only the mean of a daily cycle (Neher and McGrath 1957, equation 45: 8.3 inches)."""
PLAUSIBLE_SOIL = (0.5, 4.0)
"""Effective resistivity [K m/W] that soil with drying, screen losses and a reserve can have; outside the figures contradict."""


@dataclass(frozen=True)
class Laying:
    """How a cable lies.

    Attributes:
        depth_m: of the axis. ``soil_k_m_per_w``: thermal resistivity of the soil. ``soil_c``: its undisturbed temperature.
        load_factor: mean over peak of the daily load that a rating allows for; 1 = for ever.
    """

    depth_m: float
    soil_k_m_per_w: float
    soil_c: float
    load_factor: float


RATED_LAYING = Laying(depth_m=0.7, soil_k_m_per_w=1.0, soil_c=20.0, load_factor=0.7)
"""Of German and Swiss data sheets (VDE 0276-620, table 11: with soil that dries to 2.5 K m/W near the cable)."""


@dataclass(frozen=True)
class Build:
    """How a cable is made; ``insulation_mm``: thickness, ``cores``: 1 in trefoil or 3 in one."""

    insulation: str
    material: str
    cores: int
    conductor_mm2: float
    insulation_mm: float

    @property
    def conductor_m(self) -> float:
        """Diameter of the conductor [m]."""
        return float(np.sqrt(4.0 * self.conductor_mm2 / FILLING / np.pi)) / 1000.0

    @property
    def insulated_m(self) -> float:
        """Diameter over the insulation [m]."""
        return self.conductor_m + 0.002 * self.insulation_mm

    @property
    def bundle_m(self) -> float:
        """Diameter of the cylinder that has the same rise in the soil as the cable or the trefoil [m].

        A trefoil of cables that touch has T4 = 3 rho / (2 pi) (ln(4 L / D) - 0.630) for each (IEC 60287-2-1, clause
        4.2.4.3): three losses from a cylinder exp(0.630) times as wide.
        """
        screens, jacket = SCREENS_AND_JACKET_MM
        if self.cores == 1:
            return float(np.exp(0.630)) * (self.insulated_m + 0.002 * (screens + jacket))
        return 2.15 * self.insulated_m + 0.002 * (screens + jacket)  # three equal circles in their smallest circle

    @property
    def internal_k_m_per_w(self) -> float:
        """T1 and T3 for one conductor's loss [K m/W] (IEC 60287-2-1, clauses 4.1.2 and 4.1.4; in trefoil T3 times 1.6)."""
        t1 = INSULATION_K_M_PER_W[self.insulation] / (2.0 * np.pi) * np.log(self.insulated_m / self.conductor_m)
        screens, jacket = SCREENS_AND_JACKET_MM
        if self.cores == 3:
            inside = 2.15 * self.insulated_m + 0.002 * screens
            return float(t1 + 3.0 * JACKET_K_M_PER_W / (2.0 * np.pi) * np.log((inside + 0.002 * jacket) / inside))
        inside = self.insulated_m + 0.002 * screens
        return float(t1 + 1.6 * JACKET_K_M_PER_W / (2.0 * np.pi) * np.log((inside + 0.002 * jacket) / inside))

    @property
    def internal_tau_s(self) -> float:
        """Time constant of the cable itself: T1 and T3 on conductor and half the insulation [s]."""
        metal = HEAT_J_M3_K[self.material] * self.conductor_mm2 * 1e-6
        dielectric = HEAT_J_M3_K[self.insulation] * np.pi / 4.0 * (self.insulated_m**2 - self.conductor_m**2)
        return float(self.internal_k_m_per_w * (metal + 0.5 * dielectric))

    @property
    def r20_ohm_per_m(self) -> float:
        """At 20 degC with the skin effect (IEC 60287-1-1, clause 2.1.2) [ohm/m]."""
        table = R20_OHM_PER_KM[self.material]
        direct = table.get(int(self.conductor_mm2), RHO20_OHM_MM2_PER_KM[self.material] * 1.02 / self.conductor_mm2) / 1000.0
        x2 = 8.0 * np.pi * 50.0 / direct * 1e-7
        return float(direct * (1.0 + x2**2 / (192.0 + 0.8 * x2**2)))


def soil_of_rating(build: Build, *, rated_i_ka: float, rated: Laying, limit_c: float) -> float:
    """Effective resistivity of the soil [K m/W] at which the rated current heats the conductor to its limit.

    With a load factor below 1 the soil beyond `DAILY_DIAMETER_M` sees the mean loss only, a share of 0.3 m + 0.7 m^2
    (VDE 0276-1000; Neher and McGrath 1957, equation 3, with their coefficients for cables).
    """
    hot = build.r20_ohm_per_m * (1.0 + ALPHA_PER_K[build.material] * (limit_c - 20.0))
    watts = (1000.0 * rated_i_ka) ** 2 * hot
    left = (limit_c - rated.soil_c) / watts - build.internal_k_m_per_w
    mean = 0.3 * rated.load_factor + 0.7 * rated.load_factor**2
    near = max(DAILY_DIAMETER_M, build.bundle_m)
    logs = np.log(near / build.bundle_m) + mean * np.log(4.0 * rated.depth_m / near)
    return float(left * 2.0 * np.pi / (3.0 * logs))


def model_of(
    build: Build,
    *,
    effective_soil: float,
    soil_ratio: float,
    depth_m: float,
    group_factor: float,
    limit_c: float,
    soil_factor: np.ndarray,
) -> CableModel:
    """The cable as it lies.

    Args:
        effective_soil: resistivity that its rating implies, see `soil_of_rating` [K m/W].
        soil_ratio: resistivity of the site's soil over that of the data sheet.
        depth_m: of the axis.
        group_factor: reduction by neighbouring circuits, 1 = none; it stands as more resistance of the soil.
        limit_c: of the conductor.
        soil_factor: on the soil's resistivity, for what is not known of it, dims (lane,).
    """
    soil = effective_soil * soil_ratio * soil_factor
    model = CableModel(
        r20_ohm_per_m=build.r20_ohm_per_m,
        alpha_per_k=ALPHA_PER_K[build.material],
        internal_k_m_per_w=build.internal_k_m_per_w,
        internal_tau_s=build.internal_tau_s,
        bundle_diameter_m=build.bundle_m,
        depth_m=depth_m,
        conductors=3,
        soil_k_m_per_w=soil,
        limit_c=limit_c,
    )
    # a rating reduced to the share g asks for a whole resistance 1 / g^2 as large, and all of what is added is soil
    added = (1.0 / group_factor**2 - 1.0) * (model.internal_k_m_per_w + model.soil_total)
    return replace(model, soil_k_m_per_w=soil * (1.0 + added / model.soil_total))
