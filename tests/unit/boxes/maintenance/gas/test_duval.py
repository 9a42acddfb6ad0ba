import math
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.boxes.maintenance.gas.duval import (
    AFTER,
    TRIANGLE_1,
    TRIANGLE_4,
    TRIANGLE_5,
    read_triangle,
    zone_of,
)
from twin.boxes.maintenance.gas.sample import Sample

TRIANGLES = (TRIANGLE_1, TRIANGLE_4, TRIANGLE_5)
ppm = st.floats(0.0, 1e5, allow_nan=False).filter(lambda value: value == 0.0 or value > 1e-3)
whole = st.tuples(st.integers(0, 100), st.integers(0, 100)).filter(lambda two: sum(two) <= 100)


def sample(**gases: float) -> Sample:
    names = ("h2", "ch4", "c2h6", "c2h4", "c2h2", "co", "co2")
    return Sample(at=datetime(2026, 3, 1, tzinfo=UTC), **{f"{gas}_ppm": gases.get(gas, 0.0) for gas in names})


def pieces_at(triangle, point) -> list[str]:
    return [zone for zone, pieces in triangle.zones.items() for piece in pieces if piece.holds(point)]


@pytest.mark.parametrize("triangle", TRIANGLES, ids=lambda triangle: triangle.name)
@given(gases=st.tuples(ppm, ppm, ppm).filter(lambda three: sum(three) > 0.0))
@settings(max_examples=300, deadline=None)
def test_every_mixture_lies_in_exactly_one_piece_of_one_zone(triangle, gases) -> None:
    total = sum(gases)
    point = {gas: round(100.0 * value / total, 9) for gas, value in zip(triangle.gases, gases, strict=True)}
    assert len(pieces_at(triangle, point)) == 1


@pytest.mark.parametrize("triangle", TRIANGLES, ids=lambda triangle: triangle.name)
def test_every_whole_percent_borders_included_lies_in_exactly_one_piece(triangle) -> None:
    for a in range(101):
        for b in range(101 - a):
            point = dict(zip(triangle.gases, (float(a), float(b), float(100 - a - b)), strict=True))
            assert len(pieces_at(triangle, point)) == 1, point


@given(two=whole, scale=st.floats(0.01, 500.0))
@settings(max_examples=200, deadline=None)
def test_a_border_point_falls_on_the_same_side_at_any_concentration(two, scale) -> None:
    ch4, c2h4 = two
    c2h2 = 100 - ch4 - c2h4
    exact = zone_of(TRIANGLE_1, {"ch4": float(ch4), "c2h4": float(c2h4), "c2h2": float(c2h2)})
    assert read_triangle(TRIANGLE_1, sample(ch4=ch4 * scale, c2h4=c2h4 * scale, c2h2=c2h2 * scale)) == exact


@pytest.mark.parametrize(
    ("ch4", "c2h4", "c2h2", "zone"),
    [
        (98, 2, 0, "PD"),
        (97.9, 2.1, 0, "T1"),
        (80, 20, 0, "T2"),
        (80.1, 19.9, 0, "T1"),
        (50, 50, 0, "T3"),
        (50.1, 49.9, 0, "T2"),
        (96, 0, 4, "DT"),
        (96.1, 0, 3.9, "T1"),
        (87, 0, 13, "D1"),
        (87.1, 0, 12.9, "DT"),
        (64, 23, 13, "D2"),
        (64.1, 22.9, 13, "D1"),
        (47, 40, 13, "DT"),
        (47.1, 39.9, 13, "D2"),
        (31, 40, 29, "D2"),
        (31.1, 40, 28.9, "DT"),
        (35, 50, 15, "DT"),
        (35.1, 50, 14.9, "T3"),
        (0, 85, 15, "DT"),
        (0, 0, 100, "D1"),
        (0, 100, 0, "T3"),
        (100, 0, 0, "PD"),
    ],
)
def test_borders_of_triangle_1_belong_to_the_zone_above(ch4, c2h4, c2h2, zone) -> None:
    assert zone_of(TRIANGLE_1, {"ch4": ch4, "c2h4": c2h4, "c2h2": c2h2}) == zone


@pytest.mark.parametrize(
    ("h2", "ch4", "c2h6", "zone"),
    [
        (98, 2, 0, "PD"),
        (98.1, 1.9, 0, "S"),
        (85, 15, 0, "S"),
        (85.1, 14.9, 0, "PD"),
        (90, 9, 1, "S"),
        (64, 36, 0, "C"),
        (64.1, 35.9, 0, "S"),
        (40, 36, 24, "S"),
        (40.1, 36, 23.9, "C"),
        (15, 61, 24, "S"),
        (14.9, 61.1, 24, "C"),
        (9, 61, 30, "S"),
        (8.9, 61.1, 30, "O"),
        (9, 45, 46, "ND"),
        (9.1, 45, 45.9, "S"),
        (54, 0, 46, "ND"),
        (0, 0, 100, "O"),
        (100, 0, 0, "S"),
        (0, 100, 0, "C"),
    ],
)
def test_borders_of_triangle_4_belong_to_the_zone_above(h2, ch4, c2h6, zone) -> None:
    assert zone_of(TRIANGLE_4, {"h2": h2, "ch4": ch4, "c2h6": c2h6}) == zone


@pytest.mark.parametrize(
    ("ch4", "c2h4", "c2h6", "zone"),
    [
        (98, 0, 2, "PD"),
        (98.1, 0, 1.9, "O"),
        (86, 0, 14, "S"),
        (86.1, 0, 13.9, "PD"),
        (97, 1, 2, "O"),
        (98.5, 1, 0.5, "O"),
        (76, 10, 14, "C"),
        (76.1, 9.9, 14, "S"),
        (36, 9.9, 54.1, "O"),
        (46, 0, 54, "O"),
        (46.1, 0, 53.9, "S"),
        (90, 10, 0, "T2"),
        (65, 35, 0, "T3"),
        (65.1, 34.9, 0, "T2"),
        (78, 10, 12, "C"),
        (78.1, 10, 11.9, "T2"),
        (38, 50, 12, "T3"),
        (38.1, 49.9, 12, "C"),
        (36, 50, 14, "C"),
        (16, 70, 14, "T3"),
        (0, 69.9, 30.1, "T3"),
        (60, 10, 30, "ND"),
        (60.1, 10, 29.9, "C"),
        (35, 35, 30, "T3"),
        (35.1, 34.9, 30, "ND"),
        (0, 0, 100, "O"),
        (0, 100, 0, "T3"),
    ],
)
def test_borders_of_triangle_5_belong_to_the_zone_above(ch4, c2h4, c2h6, zone) -> None:
    assert zone_of(TRIANGLE_5, {"ch4": ch4, "c2h4": c2h4, "c2h6": c2h6}) == zone


def test_no_gas_makes_no_point() -> None:
    assert read_triangle(TRIANGLE_1, sample(h2=500.0)) is None


def test_a_gas_not_measured_makes_no_point() -> None:
    assert read_triangle(TRIANGLE_1, sample(ch4=100.0, c2h4=50.0, c2h2=math.nan)) is None


def test_shares_that_are_no_point_are_refused() -> None:
    with pytest.raises(ValueError, match="sum to 100"):
        zone_of(TRIANGLE_1, {"ch4": 50.0, "c2h4": 20.0, "c2h2": 20.0})


def test_low_temperature_triangles_never_follow_a_discharge() -> None:
    assert not {"D1", "D2", "DT"} & (AFTER["4"] | AFTER["5"])
