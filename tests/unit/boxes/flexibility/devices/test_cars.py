"""Cars: a charge that slows down as the car fills, departure, and many cars as one."""

import numpy as np
import pytest

from tests.unit.boxes.flexibility.small_plan import EXACT, plan
from twin.boxes.flexibility.devices.charger import CarPool, Charger
from twin.boxes.flexibility.devices.storage import Storage

P_MAX, WANTED, KNEE = 0.011, 0.05, 0.8
SLOPE = P_MAX / ((1.0 - KNEE) * WANTED)  # MW per MWh: from full power at the knee to nothing when full
QUARTERS = (0.25,) * 24


def tapering(**changes):
    given = {"efficiency": 1.0, "charge_max_mw": P_MAX, "required_mwh": WANTED, "taper_from": KNEE}
    return Charger(id="car", **{**given, **changes})


@pytest.fixture(scope="module")
def slow():
    """Six hours, in which a tapering car takes what it can: the price rises, and nobody gains by waiting."""
    return plan(tapering(), price=np.linspace(100.0, 200.0, 24), hours=QUARTERS)


def test_charge_runs_at_full_power_to_the_knee_and_falls_in_a_straight_line_above_it(slow):
    level = np.concatenate([[0.0], slow.values["level"][0, :-1]])
    np.testing.assert_allclose(slow.p_mw[0], np.minimum(P_MAX, SLOPE * (WANTED - level)), atol=EXACT)
    assert (slow.p_mw[0] < P_MAX - EXACT).any()


def test_energy_that_a_tapering_car_cannot_take_before_it_leaves_is_told(slow):
    assert slow.values["short"][0] == pytest.approx(WANTED - 0.25 * slow.p_mw[0].sum(), abs=EXACT)
    assert slow.values["short"][0] > 10 * EXACT


def test_tapering_car_leaves_full_where_its_last_step_is_long_enough():
    # SLOPE x 1 h > 1: whatever is missing above the knee fits into an hour
    found = plan(tapering(), price=[200.0, 100.0, 100.0, 100.0, 100.0, 150.0])
    assert found.values["short"][0] == pytest.approx(0.0, abs=EXACT)
    level = np.concatenate([[0.0], found.values["level"][0, :-1]])
    assert (found.p_mw[0] <= SLOPE * (WANTED - level) + EXACT).all()


def test_taper_of_a_battery_counts_from_what_is_in_its_cells():
    battery = Storage(
        id="b", efficiency=1.0, charge_max_mw=1.0, discharge_max_mw=1.0, e0_mwh=0.9, e_max_mwh=1.0, taper_from=0.5,
        end_value_chf_per_mwh=300.0,
    )  # fmt: skip
    first = plan(battery, price=[100.0, 100.0], hours=(0.25, 0.25)).p_mw[0, 0]
    assert first == pytest.approx(1.0 / 0.5 * (1.0 - 0.9), abs=EXACT)


def test_car_that_modulates_from_a_least_power_stands_still_or_takes_at_least_that():
    car = Charger(id="car", efficiency=1.0, charge_max_mw=0.011, required_mwh=0.02, least_mw=0.004)
    p = plan(car, price=[100.0, 90.0, 80.0, 120.0]).p_mw[0]
    assert all(power < EXACT or power >= 0.004 - EXACT for power in p)
    assert p.sum() == pytest.approx(0.02, abs=EXACT)


def test_energy_that_fits_after_the_plans_end_waits_where_it_is_cheaper_later():
    car = Charger(
        id="car", efficiency=1.0, charge_max_mw=0.01, required_mwh=0.02, later_max_mwh=0.015, later_chf_per_mwh=50.0
    )  # fmt: skip
    assert plan(car, price=[100.0, 100.0, 100.0]).p_mw.sum() == pytest.approx(0.005, abs=EXACT)


def envelope(p_max, here, wanted):
    """Latest and earliest energy of one car by each step's end [MWh], one-hour steps."""
    here = np.asarray(here, dtype=float)
    earliest = np.minimum(np.cumsum(p_max * here), wanted)
    still = p_max * (here.sum() - np.cumsum(here))
    return np.maximum(wanted - still, 0.0), earliest, p_max * here


CARS = [(0.011, [1, 1, 1, 0, 0, 0], 0.020), (0.011, [0, 1, 1, 1, 1, 1], 0.030), (0.004, [1, 1, 1, 1, 1, 1], 0.010)]
PRICE = [150.0, 90.0, 120.0, 60.0, 80.0, 110.0]


def pool(cars=CARS, **changes):
    low, high, power = (sum(part) for part in zip(*(envelope(*car) for car in cars), strict=True))
    given = {"efficiency": 1.0, "charge_max_mw": power, "energy_min_mwh": low, "energy_max_mwh": high}
    return CarPool(id="pool", **{**given, **changes})


@pytest.fixture(scope="module")
def pooled():
    return plan(pool(), price=PRICE)


def test_energy_of_a_pool_stays_between_the_sums_of_its_cars_latest_and_earliest(pooled):
    level, cars = pooled.values["level"][0], pool()
    assert (level >= cars.energy_min_mwh - EXACT).all()
    assert (level <= cars.energy_max_mwh + EXACT).all()
    assert level[-1] == pytest.approx(sum(wanted for _, _, wanted in CARS), abs=EXACT)


def test_pool_is_no_dearer_than_its_cars_one_by_one(pooled):
    # what each car can do, their sum can: the pool can only be cheaper
    cars = [
        Charger(id=f"car_{i}", efficiency=1.0, charge_max_mw=p_max * np.asarray(here, dtype=float), required_mwh=wanted)
        for i, (p_max, here, wanted) in enumerate(CARS)
    ]
    assert pooled.cost_chf <= plan(*cars, price=PRICE).cost_chf + EXACT


def test_pool_that_cannot_keep_its_departures_says_what_is_missing():
    low = np.array([0.0, 0.0, 0.05])
    late = CarPool(id="pool", efficiency=1.0, charge_max_mw=0.011, energy_min_mwh=low, energy_max_mwh=0.06)
    below = plan(late, price=[100.0] * 3).values["below"][0]
    np.testing.assert_allclose(below, [0.0, 0.0, 0.05 - 3 * 0.011], atol=EXACT)


def test_pool_that_may_feed_back_sells_in_the_dear_hour_and_is_full_in_the_end():
    both = pool(discharge_max_mw=0.01, energy_max_mwh=np.full(6, 0.06), energy_min_mwh=np.array([0, 0, 0, 0, 0, 0.06]))
    found = plan(both, price=[50.0, 50.0, 50.0, 400.0, 50.0, 50.0])
    assert found.p_mw[0, 3] < -0.005
    assert found.values["level"][0, -1] == pytest.approx(0.06, abs=EXACT)
