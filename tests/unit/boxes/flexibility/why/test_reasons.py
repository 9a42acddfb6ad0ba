"""Reasons: every class of device has one, and the grid stands above money."""

import dataclasses
from datetime import UTC, datetime
from functools import cache

import numpy as np
import pytest
from small_town import HOURS, PRICES, STEPS, battery, car, full_town, heat_pump, roof, row, solved, town

from dashboard.format import LANGUAGES, MISSING, texts
from dashboard.regie.messages import told as shown
from dashboard.regie.names import Names
from dashboard.regie.words import Words
from twin.boxes.flexibility.devices.heat import CombinedHeatPower, HeatBuffer, Heater
from twin.boxes.flexibility.devices.hydro import Hydro
from twin.boxes.flexibility.devices.process import Process
from twin.boxes.flexibility.devices.programme import Programme
from twin.boxes.flexibility.lp.parts import Reactive
from twin.boxes.flexibility.lp.rows import Linear
from twin.boxes.flexibility.why.reasons import explanations
from twin.live.views import site_facts
from twin.site import load_site

AS_OF = datetime(2016, 1, 25, 15, 0, tzinfo=UTC)
HOURS_H = np.asarray(HOURS)
STARTS = np.cumsum(HOURS_H) - HOURS_H
DEAR = 6  # the dearest step
FLAT = np.full(STEPS, 100.0)
PATHS = np.array([-0.004, -0.002, 0.0, 0.002, 0.004])[:, None] * np.ones(STEPS)


@cache
def names(language):
    return Names(Words.of(language, "Europe/Zurich", AS_OF), site_facts(load_site("demo"), ()))


def said(move, language):
    """The reason in words; what a template asks for and does not get is an en dash."""
    params = shown(move.params, names(language))
    text = texts(language, "regie").get(f"reason.{move.code}", params, timezone="Europe/Zurich", near=AS_OF)
    return text.replace("\u202f", " ").replace("\u00a0", " ")


def told(*devices, rows=None, paths=None, **at):
    problem = town(*devices, **at)
    linear = Linear(rows=tuple(rows(problem)) if rows else ())
    _, solution = solved(problem, linear)
    found = explanations(problem, solution, linear, net_paths_mw=paths)
    for move in found.values():
        assert all(MISSING not in said(move, language) for language in LANGUAGES), move
    return found, solution


def only(*devices, **at):
    """The explanation of the first device."""
    return told(*devices, **at)[0][devices[0].id]


def limit(slopes, room_mw, **changes):
    return lambda problem: [row(problem, slopes, room_mw, **changes)]


def at_step(step, value, other):
    return np.where(np.arange(STEPS) == step, value, other)


# ------------------------------------------------------------------------------------------------- money


def test_a_battery_moves_energy_from_the_dear_hour_to_the_cheap_one():
    move = only(battery(e0_mwh=0.0, e_max_mwh=0.004))
    assert move.code == "cheap_hours"
    assert (move.params["from_h"], move.params["to_h"]) == (STARTS[6], 1.5)  # 310 and 80 CHF/MWh
    assert move.confidence == 1.0
    assert move.binding is None
    assert move.value_chf > 0.0
    less = move.params["dear_chf_per_kwh"] - move.params["cheap_chf_per_kwh"]
    assert move.params["spread_chf_per_kwh"] == pytest.approx(less)


def test_the_value_is_what_the_plan_without_a_grid_saves():
    problem = town(battery(e0_mwh=0.0, wear_chf_per_mwh=20.0))
    _, solution = solved(problem)
    move = explanations(problem, solution)["battery"]
    p_mw = solution.p_mw[0]
    paid = float(p_mw * PRICES @ HOURS_H) + 10.0 * float(np.abs(p_mw) @ HOURS_H)
    assert move.value_chf == pytest.approx(-paid, abs=1e-5)  # params are rounded to 1e-6


def test_a_full_battery_without_a_cheap_hour_only_feeds_in_the_dear_one():
    move = only(battery(e0_mwh=0.01, charge_max_mw=0.0))
    assert move.code == "dear_hours"
    assert move.params["dear_chf_per_kwh"] == pytest.approx(0.31, abs=1e-4)
    assert "to_h" not in move.params


def test_energy_that_stays_in_the_battery_is_stored_for_later():
    move = only(battery(e0_mwh=0.0, discharge_max_mw=0.0, e_max_mwh=1.0, end_value_chf_per_mwh=300.0))
    assert move.code == "stored_for_later"
    assert move.params["stored_chf_per_kwh"] == pytest.approx(0.3, abs=1e-3)


