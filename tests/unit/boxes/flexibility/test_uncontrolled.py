"""What devices do by themselves, and the rungs below the LP."""

import numpy as np
import pytest

from twin.boxes.flexibility.devices.storage import Storage
from twin.boxes.flexibility.horizon import QUARTERS, STEP_HOURS, highest_of_quarters, mean_of_quarters, quarters_of_steps
from twin.boxes.flexibility.ladder import followed
from twin.boxes.flexibility.lp.problem import Penalties, Problem, Site
from twin.boxes.flexibility.uncontrolled import charge_on_arrival, local_net_mw, self_consumption

HOURS = (1.0,) * 6


def test_car_left_alone_charges_at_once_until_it_is_full():
    power = charge_on_arrival(available_mw=np.full(6, 0.011), required_mwh=0.018, efficiency=0.9, hours=HOURS)
    np.testing.assert_allclose(power, [0.011, 0.009, 0, 0, 0, 0], atol=1e-12)


def test_battery_left_alone_stores_surplus_and_covers_deficit():
    net = np.array([-0.004, -0.004, 0.003, 0.003, 0.003, 0.003])
    limits = {"charge_max_mw": np.full(6, 0.005), "discharge_max_mw": np.full(6, 0.005)}
    power = self_consumption(net_p_mw=net, e0_mwh=0.0, e_max_mwh=0.006, efficiency=1.0, hours=HOURS, **limits)
    np.testing.assert_allclose(power, [0.004, 0.002, -0.003, -0.003, 0.0, 0.0], atol=1e-12)


def test_home_battery_sees_one_average_household_and_ten_kilowatts_of_sun():
    zone = {"load_p_mw": np.array([0.112]), "pv_p_mw": np.array([0.19]), "customers": 112, "pv_kwp": 380.0}
    net = local_net_mw(**zone, e_max_mwh=0.010, behind=None)
    assert net[0] == pytest.approx(0.001 - 0.005)


def test_a_battery_whose_meter_is_declared_serves_what_stands_behind_it():
    behind = {"load_share": 0.0078, "pv_kwp": 448.0}
    zone = {"load_p_mw": np.array([10.0]), "pv_p_mw": np.array([20.0]), "customers": 10_000.0, "pv_kwp": 35_700.0}
    assert local_net_mw(**zone, e_max_mwh=2.0, behind=behind)[0] == pytest.approx(0.078 - 20.0 * 448 / 35_700)


def test_steps_keep_the_days_energy():
    quarters = np.random.default_rng(1).uniform(size=QUARTERS)
    steps = mean_of_quarters(quarters)
    assert steps @ np.asarray(STEP_HOURS) == pytest.approx(0.25 * quarters.sum())
    assert quarters_of_steps(steps).sum() == pytest.approx(quarters.sum())
    assert (highest_of_quarters(quarters) >= steps).all()


def test_clipped_plan_never_leaves_the_batterys_energy():
    battery = Storage(id="b", efficiency=0.9, charge_max_mw=0.005, discharge_max_mw=0.005, e0_mwh=0.004, e_max_mwh=0.01)
    none = np.zeros(6)
    site = Site(net_p_mw=none, import_chf_per_mwh=none, export_chf_per_mwh=none)
    problem = Problem(hours=HOURS, devices=(battery,), site=site, penalties=Penalties.above(1.0))
    power = followed(problem, np.array([[0.01, 0.01, 0.01, -0.01, -0.01, -0.01]]))[0]
    energy = 0.004 + np.cumsum(np.where(power > 0, 0.9 * power, power / 0.9))
    assert energy.min() >= -1e-12
    assert energy.max() <= 0.01 + 1e-12
