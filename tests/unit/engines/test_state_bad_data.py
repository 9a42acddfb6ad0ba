"""Bad data: the meter that lies goes, good and irreplaceable ones stay."""

import numpy as np
import pandapower as pp
import pandas as pd
import pytest

from twin.engines.estimation.state_estimation import estimate_state

COLUMNS = ["measurement_type", "element_type", "element", "value", "std_dev", "side"]


@pytest.fixture(scope="module")
def ring():
    """Four stations in a ring, each with a load but the source."""
    net = pp.create_empty_network(sn_mva=1.0)
    for _ in range(4):
        pp.create_bus(net, vn_kv=20.0)
    pp.create_ext_grid(net, 0, vm_pu=1.02)
    for start, end in ((0, 1), (1, 2), (2, 3), (3, 0)):
        pp.create_line(net, start, end, 4.0, "NA2XS2Y 1x240 RM/25 12/20 kV")
    for bus in (1, 2, 3):
        pp.create_load(net, bus, p_mw=1.5, q_mvar=0.4)
    pp.runpp(net, tolerance_mva=1e-10)
    return net


def meters(net):
    rows = [("v", "bus", b, net.res_bus.vm_pu[b], 0.002, None) for b in net.bus.index]
    rows += [(k, "bus", b, net.res_bus[c][b], 0.02, None) for b in (1, 2, 3) for k, c in (("p", "p_mw"), ("q", "q_mvar"))]
    for line in net.line.index:
        rows += [(k, "line", line, net.res_line[c][line], 0.02, "from") for k, c in (("p", "p_from_mw"), ("q", "q_from_mvar"))]
    return pd.DataFrame(rows, columns=COLUMNS)


@pytest.mark.parametrize("liar", [1, 5, 12], ids=["voltmeter", "reactive power of a bus", "active power of a line"])
def test_one_gross_error_is_removed_and_nothing_else(ring, liar):
    m = meters(ring)
    m.loc[liar, "value"] += 20.0 * m.std_dev[liar]
    found = estimate_state(ring, m)
    assert np.flatnonzero(found.removed).tolist() == [liar]
    np.testing.assert_allclose(found.vm_pu, ring.res_bus.vm_pu, atol=1e-7)
    assert float(found.residual[liar]) == pytest.approx(20.0 * m.std_dev[liar], rel=1e-4)


def test_two_gross_errors_go_one_after_the_other(ring):
    m = meters(ring)
    m.loc[0, "value"] += 0.08
    m.loc[10, "value"] += 0.8
    found = estimate_state(ring, m)
    assert np.flatnonzero(found.removed).tolist() == [0, 10]
    assert found.chi_square_passed


def test_a_critical_meter_is_never_removed_however_wrong(ring):
    m = meters(ring)
    # one voltmeter: nothing else knows the level, and all flows agree with any level nearby
    m = m.drop(index=[1, 2, 3]).reset_index(drop=True)
    m.loc[0, "value"] = 1.05
    found = estimate_state(ring, m)
    assert not found.removed[0]
    assert float(found.vm_pu[0]) == pytest.approx(1.05, abs=0.01)


def test_without_redundancy_every_meter_is_critical_and_no_test_is_possible(ring):
    m = meters(ring).iloc[[0, *range(4, 10)]].reset_index(drop=True)
    found = estimate_state(ring, m)
    assert found.critical.all()
    assert int(found.degrees_of_freedom) == 0
    assert np.isnan(found.chi_square_limit)
    assert np.isnan(found.normalised_residual).all()
    assert not found.removed.any()


def test_a_wrong_p_does_not_take_its_good_q_along(ring):
    m = meters(ring)
    m.loc[4, "value"] += 1.0
    found = estimate_state(ring, m)
    assert found.removed[4]
    assert not found.removed[5]
    assert found.used[5]
