"""Inverters on several curves at once: pandapower's controllers as the reference, and the curves themselves."""

import copy
from itertools import pairwise

import numpy as np
import pandapower as pp
import pytest
import xarray as xr
from pandapower.control import CharacteristicControl, run_control
from pandapower.control.controller.DERController import (
    CosphiPCurve,
    DERController,
    QModelCosphiP,
    QModelCosphiPCurve,
    QModelCosphiPQ,
    QModelQVCurve,
    QVCurve,
)
from pandapower.control.util.characteristic import Characteristic

from twin.domain.controls import Controls, Curve, InverterControl
from twin.domain.problems import BadInput
from twin.engines import make_engine
from twin.engines.control.controlled import ControlledGrid
from twin.engines.control.controls_of import controls_of

KERNEL = "batch"
WANT = ("vm_pu", "sgen_p_mw", "sgen_q_mvar")
Q_OF_U = ((0.93, 0.97, 1.03, 1.07), (0.436, 0.0, 0.0, -0.436))
NARROW = ((0.94, 0.98, 1.02, 1.05), (0.312, 0.0, 0.0, -0.312))
PHI_OF_P = ((0.0, 0.5, 1.0), (1.0, 1.0, -0.9))
SUN = np.array([0.0, 0.6, 1.0])


@pytest.fixture
def feeder():
    """An LV feeder with a photovoltaic plant at every joint; two at the last; its end rises to 1.08 pu at noon."""
    net = pp.create_empty_network(sn_mva=1.0)
    buses = [pp.create_bus(net, 10.0)] + [pp.create_bus(net, 0.4) for _ in range(5)]
    pp.create_ext_grid(net, buses[0], vm_pu=1.0)
    pp.create_transformer(net, buses[0], buses[1], "0.25 MVA 10/0.4 kV")
    for start, end in pairwise(buses[1:]):
        pp.create_line(net, start, end, 0.15, "NAYY 4x150 SE")
    for bus, kwp in zip([*buses[2:], buses[-1]], (30, 35, 40, 60, 25), strict=True):
        pp.create_sgen(net, bus, p_mw=kwp * 1e-3, q_mvar=0.0, sn_mva=kwp * 1e-3)
    for bus in buses[2:]:
        pp.create_load(net, bus, p_mw=3e-3, q_mvar=1e-3)
    return net


def day_of(net):
    return xr.Dataset({"sgen_p_mw": (("time", "sgen"), SUN[:, None] * net.sgen.sn_mva.to_numpy())})


def solve(net, controls, injections, engine=KERNEL):
    return ControlledGrid(make_engine(engine, net).model, net, controls).solve(injections, want=WANT).result


def controlled_by_pandapower(net, sun):
    """One step by ``run_control``: vm_pu, p_mw, q_mvar."""
    net = copy.deepcopy(net)
    net.sgen["p_mw"] = sun * net.sgen.sn_mva
    run_control(net, max_iter=300, numba=False, tolerance_mva=1e-8)
    return net.res_bus.vm_pu.to_numpy(), net.res_sgen.p_mw.to_numpy(), net.res_sgen.q_mvar.to_numpy()


def assert_equals_pandapower(net):
    """Every step native equals ``run_control``: both inverters and voltages."""
    read = controls_of(net)
    assert not read.others
    found = solve(net, read.controls, day_of(net))
    assert found.converged.all()
    for step, sun in enumerate(SUN):
        vm_pu, p_mw, q_mvar = controlled_by_pandapower(net, sun)
        np.testing.assert_allclose(found.vm_pu[step], vm_pu, atol=1e-6)
        np.testing.assert_allclose(found.sgen_p_mw[step] * net.sgen.scaling, p_mw, atol=1e-6)
        np.testing.assert_allclose(found.sgen_q_mvar[step] * net.sgen.scaling, q_mvar, atol=1e-6)
    return found


def der(net, sgen, q_model, **more):
    # pandapower halves its distance to the curve at each step and stops at 1e-5 of the value: asked for more here
    DERController(net, list(sgen), q_model=q_model, max_p_error=1e-9, max_q_error=1e-9, **more)


