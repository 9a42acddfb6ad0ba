"""What a sensitivity says where there is no slope, what it refuses, what it needs: nothing but the grid, and little time."""

import subprocess
import sys

import numpy as np
import pandapower as pp
import pytest
import xarray as xr

from twin.domain.problems import BadInput
from twin.engines.batch.solver import Solver
from twin.engines.compile import compile_net
from twin.engines.flows import Flows
from twin.engines.injections import read_profiles
from twin.engines.tangents.sensitivity import grid_sensitivities, sensitivities

CABLE = "NA2XS2Y 1x240 RM/25 6/10 kV"


def states_of(net, steps=None):
    """Grid, node voltages of some states, and loading by current."""
    compiled = compile_net(net)
    profiles = read_profiles(compiled.grid, compiled.own, xr.Dataset() if steps is None else steps)
    solved = Solver(compiled.grid).solve(profiles.chunk(0, profiles.steps), profiles.fixed, profiles.steps)
    return compiled.grid, solved.v, Flows(compiled.grid).percent_per_pu()


def test_a_step_with_nan_is_nan_and_touches_no_other(four_bus):
    net = four_bus
    # the open end of this cable is a node without a bus
    pp.create_switch(net, 3, pp.create_line(net, 1, 3, 6.0, CABLE), et="l", closed=False)
    steps = xr.Dataset({"load_p_mw": (("time", "load"), np.tile(net.load.p_mw.to_numpy(), (3, 1)) * [[1.0], [2.0], [3.0]])})
    clean = sensitivities(net, steps)
    steps["load_p_mw"][1, 0] = np.nan
    found = sensitivities(net, steps)
    assert found.converged.values.tolist() == [True, False, True]
    for name in ("vm_pu", "dvm_dp", "dvm_dq", "dline_loading_dp", "dtrafo_loading_dq"):
        np.testing.assert_array_equal(found[name].values[[0, 2]], clean[name].values[[0, 2]], err_msg=name)
    supplied = found.dvm_dp.isel(time=0).notnull()
    assert found.dvm_dp.isel(time=1).where(supplied).isnull().all()
    assert found.dtrafo_loading_dp.isel(time=1).isnull().all()


def test_what_is_dark_is_nan_and_what_is_out_of_service_is_zero(four_bus):
    net = four_bus
    dark, out = pp.create_bus(net, 10.0), pp.create_line(net, 1, 3, 1.0, CABLE, in_service=False)
    pp.create_switch(net, 2, dark, et="b", closed=False)
    pp.create_load(net, dark, 0.3)
    found = sensitivities(net, xr.Dataset(), at=[2, dark]).isel(time=0)
    assert found.vm_pu.sel(bus=dark).isnull()
    assert found.dvm_dp.sel(bus=dark).isnull().all()
    assert not found.dvm_dp.sel(at=dark).drop_sel(bus=dark).values.any()
    assert not found.dline_loading_dp.sel(line=out).values.any()
    assert dark not in sensitivities(net, xr.Dataset())["at"]


def test_loading_has_no_slope_where_no_current_flows(four_bus):
    net = four_bus
    end = pp.create_bus(net, 10.0)
    spur = pp.create_line(net, 3, end, 1.0, CABLE)
    net.line.loc[spur, "c_nf_per_km"] = 0.0
    found = sensitivities(net, xr.Dataset(), at=[4, end]).isel(time=0)
    assert found.dline_loading_dp.sel(line=spur).isnull().all()
    assert found.dline_loading_dp.drop_sel(line=spur).notnull().all()
    np.testing.assert_allclose(found.line_loading_percent.sel(line=spur), 0.0, atol=1e-5)


def test_watching_little_gives_the_same_slopes(oberrhein, steps_of):
    steps = steps_of(oberrhein, steps=2, seed=5)
    everything = sensitivities(oberrhein, steps)
    pick = {"at": everything["at"].values[[70, 3, 41]], "bus": oberrhein.bus.index[[150, 7]].to_numpy()}
    little = sensitivities(oberrhein, steps, at=pick["at"], watch={"bus": pick["bus"], "line": oberrhein.line.index[[12]]})
    assert "trafo" not in little.dims
    np.testing.assert_array_equal(little.dvm_dq, everything.dvm_dq.sel(pick))
    line = everything.dline_loading_dp.sel(at=pick["at"], line=little.line)
    np.testing.assert_array_equal(little.dline_loading_dp, line)


def test_every_wrong_index_and_shape_is_named_at_once(four_bus):
    grid, v, percent = states_of(four_bus)
    with pytest.raises(BadInput) as refused:
        grid_sensitivities(
            grid, v[:, 1:], percent_per_pu=percent[:, 1:], at=[2, 99], time=np.arange(2),
            watch={"bus": [3, 3], "line": [-1], "trafo": [0.5], "cable": [1]},
        )  # fmt: skip
    places = [problem.place for problem in refused.value.problems]
    assert places == ["v", "percent_per_pu", "time", "at 99", "bus 3", "line -1", "trafo 0.5", "watch, cable"]
    with pytest.raises(BadInput, match="watch: empty"):
        grid_sensitivities(grid, v, percent_per_pu=percent, watch={})


def test_loads_that_follow_the_voltage_are_not_taken_for_constant_ones(four_bus):
    four_bus.load.loc[0, "const_z_p_percent"] = 50.0
    grid, v, percent = states_of(four_bus)
    with pytest.raises(BadInput, match="constant current or impedance"):
        grid_sensitivities(grid, v, percent_per_pu=percent)


def test_a_generator_that_holds_its_voltage_is_refused(four_bus):
    pp.create_gen(four_bus, 3, p_mw=1.0, vm_pu=1.0)
    with pytest.raises(BadInput, match=r"net\.gen 0"):
        sensitivities(four_bus, xr.Dataset())


def test_a_box_needs_only_the_packed_grid_and_voltages(tmp_path, four_bus):
    grid, v, percent = states_of(four_bus)
    (tmp_path / "grid").write_bytes(grid.to_bytes())
    np.savez(tmp_path / "state.npz", v=v, percent=percent)
    code = (
        "import sys, pathlib, numpy as np\n"
        "from twin.domain.grid import Grid\n"
        "from twin.engines.tangents.sensitivity import grid_sensitivities\n"
        "here = pathlib.Path(sys.argv[1])\n"
        "state = np.load(here / 'state.npz')\n"
        "grid = Grid.from_bytes((here / 'grid').read_bytes())\n"
        "found = grid_sensitivities(grid, state['v'], percent_per_pu=state['percent'], at=[4])\n"
        "print(float(found.dvm_dp.sel(bus=4, at=4).item()) > 0.0)\n"
        "print([m for m in ('pandapower', 'power_grid_model') if m in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["True", "[]"]


def test_a_tick_of_the_dispatch_stays_within_its_time(oberrhein, steps_of, processor_s):
    grid, v, percent = states_of(oberrhein, steps_of(oberrhein, steps=144, seed=6))
    at = np.intersect1d(oberrhein.load.bus, oberrhein.bus.index[grid.bus_node >= 0])[::7][:20]
    assert len(at) == 20
    took_s = processor_s(lambda: grid_sensitivities(grid, v, percent_per_pu=percent, at=at))
    assert took_s < 0.05  # 144 states x 20 places x everything; measured 0.025
