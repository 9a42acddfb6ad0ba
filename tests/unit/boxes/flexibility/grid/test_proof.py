"""AC proof of plans against pandapower's own power flow."""

import numpy as np
import pytest

from tests.unit.boxes.flexibility.grid.small_feeder import still
from twin.boxes.flexibility.grid.case import Plan
from twin.boxes.flexibility.grid.proof import prove

EXACT = 1e-7
"""Both solve to 1e-8 MVA or better; voltages [pu], MW."""


def plan_of(case, p_mw, q_mvar=0.0, vm=None):
    plan = still(case)
    return Plan(plan.p_mw + p_mw, plan.q_mvar + q_mvar, None if vm is None else np.full(case.steps, vm))


def test_proof_is_what_pandapower_solves(feeder):
    case = feeder.case(units=(4, 2))
    plan = plan_of(case, np.array([[0.05], [-0.08]]), 0.01)
    proof, net = prove(case, plan), feeder.runpp(case, plan, 1)
    assert proof.vm_pu[1, feeder.grid.bus_node] == pytest.approx(net.res_bus.vm_pu.to_numpy(), abs=EXACT)
    line, trafo = feeder.grid.line_branch, feeder.grid.trafo_branch
    assert proof.loading_percent[1, line] == pytest.approx(net.res_line.loading_percent.to_numpy(), abs=1e-4)
    assert proof.loading_percent[1, trafo] == pytest.approx(net.res_trafo.loading_percent.to_numpy(), abs=1e-4)
    assert proof.source_p_mw[1] == pytest.approx(net.res_ext_grid.p_mw.sum(), abs=EXACT)
    assert proof.source_q_mvar[1] == pytest.approx(net.res_ext_grid.q_mvar.sum(), abs=EXACT)
    losses = net.res_line.pl_mw.sum() + net.res_trafo.pl_mw.sum()
    assert proof.loss_mw[1] == pytest.approx(losses, abs=EXACT)


def test_a_planned_source_voltage_is_the_source_voltage(feeder):
    case = feeder.case(source_vm_pu=(0.95, 1.05))
    plan = plan_of(case, 0.05, vm=0.97)
    net = feeder.runpp(case, plan, 0)
    assert prove(case, plan).vm_pu[0, feeder.grid.bus_node] == pytest.approx(net.res_bus.vm_pu.to_numpy(), abs=EXACT)


def test_the_worst_element_is_named_with_its_step(feeder):
    case = feeder.case(network=feeder.network(low=0.5, line=40.0))
    proof = prove(case, plan_of(case, np.array([[0.05, 0.15]])))
    assert (proof.worst.key, proof.worst.element, proof.worst.step, proof.worst.unit) == ("line:0", "L12", 1, "%")
    assert proof.worst.value == pytest.approx(proof.loading_percent[1].max())
    assert not proof.feasible


def test_a_low_voltage_is_named_by_its_bus(feeder):
    case = feeder.case(network=feeder.network(low=0.99, line=1000.0))
    proof = prove(case, plan_of(case, 0.05))
    assert (proof.worst.key, proof.worst.element, proof.worst.limit) == ("bus:4", "b3", 0.99)


def test_a_step_without_a_solution_is_named_and_touches_no_other(feeder):
    case = feeder.case()
    proof, calm = prove(case, plan_of(case, np.array([[5.0, 0.05]]))), prove(case, plan_of(case, 0.05))
    assert proof.diverged.tolist() == [0]
    assert np.isinf(proof.violation[0])
    assert (proof.vm_pu[1] == calm.vm_pu[1]).all()


def test_up_to_the_tolerance_a_limit_holds(feeder):
    case = feeder.case()
    vm = prove(case, plan_of(case, 0.05)).vm_pu.min()
    for beyond, holds in ((0.5e-4, True), (1.5e-4, False)):
        near = feeder.case(network=feeder.network(low=vm + beyond))
        assert prove(near, plan_of(near, 0.05)).feasible == holds
