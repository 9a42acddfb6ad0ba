"""Published figures of vibration monitoring: bearing orders of the CWRU data, bars of the multivariate moving average."""

import pytest

from twin.boxes.maintenance.machines.bearing import BearingGeometry
from twin.boxes.maintenance.machines.ewma import bar_for
from twin.boxes.maintenance.machines.severity import PUBLISHED


def test_orders_of_the_drive_end_bearing_of_the_cwru_data() -> None:
    # Case Western Reserve University Bearing Data Center, "Bearing Information": SKF 6205-2RS JEM, inches, nine balls; its
    # "rolling element" order is that of strikes, twice the ball's own turns
    orders = BearingGeometry(elements=9, element_mm=0.3126 * 25.4, pitch_mm=1.537 * 25.4, contact_deg=0.0).orders()
    assert orders.bpfi == pytest.approx(5.4152, abs=5e-4)  # printed with four decimals, from rounded inches
    assert orders.bpfo == pytest.approx(3.5848, abs=5e-4)
    assert 2.0 * orders.bsf == pytest.approx(4.7135, abs=5e-4)
    assert orders.ftf == pytest.approx(0.39828, abs=5e-5)


@pytest.mark.parametrize(
    ("features", "weight", "bar"),
    [(2, 0.05, 7.35), (2, 0.10, 8.64), (2, 0.20, 9.65), (4, 0.10, 12.73), (4, 0.30, 14.34), (4, 0.80, 14.85)],
)
def test_bars_for_a_mean_run_of_200_are_those_of_prabhu_and_runger(features: int, weight: float, bar: float) -> None:
    # S. S. Prabhu, G. C. Runger, Designing a multivariate EWMA control chart, Journal of Quality Technology 29 (1997), table 1
    assert bar_for(features=features, weight=weight, blocks=200.0) == pytest.approx(bar, abs=0.02)  # a chain of 100 states


def test_boundaries_of_vertical_hydro_units_are_those_of_the_standard() -> None:
    # ISO 10816-5:2000, tables A.3 and A.4
    braced, upper = PUBLISHED["hydro_vertical_braced"], PUBLISHED["hydro_vertical_upper_on_stator"]
    assert (braced.ab, braced.bc, braced.cd) == (1.6, 2.5, 4.0)
    assert (upper.ab, upper.bc, upper.cd) == (2.5, 4.0, 6.4)
