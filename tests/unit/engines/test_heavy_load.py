"""Heavy load, close to the nose of the PV curve and beyond: solved as runpp does, or marked, and never handed on."""

import numpy as np
import pandapower as pp
import pytest
import xarray as xr

from twin.domain.problems import BadInput
from twin.engines import compile_grid
from twin.engines.pandapower_engine import PandapowerModel

VM_PU = 1e-8  # the promise of the port
FLOAT32_VM_PU = 1e-6  # likewise
CABLE = "NA2XS2Y 1x240 RM/25 6/10 kV"


def make_feeder(*, sections=5):
    """A 10 kV feeder of 10 km with a customer of cos phi 0.95 at every second kilometre."""
    net = pp.create_empty_network(sn_mva=1.0)
    at = pp.create_bus(net, 10.0)
    pp.create_ext_grid(net, at, vm_pu=1.0)
    for _ in range(sections):
        bus = pp.create_bus(net, 10.0)
        pp.create_line(net, at, bus, 2.0, CABLE)
        pp.create_load(net, bus, p_mw=0.5, q_mvar=0.164)
        at = bus
    return net


def loads(net, factor):
    """Every load times ``factor``, dims (time,)."""
    factor = np.asarray(factor, dtype=float)[:, None]
    columns = {f"load_{name}": (("time", "load"), net.load[name].to_numpy() * factor) for name in ("p_mw", "q_mvar")}
    return xr.Dataset(columns, coords={"time": np.arange(len(factor))})


@pytest.fixture(scope="module")
def feeder():
    return make_feeder()


@pytest.fixture(scope="module")
def nose(feeder):
    """The greatest factor at which runpp still finds a state, within 1e-3."""
    low, high = 1.0, 64.0
    model = PandapowerModel(feeder)
    while high - low > 1e-3:
        middle = 0.5 * (low + high)
        solved = model.solve(loads(feeder, [middle])).converged.item()
        low, high = (middle, high) if solved else (low, middle)
    return low


def test_close_to_the_nose_the_state_is_that_of_runpp(feeder, nose):
    shares = [0.5, 0.8, 0.9, 0.97, 0.99, 0.999]
    steps = loads(feeder, np.array(shares) * nose)
    ours, theirs = compile_grid(feeder).solve(steps), PandapowerModel(feeder).solve(steps)
    assert theirs.vm_pu.values[-1].min() < 0.65  # it is the nose
    assert ours.converged.all()
    assert ours.engine.values[-1] == "newton"
    assert ours.engine.values[0] == "batch"
    # runpp stops at 1e-8 MVA; at 0.999 of the nose a voltage moves 1 pu by about 1 MW: 1e-8 pu
    np.testing.assert_allclose(ours.vm_pu, theirs.vm_pu, atol=VM_PU, rtol=0)


def test_beyond_the_nose_there_is_no_state_and_nobody_serves_one(feeder, nose):
    found = compile_grid(feeder).solve(loads(feeder, np.array([1.0, 1.01, 1.5, 10.0, 1000.0, 0.5]) * nose))
    assert found.converged.values.tolist() == [True, False, False, False, False, True]
    assert found.engine.values.tolist()[1:5] == [""] * 4
    assert found.vm_pu.isel(time=slice(1, 5)).isnull().all()


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_ten_times_the_load_never_poisons_the_next_step(feeder, nose, dtype):
    model = compile_grid(feeder)
    factor = np.random.default_rng(1).uniform(0.2, 1.0, 40)
    calm = model.solve(loads(feeder, factor), dtype=dtype).vm_pu.values
    hit = [3, 11, 12, 13, 14, 15, 16, 17, 18, 19, 39]  # single lanes, a whole block of eight, the very last step
    factor[hit] *= 10.0 * nose
    found = model.solve(loads(feeder, factor), dtype=dtype)
    others = np.setdiff1d(np.arange(40), hit)
    assert found.converged.values[others].all()
    assert not found.converged.values[hit].any()
    assert (found.engine.values[others] == "batch").all()
    tolerance = 2e-9 if dtype == "float64" else FLOAT32_VM_PU  # twice the error at which an iteration stops
    np.testing.assert_allclose(found.vm_pu.values[others], calm[others], atol=tolerance, rtol=0)


def test_a_peak_that_returns_beside_light_steps_stays_exact(feeder, nose):
    # every eighth step a little heavier than the one before; its iteration contracts slowly, its neighbours' at once
    factor = np.full(8 * 60, 0.3)
    factor[::8] = np.linspace(0.7, 0.93, 60) * nose
    factor[1::8] = np.tile([0.2, 1.6], 30)
    found = compile_grid(feeder).solve(loads(feeder, factor))
    assert found.converged.all()
    peaks = np.arange(0, len(factor), 8)[::6]
    alone = PandapowerModel(feeder).solve(loads(feeder, factor[peaks]))
    np.testing.assert_allclose(found.vm_pu.values[peaks], alone.vm_pu.values, atol=VM_PU, rtol=0)


def test_a_peak_that_hardly_moves_is_not_taken_for_settled_with_its_neighbours(feeder, nose):
    # every eighth step climbs to 0.9 of the nose and stays; at the very end it moves by 3e-7, and so do light neighbours
    factor = np.full(8 * 60, 0.3)
    factor[::8] = np.minimum(np.linspace(0.5, 1.5, 60), 1.0) * 0.9 * nose
    factor[-8] *= 1.0 + 3e-7
    factor[-7] = 0.31
    found = compile_grid(feeder).solve(loads(feeder, factor))
    alone = PandapowerModel(feeder).solve(loads(feeder, factor[[-8]]))
    np.testing.assert_allclose(found.vm_pu.values[-8], alone.vm_pu.values[0], atol=VM_PU, rtol=0)


def test_float32_stays_within_a_millionth(oberrhein, steps_of):
    steps = steps_of(oberrhein, steps=40, seed=11)
    model = compile_grid(oberrhein)
    exact, single = model.solve(steps), model.solve(steps, dtype="float32")
    assert (single.engine == "batch").all()
    np.testing.assert_allclose(single.vm_pu, exact.vm_pu, atol=FLOAT32_VM_PU, rtol=0)


def test_only_two_precisions_are_known(feeder):
    for dtype in ("float16", "int32", "double precision"):
        with pytest.raises(BadInput, match=dtype.split()[0]):
            compile_grid(feeder).solve(xr.Dataset(), dtype=dtype)
