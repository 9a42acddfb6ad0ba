import math
from datetime import UTC, datetime

import pytest

from twin.boxes.maintenance.gas.ratios import ratio, read_ratios, table_1, table_2
from twin.boxes.maintenance.gas.sample import Sample


def sample(**gases: float) -> Sample:
    names = ("h2", "ch4", "c2h6", "c2h4", "c2h2", "co", "co2", "o2", "n2")
    return Sample(at=datetime(2026, 3, 1, tzinfo=UTC), **{f"{gas}_ppm": gases.get(gas, math.nan) for gas in names})


def test_something_over_nothing_is_infinite() -> None:
    assert math.isinf(ratio(3.0, 0.0))


def test_nothing_over_nothing_is_unknown() -> None:
    assert math.isnan(ratio(0.0, 0.0))


def test_a_gas_not_measured_makes_a_ratio_unknown() -> None:
    assert math.isnan(ratio(math.nan, 2.0))
    assert math.isnan(ratio(2.0, math.nan))


@pytest.mark.parametrize(
    ("c2h2_c2h4", "ch4_h2", "c2h4_c2h6", "codes"),
    [
        (math.nan, 0.05, 0.1, ("PD",)),
        (0.5, 0.099, 0.199, ("PD",)),
        (0.5, 0.1, 0.1, ()),
        (0.5, 0.05, 0.2, ()),
        (3.0, 0.3, 5.0, ("D1",)),
        (1.0, 0.3, 1.5, ()),
        (3.0, 0.51, 1.5, ()),
        (1.0, 0.3, 5.0, ("D2",)),
        (0.6, 1.0, 2.1, ("D2",)),
        (0.59, 1.0, 2.1, ()),
        (1.5, 0.3, 5.0, ("D1", "D2")),
        (2.5, 0.1, 5.0, ("D1", "D2")),
        (2.51, 0.1, 5.0, ("D1",)),
        (math.nan, 1.1, 0.9, ("T1",)),
        (0.05, 1.0, 0.9, ()),
        (0.05, 2.0, 1.0, ("T2",)),
        (0.05, 2.0, 4.0, ("T2",)),
        (0.1, 2.0, 4.0, ()),
        (0.15, 2.0, 4.1, ("T3",)),
        (0.2, 2.0, 4.1, ()),
        (0.0, math.inf, math.inf, ("T3",)),
        (math.nan, math.nan, math.nan, ()),
    ],
)
def test_rows_of_table_1(c2h2_c2h4, ch4_h2, c2h4_c2h6, codes) -> None:
    assert table_1(c2h2_c2h4=c2h2_c2h4, ch4_h2=ch4_h2, c2h4_c2h6=c2h4_c2h6) == codes


@pytest.mark.parametrize(
    ("c2h2_c2h4", "ch4_h2", "families"),
    [(0.3, 1.0, ("D",)), (0.1, 1.0, ("T",)), (0.2, 0.2, ()), (0.1, 0.1, ("PD", "T")), (math.nan, 0.1, ("PD",))],
)
def test_rows_of_the_simplified_table(c2h2_c2h4, ch4_h2, families) -> None:
    assert table_2(c2h2_c2h4=c2h2_c2h4, ch4_h2=ch4_h2) == families


@pytest.mark.parametrize(
    ("co", "co2", "paper"),
    [
        (1200, 3000, "possible carbonisation"),
        (1200, 3600, "no hint"),
        (900, 1800, "no hint"),
        (400, 12_000, "mild overheating"),
        (600, 12_000, "no hint"),
        (0, 0, "not measured"),
    ],
)
def test_carbon_oxides_hint_at_paper(co, co2, paper) -> None:
    assert read_ratios(sample(co=co, co2=co2)).paper == paper


def test_acetylene_without_hydrogen_points_to_the_tap_changer() -> None:
    assert read_ratios(sample(h2=10, c2h2=25)).tap_changer_leak
    assert not read_ratios(sample(h2=100, c2h2=25)).tap_changer_leak


def test_unknown_hydrogen_leaves_the_tap_changer_open() -> None:
    assert read_ratios(sample(c2h2=25)).tap_changer_leak is None


def test_oxygen_is_used_up_below_three_tenths_of_nitrogen() -> None:
    assert read_ratios(sample(o2=5000, n2=60_000)).oxygen_used_up
    assert not read_ratios(sample(o2=18_000, n2=60_000)).oxygen_used_up