def test_two_q_of_u_curves_and_a_cos_phi_of_p_curve_equal_pandapowers_controllers(feeder):
    der(feeder, (0, 3), QModelQVCurve(QVCurve(*Q_OF_U)))
    der(feeder, (1, 4), QModelQVCurve(QVCurve(*NARROW)))
    der(feeder, (2,), QModelCosphiPCurve(CosphiPCurve(*PHI_OF_P)))
    found = assert_equals_pandapower(feeder)
    assert (found.sgen_q_mvar[-1] < -1e-3).sum() >= 3  # the curves have work to do


@pytest.mark.parametrize("model", [QModelCosphiPQ(-0.95), QModelCosphiP(-0.95)])
def test_constant_power_factor_equals_pandapowers_controller(feeder, model):
    der(feeder, range(5), model)
    assert_equals_pandapower(feeder)


def test_scaling_multiplies_what_the_curves_give(feeder):
    feeder.sgen["scaling"] = [1.0, 0.5, 1.0, 0.8, 1.2]
    der(feeder, range(5), QModelQVCurve(QVCurve(*NARROW)))
    assert_equals_pandapower(feeder)


@pytest.mark.parametrize("priority", ["p", "q"])
def test_apparent_power_limit_equals_pandapowers_controller(feeder, priority):
    s_max = 0.95 * feeder.sgen.sn_mva
    limited = InverterControl(
        tuple(range(5)), tuple(feeder.sgen.sn_mva), q_of_vm=Curve(*NARROW), s_max_mva=tuple(s_max), priority=priority
    )
    found = solve(feeder, Controls((limited,)), day_of(feeder).isel(time=[2]))
    for sgen in range(5):
        der(
            feeder,
            [sgen],
            QModelQVCurve(QVCurve(*NARROW)),
            saturate_sn_mva=s_max[sgen],
            q_prio=priority == "q",
            damping_coef=1.2,
        )
        # as run_timeseries does; else the controller takes what it has reduced for what is available
        feeder.controller.object[sgen].p_series_mw = feeder.sgen.sn_mva.loc[[sgen]]
    vm_pu, p_mw, q_mvar = controlled_by_pandapower(feeder, 1.0)
    np.testing.assert_allclose(found.vm_pu[0], vm_pu, atol=1e-6)
    np.testing.assert_allclose(found.sgen_p_mw[0], p_mw, atol=1e-6)
    np.testing.assert_allclose(found.sgen_q_mvar[0], q_mvar, atol=1e-6)
    np.testing.assert_allclose(np.hypot(found.sgen_p_mw, found.sgen_q_mvar)[0], s_max, rtol=1e-6)


def test_curtailed_power_equals_pandapowers_characteristic(feeder):
    """A characteristic sets the power; P(U) caps it: the same where more sun is there than the cap lets through."""
    cap = Curve((0.90, 1.10), (1.0, 0.6))
    controls = Controls((InverterControl((3,), (0.06,), p_of_vm=cap),))
    found = solve(feeder, controls, day_of(feeder).isel(time=[2]))
    characteristic = Characteristic(feeder, cap.x, [0.06 * share for share in cap.y])
    CharacteristicControl(
        feeder, "sgen", "p_mw", [3], "res_bus", "vm_pu", [feeder.sgen.bus[3]], characteristic.index, tol=1e-10
    )
    vm_pu, p_mw, _ = controlled_by_pandapower(feeder, 1.0)
    np.testing.assert_allclose(found.vm_pu[0], vm_pu, atol=1e-6)
    np.testing.assert_allclose(found.sgen_p_mw[0], p_mw, atol=1e-6)
    assert found.sgen_p_mw[0, 3] < 0.05


def test_curtailment_leaves_what_lies_below_its_cap(feeder):
    controls = Controls((InverterControl((3, 4), (0.06, 0.025), p_of_vm=Curve((1.05, 1.10), (1.0, 0.0))),))
    found = solve(feeder, controls, day_of(feeder))
    available = day_of(feeder).sgen_p_mw
    assert (found.sgen_p_mw <= available + 1e-12).all()
    np.testing.assert_array_equal(found.sgen_p_mw[0], available[0])
    at_end = found.vm_pu.sel(bus=5)
    assert found.sgen_p_mw[2, 3] < available[2, 3]
    # settled to 1e-5 of the rating
    np.testing.assert_allclose(found.sgen_p_mw[2, 3:] / [0.06, 0.025], (1.10 - at_end[2]) / 0.05, atol=1e-5)


