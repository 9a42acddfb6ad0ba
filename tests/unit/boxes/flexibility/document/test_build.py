"""From a document's kilowatts and rights to the model's megawatts and prices."""

import numpy as np
import pytest

from twin.boxes.flexibility.document.accounts import account
from twin.boxes.flexibility.document.build import build
from twin.boxes.flexibility.document.document import Document
from twin.boxes.flexibility.why.own import own_p_mw

PRICES = {"import_chf_per_kwh": 0.3, "export_chf_per_kwh": 0.1}
BATTERY = {
    "id": "B", "e_max_kwh": 10, "e0_kwh": 5, "charge_kw": 5, "discharge_kw": 5, "efficiency_percent": 90,
}  # fmt: skip
CAR = {
    "id": "C", "charge_kw": 10, "efficiency_percent": 100, "arrival": "+1h", "departure": "+4h", "e0_kwh": 10,
    "target_kwh": 25, "e_max_kwh": 50,
}  # fmt: skip


def built(steps=("4x1h",), start="2026-01-25T17:00+00:00", prices=PRICES, **tables):
    content = {"start": start, "steps": list(steps), "prices": prices}
    return build(Document.model_validate({**content, **tables}))


def only_unit(**tables):
    (unit,) = built(**tables).problem.parts.units
    return unit


# ------------------------------------------------------------------------------------------------------------- rights


@pytest.mark.parametrize(
    ("changes", "movable"),
    [({}, 0.0), ({"right": "contract"}, 1.0), ({"right": "contract", "opt_out": True}, 0.0), ({"right": "emergency"}, 1.0)],
)
def test_a_device_is_moved_only_with_a_right_and_without_an_opt_out(changes, movable):
    assert only_unit(battery=[{**BATTERY, **changes}]).movable == movable


def test_the_price_of_an_own_battery_is_wear_and_that_of_a_contract_goes_to_the_owner():
    own = only_unit(battery=[{**BATTERY, "right": "own", "price_chf_per_kwh": 0.04}])
    hired = only_unit(battery=[{**BATTERY, "right": "contract", "price_chf_per_kwh": 0.04}])
    # half for a MWh in, half for a MWh out
    assert (own.draw_chf_per_mwh, own.more_chf_per_mwh) == (20.0, 0.0)
    assert (hired.draw_chf_per_mwh, hired.more_chf_per_mwh) == (0.0, 20.0)


def test_guaranteed_curtailment_is_free_up_to_what_is_left_and_then_paid():
    plant = {"id": "S", "right": "guaranteed", "price_chf_per_kwh": 0.1, "free_kwh": 3, "available_kw": 4}
    plan = built(plant=[plant])
    (budget,) = plan.problem.parts.budgets
    assert (budget.free_mwh, budget.chf_per_mwh) == (0.003, 100.0)
    # 5 kWh curtailed, 2 of them beyond what is free
    assert account(plan, -1e-3 * np.array([[3.0, 2.0, 2.0, 4.0]])).owners_chf == pytest.approx(0.2)


def test_an_emergency_right_costs_its_price_and_is_planned_like_a_broken_promise():
    plan = built(battery=[{**BATTERY, "right": "emergency", "price_chf_per_kwh": 0.04}])
    (unit,) = plan.problem.parts.units
    assert unit.more_chf_per_mwh == pytest.approx(0.5 * (40.0 + plan.problem.penalties.contract))
    assert plan.units[0].more_chf_per_mwh == 20.0


def test_ripple_control_only_switches():
    pump = {"id": "W", "right": "contract", "channel": "ripple", "p_max_kw": 6, "cop": 3, "outdoor_c": 0, "ua_kw_per_k": 0.3}
    room = {"capacity_kwh_per_k": 10, "temp0_c": 21, "temp_min_c": 20, "temp_max_c": 22, "thermostat_c": 21}
    assert only_unit(heat_pump=[{**pump, **room}]).run.min_mw == 0.006
    assert only_unit(heat_pump=[{**pump, **room, "opt_out": True}]).run is None


# ------------------------------------------------------------------------------------------------- what devices do alone


def test_a_car_by_itself_charges_at_once_when_it_comes():
    np.testing.assert_allclose(only_unit(car=[CAR]).own_p_mw, [0, 0.010, 0.005, 0])


def test_a_car_that_leaves_after_the_plan_may_charge_what_fits_after_it():
    (store,) = built(car=[{**CAR, "departure": "+5h"}]).problem.parts.stores
    assert store.target == pytest.approx(0.015 - 0.010)  # an hour at 10 kW is left after the end


def test_a_car_that_feeds_back_is_a_battery_with_a_target():
    plan = built(car=[{**CAR, "discharge_kw": 5, "e_min_kwh": 5}])
    (unit,), (store,) = plan.problem.parts.units, plan.problem.parts.stores
    np.testing.assert_allclose(unit.feed_max_mw, [0, 0.005, 0.005, 0.005])
    assert (store.level0, store.low, store.high, store.target) == (0.010, 0.005, 0.050, 0.025)


def test_a_pool_stays_between_all_at_once_and_all_as_late_as_possible():
    session = {"arrival": "+1h", "departure": "+4h", "energy_kwh": 8, "charge_kw": 4, "count": 2}
    plan = built(car_pool=[{"id": "P", "efficiency_percent": 100, "session": [session]}])
    (store,), (unit,) = plan.problem.parts.stores, plan.problem.parts.units
    np.testing.assert_allclose(store.high, [0, 0.008, 0.016, 0.016])
    np.testing.assert_allclose(store.low, [0, 0, 0.008, 0.016])
    np.testing.assert_allclose(unit.own_p_mw, [0, 0.008, 0.008, 0])