@pytest.mark.parametrize(
    ("device", "code"),
    [
        (battery(e0_mwh=0.0), "raise_self_consumption"),
        (car(), "green_charging"),
        (battery("v2g", e0_mwh=0.005, target_mwh=0.005, own_p_mw=0.0), "green_charging"),
    ],
)
def test_what_is_charged_from_a_surplus_is_told_by_who_takes_it(device, code):
    sun = np.where((np.arange(STEPS) >= 4) & (np.arange(STEPS) < 6), -0.05, 0.01)
    dull = np.where((np.arange(STEPS) >= 4) & (np.arange(STEPS) < 6), -0.001, 0.01)
    move = only(device, net_mw=sun, paths=PATHS)
    assert move.code == code
    assert move.params["paths_share"] == 1.0
    assert move.binding_h in (STARTS[4], STARTS[5])
    assert only(device, net_mw=dull).code != code  # a kilowatt of sun is no reason for ten of charge


def test_a_heat_pump_that_warms_before_the_dear_hours_preheats():
    move = only(heat_pump(temp0_c=20.0, thermostat_c=20.0))
    assert move.code == "preheat"
    assert move.params["from_h"] == STARTS[DEAR]


def test_a_process_a_programme_and_a_reservoir_are_told_in_their_own_words():
    oven = Process(id="oven", profile_mw=(0.004,) * 4, own_p_mw=at_step(DEAR, 0.004, 0.0))
    ripple = Programme(id="ripple", base_mw=0.01, shed_share=0.5, shed_chf_per_mwh=50.0, rebound_share=0.5)
    lake = Hydro(
        id="lake", turbine_max_mw=0.01, turbine_efficiency=0.9, e0_mwh=0.02, e_max_mwh=0.1, inflow_mw=0.003,
        water_chf_per_mwh=100.0, own_p_mw=-0.003,
    )  # fmt: skip
    found, _ = told(oven, ripple, lake)
    assert {name: move.code for name, move in found.items()} == {
        "oven": "process_moved", "ripple": "shed_called", "lake": "water_saved",
    }  # fmt: skip
    assert found["lake"].params["from_h"] == STARTS[DEAR]


def test_a_plant_that_would_pay_for_its_feed_in_is_curtailed_for_its_price():
    move = only(roof(curtailed_chf_per_mwh=0.0), net_mw=0.0, export_chf_per_mwh=-50.0)
    assert move.code == "curtailed_price"
    assert move.params["cheap_chf_per_kwh"] == pytest.approx(-0.05)


def test_heat_is_made_where_it_is_cheaper():
    water = HeatBuffer(id="water", capacity_mwh=0.0, e0_mwh=0.0, demand_mw=0.003, soft=False)
    rod = Heater(id="rod", into="water", p_max_mw=0.01, efficiency=1.0, own_p_mw=0.003)
    gas = Heater(id="gas", into="water", p_max_mw=0.01, efficiency=0.9, fuel_chf_per_mwh=150.0)
    found, _ = told(water, rod, gas)
    assert found["gas"].code == "cheaper_heat"
    assert found["gas"].value_chf >= -1e-6
    assert found["rod"].code == "dear_hours"  # it makes less while power is dearer than gas
    assert "water" not in found


def test_a_combined_plant_feeds_in_dear_hours():
    water = HeatBuffer(id="water", capacity_mwh=0.05, e0_mwh=0.0, demand_mw=0.001, dump_chf_per_mwh=0.0)
    plant = CombinedHeatPower(
        id="chp", into="water", p_max_mw=0.01, electric_efficiency=0.35, heat_efficiency=0.5, fuel_chf_per_mwh=60.0
    )
    assert told(water, plant)[0]["chp"].code == "dear_hours"


def test_a_battery_keeps_the_months_peak_and_says_on_how_many_paths_it_would_rise():
    net = at_step(DEAR, 0.030, 0.02)
    flat = {"import_chf_per_mwh": np.full(STEPS, 120.0), "peak_chf_per_mw": 50_000.0, "peak_so_far_mw": 0.0285}
    move = only(battery(end_value_chf_per_mwh=120.0), net_mw=net, paths=PATHS, **flat)
    assert move.code == "peak_shaving"
    assert (move.binding, move.binding_h) == ("peak", STARTS[DEAR])
    assert move.confidence == pytest.approx(3 / 5)  # 30 kW less 2 or 4 kW stays below 28.5


def test_losses_alone_can_be_a_reason():
    problem = town(roof(reactive=Reactive(max_mvar=0.01, s_max_mva=0.03)))
    linear = Linear(loss_by_q=problem.slopes({"roof": -0.05}))
    _, solution = solved(problem, linear)
    move = explanations(problem, solution, linear)["roof"]
    assert move.code == "losses"
    assert move.params["q_kvar"] == pytest.approx(10.0)
    assert move.value_chf == pytest.approx(0.05 * 0.01 * float(PRICES @ HOURS_H), rel=1e-3)


# ------------------------------------------------------------------------------------------------- promises


def test_a_car_that_would_not_charge_by_itself_is_charged_for_its_departure():
    move = only(car(own_p_mw=0.0))
    assert move.code == "keep_promise"
    assert move.binding == "target:car"
    assert (move.params["value"], move.params["unit"]) == (pytest.approx(20.0), "kWh")


