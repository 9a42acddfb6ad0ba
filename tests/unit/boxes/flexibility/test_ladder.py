"""What serves when no plan was found: the nearest power that devices can follow, plain rules, plants that reduce."""

import numpy as np
import pytest

from tests.unit.boxes.flexibility.grid.small_feeder import Feeder
from tests.unit.boxes.flexibility.small_plan import EXACT, problem_of
from twin.boxes.flexibility.devices.charger import CarPool, Charger
from twin.boxes.flexibility.devices.hydro import Hydro
from twin.boxes.flexibility.devices.plant import Plant
from twin.boxes.flexibility.devices.programme import Programme
from twin.boxes.flexibility.devices.storage import Storage
from twin.boxes.flexibility.ladder import by_rules, followed, volt_watt

FLAT = [100.0] * 3


def battery(**changes):
    given = {"efficiency": 1.0, "charge_max_mw": 0.1, "discharge_max_mw": 0.1, "e0_mwh": 0.05, "e_max_mwh": 0.1}
    return Storage(id="battery", **{**given, **changes})


def one(device, wish, price=FLAT):
    """What a single device makes of a wish, dims (step,)."""
    return followed(problem_of(device, price=price), np.array([wish], dtype=float))[0]


def test_wish_within_reach_is_followed():
    np.testing.assert_allclose(one(battery(), [0.04, -0.08, 0.02]), [0.04, -0.08, 0.02], atol=EXACT)


def test_wish_is_clipped_to_power_and_to_what_the_cells_hold():
    np.testing.assert_allclose(one(battery(), [0.3, 0.3, -0.3]), [0.05, 0.0, -0.1], atol=EXACT)


def test_device_that_must_not_be_moved_does_what_it_would_by_itself():
    own = np.array([0.01, -0.01, 0.0])
    np.testing.assert_allclose(one(battery(own_p_mw=own, movable=0.0), [0.1, 0.1, 0.1]), own, atol=EXACT)


def test_car_that_tapers_takes_no_more_than_its_level_lets_it():
    car = Charger(id="car", efficiency=1.0, charge_max_mw=0.1, required_mwh=0.2, taper_from=0.5)
    # at 100 kWh of 200 it is at the knee; an hour later the line through zero at full is halfway down
    np.testing.assert_allclose(one(car, [0.1, 0.05, 0.1, 0.1], [100.0] * 4), [0.1, 0.05, 0.05, 0.0], atol=EXACT)


def test_residual_flow_runs_whatever_was_wished():
    lake = Hydro(
        id="lake", turbine_max_mw=1.0, turbine_efficiency=1.0, turbine_min_mw=0.1, e0_mwh=5.0, e_max_mwh=10.0, inflow_mw=0.0,
        water_chf_per_mwh=90.0, pump_max_mw=0.5,
    )  # fmt: skip
    np.testing.assert_allclose(one(lake, [0.0, -0.5, 0.3]), [-0.1, -0.5, -0.1], atol=EXACT)


def group(**changes):
    return Programme(id="g", base_mw=0.1, shed_share=0.5, shed_chf_per_mwh=30.0, **changes)


def test_group_that_sheds_all_or_nothing_does_not_shed_a_part():
    np.testing.assert_allclose(one(group(all_or_nothing=True), [-0.02, -0.05, 0.0]), [0.0, -0.05, 0.0], atol=EXACT)


def test_rebound_that_nobody_chooses_comes_whatever_was_wished():
    waiting = group(rebound_share=0.9, rebound_h=2.0, owed_mwh=0.04)
    drawn = one(waiting, [0.0, 0.0, 0.0])
    np.testing.assert_allclose(0.04 - np.cumsum(drawn), 0.04 * np.exp(-np.arange(1, 4) / 2.0), atol=EXACT)


def test_cars_spread_their_energy_until_they_leave_and_batteries_rest():
    car = Charger(id="car", efficiency=0.9, charge_max_mw=np.array([0.01, 0.01, 0.0]), required_mwh=0.009)
    p = by_rules(problem_of(battery(), car, price=FLAT))
    np.testing.assert_allclose(p[0], 0.0, atol=EXACT)
    np.testing.assert_allclose(p[1], [0.005, 0.005, 0.0], atol=EXACT)


def test_car_without_time_to_spare_charges_at_full_power():
    car = Charger(id="car", efficiency=1.0, charge_max_mw=0.01, required_mwh=0.05)
    np.testing.assert_allclose(by_rules(problem_of(car, price=FLAT))[0], 0.01, atol=EXACT)


def test_pool_takes_what_its_cars_need_at_least():
    pool = CarPool(
        id="pool", efficiency=1.0, charge_max_mw=0.01, energy_min_mwh=np.array([0.0, 0.0, 0.015]), energy_max_mwh=0.03
    )  # fmt: skip
    np.testing.assert_allclose(by_rules(problem_of(pool, price=FLAT))[0], 0.005, atol=EXACT)


@pytest.fixture(scope="module")
def feeder():
    return Feeder()


ROOF = 0.2  # MW at the end of 450 m of cable: far above a band of 1.05


def roofs(feeder, high):
    problem = problem_of(Plant(id="roof", available_mw=np.array([0.0, ROOF])), battery(), price=[100.0] * 2)
    p_mw = np.array([[0.0, -ROOF], [0.0, -0.02]])
    case = feeder.case(units=(4, 4), network=feeder.network(high=high))
    return problem, case, p_mw, volt_watt(problem, case, p_mw)


def test_plant_reduces_where_the_voltage_is_too_high_and_nobody_else_does(feeder):
    _, _, before, after = roofs(feeder, 1.05)
    assert -ROOF < after[0, 1] < 0.0
    np.testing.assert_array_equal(after[1], before[1])


def test_reduced_plant_brings_the_voltage_into_its_band(feeder):
    from twin.boxes.flexibility.grid.case import Plan
    from twin.boxes.flexibility.grid.proof import prove

    _, case, before, after = roofs(feeder, 1.05)
    first, then = (prove(case, Plan(p, np.zeros_like(p))).excess_pu.max() for p in (before, after))
    assert first > 0.01
    # a ten-thousandth of the voltage: what counts as within a band
    assert then <= 1e-4


def test_plants_within_their_band_are_left_alone(feeder):
    _, _, before, after = roofs(feeder, 1.20)
    np.testing.assert_array_equal(after, before)
