"""A replay's statistics are those of the solved steps, however the steps are cut, read and labelled."""

import numpy as np
import pandapower as pp
import pytest
import xarray as xr
from xarray.backends import BackendArray
from xarray.core import indexing

from twin.contracts.ports import GridLimits
from twin.domain.grid import Topology
from twin.domain.problems import BadInput
from twin.engines import compile_grid
from twin.engines.pandapower_engine import PandapowerModel

STEPS = 96
LIMITS = GridLimits(vm_min_pu=0.97, vm_max_pu=1.02, loading_percent=60.0)
QUANTILES = (0.0, 0.05, 0.5, 0.95, 1.0)
BOUND = {"vm_pu": 6.25e-5 + 1e-9, "line_loading_percent": 0.05 + 1e-6, "trafo_loading_percent": 0.05 + 1e-6}
VM_PU = 1e-8  # the promise of the port: a replay starts each block from the one before and stops at an estimate of its error
PERCENT = 1e-5  # the promise of the port; a loading moves by up to 1e4 % a pu
MWH = 1e-6  # 1e-9 pu over the short lines of this grid is 1e-6 MW, at most


def tolerance(name):
    """How far two replays of the same steps may be apart."""
    return VM_PU if name.startswith("vm_pu") else MWH if name.endswith("mwh") else PERCENT


@pytest.fixture(scope="module")
def model(oberrhein):
    return compile_grid(oberrhein)


@pytest.fixture(scope="module")
def day(oberrhein):
    """A day of quarter hours; step 17 is unknown, step 40 has no solution."""
    rng = np.random.default_rng(8)
    columns = {}
    for name in ("p_mw", "q_mvar"):
        factor = rng.uniform(0.1, 1.7, (STEPS, len(oberrhein.load)))
        columns[f"load_{name}"] = (("time", "load"), oberrhein.load[name].to_numpy() * factor)
    time = np.datetime64("2025-01-15T00:00", "ns") + np.arange(STEPS) * np.timedelta64(15, "m")
    day = xr.Dataset(columns, coords={"time": time, "load": oberrhein.load.index.to_numpy()})
    day["load_p_mw"][17, 3] = np.nan
    day["load_p_mw"][40] *= 200.0
    return day


@pytest.fixture(scope="module")
def solved(model, day):
    want = ("vm_pu", "line_loading_percent", "trafo_loading_percent", "line_loss_mw", "trafo_loss_mw", "loss_mw")
    return model.solve(day, want=want)


@pytest.fixture(scope="module")
def replayed(model, day):
    return model.replay(day, limits=LIMITS, quantiles=QUANTILES)


@pytest.mark.parametrize("name", list(BOUND))
def test_extremes_means_and_quantiles_are_those_of_the_solved_steps(replayed, solved, name):
    steps = solved[name].isel(time=solved.converged.values)
    for kind in ("min", "max", "mean"):
        np.testing.assert_allclose(replayed[f"{name}_{kind}"], getattr(steps, kind)("time"), atol=tolerance(name), rtol=0)
    between = steps.quantile(list(QUANTILES), "time", method="linear")
    lower, upper = (steps.quantile(list(QUANTILES), "time", method=m) for m in ("lower", "higher"))
    found = replayed[f"{name}_quantile"]
    assert found.dims == ("quantile", *steps.dims[1:])
    # between two neighbouring steps a quantile is anything from the one to the other
    slack = BOUND[name]
    assert (found >= lower.values - slack).all()
    assert (found <= upper.values + slack).all()
    np.testing.assert_allclose(found.sel(quantile=[0.0, 1.0]), between.sel(quantile=[0.0, 1.0]), atol=slack, rtol=0)


@pytest.mark.parametrize("name", list(BOUND))
def test_times_of_the_extremes_are_those_of_the_solved_steps(replayed, solved, name):
    steps = solved[name].isel(time=solved.converged.values)
    for kind, index in (("min", steps.argmin("time")), ("max", steps.argmax("time"))):
        moved = (steps.max("time") > steps.min("time")).values  # a constant value has no time of its own
        assert moved.sum() > 0.3 * moved.size or name != "vm_pu"
        np.testing.assert_array_equal(replayed[f"{name}_{kind}_time"].values[moved], steps.time.values[index.values][moved])


def test_hours_beyond_the_limits_are_counted_in_quarters(replayed, solved):
    steps = solved.isel(time=solved.converged.values)
    expected = {
        "bus_hours_under": (steps.vm_pu < LIMITS.vm_min_pu).sum("time"),
        "bus_hours_over": (steps.vm_pu > LIMITS.vm_max_pu).sum("time"),
        "line_hours_over": (steps.line_loading_percent > LIMITS.loading_percent).sum("time"),
        "trafo_hours_over": (steps.trafo_loading_percent > LIMITS.loading_percent).sum("time"),
    }
    for name, count in expected.items():
        assert count.values.max() > 0, name
        np.testing.assert_array_equal(replayed[name], count * 0.25, err_msg=name)
        assert replayed[name].attrs["units"] == "h"


