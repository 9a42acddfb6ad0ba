"""pandapower's published weighted least squares cases, on its own measurement table.

Source: pandapower/test/estimation/test_wls_estimation.py of e2nIEE/pandapower (`test_3bus_with_out_of_service_bus`, which is
example 2.2 of A. Abur, A. Gomez Exposito, "Power System State Estimation", 2004; `test_3bus`; `test_3bus_with_bad_data`;
`test_2bus`). In these nets nothing is connected but the external grid: what the buses draw is for the estimate to find.
"""

import numpy as np
import pandapower as pp
import pytest

from twin.engines.estimation.state_estimation import estimate_state

BOOK_LINES = ((0, 1, 0.01, 0.03), (0, 2, 0.02, 0.05), (1, 2, 0.03, 0.08))
BOOK_METERS = (
    ("v", "bus", 1.006, 0.004, 0, None), ("v", "bus", 0.968, 0.004, 1, None),
    ("p", "bus", 0.501, 0.010, 1, None), ("q", "bus", 0.286, 0.010, 1, None),
    ("p", "line", 0.888, 0.008, 0, "from"), ("p", "line", 1.173, 0.008, 1, "from"),
    ("q", "line", 0.568, 0.008, 0, "from"), ("q", "line", 0.663, 0.008, 1, "from"),
)  # fmt: skip
RING_LINES = ((0, 1, 0.7, 0.2), (0, 2, 0.8, 0.8), (1, 2, 1.0, 0.6))
RING_METERS = (
    ("p", "line", -0.0011, 0.01, 0, "from"), ("q", "line", 0.024, 0.01, 0, "from"),
    ("p", "bus", -0.018, 0.01, 2, None), ("q", "bus", 0.1, 0.01, 2, None),
    ("v", "bus", 1.08, 0.05, 0, None), ("v", "bus", 1.015, 0.05, 2, None),
)  # fmt: skip
FALSE_VOLTAGE = ("v", "bus", 1.3, 0.01, 1, None)
PUBLISHED = 1e-4  # four decimals are published
PUBLISHED_2BUS = 1e-6


def measured(buses, lines, meters):
    net = pp.create_empty_network(sn_mva=1.0)
    for number in range(buses):
        pp.create_bus(net, vn_kv=1.0, name=f"bus{number + 1}")
    pp.create_ext_grid(net, 0)
    for start, end, r, x in lines:
        pp.create_line_from_parameters(net, start, end, 1.0, r_ohm_per_km=r, x_ohm_per_km=x, c_nf_per_km=0.0, max_i_ka=1.0)
    for kind, element_type, value, std_dev, element, side in meters:
        pp.create_measurement(net, kind, element_type, value, std_dev, element, side)
    return net


def test_three_bus_book_case_gives_the_published_state():
    net = measured(3, BOOK_LINES, BOOK_METERS)
    found = estimate_state(net, net.measurement)
    assert found.converged
    assert found.exact
    np.testing.assert_allclose(found.vm_pu, [0.9996, 0.9741, 0.9438], atol=PUBLISHED)
    np.testing.assert_allclose(found.va_degree, [0.0, -1.2475, -2.7457], atol=PUBLISHED)


def test_a_dead_bus_beside_the_book_case_is_not_estimated():
    net = measured(3, BOOK_LINES, BOOK_METERS)
    pp.create_bus(net, vn_kv=1.0, in_service=False)
    found = estimate_state(net, net.measurement)
    np.testing.assert_allclose(found.vm_pu, [0.9996, 0.9741, 0.9438, np.nan], atol=PUBLISHED)
    assert found.observable.values.tolist() == [True, True, True, False]


def test_three_bus_ring_gives_the_published_state():
    net = measured(3, RING_LINES, RING_METERS)
    found = estimate_state(net, net.measurement)
    np.testing.assert_allclose(found.vm_pu, [1.0627, 1.0589, 1.0317], atol=PUBLISHED)
    np.testing.assert_allclose(found.va_degree, [0.0, 0.8677, 3.1381], atol=PUBLISHED)
    assert found.chi_square_passed
    assert not found.removed.any()


def test_a_false_voltage_is_detected_and_removed_and_the_published_state_returns():
    net = measured(3, RING_LINES, (*RING_METERS, FALSE_VOLTAGE))
    found = estimate_state(net, net.measurement)
    assert found.removed.values.tolist() == [False] * 6 + [True]
    assert found.chi_square_passed
    np.testing.assert_allclose(found.vm_pu, [1.0627, 1.0589, 1.0317], atol=PUBLISHED)
    np.testing.assert_allclose(found.va_degree, [0.0, 0.8677, 3.1381], atol=PUBLISHED)
    # what was removed still shows how far off it is, in its own unit
    assert float(found.residual[6]) == pytest.approx(1.3 - 1.0589, abs=PUBLISHED)


def test_two_bus_case_gives_the_published_state():
    meters = (
        ("p", "line", 0.0111, 0.05, 0, "from"), ("q", "line", 0.06, 0.05, 0, "from"),
        ("v", "bus", 1.019, 0.01, 0, None), ("v", "bus", 1.04, 0.01, 1, None),
    )  # fmt: skip
    net = measured(2, ((0, 1, 1.0, 0.5),), meters)
    found = estimate_state(net, net.measurement)
    np.testing.assert_allclose(found.vm_pu, [1.02083378, 1.03812899], atol=PUBLISHED_2BUS)
    np.testing.assert_allclose(found.va_degree, [0.0, 3.11356604], atol=PUBLISHED_2BUS)
