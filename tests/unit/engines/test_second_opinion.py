"""power-grid-model, an independent solver in C++, has the same opinion as the batch engine."""

import numpy as np
import pytest
import xarray as xr
from power_grid_model import CalculationMethod, ComponentType, DatasetType, initialize_array

from twin.domain.grid import Topology
from twin.engines import compile_grid
from twin.engines.estimation.pgm_input import pgm_input
from twin.engines.injections import Gather, read_injections

VM_PU = 1e-8  # the promise of the port; power-grid-model's sources cost 4e-11 (twin.engines.estimation.pgm_input.SOURCE_SK_VA)


def second_opinion(grid, consumption):
    """Voltages by power-grid-model's Newton-Raphson, dims (time, node); ``consumption`` [MVA] at every node."""
    nodes = np.flatnonzero(consumption.any(axis=0))
    built = pgm_input(grid, nodes)
    update = initialize_array(DatasetType.update, ComponentType.sym_load, (len(consumption), len(nodes)))
    update["id"] = grid.nodes + len(grid.branch_from) + len(grid.source_node) + np.arange(len(nodes))
    update["p_specified"], update["q_specified"] = consumption[:, nodes].real * 1e6, consumption[:, nodes].imag * 1e6
    solved = built.model.calculate_power_flow(
        symmetric=True,
        error_tolerance=1e-12,
        max_iterations=30,
        calculation_method=CalculationMethod.newton_raphson,
        update_data={ComponentType.sym_load: update},
    )
    return solved[ComponentType.node]["u_pu"], solved[ComponentType.node]["u_angle"]


@pytest.mark.parametrize("name", ["mv_oberrhein", "cigre_mv_with_pv_and_wind", "cigre_lv", "four_loads_with_branches"])
def test_power_grid_model_finds_the_same_voltages(published_nets, steps_of, name):
    net = published_nets[name]
    steps = steps_of(net, steps=12, seed=21)
    model = compile_grid(net)
    ours = model.solve(steps, want=("vm_pu", "va_degree"))
    own = {f"{t}_{q}": net[t][q].to_numpy(float) for t in ("load", "sgen", "storage") for q in ("p_mw", "q_mvar")}
    consumption = Gather(model.grid).consumption(read_injections(model.grid, own, steps).values)
    vm, angle = second_opinion(model.grid, consumption)
    fed = model.grid.bus_node >= 0
    assert ours.converged.all()
    np.testing.assert_allclose(ours.vm_pu.values[:, fed], vm[:, model.grid.bus_node[fed]], atol=VM_PU, rtol=0)
    ours_v = np.exp(1j * np.radians(ours.va_degree.values[:, fed]))
    np.testing.assert_allclose(ours_v, np.exp(1j * angle[:, model.grid.bus_node[fed]]), atol=VM_PU, rtol=0)


def test_both_agree_after_an_outage_and_a_closure(oberrhein):
    base = compile_grid(oberrhein).contingencies(xr.Dataset()).isel(time=0)
    own = {f"{t}_{q}": oberrhein[t][q].to_numpy(float) for t in ("load", "sgen", "storage") for q in ("p_mw", "q_mvar")}
    restored = np.flatnonzero((base.closure.values >= 0) & base.after_converged.values & (base.unsupplied_before_mw.values > 0))
    for o in restored[::12]:
        case = base.isel(outage=o)
        topology = Topology(out_lines=frozenset({int(case.element)}), closed_switches=frozenset({int(case.closure)}))
        grid = compile_grid(oberrhein, topology).grid
        consumption = Gather(grid).consumption(read_injections(grid, own, xr.Dataset()).values)
        vm, _ = second_opinion(grid, consumption)
        fed = vm[0, grid.bus_node[grid.bus_node >= 0]]
        np.testing.assert_allclose([case.after_vm_pu_min, case.after_vm_pu_max], [fed.min(), fed.max()], atol=VM_PU, rtol=0)
