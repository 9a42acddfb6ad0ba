"""Short-circuit currents by IEC 60909-0 against the standard's formulas worked by hand."""

import copy

import numpy as np
import pandapower as pp
import pytest

from twin.domain.grid import Topology
from twin.engines.outages.short_circuit import short_circuit

R_PER_KM, X_PER_KM, KM = 0.161, 0.11, 5.0
RX = 0.1


def make_feeder(**source):
    """A 20 kV source, 5 km of cable, a 20/0.4 kV transformer; its short-circuit data complete unless ``source`` is {}."""
    net = pp.create_empty_network()
    head, end, low = (pp.create_bus(net, vn_kv=v) for v in (20.0, 20.0, 0.4))
    pp.create_ext_grid(net, head, **source)
    pp.create_line_from_parameters(net, head, end, KM, R_PER_KM, X_PER_KM, 270.0, 0.3, type="cs")
    pp.create_transformer(net, end, low, "0.63 MVA 20/0.4 kV")
    return net


GIVEN = {"s_sc_max_mva": 500.0, "s_sc_min_mva": 300.0, "rx_max": RX, "rx_min": RX}


@pytest.fixture
def feeder():
    net = make_feeder(**GIVEN)
    net.line["endtemp_degree"] = 80.0
    return net


def source_ohm(c, s_mva):
    """IEC 60909-0, equation for a network feeder: Z_Q = c U^2 / S''kQ, X_Q = Z_Q / sqrt(1 + (R/X)^2)."""
    z = c * 20.0**2 / s_mva
    x = z / np.sqrt(1.0 + RX**2)
    return RX * x + 1j * x


def test_greatest_current_at_the_feeders_end_is_c_u_over_root_three_z(feeder):
    z = source_ohm(1.1, 500.0) + KM * (R_PER_KM + 1j * X_PER_KM)
    expected = 1.1 * 20.0 / (np.sqrt(3.0) * abs(z))  # kV over ohm: kA
    assert short_circuit(feeder, [1]).ikss_max_ka.item() == pytest.approx(expected, rel=1e-9)  # the same formula, in pu


def test_least_current_is_phase_to_phase_with_hot_conductors(feeder):
    hot = 1.0 + 0.004 * (80.0 - 20.0)  # IEC 60909-0: R = (1 + alpha (theta_e - 20 degrees)) R_20, alpha 0.004/K
    z = source_ohm(1.0, 300.0) + KM * (R_PER_KM * hot + 1j * X_PER_KM)
    expected = 1.0 * 20.0 / (2.0 * abs(z))
    assert short_circuit(feeder, [1]).ikss_min_ka.item() == pytest.approx(expected, rel=1e-9)


def test_behind_a_transformer_its_impedance_is_corrected_for_the_greatest_current(feeder):
    trafo = feeder.trafo.loc[0]
    rated = 0.4**2 / trafo.sn_mva
    r, z = trafo.vkr_percent / 100.0, trafo.vk_percent / 100.0
    x = np.sqrt(z**2 - r**2)
    k_t = 0.95 * 1.1 / (1.0 + 0.6 * x)  # IEC 60909-0, network transformers; c_max of the low-voltage side
    above = (source_ohm(1.1, 500.0) + KM * (R_PER_KM + 1j * X_PER_KM)) * (0.4 / 20.0) ** 2
    expected = 1.1 * 0.4 / (np.sqrt(3.0) * abs(above + k_t * rated * (r + 1j * x)))
    assert short_circuit(feeder, [2]).ikss_max_ka.item() == pytest.approx(expected, rel=1e-9)


def test_at_the_source_the_current_is_the_grids_short_circuit_power(feeder):
    expected = 500.0 / (np.sqrt(3.0) * 20.0)
    assert short_circuit(feeder, [0]).ikss_max_ka.item() == pytest.approx(expected, rel=1e-9)


def test_current_falls_along_the_feeder(feeder):
    found = short_circuit(feeder, [0, 1])
    assert found.ikss_max_ka[0] > found.ikss_max_ka[1] > found.ikss_min_ka[1]


def test_an_inverter_adds_to_the_greatest_current_and_not_to_the_least(feeder):
    without = short_circuit(feeder, [1])
    pp.create_sgen(feeder, 1, p_mw=2.0, sn_mva=2.0)
    found = short_circuit(feeder, [1])
    rated = 2.0 / (np.sqrt(3.0) * 20.0)
    # at its own bus the source's current is added in phase: 1.2 times its rated current, the value assumed
    assert (found.ikss_max_ka - without.ikss_max_ka).item() == pytest.approx(1.2 * rated, rel=1e-6)
    assert found.ikss_min_ka.item() == without.ikss_min_ka.item()


def test_every_value_that_the_net_lacks_is_assumed_by_name():
    net = make_feeder()
    pp.create_sgen(net, 1, p_mw=2.0)
    assumed = short_circuit(net, [1]).attrs["assumed"]
    places = [p.place for p in assumed]
    assert places == [
        "net.ext_grid, s_sc_max_mva",
        "net.ext_grid, s_sc_min_mva",
        "net.ext_grid, rx_max",
        "net.ext_grid, rx_min",
        "net.line, endtemp_degree",
        "net.sgen, sn_mva",
        "net.sgen, k",
    ]
    assert "500 was assumed (MVA, IEC 60076-5:2006, table 2)" in assumed[0].remedy
    assert assumed[0].value == "missing for 1 of 1"


def test_a_machine_of_unknown_make_adds_to_the_current_and_its_data_are_assumed(feeder):
    without = short_circuit(feeder, [1])
    pp.create_gen(feeder, 1, p_mw=2.0, vm_pu=1.0)
    found = short_circuit(feeder, [1])
    assert found.ikss_max_ka > without.ikss_max_ka
    columns = ["vn_kv", "cos_phi", "sn_mva", "xdss_pu", "rdss_ohm"]
    assert [p.place for p in found.attrs["assumed"]] == [f"net.gen, {column}" for column in columns]


def test_a_complete_net_needs_no_assumption(feeder):
    assert short_circuit(feeder, [1]).attrs["assumed"] == ()


def test_a_bus_without_supply_has_no_current(feeder):
    found = short_circuit(feeder, [0, 1], Topology(out_lines=frozenset({0})))
    assert np.isfinite(found.ikss_max_ka[0])
    assert np.isnan(found.ikss_max_ka[1])


def test_the_net_stays_as_it_was():
    net = make_feeder()
    before = copy.deepcopy(net)
    short_circuit(net, [1])
    assert pp.toolbox.nets_equal(net, before)
    assert list(net.ext_grid.columns) == list(before.ext_grid.columns)
