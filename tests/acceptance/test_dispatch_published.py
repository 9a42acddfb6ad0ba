"""Dispatch problems with answers published by other projects; each file names its source.

The adapters only translate: a published cap with a price on its largest breach is this model's peak charge, a target is
a lower bound on energy, a site limit is a row. The optimal power flows of MATPOWER stand in ``test_dispatch_opf.py``.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from twin.boxes.flexibility.devices.charger import Charger
from twin.boxes.flexibility.devices.heat import CombinedHeatPower, HeatBuffer
from twin.boxes.flexibility.devices.plant import Plant
from twin.boxes.flexibility.devices.process import Process
from twin.boxes.flexibility.devices.storage import Storage
from twin.boxes.flexibility.lp.compiled import CompiledModel
from twin.boxes.flexibility.lp.problem import Penalties, Problem, Site
from twin.boxes.flexibility.lp.rows import GridRow

CASES = Path(__file__).parents[3] / "shared" / "cases" / "dispatch"
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason=f"published dispatch cases are not at {CASES}")
AC_CASES = {"matpower_case9", "matpower_case14"}


def read(name):
    case = json.loads((CASES / f"{name}.json").read_text())
    return case["inputs"], case["expected"], case["tolerance"]


def site(price, export=None, *, net=None, peak_price=0.0, peak_so_far=0.0, **intervals):
    price = np.asarray(price, dtype=float)
    return Site(
        net_p_mw=np.zeros(len(price)) if net is None else np.asarray(net, dtype=float),
        import_chf_per_mwh=price,
        export_chf_per_mwh=price if export is None else np.asarray(export, dtype=float),
        peak_chf_per_mw=peak_price,
        peak_so_far_mw=peak_so_far,
        **intervals,
    )


def solve(hours, devices, at, *, limit=None, departure=1e6):
    """``limit``: (name, sign, MW) of the site's import (+1) or export (-1)."""
    tiers = Penalties(100.0 * departure, departure, 0.1 * departure, 0.1 * departure, 0.01 * departure)
    problem = Problem(hours=hours, devices=tuple(devices), site=at, penalties=tiers)
    if limit is not None:
        name, sign, mw = limit
        row = GridRow(
            name=name,
            kind="site",
            element="site",
            limit=mw,
            unit="MW",
            by_p=sign * problem.slopes(dict.fromkeys(problem.unit_of, 1.0)),
            room_mw=mw - sign * at.net_p_mw,
        )
        problem = Problem(hours=hours, devices=problem.devices, site=at, penalties=tiers, rows=(row,))
    found = CompiledModel(problem).solve(problem)
    assert found.optimal
    return found


def battery_of(inputs, **changes):
    b = inputs["battery"]
    asked = {"e0_mwh": b["e0"], "e_min_mwh": b["e_min"], "e_max_mwh": b["e_max"], "charge_max_mw": 1.0, **changes}
    return Storage(**{"id": "battery", "efficiency": 1.0, "discharge_max_mw": asked["charge_max_mw"], **asked})


def test_battery_with_rising_prices_sells_everything_in_the_dearest_hour():
    inputs, expected, tolerance = read("fm_battery_increasing_prices")
    at = site(inputs["import_price"], inputs["export_price"])
    p = solve((1.0,) * 24, [battery_of(inputs)], at).p_mw[0]
    cost = float(np.maximum(p, 0) @ at.import_chf_per_mwh + np.minimum(p, 0) @ at.export_chf_per_mwh)
    assert cost == pytest.approx(expected["cost"], abs=tolerance)
    assert p[-1] == pytest.approx(expected["last_power"], abs=tolerance)


def soft_cap(inputs):
    return site(
        inputs["import_price"],
        inputs["export_price"],
        peak_price=inputs["import_breach_price_max_excess"],
        peak_so_far=inputs["import_soft_cap"],
    )


def test_battery_uses_a_free_hour_up_to_the_soft_import_cap():
    inputs, expected, tolerance = read("fm_battery_free_slot_with_import_cap")
    p = solve((1.0,) * 24, [battery_of(inputs)], soft_cap(inputs)).p_mw[0]
    want = np.zeros(24)
    for step, power in expected["power_at"].items():
        want[int(step)] = power
    np.testing.assert_allclose(p, want, atol=tolerance)


def test_battery_target_forces_a_breach_and_uses_it_again_once_it_is_paid():
    inputs, expected, tolerance = read("fm_battery_target_forces_breach_once_priced")
    low = np.zeros(24)
    low[inputs["soc_target"]["after_step"]] = inputs["soc_target"]["value"]
    p = solve((1.0,) * 24, [battery_of(inputs, e_min_mwh=low)], soft_cap(inputs)).p_mw[0]
    assert p.max() == pytest.approx(expected["max_power"], abs=tolerance)
    assert int((p > expected["max_power"] - tolerance).sum()) == expected["count_at_max"]
    assert p.sum() == pytest.approx(expected["sum_power"], abs=tolerance)


