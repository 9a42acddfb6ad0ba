"""Where a damaged rolling bearing shows: its defect frequencies as multiples of the shaft's speed, from its geometry.

Source: pure rolling without slip, T. A. Harris, Rolling Bearing Analysis (4th ed. 2001), chapter 8; the same relations in
R. B. Randall and J. Antoni, Rolling element bearing diagnostics - A tutorial, Mechanical Systems and Signal Processing 25
(2011) 485-520, equations 1 to 4. Real bearings slip by 1 to 2 % (there, section 1).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians


@dataclass(frozen=True, kw_only=True)
class BearingGeometry:
    """A rolling bearing with a standing outer ring.

    Attributes:
        elements: number of rolling elements. ``element_mm``: their diameter [mm]. ``pitch_mm``: diameter of the circle of
            their centres [mm]. ``contact_deg``: contact angle from the radial plane [deg].
    """

    elements: int
    element_mm: float
    pitch_mm: float
    contact_deg: float

    def orders(self) -> DefectOrders:
        """Defect frequencies in multiples of the shaft's speed."""
        ratio = self.element_mm / self.pitch_mm * cos(radians(self.contact_deg))
        return DefectOrders(
            bpfo=0.5 * self.elements * (1.0 - ratio),
            bpfi=0.5 * self.elements * (1.0 + ratio),
            bsf=0.5 * self.pitch_mm / self.element_mm * (1.0 - ratio**2),
            ftf=0.5 * (1.0 - ratio),
        )


@dataclass(frozen=True)
class DefectOrders:
    """Multiples of the shaft's speed.

    Attributes:
        bpfo, bpfi: rolling elements passing a spot of the outer and of the inner ring. ``ftf``: turns of the cage.
        bsf: turns of a rolling element about itself; a damaged one strikes both rings and shows at twice this order.
    """

    bpfo: float
    bpfi: float
    bsf: float
    ftf: float
