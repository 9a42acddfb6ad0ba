"""Heat: a building with its heat pump, a buffer with several heaters, combined heat and power."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from tests.unit.boxes.flexibility.small_plan import EXACT, plan, problem_of, solved
from twin.boxes.flexibility.devices.heat import CombinedHeatPower, HeatBuffer, Heater
from twin.boxes.flexibility.devices.heat_pump import HeatPump
from twin.boxes.flexibility.lp.compiled import CompiledModel

UA, CAPACITY = 0.0002, 0.005  # MW/K and MWh/K: a house that cools with a time constant of 25 h
COLD_NIGHT = np.array([4.0, 2.0, 0.0, -2.0, -2.0, 0.0, 3.0, 5.0])
CHEAP_THEN_DEAR = [50.0, 50.0, 50.0, 400.0, 400.0, 400.0, 50.0, 50.0]


def pump(**changes):
    given = {
        "p_max_mw": 0.003, "cop": 3.0, "outdoor_temp_c": COLD_NIGHT, "ua_mw_per_k": UA, "capacity_mwh_per_k": CAPACITY,
        "temp0_c": 20.5, "temp_min_c": 20.0, "temp_max_c": 23.0, "thermostat_c": 20.5,
    }  # fmt: skip
    return HeatPump(id="pump", **{**given, **changes})


@pytest.fixture(scope="module")
def night():
    return plan(pump(gains_mw=0.0003), price=CHEAP_THEN_DEAR)


def test_building_follows_its_resistance_and_capacity_between_the_steps(night):
    def change(hour, temp_c):
        k = min(int(hour), 7)
        return (3.0 * night.p_mw[0, k] + 0.0003 - UA * (temp_c - COLD_NIGHT[k])) / CAPACITY

    temp_c = [20.5]
    for k in range(8):  # power and weather jump between steps
        temp_c.append(solve_ivp(change, (k, k + 1 - 1e-12), [temp_c[-1]], rtol=1e-9, atol=1e-9).y[0, -1])
    # 1e-6 K: what the integration leaves after eight hours
    np.testing.assert_allclose(night.values["level"][0], temp_c[1:], atol=1e-6)


def test_length_of_the_steps_does_not_change_where_constant_power_ends():
    held = {"outdoor_temp_c": 0.0, "movable": 0.0, "p_max_mw": 0.001, "thermostat_c": 30.0}
    hour = plan(pump(**held), price=[100.0]).values["level"][0, -1]
    quarters = plan(pump(**held), price=[100.0] * 4, hours=(0.25,) * 4).values["level"][0, -1]
    settles = 0.0 + 3.0 * 0.001 / UA
    assert quarters == pytest.approx(hour, abs=EXACT)
    assert hour == pytest.approx(settles + (20.5 - settles) * np.exp(-UA / CAPACITY), abs=EXACT)


def test_building_is_preheated_before_the_dear_hours_and_coasts_through_them(night):
    temp_c = night.values["level"][0]
    assert temp_c[2] > 20.6
    assert night.p_mw[0, 3:6].sum() < 0.2 * night.p_mw[0, :3].sum()


def test_comfort_is_kept_whatever_the_price(night):
    assert night.values["below"].max() <= EXACT
    assert night.values["level"].min() >= 20.0 - EXACT


def test_pump_that_is_too_weak_gives_all_it_has_and_the_lack_is_told():
    found = plan(pump(p_max_mw=0.001, outdoor_temp_c=-15.0), price=CHEAP_THEN_DEAR)
    lacking = found.values["below"][0]
    assert lacking[-1] > 0.1
    np.testing.assert_allclose(found.p_mw[0], 0.001, atol=EXACT)
    np.testing.assert_allclose(lacking, np.maximum(20.0 - found.values["level"][0], 0.0), atol=EXACT)


def test_warmth_of_another_days_air_is_the_one_of_a_fresh_model():
    today, tomorrow = (problem_of(pump(cop=cop), price=CHEAP_THEN_DEAR) for cop in (3.0, np.linspace(2.5, 4.0, 8)))
    compiled = CompiledModel(today)
    compiled.solve(today)
    assert compiled.solve(tomorrow).p_mw.tobytes() == solved(tomorrow).p_mw.tobytes()


def test_compressor_stands_still_or_runs_at_its_least_power():
    p = plan(pump(least_mw=0.0015), price=CHEAP_THEN_DEAR).p_mw[0]
    assert all(power < EXACT or power >= 0.0015 - EXACT for power in p)
    assert p.max() >= 0.0015 - EXACT


def test_thermostat_holds_its_temperature_where_nobody_moves_the_pump():
    alone = plan(pump(movable=0.0), price=CHEAP_THEN_DEAR)
    np.testing.assert_allclose(alone.values["level"][0], 20.5, atol=EXACT)


def buffer(**changes):
    given = {"capacity_mwh": 0.02, "e0_mwh": 0.01, "demand_mw": 0.01, "loss_per_h": 0.0}
    return HeatBuffer(id="water", **{**given, **changes})


HEAT_PUMP = Heater(id="pump", into="water", p_max_mw=0.005, efficiency=3.0)
BOILER = Heater(id="boiler", into="water", p_max_mw=0.03, efficiency=0.9, fuel_chf_per_mwh=81.0)


def test_cheapest_heat_fills_the_buffer():
    # heat of the boiler costs 81 / 0.9 = 90 CHF/MWh: a pump of COP 3 is cheaper below 270 CHF/MWh of power
    below, above = (plan(buffer(), HEAT_PUMP, BOILER, price=[price] * 4).p_mw for price in (240.0, 300.0))
    needed = 4 * 0.01 - 0.01  # MWh: the demand less what is in the water already
    assert 3.0 * below[0].sum() == pytest.approx(needed, abs=EXACT)
    assert below[1].sum() == pytest.approx(0.0, abs=EXACT)
    assert above[0].sum() == pytest.approx(0.0, abs=EXACT)
    assert 0.9 * above[1].sum() == pytest.approx(needed, abs=EXACT)


def test_second_heater_gives_what_the_cheaper_one_cannot():
    found = plan(buffer(e0_mwh=0.0, demand_mw=0.02), HEAT_PUMP, BOILER, price=[100.0] * 3).p_mw
    np.testing.assert_allclose(found[0], 0.005, atol=EXACT)
    assert 0.9 * found[1].sum() == pytest.approx(3 * (0.02 - 0.015), abs=EXACT)


def test_fuel_is_no_power_of_the_connection():
    found = plan(buffer(), BOILER, price=[300.0] * 4)
    assert found.p_mw[0].sum() > 0.0
    np.testing.assert_allclose(found.values["import_mw"], 0.0, atol=EXACT)


def test_water_loses_its_share_of_heat_in_every_hour():
    found = plan(buffer(demand_mw=0.0, loss_per_h=0.1), BOILER, price=[100.0] * 2, hours=(1.0, 0.5))
    np.testing.assert_allclose(found.values["level"][0], 0.01 * np.array([0.9, 0.9**1.5]), atol=EXACT)


def test_heat_that_lacks_is_a_comfort_missed_and_told():
    found = plan(buffer(demand_mw=0.05), HEAT_PUMP, price=[100.0])
    assert found.values["below"][0, 0] == pytest.approx(0.05 - 0.01 - 0.015, abs=EXACT)


def chp(**changes):
    given = {"p_max_mw": 0.02, "electric_efficiency": 0.35, "heat_efficiency": 0.5, "fuel_chf_per_mwh": 60.0}
    return CombinedHeatPower(id="chp", into="water", **{**given, **changes})


def test_heat_decides_when_a_combined_plant_runs_and_its_power_follows():
    network = HeatBuffer(id="water", capacity_mwh=0.0, e0_mwh=0.0, demand_mw=np.array([0.0, 0.01, 0.02, 0.005]), soft=False)
    found = plan(network, chp(), price=[20.0] * 4)  # power alone would never pay for the fuel
    np.testing.assert_allclose(-found.p_mw[0], 0.35 / 0.5 * network.demand_mw, atol=EXACT)


def test_combined_plant_runs_for_power_alone_where_that_pays_and_heat_may_be_dumped():
    # fuel for a MWh of power: 60 / 0.35 = 171 CHF
    found = plan(buffer(demand_mw=0.0, dump_chf_per_mwh=0.0), chp(), price=[100.0, 150.0, 250.0])
    np.testing.assert_allclose(-found.p_mw[0], [0.0, 0.0, 0.02], atol=EXACT)


def test_price_of_a_start_gathers_the_runs():
    demand = np.array([0.01, 0.0, 0.0, 0.01])
    water = buffer(e0_mwh=0.0, demand_mw=demand, capacity_mwh=0.05)
    price = [160.0, 20.0, 20.0, 170.0]  # power earns most in the last hour, and the first one's heat cannot wait
    free, paid = (plan(water, chp(start_chf=chf, least_mw=0.004), price=price) for chf in (0.0, 50.0))
    starts = [int((np.diff(np.concatenate([[0.0], found.values["on"][0]])) > 0.5).sum()) for found in (free, paid)]
    assert starts == [2, 1]


def test_plant_that_was_on_pays_for_no_start():
    water = buffer(e0_mwh=0.0, demand_mw=0.01, capacity_mwh=0.05)
    cold, warm = (plan(water, chp(start_chf=50.0, was_on=on), price=[90.0] * 3).cost_chf for on in (False, True))
    assert cold - warm == pytest.approx(50.0, abs=1e-3)  # CHF: the search's relative gap of 1e-5