def test_losses_are_energy_and_add_up(replayed, solved):
    for table in ("line", "trafo"):
        expected = solved[f"{table}_loss_mw"].sum("time") * 0.25  # an unsolved step is NaN and counts nowhere
        np.testing.assert_allclose(replayed[f"{table}_loss_mwh"], expected, atol=MWH, rtol=0)
    np.testing.assert_allclose(replayed.loss_mwh, solved.loss_mw.sum("time") * 0.25, atol=MWH, rtol=0)
    np.testing.assert_allclose(replayed.loss_mwh, replayed.line_loss_mwh.sum() + replayed.trafo_loss_mwh.sum(), atol=1e-9)


def test_unsolved_steps_are_listed_and_count_nowhere(replayed, day):
    assert replayed.unsolved_time.values.tolist() == day.time.values[[17, 40]].tolist()
    assert replayed.attrs["steps"] == STEPS
    assert replayed.attrs["solved"] == STEPS - 2


@pytest.mark.parametrize("chunk", [1, 7, 8, 50, 1000])
def test_statistics_do_not_depend_on_the_chunk(model, day, replayed, chunk):
    again = model.replay(day, limits=LIMITS, quantiles=QUANTILES, chunk=chunk)
    for name, variable in replayed.data_vars.items():
        if variable.dtype.kind == "f":
            np.testing.assert_allclose(again[name], variable, atol=tolerance(name), rtol=0, err_msg=name)
        else:
            np.testing.assert_array_equal(again[name], variable, err_msg=name)


def test_replay_in_float32_gives_the_same_statistics(model, day, replayed):
    single = model.replay(day, limits=LIMITS, quantiles=QUANTILES, dtype="float32", chunk=STEPS)
    for kind in ("min", "max", "mean"):
        # the promise of the port, and for the mean the rounding of twelve values a lane
        np.testing.assert_allclose(single[f"vm_pu_{kind}"], replayed[f"vm_pu_{kind}"], atol=1e-6, rtol=0)
    np.testing.assert_allclose(
        single.loss_mwh, replayed.loss_mwh, rtol=1e-3
    )  # a loss is what goes in less what comes out, 1e2 to 1e4 times as much


def test_replay_of_pandapower_gives_the_same_statistics(oberrhein, model, day):
    few = day.isel(time=[0, 1, 17, 40, 50])
    ours = model.replay(few, step_h=0.25, limits=LIMITS, quantiles=QUANTILES)
    theirs = PandapowerModel(oberrhein).replay(few, step_h=0.25, limits=LIMITS, quantiles=QUANTILES)
    assert theirs.attrs["engine"] == "pandapower"
    assert_same_statistics(ours, theirs)


def assert_same_statistics(ours, theirs):
    assert set(ours.data_vars) == set(theirs.data_vars)
    for name, variable in ours.data_vars.items():
        assert variable.dims == theirs[name].dims, name
        assert variable.attrs == theirs[name].attrs, name
        if name.endswith("quantile"):
            bound = 1e-4 if name.startswith("vm") else 0.1  # a value at the edge of two bins may fall into either
            np.testing.assert_allclose(theirs[name], variable, atol=bound + 1e-4, rtol=0, err_msg=name)
        elif variable.dtype.kind == "f":
            np.testing.assert_allclose(theirs[name], variable, atol=1e-5, rtol=0, err_msg=name)
        elif name == "unsolved_time":
            np.testing.assert_array_equal(theirs[name], variable, err_msg=name)


class CountedReads(BackendArray):
    """An array on a slow disk that notes which rows are read."""

    def __init__(self, values):
        self.values, self.shape, self.dtype, self.rows = values, values.shape, values.dtype, []

    def __getitem__(self, key):
        def read(inner):
            self.rows.append(len(range(*inner[0].indices(len(self.values)))))
            return self.values[inner]

        return indexing.explicit_indexing_adapter(key, self.shape, indexing.IndexingSupport.BASIC, read)


def test_a_lazily_opened_year_is_read_once_and_chunk_by_chunk(model, day, replayed):
    disk = {name: CountedReads(day[name].values) for name in day.data_vars}
    lazy = {name: xr.Variable(("time", "load"), indexing.LazilyIndexedArray(array)) for name, array in disk.items()}
    again = model.replay(xr.Dataset(lazy, coords=day.coords), limits=LIMITS, quantiles=QUANTILES, chunk=20)
    for array in disk.values():
        assert array.rows == [20, 20, 20, 20, 16]
    np.testing.assert_allclose(again.vm_pu_mean, replayed.vm_pu_mean, atol=VM_PU, rtol=0)


def test_profiles_with_time_last_are_the_same_profiles(model, day, replayed):
    turned = model.replay(day.transpose("load", "time"), limits=LIMITS, quantiles=QUANTILES, chunk=33)
    np.testing.assert_allclose(turned.vm_pu_mean, replayed.vm_pu_mean, atol=VM_PU, rtol=0)