def test_steep_curves_of_a_weak_feeder_settle_on_the_curve(feeder):
    """Full injection to full absorption within 0.5 %: substitution swings for ever, and so do full Newton steps."""
    steep = Curve((0.999, 1.001, 1.002, 1.004), (0.5, 0.0, 0.0, -0.5))
    found = solve(
        feeder, Controls((InverterControl(tuple(range(5)), tuple(feeder.sgen.sn_mva), q_of_vm=steep),)), day_of(feeder)
    )
    assert found.converged.all()
    vm = found.vm_pu.sel(bus=feeder.sgen.bus.to_numpy()).values
    np.testing.assert_allclose(found.sgen_q_mvar / feeder.sgen.sn_mva.to_numpy(), steep.at(vm), atol=2e-5)


def test_power_flow_of_the_settled_powers_is_the_settled_state(feeder):
    controls = Controls(
        (
            InverterControl((0, 3), (0.03, 0.06), q_of_vm=Curve(*NARROW), p_of_vm=Curve((1.04, 1.08), (1.0, 0.5))),
            InverterControl((1, 2), (0.035, 0.04), cos_phi_of_p=Curve(*PHI_OF_P), p_of_vm=Curve((1.03, 1.08), (1.0, 0.2))),
        )
    )
    found = solve(feeder, controls, day_of(feeder))
    assert found.converged.all()
    fixed = xr.Dataset({name: (("time", "sgen"), found[name].values) for name in ("sgen_p_mw", "sgen_q_mvar")})
    engine = make_engine(KERNEL, feeder)
    for step in range(len(SUN)):
        reference = engine.model().solve(fixed.isel(time=[step])).vm_pu[0]
        np.testing.assert_allclose(found.vm_pu[step], reference, atol=1e-9)  # the kernel's own tolerance


def test_both_engines_settle_at_the_same_powers(feeder):
    controls = Controls(
        (InverterControl((3, 4), (0.06, 0.025), q_of_vm=Curve(*NARROW), p_of_vm=Curve((1.04, 1.08), (1.0, 0.5))),)
    )
    found = [solve(feeder, controls, day_of(feeder).isel(time=[2]), engine) for engine in (KERNEL, "pandapower")]
    for name in WANT:
        np.testing.assert_allclose(found[0][name], found[1][name], atol=1e-6)


def test_step_without_numbers_leaves_the_others_settled(feeder):
    day = day_of(feeder)
    controls = Controls((InverterControl((3, 4), (0.06, 0.025), q_of_vm=Curve(*NARROW)),))
    whole = solve(feeder, controls, day)
    day["sgen_p_mw"][1, 0] = np.nan
    found = solve(feeder, controls, day)
    assert found.converged.values.tolist() == [True, False, True]
    assert found.sgen_q_mvar[1].isnull().all()
    # a batch kernel starts a step from the one before: equal to what a settled step may be off
    np.testing.assert_allclose(found.vm_pu[[0, 2]], whole.vm_pu[[0, 2]], atol=1e-7)


def test_inverter_that_draws_at_night_keeps_its_power_and_gets_no_reactive_power(feeder):
    controls = Controls((InverterControl((3,), (0.06,), cos_phi_of_p=Curve(*PHI_OF_P), p_of_vm=Curve((1.0,), (0.0,))),))
    found = solve(feeder, controls, xr.Dataset({"sgen_p_mw": (("time", "sgen"), [[0.0, 0.0, 0.0, -0.001, 0.0]])}))
    assert found.sgen_p_mw[0, 3] == -0.001
    assert found.sgen_q_mvar[0, 3] == 0.0


def test_wrong_inverter_controls_are_refused_together(feeder):
    curve = Curve((1.0, 0.9), (0.0, 0.3))
    wrong = Controls(
        (
            InverterControl((0, 77), (0.03, 0.03), q_of_vm=curve),
            InverterControl((0,), (0.0,), q_of_vm=Curve(*Q_OF_U), cos_phi_of_p=Curve((0.0,), (0.0,))),
        )
    )
    with pytest.raises(BadInput) as refused:
        solve(feeder, wrong, day_of(feeder))
    # descending curve; two modes; cos phi 0; rating 0; sgen 0 twice; sgen 77 unknown
    assert len(refused.value.problems) == 6
