"""Published limits of dissolved gas analysis: IEC 60599 tables, corners of Duval's triangles as they are drawn."""

import pytest

from twin.boxes.maintenance.gas.duval import TRIANGLE_1, TRIANGLE_4, TRIANGLE_5, outlines
from twin.boxes.maintenance.gas.limits import limits_for

# Corners of the zones as drawn by Duval (IEEE Electr. Insul. Mag. 2002 and 2008) and in IEEE C57.104-2019: outlines, not the
# tables' inequalities that the zones are written from. Order of the shares: as the triangle names its gases.
DRAWN = {
    ("1", "PD"): {(98, 2, 0), (100, 0, 0), (98, 0, 2)},
    ("1", "T1"): {(98, 2, 0), (80, 20, 0), (76, 20, 4), (96, 0, 4), (98, 0, 2)},
    ("1", "T2"): {(80, 20, 0), (50, 50, 0), (46, 50, 4), (76, 20, 4)},
    ("1", "T3"): {(50, 50, 0), (0, 100, 0), (0, 85, 15), (35, 50, 15)},
    ("1", "D1"): {(0, 0, 100), (0, 23, 77), (64, 23, 13), (87, 0, 13)},
    ("1", "D2"): {(0, 23, 77), (0, 71, 29), (31, 40, 29), (47, 40, 13), (64, 23, 13)},
    ("1", "DT"): {(96, 0, 4), (46, 50, 4), (35, 50, 15), (0, 85, 15), (0, 71, 29), (31, 40, 29), (47, 40, 13), (87, 0, 13)},
    ("4", "PD"): {(98, 2, 0), (97, 2, 1), (84, 15, 1), (85, 15, 0)},
    ("4", "O"): {(9, 0, 91), (0, 0, 100), (0, 70, 30), (9, 61, 30)},
    ("4", "C"): {(0, 70, 30), (0, 100, 0), (64, 36, 0), (40, 36, 24), (15, 61, 24), (15, 55, 30)},
    ("4", "ND"): {(54, 0, 46), (9, 45, 46), (9, 0, 91)},
    ("4", "S"): {(100, 0, 0), (54, 0, 46), (9, 45, 46), (9, 61, 30), (15, 55, 30), (15, 61, 24), (40, 36, 24), (64, 36, 0)},
    ("5", "PD"): {(98, 0, 2), (97, 1, 2), (85, 1, 14), (86, 0, 14)},
    ("5", "S"): {(86, 0, 14), (76, 10, 14), (36, 10, 54), (46, 0, 54)},
    ("5", "O"): {
        (100, 0, 0),
        (90, 10, 0),
        (76, 10, 14),
        (85, 1, 14),
        (97, 1, 2),
        (98, 0, 2),
        (46, 0, 54),
        (36, 10, 54),
        (0, 10, 90),
    },
    ("5", "T2"): {(90, 10, 0), (65, 35, 0), (53, 35, 12), (78, 10, 12)},
    ("5", "C"): {(78, 10, 12), (38, 50, 12), (36, 50, 14), (16, 70, 14), (0, 70, 30), (60, 10, 30)},
    ("5", "T3"): {(65, 35, 0), (0, 100, 0), (0, 35, 65), (35, 35, 30), (0, 70, 30), (16, 70, 14), (38, 50, 12), (53, 35, 12)},
    ("5", "ND"): {(60, 10, 30), (35, 35, 30), (0, 35, 65), (0, 10, 90)},
}


@pytest.mark.parametrize(("name", "zone"), DRAWN)
def test_zone_has_the_corners_that_are_drawn(name: str, zone: str) -> None:
    triangle = {"1": TRIANGLE_1, "4": TRIANGLE_4, "5": TRIANGLE_5}[name]
    corners = {
        tuple(round(share, 6) for share in corner) for found, piece in outlines(triangle) if found == zone for corner in piece
    }
    assert DRAWN[name, zone] <= corners


def test_typical_values_of_power_transformers() -> None:
    # IEC 60599:2015, annex A, table A.2: ranges of 90 % typical concentrations, no communicating tap changer, all in ppm
    lower, upper = (limits_for("power", cautious=cautious).ppm for cautious in (True, False))
    assert lower == {"h2": 50, "ch4": 30, "c2h6": 20, "c2h4": 60, "c2h2": 2, "co": 400, "co2": 3800}
    assert upper == {"h2": 150, "ch4": 130, "c2h6": 90, "c2h4": 280, "c2h2": 20, "co": 600, "co2": 14_000}


def test_typical_rates_of_power_transformers() -> None:
    # IEC 60599:2015, annex A, table A.3: ranges of 90 % typical rates of increase, ppm/year
    lower, upper = (limits_for("power", cautious=cautious).ppm_per_year for cautious in (True, False))
    assert lower == {"h2": 35, "ch4": 10, "c2h6": 5, "c2h4": 32, "c2h2": 0, "co": 260, "co2": 1700}
    assert upper == {"h2": 132, "ch4": 120, "c2h6": 90, "c2h4": 146, "c2h2": 4, "co": 1060, "co2": 10_000}