class Enough(Exception):
    pass


def test_progress_is_told_after_every_chunk_and_can_end_the_work(model, day, replayed):
    told = []
    model.replay(day, chunk=40, progress=lambda done, steps: told.append((done, steps)))
    assert told == [(40, 96), (80, 96), (96, 96)]

    def stop(done, steps):
        raise Enough

    with pytest.raises(Enough):
        model.replay(day, limits=LIMITS, quantiles=QUANTILES, chunk=40, progress=stop)
    again = model.replay(day, limits=LIMITS, quantiles=QUANTILES)  # nothing of the broken run is left
    np.testing.assert_allclose(again.vm_pu_quantile, replayed.vm_pu_quantile, atol=VM_PU, rtol=0)
    np.testing.assert_array_equal(again.line_hours_over, replayed.line_hours_over)


def test_a_step_solved_by_newton_counts_like_any_other():
    net = pp.create_empty_network()
    one, two = pp.create_bus(net, 10.0), pp.create_bus(net, 10.0)
    pp.create_ext_grid(net, one)
    pp.create_line(net, one, two, 10.0, "NA2XS2Y 1x240 RM/25 6/10 kV")
    pp.create_load(net, two, p_mw=1.0, q_mvar=0.3)
    steps = xr.Dataset({"load_p_mw": (("time", "load"), np.array([[1.0], [2.0], [17.4], [0.5]]))})
    model = compile_grid(net)
    solved, found = model.solve(steps), model.replay(steps, step_h=1.0)
    assert solved.engine.values.tolist() == ["batch", "batch", "newton", "batch"]
    assert found.attrs["newton"] == 1
    assert found.attrs["solved"] == 4
    assert found.vm_pu_min_time.values[1] == 2
    np.testing.assert_allclose(found.vm_pu_min.values[1], solved.vm_pu.values[2, 1], atol=VM_PU)
    np.testing.assert_allclose(found.vm_pu_mean.values[1], solved.vm_pu.values[:, 1].mean(), atol=VM_PU)


def test_length_of_a_step_is_stated_or_told_by_an_even_axis(model, day):
    one, uneven = day.isel(time=[0]), day.isel(time=[0, 1, 3])
    with pytest.raises(BadInput, match="step_h"):
        model.replay(one)
    with pytest.raises(BadInput, match=r"row 2.*0\.5 h later"):
        model.replay(uneven)
    with pytest.raises(BadInput, match="step_h"):
        model.replay(day.drop_vars("time"))
    twice = model.replay(uneven, step_h=2.0).loss_mwh / model.replay(uneven, step_h=1.0).loss_mwh
    np.testing.assert_allclose(twice, 2.0)


@pytest.mark.parametrize("step_h", [0.0, -0.25, float("nan"), float("inf")])
def test_a_step_without_a_length_is_refused(model, day, step_h):
    with pytest.raises(BadInput, match="step_h"):
        model.replay(day, step_h=step_h)


@pytest.mark.parametrize("given", [{"chunk": 0}, {"chunk": -5}, {"quantiles": (0.5, 1.5)}, {"quantiles": (-0.1,)}])
def test_chunks_and_quantiles_that_mean_nothing_are_refused(model, day, given):
    with pytest.raises(BadInput, match=next(iter(given)).removesuffix("s")):
        model.replay(day, **given)


def test_without_quantiles_none_are_given(model, day):
    assert not [name for name in model.replay(day, quantiles=()).data_vars if "quantile" in name]


def test_unsupplied_bus_has_no_figures_and_no_times(oberrhein, day):
    lost = compile_grid(oberrhein, Topology(out_lines=frozenset({0})))
    found = lost.replay(day, limits=LIMITS)
    dark = found.vm_pu_min.isnull().values
    assert 0 < dark.sum() < len(dark)
    for name in ("vm_pu_max", "vm_pu_mean", "bus_hours_under", "bus_hours_over", "vm_pu_min_time", "vm_pu_max_time"):
        assert found[name].isnull().values[dark].all(), name
        assert found[name].notnull().values[~dark].all(), name
    assert found.vm_pu_quantile.isnull().values[:, dark].all()
    assert found.line_loading_percent_max.sel(line=0) == 0.0  # out of service: nothing flows
    assert found.line_loss_mwh.sel(line=0) == 0.0


def test_where_no_step_is_solved_nothing_is_claimed(model, day):
    found = model.replay(day.isel(time=[17, 40]), step_h=0.25)
    assert found.attrs["solved"] == 0
    assert len(found.unsolved_time) == 2
    for name in ("vm_pu_min", "vm_pu_mean", "vm_pu_quantile", "line_loading_percent_max", "line_loading_percent_quantile"):
        assert found[name].isnull().all(), name
    assert found.vm_pu_min_time.isnull().all()
