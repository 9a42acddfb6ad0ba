"""Zones A to D of vibration severity, and the published boundaries by class of machine.

Zone A: newly commissioned machines; B: fit for unrestricted long-term running; C: fit for a limited time until a remedy is
possible; D: severe enough to do damage (ISO 20816-1:2016, 6.2.3). A value on a boundary belongs to the better zone.

ISO 20816-5:2018 replaced ISO 10816-5:2000 for hydraulic machines with figures by kind of turbine and place of the bearing;
they are the standard's to sell. A site that has them writes its own boundaries; the figures of 2000 stand in until then. The
same holds for pumps, whose part 7 is still ISO 10816-7:2009.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

ZONES = ("A", "B", "C", "D")


@dataclass(frozen=True, kw_only=True)
class Boundaries:
    """Boundaries between the zones, velocity r.m.s. on the bearing housing [mm/s].

    Attributes:
        ab, bc, cd: where the next zone begins. ``source``: standard and table, or who agreed on them.
    """

    ab: float
    bc: float
    cd: float
    source: str

    @property
    def as_array(self) -> np.ndarray:
        """The three boundaries, dims (3,)."""
        return np.array([self.ab, self.bc, self.cd])


_HYDRO, _INDUSTRIAL, _PUMPS = "ISO 10816-5:2000, table A.{}", "ISO 20816-3:2022, table A.{}", "ISO 10816-7:2009, table A.1"


def _class(ab: float, bc: float, cd: float, source: str) -> Boundaries:
    return Boundaries(ab=ab, bc=bc, cd=cd, source=source)


PUBLISHED: Mapping[str, Boundaries] = {
    # hydraulic machine sets of 1 MW and more with sleeve bearings, by how the bearing housings are braced
    "hydro_horizontal_rigid": _class(1.6, 2.5, 4.0, _HYDRO.format(1)),
    "hydro_horizontal_on_casing": _class(2.5, 4.0, 6.4, _HYDRO.format(2)),
    "hydro_vertical_braced": _class(1.6, 2.5, 4.0, _HYDRO.format(3)),
    "hydro_vertical_upper_on_stator": _class(2.5, 4.0, 6.4, _HYDRO.format(4)),
    # industrial machines: small hydro units too, where nothing better is agreed
    "large_rigid": _class(2.3, 4.5, 7.1, _INDUSTRIAL.format(1)),  # above 300 kW
    "large_flexible": _class(3.5, 7.1, 11.0, _INDUSTRIAL.format(1)),
    "medium_rigid": _class(1.4, 2.8, 4.5, _INDUSTRIAL.format(2)),  # 15 to 300 kW
    "medium_flexible": _class(2.3, 4.5, 7.1, _INDUSTRIAL.format(2)),
    # rotodynamic pumps; category I asks for high reliability or handles hazardous liquids, II is the general one
    "pump_i_to_200_kw": _class(2.5, 4.0, 6.6, _PUMPS),
    "pump_i_above_200_kw": _class(3.5, 5.0, 7.6, _PUMPS),
    "pump_ii_to_200_kw": _class(3.2, 5.1, 8.5, _PUMPS),
    "pump_ii_above_200_kw": _class(4.2, 6.1, 9.5, _PUMPS),
}
"""Class -> boundaries."""


def zone_of(vibration_mm_s: np.ndarray, boundaries_mm_s: np.ndarray) -> np.ndarray:
    """Zone as a number, 0 = A to 3 = D; NaN where the vibration is NaN.

    Args:
        vibration_mm_s: velocity r.m.s. [mm/s], dims (..., machine).
        boundaries_mm_s: A/B, B/C, C/D [mm/s], dims (machine, 3).
    """
    above = (vibration_mm_s[..., None] > boundaries_mm_s).sum(axis=-1).astype(np.float64)
    return np.where(np.isnan(vibration_mm_s), np.nan, above)
