"""Dispatch problems with answers published by other projects; each file names its source.

The adapters only translate: a published cap with a price on its largest breach is this model's peak charge, a target is
a lower bound on energy, a site limit is a grid row. Cases of other device classes skip and say which.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from twin.boxes.flexibility.compiled import CompiledModel
from twin.boxes.flexibility.problem import Charger, GridRow, Penalties, Problem, Site, Storage

CASES = Path(__file__).parents[3] / "shared" / "cases" / "dispatch"
pytestmark = pytest.mark.skipif(not CASES.is_dir(), reason=f"published dispatch cases are not at {CASES}")

OTHER_CLASSES = {
    "em_single_block": "on/off loads with a single block need binaries",
    "em_startup_penalty_100": "on/off loads with a start-up penalty need binaries",
    "fm_band_onoff": "operation bands need binaries",
    "fm_process_shiftable": "shiftable processes need binaries",
    "em_curtailment_no_export": "curtailable PV is a device class of its own",
    "fm_chp_coupling": "coupled multi-commodity devices (combined heat and power)",
    "matpower_case9": "AC optimal power flow with generators",
    "matpower_case14": "AC optimal power flow with generators",
}


def read(name):
    case = json.loads((CASES / f"{name}.json").read_text())
    return case["inputs"], case["expected"], case["tolerance"]


def site(price, export=None, *, net=None, peak_price=0.0, peak_so_far=0.0):
    price = np.asarray(price, dtype=float)
    export = price if export is None else np.asarray(export, dtype=float)
    net = np.zeros(len(price)) if net is None else np.asarray(net, dtype=float)
    return Site(net, price, export, peak_price, peak_so_far, np.zeros(len(price)))


def storage(steps, *, e0, e_min, e_max, power, efficiency=1.0):
    full = np.ones(steps)
    low = np.broadcast_to(np.asarray(e_min, dtype=float), (steps,))
    return Storage(
        "battery", efficiency, power * full, power * full, e0, low, e_max * full, 0.0 * full, full.astype(bool)
    )  # fmt: skip


def solve(hours, storages=(), chargers=(), *, at, rows=(), departure=1e6):
    penalties = Penalties(excess=100.0 * departure, departure=departure, margin=0.1 * departure)
    problem = Problem(hours, tuple(storages), tuple(chargers), at, tuple(rows), penalties)
    found = CompiledModel(problem).solve(problem)
    assert found.optimal
    return found


def battery_of(inputs, **changes):
    b = inputs["battery"]
    return storage(inputs["steps"], **{"e0": b["e0"], "e_min": b["e_min"], "e_max": b["e_max"], "power": 1.0, **changes})


def test_battery_with_rising_prices_sells_everything_in_the_dearest_hour():
    inputs, expected, tolerance = read("fm_battery_increasing_prices")
    at = site(inputs["import_price"], inputs["export_price"])
    p = solve((1.0,) * 24, [battery_of(inputs)], at=at).p_mw[0]
    cost = float(np.maximum(p, 0) @ at.import_chf_per_mwh + np.minimum(p, 0) @ at.export_chf_per_mwh)
    assert cost == pytest.approx(expected["cost"], abs=tolerance)
    assert p[-1] == pytest.approx(expected["last_power"], abs=tolerance)


def test_battery_uses_a_free_hour_up_to_the_soft_import_cap():
    inputs, expected, tolerance = read("fm_battery_free_slot_with_import_cap")
    at = site(
        inputs["import_price"],
        inputs["export_price"],
        peak_price=inputs["import_breach_price_max_excess"],
        peak_so_far=inputs["import_soft_cap"],
    )
    p = solve((1.0,) * 24, [battery_of(inputs)], at=at).p_mw[0]
    want = np.zeros(24)
    for step, power in expected["power_at"].items():
        want[int(step)] = power
    np.testing.assert_allclose(p, want, atol=tolerance)


def test_battery_target_forces_a_breach_and_uses_it_again_once_it_is_paid():
    inputs, expected, tolerance = read("fm_battery_target_forces_breach_once_priced")
    low = np.zeros(24)
    low[inputs["soc_target"]["after_step"]] = inputs["soc_target"]["value"]
    at = site(
        inputs["import_price"],
        inputs["export_price"],
        peak_price=inputs["import_breach_price_max_excess"],
        peak_so_far=inputs["import_soft_cap"],
    )
    p = solve((1.0,) * 24, [battery_of(inputs, e_min=low)], at=at).p_mw[0]
    assert p.max() == pytest.approx(expected["max_power"], abs=tolerance)
    assert int((p > expected["max_power"] - tolerance).sum()) == expected["count_at_max"]
    assert p.sum() == pytest.approx(expected["sum_power"], abs=tolerance)


@pytest.mark.parametrize("name", ["fm_day2_rt1_st1", "fm_day2_rt0.99_st1"])
def test_battery_follows_a_cheap_middle_of_the_day(name):
    inputs, expected, tolerance = read(name)
    b = inputs["battery"]
    eta = float(np.sqrt(b["roundtrip_efficiency"]))
    battery = storage(96, e0=b["e0"], e_min=b["e_min"], e_max=b["e_max"], power=b["p_max"], efficiency=eta)
    energy = solve((0.25,) * 96, [battery], at=site(inputs["price"])).values["energy_mwh"][0]
    assert energy[31] == pytest.approx(expected["soc_after_8h"], abs=tolerance)
    assert energy[63] == pytest.approx(expected["soc_after_16h"], abs=tolerance)
    assert energy[95] == pytest.approx(expected["soc_end"], abs=tolerance)


def test_two_cars_behind_one_site_limit_both_leave_charged_at_least_cost():
    inputs, expected, tolerance = read("fm_two_evs_site_limit_all_met")
    cars = []
    for i, ev in enumerate(inputs["evs"]):
        here = np.zeros(24)
        here[ev["available_from_step"] : ev["deadline_step_exclusive"]] = ev["p_max"]
        cars.append(Charger(f"car_{i}", 1.0, here, ev["target_energy"], np.zeros(24), np.ones(24, dtype=bool), np.zeros(24)))
    limit = GridRow(
        "import:site", "site", "site", 1.0, "MW", (("car_0", 1.0), ("car_1", 1.0)),
        np.full(24, float(inputs["site_import_max"])), np.zeros(24), 1.0,
    )  # fmt: skip
    price = np.asarray(inputs["import_price"])
    p = solve((1.0,) * 24, (), cars, at=site(price), rows=[limit], departure=inputs["unmet_energy_penalty"]).p_mw
    np.testing.assert_allclose(p, expected["schedules"], atol=tolerance)
    assert float((p @ price).sum()) == pytest.approx(expected["total_cost"], abs=tolerance)


def test_charger_without_bands_takes_fractional_power_in_the_cheapest_hours():
    inputs, expected, tolerance = read("fm_band_none")
    device = inputs["device"]
    none, free = np.zeros(4), np.ones(4, dtype=bool)
    car = Charger("car", 1.0, np.full(4, device["p_max"]), inputs["final_energy"], none, free, none)
    p = solve((1.0,) * 4, (), [car], at=site(inputs["import_price"])).p_mw[0]
    assert float(p @ np.asarray(inputs["import_price"])) == pytest.approx(expected["cost"], abs=tolerance)
    for step, power in expected["power_at"].items():
        assert p[int(step)] == pytest.approx(power, abs=tolerance)


def test_capacity_charge_lets_a_battery_shave_the_peak_import():
    inputs, expected, _ = read("em_capacity_shave")
    b, steps, price = inputs["battery"], inputs["steps"], 1000.0 * inputs["import_price_per_kwh"]
    low = np.zeros(steps)
    low[-1] = b["soc_final"] * b["capacity_wh"] / 1e6
    battery = storage(steps, e0=b["soc_init"] * b["capacity_wh"] / 1e6, e_min=low, e_max=b["capacity_wh"] / 1e6, power=0.02)
    load = np.asarray(inputs["load_w"]) / 1e6

    def peak_w(peak_price):
        at = site(np.full(steps, price), np.full(steps, 0.9 * price), net=load, peak_price=peak_price)
        return 1e6 * solve((inputs["dt_h"],) * steps, [battery], at=at).values["import_mw"].max()

    free, charged = peak_w(0.0), peak_w(1000.0 * inputs["capacity_cost_per_kw"])
    assert free >= expected["peak_off_w_min"]
    assert charged < free - expected["peak_on_less_than_off_by_w"]


@pytest.mark.parametrize("name", ["em_peak_n1", "em_peak_history"])
def test_peak_is_priced_on_means_of_whole_tariff_intervals(name):
    inputs, expected, tolerance = read(name)
    measured = np.asarray(inputs.get("current_interval_history_w", []) + inputs["load_w"]) / 1e6
    length = inputs["interval_steps"]
    whole = len(measured) // length
    net = measured[: whole * length].reshape(whole, length).mean(axis=1)
    at = site(np.full(whole, 200.0), net=net, peak_price=1000.0 * inputs["capacity_cost_per_kw"])
    found = solve((inputs["dt_h"] * length,) * whole, at=at)
    assert 1e6 * float(found.values["peak_mw"]) == pytest.approx(expected["priced_peak_w"], abs=tolerance)


@pytest.mark.parametrize("name", sorted(OTHER_CLASSES))
def test_case_of_another_device_class(name):
    read(name)
    pytest.skip(f"not a battery, car, limit or peak: {OTHER_CLASSES[name]}")


def test_every_published_case_is_either_solved_or_named_as_another_class():
    text = Path(__file__).read_text()
    for path in CASES.glob("*.json"):
        assert f'"{path.stem}"' in text, path.stem
