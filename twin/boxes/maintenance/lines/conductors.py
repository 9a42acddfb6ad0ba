"""Overhead conductors by their designation: the figures that a heat balance needs."""

from __future__ import annotations

from dataclasses import dataclass

ALPHA_AL1_PER_K = 0.00403
"""Temperature coefficient of hard-drawn aluminium AL1 (EN 60889)."""
ALPHA_AL3_PER_K = 0.0036
"""Temperature coefficient of the aluminium alloy AL3, "Aldrey" (EN 50183)."""
RHO_AL3_OHM_MM2_PER_KM = 32.53
"""Resistivity of AL3 at 20 degC (EN 50183)."""
LAY = 1.02
"""Strands are wound and so longer than the conductor: about 2 % (EN 50182, stranding constants between 1.3 and 2.2 %)."""

EMISSIVITY, ABSORPTIVITY = 0.7, 0.8
"""Surface of an aged conductor: absorptivity of at least 0.8, and an emissivity 0.1 below it (CIGRE TB 299)."""


@dataclass(frozen=True)
class Conductor:
    """A bare conductor.

    Attributes:
        diameter_mm, core_diameter_mm, strand_diameter_mm: outside, of a steel core (0 without), of the outer strands.
        r20_ohm_per_km: direct-current resistance at 20 degC. Skin effect and the magnetisation of a steel core add one to
            three percent at 50 Hz in these sizes and are left out.
        alpha_per_k: temperature coefficient of the resistance at 20 degC.
        emissivity, absorptivity: of the surface.
    """

    diameter_mm: float
    core_diameter_mm: float
    strand_diameter_mm: float
    r20_ohm_per_km: float
    alpha_per_k: float
    emissivity: float
    absorptivity: float


def _acsr(diameter_mm: float, core_mm: float, strand_mm: float, r20_ohm_per_km: float) -> Conductor:
    return Conductor(diameter_mm, core_mm, strand_mm, r20_ohm_per_km, ALPHA_AL1_PER_K, EMISSIVITY, ABSORPTIVITY)


def _alloy(strands: int, strand_mm: float, diameter_mm: float) -> Conductor:
    area_mm2 = strands * 0.785398 * strand_mm**2
    r20_ohm_per_km = RHO_AL3_OHM_MM2_PER_KM * LAY / area_mm2
    return Conductor(diameter_mm, 0.0, strand_mm, r20_ohm_per_km, ALPHA_AL3_PER_K, EMISSIVITY, ABSORPTIVITY)


CONDUCTORS: dict[str, Conductor] = {
    # aluminium over steel: EN 50182, annex for Germany (the series that Switzerland uses as well); formerly Al/St 35/6 ...
    "34-AL1/6-ST1A": _acsr(8.1, 2.7, 2.70, 0.8342),
    "48-AL1/8-ST1A": _acsr(9.6, 3.2, 3.20, 0.5939),
    "70-AL1/11-ST1A": _acsr(11.7, 4.32, 1.85, 0.4132),
    "94-AL1/15-ST1A": _acsr(13.6, 5.01, 2.15, 0.3060),
    "122-AL1/20-ST1A": _acsr(15.5, 5.70, 2.44, 0.2376),
    "149-AL1/24-ST1A": _acsr(17.1, 6.30, 2.70, 0.1940),
    "184-AL1/30-ST1A": _acsr(19.0, 6.99, 3.00, 0.1571),
    "243-AL1/39-ST1A": _acsr(21.8, 8.04, 3.45, 0.1188),
    "305-AL1/39-ST1A": _acsr(24.1, 8.04, 2.68, 0.0949),
    "490-AL1/64-ST1A": _acsr(30.6, 10.20, 3.40, 0.0590),
    # alloy alone ("Aldrey"): strands and diameters of EN 50182, resistance from the alloy's resistivity
    "93-AL3": _alloy(19, 2.50, 12.5),
    "117-AL3": _alloy(19, 2.80, 14.0),
    "147-AL3": _alloy(37, 2.25, 15.8),
    "182-AL3": _alloy(37, 2.50, 17.5),
    "243-AL3": _alloy(61, 2.25, 20.3),
    "299-AL3": _alloy(61, 2.50, 22.5),
}
"""Designation -> figures. Old names lead to the new ones by `OLD_NAMES`."""

OLD_NAMES = {
    "Al/St 35/6": "34-AL1/6-ST1A",
    "Al/St 50/8": "48-AL1/8-ST1A",
    "Al/St 70/12": "70-AL1/11-ST1A",
    "Al/St 95/15": "94-AL1/15-ST1A",
    "Al/St 120/20": "122-AL1/20-ST1A",
    "Al/St 150/25": "149-AL1/24-ST1A",
    "Al/St 185/30": "184-AL1/30-ST1A",
    "Al/St 240/40": "243-AL1/39-ST1A",
    "Al/St 305/40": "305-AL1/39-ST1A",
    "Al/St 490/65": "490-AL1/64-ST1A",
    "Aldrey 95": "93-AL3",
    "Aldrey 120": "117-AL3",
    "Aldrey 150": "147-AL3",
    "Aldrey 185": "182-AL3",
    "Aldrey 240": "243-AL3",
    "Aldrey 300": "299-AL3",
}
"""Names before EN 50182, still on every drawing."""


def conductor_named(name: str) -> Conductor | None:
    """The conductor of a designation, new or old; None for one that the table does not have."""
    return CONDUCTORS.get(OLD_NAMES.get(name, name))
