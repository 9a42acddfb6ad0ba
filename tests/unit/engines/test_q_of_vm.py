"""Inverters that hold their voltage by reactive power: the fixed point, against two independent ways to it."""

import copy
from itertools import pairwise

import numpy as np
import pandapower as pp
import pytest
import xarray as xr

from twin.domain.controls import Controls, Curve, InverterControl
from twin.domain.grid import NORMAL
from twin.domain.problems import BadInput
from twin.engines import make_engine

CORNERS = (0.92, 0.96, 1.05, 1.08)
COS_PHI = 0.9
CURVE = Curve.of_corners(CORNERS, COS_PHI)
Q_MAX = CURVE.y[0]


@pytest.fixture
def feeder():
    """An LV feeder with three photovoltaic plants: its end rises past 1.05 pu at noon."""
    net = pp.create_empty_network(sn_mva=1.0)
    buses = [pp.create_bus(net, 10.0)] + [pp.create_bus(net, 0.4) for _ in range(4)]
    pp.create_ext_grid(net, buses[0], vm_pu=1.01)
    pp.create_transformer(net, buses[0], buses[1], "0.25 MVA 10/0.4 kV")
    for start, end in pairwise(buses[1:]):
        pp.create_line(net, start, end, 0.2, "NAYY 4x150 SE")
    for bus, kwp in zip(buses[2:], (30, 40, 60), strict=True):
        pp.create_sgen(net, bus, p_mw=kwp * 1e-3, q_mvar=0.0, sn_mva=kwp * 1e-3)
        pp.create_load(net, bus, p_mw=2e-3, q_mvar=0.0)
    pp.create_sgen(net, buses[4], p_mw=0.01, q_mvar=0.0, sn_mva=0.01)
    return net


@pytest.fixture
def day(feeder):
    sun = np.array([0.0, 0.3, 0.6, 0.85, 1.0])
    return xr.Dataset({"sgen_p_mw": (("time", "sgen"), sun[:, None] * feeder.sgen.sn_mva.to_numpy())})


@pytest.fixture
def inverters(feeder):
    return Controls((InverterControl(tuple(feeder.sgen.index), tuple(feeder.sgen.sn_mva), q_of_vm=CURVE),))


@pytest.mark.parametrize("engine", ["batch", "pandapower"])
def test_inverters_sit_on_their_curve_and_lower_the_feeder_end(feeder, day, inverters, engine):
    model = make_engine(engine, feeder).model(NORMAL)
    without = model.solve(day, want=("vm_pu",))
    found = model.solve(day, want=("vm_pu", "sgen_q_mvar"), controls=inverters)
    assert found.converged.all()
    assert without.vm_pu.max() > 1.08 > found.vm_pu.max()
    at_inverter = found.vm_pu.sel(bus=feeder.sgen.bus.to_numpy()).values
    sn_mva = feeder.sgen.sn_mva.to_numpy()
    on_curve = CURVE.at(at_inverter) * sn_mva
    # 1e-6 pu of voltage is 1e-6 * 0.436 / 0.03 of the rating on the curve's slope
    np.testing.assert_allclose(found.sgen_q_mvar, on_curve, atol=1.5e-5 * sn_mva.max())
    assert (found.sgen_q_mvar.values[0] == 0.0).all()  # at night the voltage is in the dead band


def test_reactive_power_fed_back_reproduces_the_state_by_runpp(feeder, day, inverters):
    engine = make_engine("batch", feeder)
    found = engine.model(NORMAL).solve(day, want=("vm_pu", "sgen_q_mvar"), controls=inverters)
    fixed = day.assign(sgen_q_mvar=(("time", "sgen"), found.sgen_q_mvar.values))
    for step in (2, 4):
        reference = engine.reference_vm_pu(NORMAL, fixed.isel(time=[step]))
        np.testing.assert_allclose(found.vm_pu.values[step], reference, atol=1e-8)


def test_fixed_point_equals_pandapowers_own_controller(feeder, day, inverters):
    from pandapower.control import run_control
    from pandapower.control.controller.DERController import DERController, QModelQVCurve, QVCurve

    net = copy.deepcopy(feeder)
    curve = QVCurve(vm_points_pu=CORNERS, q_points_pu=(Q_MAX, 0.0, 0.0, -Q_MAX))
    for sgen in net.sgen.index:
        DERController(net, [sgen], q_model=QModelQVCurve(curve), max_q_error=1e-8, damping_coef=1.5)
    run_control(net, max_iter=200, numba=False, tolerance_mva=1e-8)
    found = make_engine("batch", feeder).model(NORMAL).solve(
        day.isel(time=[4]), want=("vm_pu", "sgen_q_mvar"), controls=inverters
    )  # fmt: skip
    np.testing.assert_allclose(found.vm_pu[0], net.res_bus.vm_pu, atol=1e-6)
    np.testing.assert_allclose(found.sgen_q_mvar[0], net.res_sgen.q_mvar, atol=2e-6)


def test_step_that_diverges_leaves_the_other_steps_settled(feeder, day, inverters):
    load = np.tile(feeder.load.p_mw.to_numpy(), (5, 1))
    load[1] *= 500.0
    stressed = day.assign(load_p_mw=(("time", "load"), load))
    model = make_engine("batch", feeder).model(NORMAL)
    calm = model.solve(day, want=("vm_pu", "sgen_q_mvar"), controls=inverters)
    found = model.solve(stressed, want=("vm_pu", "sgen_q_mvar"), controls=inverters)
    assert found.converged.values.tolist() == [True, False, True, True, True]
    assert np.isnan(found.vm_pu.values[1]).all()
    assert np.isnan(found.sgen_q_mvar.values[1]).all()
    np.testing.assert_allclose(found.vm_pu.values[2:], calm.vm_pu.values[2:], atol=1e-8)


def test_inverter_out_of_service_injects_nothing(feeder, day, inverters):
    feeder.sgen.loc[2, "in_service"] = False
    found = make_engine("batch", feeder).model(NORMAL).solve(
        day, want=("vm_pu", "sgen_q_mvar"), controls=inverters
    )  # fmt: skip
    assert found.converged.all()
    assert (found.sgen_q_mvar.sel(sgen=2) == 0.0).all()


def test_curve_turns_at_its_corners_and_stays_flat_outside():
    vm = np.array([0.90, 0.94, 1.00, 1.065, 1.09])
    np.testing.assert_allclose(CURVE.at(vm), [Q_MAX, Q_MAX / 2, 0.0, -Q_MAX / 2, -Q_MAX])
    assert pytest.approx(0.436, abs=1e-3) == Q_MAX  # sin phi at cos phi 0.9
    without_band = Curve.of_corners((0.94, 1.0, 1.0, 1.06), COS_PHI)
    np.testing.assert_allclose(without_band.at(np.array([0.97, 1.0, 1.03])), [Q_MAX / 2, 0.0, -Q_MAX / 2])


def test_unknown_inverter_and_descending_curve_are_refused_together(feeder, day):
    wrong = Controls((InverterControl((77,), (0.01,), q_of_vm=Curve((0.96, 0.92, 1.05, 1.08), CURVE.y)),))
    with pytest.raises(BadInput) as refused:
        make_engine("batch", feeder).model(NORMAL).solve(day, controls=wrong)
    assert len(refused.value.problems) == 2
