"""A series of estimates is the estimates of its steps."""

import numpy as np
import pandapower as pp
import pandas as pd
import pytest
import xarray as xr

from twin.domain.problems import BadInput
from twin.engines.estimation.state_estimation import estimate_state
from twin.engines.estimation.state_model import StateModel
from twin.engines.estimation.state_series import estimate_series

COLUMNS = ["measurement_type", "element_type", "element", "value", "std_dev", "side"]
STEPS = 12


@pytest.fixture(scope="module")
def net():
    net = pp.create_empty_network(sn_mva=1.0)
    for _ in range(5):
        pp.create_bus(net, vn_kv=20.0)
    pp.create_ext_grid(net, 0, vm_pu=1.02, va_degree=-20.0)
    for start in range(3):
        pp.create_line(net, start, start + 1, 4.0, "NA2XS2Y 1x240 RM/25 12/20 kV")
    pp.create_switch(net, 3, 4, et="b", closed=True)
    for bus in (2, 3, 4):
        pp.create_load(net, bus, p_mw=1.5, q_mvar=0.4)
    pp.runpp(net, tolerance_mva=1e-9)
    return net


@pytest.fixture(scope="module")
def model(net):
    return StateModel.of_net(net)


@pytest.fixture(scope="module")
def meters(net):
    rows = [("v", "bus", bus, net.res_bus.vm_pu[bus], 0.002, None) for bus in (0, 2, 3)]
    rows += [(kind, "bus", bus, 1.5 if kind == "p" else 0.4, 0.05, None) for bus in (2, 3, 4) for kind in "pq"]
    rows += [("p", "line", 0, net.res_line.p_from_mw[0], 0.02, "from")]
    return pd.DataFrame(rows, columns=COLUMNS)


@pytest.fixture(scope="module")
def values(meters):
    """Twelve steps of good readings (half a sigma of noise) but three: one meter silent, all silent, a gross error."""
    noise = np.random.default_rng(8).standard_normal((STEPS, len(meters)))
    shown = meters.value.to_numpy() + 0.5 * meters.std_dev.to_numpy() * noise
    shown[3, 1] = np.nan
    shown[7] = np.nan
    shown[9, 0] += 0.2
    time = np.datetime64("2026-01-01T00:00", "ns") + np.arange(STEPS) * np.timedelta64(15, "m")
    return xr.DataArray(shown, dims=("time", "measurement"), coords={"time": time})


def test_every_step_is_what_it_would_be_alone(model, meters, values):
    found = estimate_series(model, meters, values)
    for step in set(range(STEPS)) - {7, 9}:
        alone = estimate_state(model, meters.assign(value=values[step].to_numpy()))
        for name in ("vm_pu", "va_degree", "line_p_from_mw", "line_loading_percent", "chi_square", "chi_square_limit"):
            np.testing.assert_allclose(found[name][step], alone[name], rtol=1e-7, atol=1e-9, err_msg=f"{name} at {step}")


def test_a_step_without_any_reading_is_nan_and_does_not_touch_the_next(model, meters, values):
    found = estimate_series(model, meters, values)
    assert np.flatnonzero(~found.converged).tolist() == [7]
    assert np.isnan(found.vm_pu[7]).all()
    assert np.isfinite(found.vm_pu[8]).all()


def test_bad_data_is_detected_at_its_step_and_left_in(model, meters, values):
    found = estimate_series(model, meters, values)
    assert not found.chi_square_passed[9]
    assert float(found.vm_pu[9, 0]) > float(found.vm_pu[8, 0]) + 0.02


def test_values_that_do_not_fit_the_meters_are_refused(model, meters, values):
    with pytest.raises(BadInput):
        estimate_series(model, meters, values[:, :3])
