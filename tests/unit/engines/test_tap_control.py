"""On-load tap changers through time: pandapower's own controller step by step, and what must hold without it."""

import copy

import numpy as np
import pandapower as pp
import pandas as pd
import pytest
import xarray as xr
from pandapower.control import ConstControl, DiscreteTapControl
from pandapower.timeseries import DFData, OutputWriter, run_timeseries

from twin.domain.controls import Controls, Curve, InverterControl, TapControl
from twin.domain.problems import BadInput
from twin.engines import make_engine
from twin.engines.control.controlled import ControlledGrid

KERNEL = "batch"
STEPS = 96
BAND = (0.99, 1.02)


@pytest.fixture
def town():
    """A 110/10 kV transformer that feeds a town and a step-up transformer; both carry much and change much."""
    net = pp.create_empty_network(sn_mva=1.0)
    grid, busbar, village, generator, far = (pp.create_bus(net, vn) for vn in (110.0, 10.0, 10.0, 20.0, 20.0))
    pp.create_ext_grid(net, grid, vm_pu=1.0)
    pp.create_transformer(net, grid, busbar, "25 MVA 110/10 kV")
    line = {"r_ohm_per_km": 0.12, "x_ohm_per_km": 0.11, "c_nf_per_km": 0.0, "max_i_ka": 0.6}
    pp.create_line_from_parameters(net, busbar, village, 3.0, **line)
    pp.create_transformer_from_parameters(
        net, hv_bus=far, lv_bus=village, sn_mva=10.0, vn_hv_kv=20.0, vn_lv_kv=10.0, vk_percent=9.0, vkr_percent=0.5,
        pfe_kw=5.0, i0_percent=0.1, tap_side="lv", tap_neutral=0, tap_min=-6, tap_max=6, tap_step_percent=1.3, tap_pos=0,
        tap_changer_type="Ratio",
    )  # fmt: skip
    pp.create_line_from_parameters(net, far, generator, 4.0, **line)
    for bus, p in ((busbar, 8.0), (village, 3.0), (generator, 3.5)):
        pp.create_load(net, bus, p_mw=p, q_mvar=0.3 * p)
    return net


@pytest.fixture
def day(town):
    """Load between a fifth and one and a half of its rated value, with jumps that need several taps at once."""
    rng = np.random.default_rng(5)
    wave = 0.8 - 0.6 * np.cos(2.0 * np.pi * np.arange(STEPS) / STEPS) + 0.1 * rng.standard_normal(STEPS)
    share = np.clip(np.where(np.arange(STEPS) % 17 == 9, 0.2, wave), 0.15, 1.5)[:, None]
    own = town.load[["p_mw", "q_mvar"]].to_numpy().T
    return xr.Dataset({"load_p_mw": (("time", "load"), share * own[0]), "load_q_mvar": (("time", "load"), share * own[1])})


def controlled(net, controls):
    return ControlledGrid(make_engine(KERNEL, net).model, net, controls)


def solve(net, controls, injections, **more):
    return controlled(net, controls).solve(injections, **more).result


def by_pandapower(net, injections, control):
    """Tap positions and voltages by ``run_timeseries``; ``control`` adds the controllers."""
    net = copy.deepcopy(net)
    for variable in ("p_mw", "q_mvar"):
        profile = DFData(pd.DataFrame(injections[f"load_{variable}"].values, columns=net.load.index))
        ConstControl(net, "load", variable, net.load.index, profile_name=net.load.index, data_source=profile)
    control(net)
    writer = OutputWriter(net, range(STEPS), log_variables=[("trafo", "tap_pos"), ("res_bus", "vm_pu")])
    run_timeseries(net, range(STEPS), verbose=False, numba=False, tolerance_mva=1e-8)
    return writer.output["trafo.tap_pos"].to_numpy(), writer.output["res_bus.vm_pu"].to_numpy()


def far_end(net, trafo, bus, band):
    """pandapower's controller reading another bus: what line-drop compensation stands for."""

    class AtFarEnd(DiscreteTapControl):
        def _update_trafobus(self, net):
            self.trafobus = bus

    AtFarEnd(net, trafo, *band, side="lv")


def test_two_changers_on_both_sides_walk_the_path_of_pandapowers_controllers(town, day):
    def control(net):
        DiscreteTapControl(net, 0, *BAND, side="lv")
        DiscreteTapControl(net, 1, 0.985, 1.015, side="hv")

    position, vm_pu = by_pandapower(town, day, control)
    controls = Controls(taps=(TapControl(0, "lv", *BAND), TapControl(1, "hv", 0.985, 1.015)))
    found = solve(town, controls, day)
    assert (np.diff(position, axis=0) != 0).sum(axis=0).min() > 5  # both have much to do
    np.testing.assert_array_equal(found.tap_pos, position)
    # both stop at 1e-8 MVA
    np.testing.assert_allclose(found.vm_pu, vm_pu, atol=1e-8)
    assert not found.tap_hunting.any()


def test_line_drop_compensation_equals_pandapowers_controller_at_the_far_end(town, day):
    """The village's transformer stands still, so all current of the transformer's load beyond the line is known."""
    town.load.loc[0, ["p_mw", "q_mvar"]] = 0.0
    day["load_p_mw"][:, 0], day["load_q_mvar"][:, 0] = 0.0, 0.0
    position, vm_pu = by_pandapower(town, day, lambda net: far_end(net, 0, 2, BAND))
    line = town.line.loc[0]
    r, x = line.r_ohm_per_km * line.length_km, line.x_ohm_per_km * line.length_km
    found = solve(town, Controls(taps=(TapControl(0, "lv", *BAND, r_ohm=r, x_ohm=x),)), day)
    np.testing.assert_array_equal(found.tap_pos.values[:, 0], position[:, 0])
    np.testing.assert_allclose(found.vm_pu, vm_pu, atol=1e-8)
    without = solve(town, Controls(taps=(TapControl(0, "lv", *BAND),)), day)
    assert (without.tap_pos.values != found.tap_pos.values).any()


