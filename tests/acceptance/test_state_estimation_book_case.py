"""Three-bus weighted least squares of Abur and Exposito, 'Power System State Estimation' (2004), example 2.2.

The same case is pandapower's published tutorial and test (`test_3bus_meshed`): V 0.9996, 0.9741, 0.9438 pu and angles 0,
-1.2475, -2.7457 degrees.
"""

import numpy as np
import pandapower as pp
import pytest

from twin.contracts.ports import Measurements
from twin.domain.grid import NORMAL
from twin.engines import make_engine

NOBODY_KNOWS = np.nan


@pytest.fixture(scope="module")
def book_net():
    net = pp.create_empty_network(sn_mva=1.0)
    buses = [pp.create_bus(net, vn_kv=1.0) for _ in range(3)]
    pp.create_ext_grid(net, buses[0])
    for start, end, r, x in ((0, 1, 0.01, 0.03), (0, 2, 0.02, 0.05), (1, 2, 0.03, 0.08)):
        pp.create_line_from_parameters(
            net, buses[start], buses[end], 1.0, r_ohm_per_km=r, x_ohm_per_km=x, c_nf_per_km=0.0, max_i_ka=1.0
        )
    pp.create_load(net, buses[1], p_mw=0.0, q_mvar=0.0)
    pp.create_load(net, buses[2], p_mw=0.0, q_mvar=0.0)
    return net


@pytest.mark.parametrize("engine", ["batch", "pandapower"])
def test_three_bus_book_case_gives_the_published_state(book_net, engine):
    none = np.zeros(0)
    found = make_engine(engine, book_net).model(NORMAL).estimate(
        Measurements(
            bus=np.array([0, 1]),
            vm_pu=np.array([1.006, 0.968]),
            vm_sigma=np.array([0.004, 0.004]),
            flow_kind=("line_from", "line_from"),
            flow_index=np.array([0, 1]),
            flow_p_mw=np.array([0.888, 1.173]),
            flow_q_mvar=np.array([0.568, 0.663]),
            flow_sigma_mva=np.array([0.008, 0.008]),
            load_p_mw=np.array([0.501, NOBODY_KNOWS]),
            load_q_mvar=np.array([0.286, NOBODY_KNOWS]),
            load_sigma_mva=np.array([0.010, NOBODY_KNOWS]),
            sgen_p_mw=none, sgen_q_mvar=none, sgen_sigma_mva=none,
            storage_p_mw=none, storage_q_mvar=none, storage_sigma_mva=none,
        )
    )  # fmt: skip
    assert found.converged
    # four decimals are published; 1e-4 allows for rounding in the last one
    np.testing.assert_allclose(found.vm_pu, [0.9996, 0.9741, 0.9438], atol=1e-4)
    np.testing.assert_allclose(found.va_degree, [0.0, -1.2475, -2.7457], atol=1e-4)
    # the unmeasured load is what the flows leave over
    assert found.load_p_mw.values[1] == pytest.approx(1.5142, abs=1e-4)
