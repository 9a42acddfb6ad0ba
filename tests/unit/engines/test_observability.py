"""Observability: what the meters see, and what one more is worth."""

import numpy as np
import pandapower as pp
import pandas as pd
import pytest

from twin.domain.problems import BadInput
from twin.engines.estimation.meter_places import observability
from twin.engines.estimation.state_estimation import estimate_state
from twin.engines.estimation.state_model import StateModel
from twin.engines.estimation.state_readings import read_measurements

COLUMNS = ["measurement_type", "element_type", "element", "value", "std_dev", "side"]


def table(*rows):
    return pd.DataFrame(rows, columns=COLUMNS)


@pytest.fixture(scope="module")
def feeder():
    net = pp.create_empty_network(sn_mva=1.0)
    for name in ("busbar", "north", "mill", "farm"):
        pp.create_bus(net, vn_kv=20.0, name=name)
    pp.create_ext_grid(net, 0, vm_pu=1.01)
    for start in range(3):
        pp.create_line(net, start, start + 1, 4.0, "NA2XS2Y 1x240 RM/25 12/20 kV")
    for bus, p in ((1, 1.0), (2, 2.0), (3, 1.5)):
        pp.create_load(net, bus, p_mw=p, q_mvar=0.2 * p)
    pp.runpp(net, tolerance_mva=1e-10)
    return net


@pytest.fixture(scope="module")
def head(feeder):
    """Voltage and flow at the feeder's head."""
    flow = feeder.res_line.loc[0]
    return table(
        ("v", "bus", 0, 1.01, 0.002, None),
        ("p", "line", 0, flow.p_from_mw, 0.02, "from"),
        ("q", "line", 0, flow.q_from_mvar, 0.02, "from"),
    )


@pytest.fixture(scope="module")
def guesses(feeder):
    return table(
        *[(k, "bus", b, feeder.res_bus[c][b], 0.6, None) for b in (1, 2, 3) for k, c in (("p", "p_mw"), ("q", "q_mvar"))]
    )


def test_buses_behind_an_unmetered_load_are_named(feeder, head):
    found = observability(feeder, head, vm_sigma_pu=0.002, flow_sigma_mva=0.02)
    assert found.observable.values.tolist() == [True, True, False, False]
    assert found.attrs["unobservable"] == ["bus 2 'mill'", "bus 3 'farm'"]


def test_pseudo_measurements_narrow_the_spread_but_make_nothing_observable(feeder, head, guesses):
    blind = observability(feeder, head, vm_sigma_pu=0.002, flow_sigma_mva=0.02)
    found = observability(feeder, head, vm_sigma_pu=0.002, flow_sigma_mva=0.02, pseudo=guesses)
    assert found.observable.values.tolist() == blind.observable.values.tolist()
    assert float(found.vm_sigma_pu[3]) < 0.1 * float(blind.vm_sigma_pu[3])


def test_full_metering_leaves_nothing_unobservable(feeder, head, guesses):
    both = pd.concat([head, guesses], ignore_index=True)
    assert observability(feeder, both, vm_sigma_pu=0.002, flow_sigma_mva=0.02).attrs["unobservable"] == []


@pytest.mark.parametrize("kind", ["bus", "line"])
def test_the_promised_gain_is_what_the_added_meter_brings(feeder, head, guesses, kind):
    known = pd.concat([head, guesses], ignore_index=True)
    found = observability(feeder, known, vm_sigma_pu=0.002, flow_sigma_mva=0.02)
    best = found.isel(candidate=int(np.flatnonzero(found.element_type == kind)[0]))
    element = int(best.element)
    before = estimate_state(feeder, known)
    if kind == "bus":
        added = table(("v", "bus", element, float(before.vm_pu.sel(bus=element)), 0.002, None))
    else:
        flows = [("p", float(before.line_p_from_mw.sel(line=element))), ("q", float(before.line_q_from_mvar.sel(line=element)))]
        added = table(*[(k, "line", element, value, 0.02, "from") for k, value in flows])
    after = estimate_state(feeder, pd.concat([known, added], ignore_index=True))
    gained = float((before.vm_sigma_pu**2).sum() - (after.vm_sigma_pu**2).sum())
    # two rank-one updates of a covariance against a new estimate; both in double precision
    assert gained == pytest.approx(float(best.vm_variance_reduction_pu2), rel=1e-6)
    assert float(after.vm_sigma_pu.max()) == pytest.approx(float(best.vm_sigma_worst_pu), rel=1e-6)


def test_candidates_come_best_first_and_none_does_harm(feeder, head, guesses):
    gains = observability(feeder, head, vm_sigma_pu=0.002, flow_sigma_mva=0.02, pseudo=guesses).vm_variance_reduction_pu2.values
    assert (np.diff(gains) <= 0.0).all()
    assert (gains >= 0.0).all()


def test_where_nobody_looks_the_far_end_gains_most(feeder, head):
    found = observability(feeder, head, vm_sigma_pu=0.002, flow_sigma_mva=0.02)
    voltmeters = found.element.values[found.element_type.values == "bus"]
    assert set(voltmeters[:2].tolist()) == {2, 3}


def test_a_meter_without_spread_is_refused(feeder, head):
    with pytest.raises(BadInput) as refused:
        observability(feeder, head, vm_sigma_pu=0.0, flow_sigma_mva=-1.0)
    assert len(refused.value.problems) == 2


def test_observable_buses_are_those_outside_the_null_space_of_the_jacobian(oberrhein):
    """Voltages and a few flows on a real grid, against a dense singular value decomposition at the same state."""
    rows = [("v", "bus", bus, 1.0, 0.004, None) for bus in oberrhein.bus.index[::5]]
    rows += [(kind, "line", line, 1.0, 0.01, "from") for line in oberrhein.line.index[::6] for kind in "pq"]
    rows += [(kind, "trafo", trafo, 1.0, 0.01, "hv") for trafo in oberrhein.trafo.index for kind in "pq"]
    model = StateModel.of_net(oberrhein)
    meters = model.meters(read_measurements(model.grid, model.injects, table(*rows)))
    priors = 2 * int((~meters.observable).sum())
    jacobian = np.zeros((len(meters.rows), 2 * model.grid.nodes))
    jacobian[meters.pattern.row_of_entry, meters.layout.indices] = meters.layout.evaluate(model.idle)[1]
    jacobian = jacobian[: len(jacobian) - priors]
    jacobian /= np.linalg.norm(jacobian, axis=1)[:, None]
    _, size, directions = np.linalg.svd(jacobian)
    # rounding leaves 1e-16, the weakest direction that is seen 1e-5
    unseen = directions[np.concatenate([size, np.zeros(len(directions) - len(size))]) < 1e-9]
    still = (np.abs(unseen) < 1e-7).all(axis=0).reshape(2, -1).all(axis=0)
    assert 0 < still.sum() < model.grid.nodes
    assert meters.observable.tolist() == still.tolist()