def test_path_does_not_depend_on_how_the_time_is_cut(town, day):
    controls = Controls(taps=(TapControl(0, "lv", *BAND, delay_steps=2), TapControl(1, "hv", 0.985, 1.015, delay_steps=1)))
    grid = controlled(town, controls)
    whole = grid.solve(day).result
    state, position = None, []
    for start in range(0, STEPS, 13):
        part = grid.solve(day.isel(time=slice(start, start + 13)), taps=state)
        state = part.taps
        position.append(part.result.tap_pos.values)
    np.testing.assert_array_equal(np.concatenate(position), whole.tap_pos)


def low_from(town, start, steps):
    """Full load from step ``start`` on, a quarter before: the voltage leaves the band once and for all."""
    share = np.where(np.arange(steps) >= start, 1.5, 0.25)[:, None]
    return xr.Dataset({f"load_{name}": (("time", "load"), share * town.load[name].to_numpy()) for name in ("p_mw", "q_mvar")})


def test_tap_waits_its_delay_and_not_a_step_longer(town):
    day = low_from(town, 3, 10)
    at_once = solve(town, Controls(taps=(TapControl(0, "lv", *BAND),)), day).tap_pos.values[:, 0]
    delayed = solve(town, Controls(taps=(TapControl(0, "lv", *BAND, delay_steps=4),)), day).tap_pos.values[:, 0]
    assert at_once[3] != at_once[2]
    assert (delayed[:7] == delayed[0]).all()
    assert (delayed[7:] == at_once[3:6]).all()


def test_voltage_back_in_its_band_before_the_delay_has_passed_moves_nothing(town):
    day = low_from(town, 3, 12)
    day["load_p_mw"][5], day["load_q_mvar"][5] = day["load_p_mw"][0], day["load_q_mvar"][0]
    found = solve(town, Controls(taps=(TapControl(0, "lv", *BAND, delay_steps=4),)), day).tap_pos.values[:, 0]
    assert (found[:10] == found[0]).all()
    assert found[10] != found[0]


def test_changer_at_its_end_stays_there_and_is_reported(town):
    town.trafo.loc[0, ["tap_min", "tap_max"]] = [-1, 1]
    found = solve(town, Controls(taps=(TapControl(0, "lv", 1.04, 1.06),)), low_from(town, 3, 6))
    assert found.tap_pos.values[3:].tolist() == [[-1], [-1], [-1]]
    assert found.tap_at_end.values[3:].all()
    assert found.converged.all()
    assert (found.vm_pu.sel(bus=1)[3:] < 1.04).all()


def test_band_narrower_than_a_tap_is_reported_as_hunting(town):
    # 1.5 % a tap: somewhere no position meets a band of 0.1 %
    found = solve(town, Controls(taps=(TapControl(0, "lv", 1.0040, 1.0050),)), low_from(town, 0, 4))
    assert found.tap_hunting.all()
    assert not found.tap_at_end.any()
    assert found.vm_pu.notnull().all()
    wide = solve(town, Controls(taps=(TapControl(0, "lv", *BAND),)), low_from(town, 0, 4))
    assert not wide.tap_hunting.any()


def test_step_without_numbers_moves_no_tap(town, day):
    controls = Controls(taps=(TapControl(0, "lv", *BAND),))
    plain = solve(town, controls, day)
    moving = int(np.flatnonzero(np.diff(plain.tap_pos.values[:, 0]))[5]) + 1
    day["load_p_mw"][moving] = np.nan
    found = solve(town, controls, day)
    assert found.tap_pos[moving, 0] == found.tap_pos[moving - 1, 0]
    assert found.converged.values.tolist() == [step != moving for step in range(STEPS)]
    assert found.vm_pu[moving].isnull().all()


def test_transformer_out_of_service_is_not_moved(town, day):
    town.trafo.loc[1, "in_service"] = False
    found = solve(town, Controls(taps=(TapControl(1, "hv", 0.985, 1.015),)), day)
    assert (found.tap_pos == 0).all()


def test_inverters_settle_before_a_tap_moves(town):
    """Reactive power alone brings the voltage back into its band, so the tap has nothing to do."""
    pp.create_sgen(town, 1, p_mw=0.0, q_mvar=0.0, sn_mva=12.0)
    day = low_from(town, 3, 6)
    tap = TapControl(0, "lv", 0.975, 1.02)
    alone = solve(town, Controls(taps=(tap,)), day)
    q_of_vm = Curve((0.97, 0.99, 1.01, 1.03), (0.5, 0.0, 0.0, -0.5))
    helped = solve(town, Controls((InverterControl((0,), (12.0,), q_of_vm=q_of_vm),), (tap,)), day)
    assert (alone.tap_moves.values[3] > 0).all()
    assert (helped.tap_moves == 0).all()
    assert helped.converged.all()


def test_wrong_tap_controls_are_refused_together(town):
    town.trafo.loc[1, "tap_min"] = np.nan
    wrong = Controls(taps=(TapControl(7, "lv", *BAND), TapControl(1, "lv", 1.02, 0.98, delay_steps=-1)))
    with pytest.raises(BadInput) as refused:
        controlled(town, wrong)
    # unknown transformer, upside-down band, negative delay, no lower end
    assert len(refused.value.problems) == 4