@pytest.mark.parametrize("name", ["fm_day2_rt1_st1", "fm_day2_rt0.99_st1"])
def test_battery_follows_a_cheap_middle_of_the_day(name):
    inputs, expected, tolerance = read(name)
    b = inputs["battery"]
    eta = float(np.sqrt(b["roundtrip_efficiency"]))
    battery = battery_of(inputs, charge_max_mw=b["p_max"], efficiency=eta)
    energy = solve((0.25,) * 96, [battery], site(inputs["price"])).values["level"][0]
    assert energy[31] == pytest.approx(expected["soc_after_8h"], abs=tolerance)
    assert energy[63] == pytest.approx(expected["soc_after_16h"], abs=tolerance)
    assert energy[95] == pytest.approx(expected["soc_end"], abs=tolerance)


def test_two_cars_behind_one_site_limit_both_leave_charged_at_least_cost():
    inputs, expected, tolerance = read("fm_two_evs_site_limit_all_met")
    cars = []
    for i, ev in enumerate(inputs["evs"]):
        here = np.zeros(24)
        here[ev["available_from_step"] : ev["deadline_step_exclusive"]] = ev["p_max"]
        cars.append(Charger(id=f"car_{i}", efficiency=1.0, charge_max_mw=here, required_mwh=ev["target_energy"]))
    price = np.asarray(inputs["import_price"])
    limit = ("import:site", 1.0, float(inputs["site_import_max"]))
    p = solve((1.0,) * 24, cars, site(price), limit=limit, departure=inputs["unmet_energy_penalty"]).p_mw
    np.testing.assert_allclose(p, expected["schedules"], atol=tolerance)
    assert float((p @ price).sum()) == pytest.approx(expected["total_cost"], abs=tolerance)


@pytest.mark.parametrize(("name", "least"), [("fm_band_none", 0.0), ("fm_band_onoff", 0.5)])
def test_charger_takes_the_cheapest_hours_with_and_without_a_least_power(name, least):
    inputs, expected, tolerance = read(name)
    device, price = inputs["device"], np.asarray(inputs["import_price"], dtype=float)
    car = Charger(
        id="car", efficiency=1.0, charge_max_mw=device["p_max"], required_mwh=inputs["final_energy"], least_mw=least
    )  # fmt: skip
    p = solve((1.0,) * 4, [car], site(price)).p_mw[0]
    assert float(p @ price) == pytest.approx(expected["cost"], abs=tolerance)
    for step, power in expected.get("power_at", dict(enumerate(expected.get("power", ())))).items():
        assert p[int(step)] == pytest.approx(power, abs=tolerance)


def test_capacity_charge_lets_a_battery_shave_the_peak_import():
    inputs, expected, _ = read("em_capacity_shave")
    b, steps, price = inputs["battery"], inputs["steps"], 1000.0 * inputs["import_price_per_kwh"]
    low = np.zeros(steps)
    low[-1] = b["soc_final"] * b["capacity_wh"] / 1e6
    battery = Storage(
        id="battery", efficiency=1.0, charge_max_mw=0.02, discharge_max_mw=0.02,
        e0_mwh=b["soc_init"] * b["capacity_wh"] / 1e6, e_min_mwh=low, e_max_mwh=b["capacity_wh"] / 1e6,
    )  # fmt: skip
    load = np.asarray(inputs["load_w"]) / 1e6

    def peak_w(peak_price):
        at = site(np.full(steps, price), np.full(steps, 0.9 * price), net=load, peak_price=peak_price)
        return 1e6 * solve((inputs["dt_h"],) * steps, [battery], at).values["import_mw"].max()

    free, charged = peak_w(0.0), peak_w(1000.0 * inputs["capacity_cost_per_kw"])
    assert free >= expected["peak_off_w_min"]
    assert charged < free - expected["peak_on_less_than_off_by_w"]


@pytest.mark.parametrize("name", ["em_peak_n1", "em_peak_history"])
def test_peak_is_priced_on_means_of_whole_tariff_intervals(name):
    inputs, expected, tolerance = read(name)
    metered = np.asarray(inputs.get("current_interval_history_w", [])) / 1e6
    load, length = np.asarray(inputs["load_w"]) / 1e6, inputs["interval_steps"]
    # The running interval holds what was metered; only intervals that end within the plan are priced.
    ends = range(length - len(metered), len(load) + 1, length)
    intervals = tuple(tuple((k, 1.0 / length) for k in range(max(end - length, 0), end)) for end in ends)
    lift = np.zeros(len(intervals))
    lift[0] = metered.sum() / length
    at = site(
        np.full(len(load), 200.0), net=load, peak_price=1000.0 * inputs["capacity_cost_per_kw"],
        interval_steps=intervals, peak_lift_mw=lift,
    )  # fmt: skip
    found = solve((inputs["dt_h"],) * len(load), [], at)
    assert 1e6 * float(found.values["peak_mw"]) == pytest.approx(expected["priced_peak_w"], abs=tolerance)


