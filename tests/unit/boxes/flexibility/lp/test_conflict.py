"""A problem without a plan says which device, when, which bound and by how much."""

import dataclasses

import numpy as np
import pytest

from twin.boxes.flexibility.devices.heat import HeatBuffer, Heater
from twin.boxes.flexibility.devices.heat_pump import HeatPump
from twin.boxes.flexibility.devices.process import Process
from twin.boxes.flexibility.devices.programme import Programme
from twin.boxes.flexibility.devices.storage import Storage
from twin.boxes.flexibility.lp.compiled import CompiledModel
from twin.boxes.flexibility.lp.conflict import conflicts
from twin.boxes.flexibility.lp.problem import Penalties, Problem, Site

HOURS = (1.0,) * 8
EXACT = 1e-6  # MW, MWh, h: far above the solver's 1e-9, far below any device


def battery(name="b1", **changes):
    given = {"efficiency": 1.0, "charge_max_mw": 1.0, "discharge_max_mw": 1.0, "e0_mwh": 1.0, "e_max_mwh": 4.0}
    return Storage(id=name, **{**given, **changes})


def problem_of(*devices, hours=HOURS):
    steps = len(hours)
    site = Site(net_p_mw=np.zeros(steps), import_chf_per_mwh=np.full(steps, 100.0), export_chf_per_mwh=np.full(steps, 50.0))
    return Problem(hours=hours, devices=devices, site=site, penalties=Penalties.above(1000.0))


def found_in(*devices):
    problem = problem_of(*devices)
    return conflicts(CompiledModel(problem), problem)


def asked_at(step, mwh):
    low = np.zeros(len(HOURS))
    low[step] = mwh
    return low


def test_a_problem_with_a_plan_has_no_conflict():
    assert found_in(battery()) == ()


def test_a_store_that_cannot_be_filled_in_time_is_named_with_hour_bound_and_what_is_missing():
    # 1 MWh now and 1 MW for two hours make 3 MWh at the end of step 1; 3.5 are asked
    (found,) = found_in(battery(e_min_mwh=asked_at(1, 3.5)))
    assert (found.kind, found.device, found.step, found.at_h, found.bound, found.unit) == (
        "store_low", "b1", 1, 1.0, 3.5, "MWh",
    )  # fmt: skip
    assert found.amount == pytest.approx(0.5, abs=EXACT)


def test_heat_without_room_is_named_as_too_much():
    water = HeatBuffer(id="water", capacity_mwh=1.0, e0_mwh=0.5, demand_mw=0.0, soft=False)
    rod = Heater(id="rod", into="water", p_max_mw=1.0, efficiency=1.0, own_p_mw=0.2, movable=0.0)
    found = found_in(water, rod)
    assert {(one.kind, one.device) for one in found} == {("store_high", "water")}
    assert sum(one.amount for one in found) == pytest.approx(8 * 0.2 - 0.5, abs=EXACT)
    assert found[0].step == 2  # half an hour into it the boiler is full


def test_bounds_that_cross_are_named_by_variable_device_and_step():
    low = np.zeros(len(HOURS))
    low[4:] = 5.0
    found = [one for one in found_in(battery(e_min_mwh=low)) if one.kind == "bounds"]
    assert [(one.row, one.device, one.step, one.amount, one.bound) for one in found] == [
        ("level", "b1", k, 1.0, 4.0) for k in range(4, 8)
    ]


def test_a_bound_that_is_no_number_is_a_conflict_too():
    high = np.full(len(HOURS), 4.0)
    high[3] = np.nan
    found = found_in(battery(e_max_mwh=high))
    assert [(one.kind, one.device, one.step) for one in found] == [("bounds", "b1", 3)]


def test_energy_owed_that_cannot_be_paid_back_is_named_at_its_end():
    programme = Programme(
        id="ripple", base_mw=1.0, shed_share=0.0, shed_chf_per_mwh=10.0, rebound_share=1.0, rebound_within_h=2.0,
        rebound_max_mw=0.1, owed_mwh=1.0,
    )  # fmt: skip
    found = found_in(programme)
    assert found[0].kind == "owed"
    assert found[0].device == "ripple"
    # at the end of the second hour nothing may be owed; 0.2 MWh could be paid back
    assert found[0].step == 1
    assert found[0].amount == pytest.approx(0.8, abs=EXACT)


def test_a_compressor_that_is_left_alone_keeps_no_least_power():
    pump = HeatPump(
        id="pump", p_max_mw=0.004, cop=3.0, outdoor_temp_c=10.0, ua_mw_per_k=0.0002, capacity_mwh_per_k=0.01, temp0_c=21.0,
        temp_min_c=19.0, temp_max_c=24.0, thermostat_c=21.0, least_mw=0.003, movable=0.0,
    )  # fmt: skip
    assert not found_in(pump)


def test_a_profile_that_is_no_power_of_its_process_is_a_whole_run():
    steps = np.ones(len(HOURS))
    process = Process(id="oven", profile_mw=(0.5,) * 4)
    held = dataclasses.replace(process.parts(HOURS).units[0], own_p_mw=0.2 * steps, movable=0.0)

    @dataclasses.dataclass(frozen=True)
    class Held:
        id: str = "oven"

        def parts(self, hours):
            return dataclasses.replace(process.parts(hours), units=(held,))

    found = found_in(Held())
    assert {(one.kind, one.device) for one in found} == {("whole_run", "oven")}


def test_the_device_with_the_least_to_change_comes_first():
    long = battery("long", e_max_mwh=np.linspace(1.0, 0.3, 8), discharge_max_mw=0.0)
    short = battery("short", e_min_mwh=asked_at(0, 3.0))
    found = found_in(long, short)
    assert [one.device for one in found] == ["short"] + ["long"] * 7


def test_numbers_of_this_tick_count_not_those_of_the_compilation():
    slow, fast = problem_of(battery(efficiency=0.5, e_min_mwh=asked_at(1, 2.0))), battery(e_min_mwh=asked_at(1, 2.5))
    compiled = CompiledModel(problem_of(fast))
    (found,) = conflicts(compiled, dataclasses.replace(slow, devices=(battery(efficiency=0.5, e_min_mwh=asked_at(1, 2.5)),)))
    assert found.amount == pytest.approx(0.5, abs=EXACT)  # 1 + 2 x 0.5 instead of 1 + 2


def test_a_model_of_another_shape_is_refused():
    with pytest.raises(ValueError, match="compile anew"):
        conflicts(CompiledModel(problem_of(battery())), problem_of(battery("b2")))