def test_heaters_by_themselves_hold_their_buffer_in_the_order_of_the_document():
    tables = {
        "buffer": [{"id": "T", "capacity_kwh": 50, "e0_kwh": 20, "demand_kw": [3, 3, 9, 9]}],
        "heater": [
            {"id": "pump", "into": "T", "p_max_kw": 2, "cop": 3},
            {"id": "gas", "into": "T", "p_max_kw": 10, "cop": 0.9, "fuel_chf_per_kwh": 0.1},
        ],
    }
    own = 1000.0 * own_p_mw(built(**tables).problem)
    np.testing.assert_allclose(own, [[1, 1, 2, 2], [0, 0, 3 / 0.9, 3 / 0.9]], atol=1e-9)


def test_a_process_by_itself_starts_when_it_says():
    process = {"id": "P", "profile_kw": [8, 4, 4, 4, 4, 4], "own_start": "+1h"}
    np.testing.assert_allclose(only_unit(process=[process]).own_p_mw, [0, 0.005, 0.002, 0], atol=1e-12)


def test_a_process_in_one_piece_begins_nowhere_where_it_would_run_into_blocked_hours():
    process = {"id": "P", "right": "own", "profile_kw": [8] * 6, "blocked": [["+2h", "+3h"]]}
    run = only_unit(process=[process], steps=("6x1h",)).run
    assert run.allowed.tolist() == [1, 0, 0, 1, 1, 0]  # of 1.5 h: over by +2h, or from +3h on, and by +6h


def test_a_call_by_ripple_control_sheds_all_or_nothing():
    programme = {"id": "D", "right": "contract", "base_kw": 10, "shed_percent": 50, "channel": "ripple", "calls_max": 1}
    run = only_unit(programme=[programme]).run
    np.testing.assert_allclose(run.min_mw, 0.005)
    np.testing.assert_allclose(run.max_mw, 0.005)


# ------------------------------------------------------------------------------------------------------- the connection


def test_the_running_tariff_interval_counts_what_was_metered():
    prices = {**PRICES, "peak": {"chf_per_kw_month": 6, "interval_minutes": 30, "metered_kwh": 5}}
    site = built(steps=("5x15min",), start="2026-01-25T17:15+00:00", prices=prices).problem.site
    assert site.interval_steps == (((0, 0.5),), ((1, 0.5), (2, 0.5)), ((3, 0.5), (4, 0.5)))
    np.testing.assert_allclose(site.peak_lift_mw, [0.010, 0, 0])  # 5 kWh in half an hour are 10 kW of its mean


def test_next_months_peak_costs_nothing_this_month():
    prices = {**PRICES, "peak": {"chf_per_kw_month": 6}}
    site = built(steps=("4x15min",), start="2026-01-31T23:30", prices=prices).problem.site
    assert (site.peak_lift_mw < -1.0).tolist() == [False, False, True, True]


def test_the_price_of_emissions_joins_import_and_fuel():
    prices = {**PRICES, "co2": {"chf_per_t": 100, "import_g_per_kwh": 130}}
    heater = {"id": "gas", "into": "T", "p_max_kw": 10, "cop": 0.9, "fuel_chf_per_kwh": 0.1, "fuel_g_co2_per_kwh": 200}
    buffer = {"id": "T", "capacity_kwh": 5, "e0_kwh": 0, "demand_kw": 1}
    plan = built(prices=prices, buffer=[buffer], heater=[heater])
    np.testing.assert_allclose(plan.problem.site.import_chf_per_mwh, 313.0)
    assert plan.problem.parts.units[0].draw_chf_per_mwh == pytest.approx(120.0)


def test_limits_of_the_connection_are_rows_over_all_that_is_electric():
    plan = built(limits={"import_kw": 8}, net={"load_kw": 6}, battery=[{**BATTERY, "right": "own"}])
    (row,) = plan.problem.rows
    np.testing.assert_allclose(row.room_mw, 0.002)
    found = account(plan, np.full((1, 4), 0.003))
    assert found.over_site.all()
    assert found.over_site_mw == pytest.approx(0.001)


# ------------------------------------------------------------------------------------------------------------- accounts


def test_an_account_adds_energy_peak_wear_and_what_was_taken_out_of_the_store():
    prices = {**PRICES, "peak": {"chf_per_kw_month": 2, "so_far_kw": 4, "interval_minutes": 60}}
    battery = {**BATTERY, "right": "own", "price_chf_per_kwh": 0.04, "end_value_chf_per_kwh": 0.2}
    found = account(built(prices=prices, net={"load_kw": 3}, battery=[battery]), 1e-3 * np.array([[2.0, -4.0, 0.0, 0.0]]))
    assert found.energy_chf == pytest.approx(0.3 * (5 + 3 + 3) - 0.1 * 1)
    assert found.peak_chf == pytest.approx(2 * (5 - 4))
    assert found.use_chf == pytest.approx(0.02 * 2 + 0.02 * 4)
    assert found.stored_chf == pytest.approx(0.2 * (4 / 0.9 - 2 * 0.9))
    assert found.total_chf == pytest.approx(found.energy_chf + found.peak_chf + found.use_chf + found.stored_chf)


def test_an_account_names_what_is_missing():
    process = {"id": "P", "right": "own", "p_kw": 4, "run_h": 2}
    found = account(
        built(car=[{**CAR, "right": "contract"}], process=[process]), 1e-3 * np.array([[0, 10, 0, 0], [4, 0, 0, 0]])
    )
    assert [(m.device, m.what, round(m.amount, 6), m.unit) for m in found.missing] == [
        ("C", "departure", 5.0, "kWh"),
        ("P", "contract", 4.0, "kWh"),
    ]
