"""The connection: its limits, the peak of tariff intervals, and what was metered before."""

import numpy as np
import pytest

from tests.unit.boxes.flexibility.small_plan import EXACT, plan
from twin.boxes.flexibility.devices.charger import Charger
from twin.boxes.flexibility.devices.storage import Storage
from twin.boxes.flexibility.lp.problem import NOT_PRICED_MW

PEAK = 5000.0


def battery(**changes):
    given = {"efficiency": 1.0, "charge_max_mw": 0.1, "discharge_max_mw": 0.1, "e0_mwh": 0.05, "e_max_mwh": 0.1}
    return Storage(id="b", **{**given, "end_value_chf_per_mwh": 100.0, **changes})


def test_import_stays_within_the_sites_limit():
    net = np.array([0.10, 0.16, 0.10, 0.10])
    found = plan(battery(), price=[100.0] * 4, net=net, limits=((1.0, 0.12),))
    assert (net + found.p_mw[0]).max() <= 0.12 + EXACT
    assert found.excess_mw.max() <= EXACT


def test_export_stays_within_the_sites_limit():
    net = np.array([-0.10, -0.16, -0.10])
    found = plan(battery(), price=[100.0] * 3, net=net, limits=((-1.0, 0.12),))
    assert (net + found.p_mw[0]).min() >= -0.12 - EXACT


def test_limit_that_nothing_can_keep_is_broken_by_what_lacks_and_no_more():
    net = np.array([0.10, 0.30, 0.10])
    found = plan(battery(), price=[100.0] * 3, net=net, limits=((1.0, 0.12),))
    # the battery gives its 50 kWh and the 20 that the limit lets it take before
    np.testing.assert_allclose(found.excess_mw[0], [0.0, 0.30 - 0.12 - 0.07, 0.0], atol=EXACT)


def test_peak_is_the_mean_of_an_interval_of_several_steps():
    # two steps of half an interval each: 60 kW beside 20 kW is a mean of 40 kW
    found = plan(
        price=[100.0] * 4, net=[0.06, 0.02, 0.01, 0.01], hours=(0.25,) * 4, peak_chf_per_mw=PEAK,
        interval_steps=(((0, 0.5), (1, 0.5)), ((2, 0.5), (3, 0.5))),
    )  # fmt: skip
    assert float(found.values["peak_mw"]) == pytest.approx(0.04, abs=EXACT)


def test_energy_within_an_interval_may_come_whenever_it_is_cheapest():
    car = Charger(id="car", efficiency=1.0, charge_max_mw=0.04, required_mwh=0.01)
    whole = (((0, 0.5), (1, 0.5)),)
    found = plan(car, price=[120.0, 100.0], hours=(0.25, 0.25), peak_chf_per_mw=PEAK, interval_steps=whole)
    np.testing.assert_allclose(found.p_mw[0], [0.0, 0.04], atol=EXACT)
    each = plan(car, price=[120.0, 100.0], hours=(0.25, 0.25), peak_chf_per_mw=PEAK)
    np.testing.assert_allclose(each.p_mw[0], [0.02, 0.02], atol=EXACT)


def test_step_counts_in_both_intervals_that_it_reaches_into():
    # the second step lies half in each interval
    found = plan(
        price=[100.0] * 3, net=[0.0, 0.06, 0.03], peak_chf_per_mw=PEAK,
        interval_steps=(((0, 2 / 3), (1, 1 / 3)), ((1, 1 / 3), (2, 2 / 3))),
    )  # fmt: skip
    assert float(found.values["peak_mw"]) == pytest.approx(0.06 / 3 + 0.03 * 2 / 3, abs=EXACT)


def test_what_was_metered_in_the_running_interval_counts():
    found = plan(
        price=[100.0] * 2, net=[0.03, 0.03], hours=(0.25, 0.25), peak_chf_per_mw=PEAK,
        interval_steps=(((0, 0.5),), ((1, 0.5),)), peak_lift_mw=np.array([0.02, 0.0]),
    )  # fmt: skip
    assert float(found.values["peak_mw"]) == pytest.approx(0.5 * 0.03 + 0.02, abs=EXACT)


@pytest.mark.parametrize(("so_far", "paid"), [(0.0, 0.05), (0.04, 0.01), (0.08, 0.0)])
def test_only_what_exceeds_the_months_peak_is_paid(so_far, paid):
    without, with_ = (
        plan(price=[100.0] * 2, net=[0.02, 0.05], peak_chf_per_mw=price, peak_so_far_mw=so_far).cost_chf
        for price in (0.0, PEAK)
    )
    # the month's peak so far is part of the cost, and a constant
    assert with_ - without - PEAK * so_far == pytest.approx(PEAK * paid, abs=1e-6)


def test_battery_shaves_down_to_the_months_peak_and_not_below():
    net = np.array([0.05, 0.12, 0.05])
    found = plan(battery(), price=[100.0] * 3, net=net, peak_chf_per_mw=PEAK, peak_so_far_mw=0.08)
    assert (net + found.p_mw[0])[1] == pytest.approx(0.08, abs=EXACT)


def test_interval_of_another_month_has_no_peak():
    found = plan(
        price=[100.0] * 2, net=[0.02, 0.50], peak_chf_per_mw=PEAK, peak_lift_mw=np.array([0.0, NOT_PRICED_MW])
    )  # fmt: skip
    assert float(found.values["peak_mw"]) == pytest.approx(0.02, abs=EXACT)