def test_surplus_that_must_not_be_exported_is_curtailed_and_nobody_burns_it():
    inputs, expected, tolerance = read("em_curtailment_no_export")
    steps = inputs["steps"]
    plant = Plant(id="roof", available_mw=inputs["pv_w"] / 1e6)
    idle = Process(id="load", p_mw=0.001, run_hours=0.0)
    at = site(np.full(steps, 200.0), np.full(steps, 50.0), net=np.full(steps, inputs["load_w"] / 1e6))
    found = solve((inputs["dt_h"],) * steps, [plant, idle], at, limit=("export:site", -1.0, inputs["export_max_w"] / 1e6))
    curtailed = (inputs["pv_w"] + 1e6 * found.p_mw[0]).sum() * inputs["dt_h"]
    assert curtailed == pytest.approx(expected["curtailed_wh"], abs=tolerance)
    assert 1e6 * found.p_mw[1].max() == pytest.approx(expected["deferrable_w"], abs=tolerance)


def test_load_in_a_single_block_runs_in_the_cheapest_window():
    inputs, expected, tolerance = read("em_single_block")
    load, price = inputs["load"], np.asarray(inputs["price"], dtype=float)
    quarters = round(load["on_steps"] * inputs["dt_h"] / 0.25)
    process = Process(id="load", profile_mw=(load["nominal_w"] / 1e6,) * quarters)
    p = solve((inputs["dt_h"],) * inputs["steps"], [process], site(price)).p_mw[0]
    np.testing.assert_allclose(1e6 * p, load["nominal_w"] * np.asarray(expected["on_pattern"]), atol=tolerance)


def test_price_of_a_start_keeps_a_breakable_load_in_one_piece():
    inputs, expected, tolerance = read("em_startup_penalty_100")
    load, price = inputs["load"], np.asarray(inputs["price"], dtype=float)
    p_mw = load["nominal_w"] / 1e6
    process = Process(
        id="load", p_mw=p_mw, run_hours=load["on_steps"] * inputs["dt_h"], start_chf=load["startup_penalty"] * p_mw * price
    )  # fmt: skip
    p = solve((inputs["dt_h"],) * inputs["steps"], [process], site(price)).p_mw[0]
    np.testing.assert_allclose(1e6 * p, load["nominal_w"] * np.asarray(expected["on_pattern"]), atol=tolerance)


def test_shiftable_process_starts_with_the_cheap_hours():
    inputs, expected, tolerance = read("fm_process_shiftable")
    asked = inputs["process"]
    process = Process(id="process", profile_mw=(float(asked["power"]),) * round(4 * asked["duration_h"]))
    p = solve((float(inputs["dt_h"]),) * inputs["steps"], [process], site(inputs["price"])).p_mw[0]
    assert int(np.argmax(p > 0)) == expected["start_step"]
    assert p.sum() * inputs["dt_h"] == pytest.approx(expected["energy"], abs=tolerance)


def test_heat_that_must_be_made_settles_fuel_and_power_of_a_combined_plant():
    inputs, expected, tolerance = read("fm_chp_coupling")
    power, heat = -inputs["coeff"]["power"], -inputs["coeff"]["heat"]
    network = HeatBuffer(id="heat", capacity_mwh=0.0, e0_mwh=0.0, demand_mw=-float(inputs["heat_forced"]), soft=False)
    plant = CombinedHeatPower(
        id="chp", into="heat", p_max_mw=100.0, electric_efficiency=power, heat_efficiency=heat, fuel_chf_per_mwh=50.0
    )  # fmt: skip
    p = solve((1.0,) * inputs["steps"], [network, plant], site(np.full(inputs["steps"], 10.0))).p_mw[0]
    np.testing.assert_allclose(p, expected["power"], atol=tolerance)
    np.testing.assert_allclose(-p / power, expected["gas"], atol=tolerance)


def test_every_published_case_is_solved_here_or_as_a_power_flow():
    here, there = (Path(__file__).with_name(f"test_dispatch_{name}.py").read_text() for name in ("published", "opf"))
    for path in CASES.glob("*.json"):
        assert f'"{path.stem}"' in (there if path.stem in AC_CASES else here), path.stem
