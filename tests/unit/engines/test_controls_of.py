"""Which of pandapower's controllers are native, and what is said of the others."""

import pandapower as pp
import pytest
from pandapower.control import CharacteristicControl, ConstControl, ContinuousTapControl, DiscreteTapControl
from pandapower.control.controller.DERController import DERController, PQAreaSTATCOM, QModelQVCurve, QVCurve
from pandapower.control.util.characteristic import Characteristic, SplineCharacteristic

from twin.domain.controls import Controls, Curve, InverterControl, TapControl
from twin.engines.control.controls_of import controls_of

V, Q = (0.93, 0.97, 1.03, 1.07), (0.436, 0.0, 0.0, -0.436)


@pytest.fixture
def net():
    net = pp.create_empty_network()
    hv, mv, lv = (pp.create_bus(net, vn) for vn in (110.0, 10.0, 0.4))
    pp.create_ext_grid(net, hv)
    pp.create_transformer(net, hv, mv, "25 MVA 110/10 kV")
    pp.create_transformer(net, mv, lv, "0.63 MVA 10/0.4 kV")
    pp.create_load(net, lv, p_mw=0.1)
    for _ in range(2):
        pp.create_sgen(net, lv, p_mw=0.05, sn_mva=0.06)
    return net


def test_net_without_controllers_has_no_controls(net):
    read = controls_of(net)
    assert read.controls == Controls()
    assert not read.others


def test_tap_control_by_set_point_becomes_its_band(net):
    DiscreteTapControl.from_tap_step_percent(net, 0, 1.02, side="lv")
    (tap,) = controls_of(net).controls.taps
    half = 1.5 / 100.0 / 2.0 + 1e-3  # half a step and the controller's tolerance
    assert tap == TapControl(0, "lv", 1.02 - half, 1.02 + half)


def test_one_controller_of_two_transformers_becomes_two_controls(net):
    DiscreteTapControl(net, [0, 1], 0.98, 1.02)
    assert controls_of(net).controls.taps == (TapControl(0, "lv", 0.98, 1.02), TapControl(1, "lv", 0.98, 1.02))


def test_characteristic_from_voltage_to_reactive_power_becomes_a_curve_in_mvar(net):
    characteristic = Characteristic(net, V, Q)
    CharacteristicControl(net, "sgen", "q_mvar", [0, 1], "res_bus", "vm_pu", [2, 2], characteristic.index)
    assert controls_of(net).controls.inverters == (InverterControl((0, 1), (1.0, 1.0), q_of_vm=Curve(V, Q)),)


def test_controller_out_of_service_controls_nothing(net):
    ContinuousTapControl(net, 0, 1.0, in_service=False)
    read = controls_of(net)
    assert not read.others
    assert not read.controls


def test_profile_of_an_injection_is_no_control_and_any_other_profile_is_named(net):
    ConstControl(net, "load", "p_mw", [0], profile_name=["a"])
    assert not controls_of(net).others
    ConstControl(net, "ext_grid", "vm_pu", [0], profile_name=["b"])
    assert [other.split(":")[0] for other in controls_of(net).others] == ["ConstControl 1"]


def curve():
    return QModelQVCurve(QVCurve(V, Q))


def spline(net):
    return SplineCharacteristic(net, V, Q).index


@pytest.mark.parametrize(
    ("add", "reason"),
    [
        (lambda net: ContinuousTapControl(net, 0, 1.0), "no native counterpart"),
        (lambda net: DERController(net, [0], q_model=curve(), pqv_area=PQAreaSTATCOM(-0.3, 0.3)), "PQAreaSTATCOM"),
        (
            lambda net: CharacteristicControl(net, "sgen", "q_mvar", [0], "res_bus", "vm_pu", [2], spline(net)),
            "SplineCharacteristic",
        ),
        (
            lambda net: CharacteristicControl(
                net, "sgen", "q_mvar", [0], "res_bus", "vm_pu", [1], Characteristic(net, V, Q).index
            ),
            "another bus",
        ),
    ],
)
def test_controller_without_an_exact_counterpart_is_named_with_its_reason(net, add, reason):
    DiscreteTapControl(net, 1, 0.98, 1.02)
    add(net)
    read = controls_of(net)
    assert not read.controls  # the controllers act on each other: all or none
    assert any(reason in other for other in read.others)


def test_controls_in_two_levels_and_taps_beside_inverters_go_to_pandapower(net):
    DiscreteTapControl(net, 0, 0.98, 1.02, level=0)
    DiscreteTapControl(net, 1, 0.98, 1.02, level=1)
    assert "level" in controls_of(net).others[0]
    net.controller.drop(net.controller.index, inplace=True)
    DiscreteTapControl(net, 0, 0.98, 1.02)
    DERController(net, [0], q_model=curve())
    assert "beside inverters" in controls_of(net).others[0]