def test_a_house_that_would_grow_cold_is_heated_for_its_comfort():
    warmer = np.where(np.arange(STEPS) >= 7, 22.0, 20.0)
    move = only(heat_pump(temp_min_c=warmer, later_chf_per_mwh=0.0, thermostat_c=20.5, temp0_c=20.5))
    assert move.code == "keep_promise"
    assert move.binding == "low:pump"
    assert move.params["unit"] == "°C"
    assert move.params["value"] == pytest.approx(1.5, abs=0.01)


def test_a_process_that_would_not_run_by_itself_runs_for_its_contract():
    assert only(Process(id="oven", p_mw=0.004, run_hours=2.0)).code == "contract"


# ------------------------------------------------------------------------------------------------- the grid


@pytest.mark.parametrize(
    ("kind", "code"), [("trafo", "relieve_trafo"), ("line", "relieve_line"), ("voltage", "voltage"), ("site", "site")]
)
def test_a_row_of_the_grid_names_the_reason_by_its_kind(kind, code):
    paths = np.array([-0.01, -0.001, 0.0, 0.001])[:, None] * np.ones(STEPS)
    room = at_step(1, 0.006, 1.0)
    move = only(car(), rows=limit({"car": 1.0}, room, kind=kind, name=f"{kind}:7", paths_mw=paths), import_chf_per_mwh=FLAT)
    assert move.code == code
    assert (move.binding, move.binding_h) == (f"{kind}:7", 0.5)
    # 11 kW of its own on 6 kW of room: 5 kW too much, at 2500 % per MW
    assert move.params["without"] == pytest.approx(100.0 + 0.005 * 2500.0)
    assert move.confidence == pytest.approx(3 / 4)  # 10 kW less and it would fit


def test_a_row_with_less_than_a_tenth_of_what_is_saved_leaves_the_reason_to_money():
    few = limit({"battery": 1.0}, at_step(3, 0.0099, 1.0))
    assert only(battery(e0_mwh=0.0), rows=few).code == "cheap_hours"


def test_reactive_power_that_holds_the_voltage_supports_it():
    move = only(roof(), rows=limit({"roof": -1.0}, 0.018, kind="voltage", by_q={"roof": -0.5}, unit="pu", unit_per_mw=0.9))
    assert move.code == "support_voltage"
    assert move.params["q_kvar"] >= 4.0  # 2 kW too much, half a kW per kvar


@pytest.mark.parametrize(("free_mwh", "code"), [(1.0, "curtailed_free"), (0.001, "curtailed_paid")])
def test_curtailment_for_the_grid_says_on_what_right(free_mwh, code):
    still = roof(free_mwh=free_mwh, reactive=None)
    move = only(still, rows=limit({"roof": -1.0}, 0.015, kind="line", name="export:line:L", element="L"))
    assert move.code == code
    assert move.params["energy_kwh"] == pytest.approx(5.0)  # 5 kW too much in two half hours
    assert move.params.get("paid_chf", 0.0) == pytest.approx(200.0 * max(0.005 - free_mwh, 0.0))


def test_a_reason_reads_as_a_sentence_in_four_languages():
    still = roof(free_mwh=0.001, reactive=None)
    move = only(still, rows=limit({"roof": -1.0}, 0.015, kind="line", name="export:line:L", element="L"))
    limited = "112.5 % {} 17:00 {}, {} 100 %"
    assert said(move, "en").endswith(limited.format("expected at", "without action", "limit"))
    assert said(move, "fr").startswith("Injection réduite de 5 kWh contre 0,80 CHF, pour ")
    assert said(move, "de").startswith("Regelt 5 kWh Einspeisung gegen 0.80 CHF ab, für ")
    assert said(move, "it").startswith("Immissione ridotta di 5 kWh contro 0.80 CHF, per ")


def test_every_moved_device_of_the_town_is_explained_and_adds_up_to_more_than_nothing():
    problem, linear = full_town()
    _, solution = solved(problem, linear)
    found = explanations(problem, solution, linear)
    assert set(found) == {"battery", "car", "pump", "roof"}
    assert sum(move.value_chf for move in found.values()) > 0.0


def test_a_device_that_stays_with_itself_has_no_reason():
    assert told(battery(e0_mwh=0.0), import_chf_per_mwh=FLAT)[0] == {}


# ------------------------------------------------------------------------------------------------- equal plans


def test_two_equal_batteries_are_flagged_and_two_that_differ_are_not():
    need = limit({"a": 1.0, "b": 1.0}, at_step(DEAR, -0.005, 1.0))
    flat = {"rows": need, "import_chf_per_mwh": FLAT}
    twins, _ = told(battery("a", e0_mwh=0.0), battery("b", e0_mwh=0.0), **flat)
    assert any(move.equal_plans for move in twins.values())
    apart, _ = told(battery("a", e0_mwh=0.0), battery("b", e0_mwh=0.0, wear_chf_per_mwh=10.0), **flat)
    assert not any(move.equal_plans for move in apart.values())


def test_a_solution_without_a_plan_explains_nothing():
    problem = town(battery())
    _, solution = solved(problem)
    with pytest.raises(ValueError, match="time_limit"):
        explanations(problem, dataclasses.replace(solution, status="time_limit"))
