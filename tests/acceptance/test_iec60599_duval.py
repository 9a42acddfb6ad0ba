"""Published limits of dissolved gas analysis: IEC 60599 tables, corners of Duval's triangles as they are drawn."""

import math

import pytest

from twin.boxes.maintenance.gas.duval import TRIANGLE_1, TRIANGLE_4, TRIANGLE_5, Triangle, Zone, zone_of
from twin.boxes.maintenance.gas.limits import limits_for

TRIANGLES = (TRIANGLE_1, TRIANGLE_4, TRIANGLE_5)
Corner = tuple[float, float, float]

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


def outlines(triangle: Triangle) -> list[tuple[Zone, list[Corner]]]:
    """Corners of every piece of every zone, in percent and in the order of ``triangle.gases``.

    The whole triangle is cut by each limit in turn (Sutherland and Hodgman, 1974); a piece is convex, a zone may have several.
    """
    whole = [(100.0, 0.0, 0.0), (0.0, 100.0, 0.0), (0.0, 0.0, 100.0)]
    drawn: list[tuple[Zone, list[Corner]]] = []
    for zone, pieces in triangle.zones.items():
        for piece in pieces:
            corners = whole
            for gas, (low, high) in piece.limits.items():
                axis = triangle.gases.index(gas)
                corners = _cut(corners, axis, low, keep_above=True)
                corners = _cut(corners, axis, high, keep_above=False)
            drawn.append((zone, corners))
    return drawn


def _cut(corners: list[Corner], axis: int, limit: float, *, keep_above: bool) -> list[Corner]:
    """The part of a convex outline on one side of share = limit."""
    if math.isinf(limit):
        return corners
    sign = 1.0 if keep_above else -1.0
    kept = []
    for start, end in zip(corners, [*corners[1:], *corners[:1]], strict=True):
        inside, next_inside = (sign * (corner[axis] - limit) >= 0.0 for corner in (start, end))
        if inside:
            kept.append(start)
        if inside != next_inside:
            part = (limit - start[axis]) / (end[axis] - start[axis])
            at = [a + part * (b - a) for a, b in zip(start, end, strict=True)]
            kept.append((at[0], at[1], at[2]))
    return kept


@pytest.mark.parametrize(("name", "zone"), DRAWN)
def test_zone_has_the_corners_that_are_drawn(name: str, zone: str) -> None:
    triangle = {"1": TRIANGLE_1, "4": TRIANGLE_4, "5": TRIANGLE_5}[name]
    corners = {
        tuple(round(share, 6) for share in corner) for found, piece in outlines(triangle) if found == zone for corner in piece
    }
    assert DRAWN[name, zone] <= corners


@pytest.mark.parametrize("triangle", TRIANGLES, ids=lambda triangle: triangle.name)
def test_drawn_pieces_cover_the_triangle_once(triangle) -> None:
    def area(corners) -> float:
        pairs = zip(corners, [*corners[1:], *corners[:1]], strict=True)
        return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in pairs)) / 2.0

    # the whole triangle, in two of its three shares, is half of 100 x 100; rounding of a few dozen corners only
    assert sum(area(corners) for _, corners in outlines(triangle)) == pytest.approx(5000.0, abs=1e-6)


@pytest.mark.parametrize("triangle", TRIANGLES, ids=lambda triangle: triangle.name)
def test_the_middle_of_a_drawn_piece_lies_in_its_zone(triangle) -> None:
    for zone, corners in outlines(triangle):
        middle = [sum(corner[axis] for corner in corners) / len(corners) for axis in range(3)]
        assert zone_of(triangle, dict(zip(triangle.gases, middle, strict=True))) == zone


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
