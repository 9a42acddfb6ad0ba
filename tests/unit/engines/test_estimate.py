"""State estimation: exact measurements give the truth, doubtful ones give pandapower's weighted least squares."""

import dataclasses

import numpy as np
import pytest

from twin.domain.grid import NORMAL, Topology
from twin.domain.problems import BadInput
from twin.engines import make_engine

KERNEL = "batch"


@pytest.fixture
def case(four_bus, steps_of, truth_of, measure_step):
    """``make(rng, topology) -> (model, truth, measurements)`` on the four-bus net."""

    def make(rng=None, topology=NORMAL, engine=KERNEL):
        model = make_engine(KERNEL, four_bus).model(topology)
        truth = truth_of(model, steps_of(four_bus, steps=1, seed=5, spread=0.3))
        m = measure_step(model.grid, truth, bus=[1, 4], lines=[0], trafos=[0], rng=rng)
        return make_engine(engine, four_bus).model(topology), truth, m

    return make


def contradicting_itself(m):
    """Three tight flow sensors around one busbar contradict each other and both voltmeters: Newton-Raphson diverges."""
    return dataclasses.replace(
        m,
        vm_pu=np.array([1.026, 0.887]),
        flow_p_mw=np.array([-4.98, 6.49, -1.71]),
        flow_q_mvar=np.array([-3.88, -1.13, 4.07]),
        flow_sigma_mva=np.array([0.008, 0.0052, 0.005]),
    )


def test_exact_measurements_give_the_true_state(case):
    model, truth, m = case()
    found = model.estimate(m)
    assert found.converged
    np.testing.assert_allclose(found.vm_pu, truth.vm_pu, atol=1e-9)
    np.testing.assert_allclose(found.trafo_loading_percent, truth.trafo_loading_percent, atol=1e-5)
    np.testing.assert_allclose(found.load_p_mw, truth.attrs["load"].real, atol=1e-7)
    np.testing.assert_allclose(found.loss_mw, truth.loss_mw, atol=1e-7)


def test_estimate_equals_pandapowers_on_the_same_measurements(case):
    model, _, m = case(np.random.default_rng(6))
    slow, _, _ = case(engine="pandapower")
    ours, theirs = model.estimate(m), slow.estimate(m)
    assert ours.converged
    assert theirs.converged
    # zero injections are exact here and 1e-5 MVA soft there
    np.testing.assert_allclose(ours.vm_pu, theirs.vm_pu, atol=1e-7)
    for name in ("line_loading_percent", "trafo_loading_percent"):
        np.testing.assert_allclose(ours[name], theirs[name], atol=1e-3, err_msg=name)
    for name in ("line_p_from_mw", "trafo_p_hv_mw", "load_p_mw", "sgen_p_mw", "loss_mw"):
        np.testing.assert_allclose(ours[name], theirs[name], atol=1e-5, err_msg=name)


def test_two_sensors_on_one_flow_weigh_as_their_weighted_mean(case):
    model, _, m = case()
    first, second, s1, s2 = 3.0, 3.4, 0.02, 0.04

    def with_flows(p, sigma):
        n = len(p)
        return dataclasses.replace(
            m,
            flow_kind=("line_from",) * n,
            flow_index=np.zeros(n, dtype=int),
            flow_p_mw=np.array(p),
            flow_q_mvar=np.full(n, 1.0),
            flow_sigma_mva=np.array(sigma),
        )

    weight = np.array([s1**-2, s2**-2])
    mean = float(np.average([first, second], weights=weight))
    both = model.estimate(with_flows([first, second], [s1, s2]))
    merged = model.estimate(with_flows([mean], [weight.sum() ** -0.5]))
    assert abs(both.line_p_from_mw.values[0] - merged.line_p_from_mw.values[0]) < 1e-9


def test_what_the_estimate_moves_goes_to_the_doubtful_element(case):
    model, truth, m = case()
    # the customer's load is guessed 50 % too high and very doubtful; its neighbour, a plant, is metered
    guessed = dataclasses.replace(
        m,
        load_p_mw=m.load_p_mw * np.array([1.0, 1.5]),
        load_sigma_mva=np.array([0.01, 0.5]),
        sgen_sigma_mva=np.array([1e-4]),
        flow_kind=(*m.flow_kind, "trafo_lv"),
        flow_index=np.append(m.flow_index, 1),
        flow_p_mw=np.append(m.flow_p_mw, truth.trafo_p_lv_mw.values[1]),
        flow_q_mvar=np.append(m.flow_q_mvar, truth.trafo_q_lv_mvar.values[1]),
        flow_sigma_mva=np.append(m.flow_sigma_mva, 1e-4),
    )
    found = model.estimate(guessed)
    assert found.load_p_mw.values[1] == pytest.approx(truth.attrs["load"].real[1], abs=1e-4)
    assert found.sgen_p_mw.values[0] == pytest.approx(truth.attrs["sgen"].real[0], abs=1e-4)


def test_missing_measurement_is_left_out_and_too_few_are_a_status(case):
    model, _truth, m = case()
    gappy = dataclasses.replace(m, vm_pu=np.array([np.nan, m.vm_pu[1]]), flow_p_mw=np.full(3, np.nan))
    assert model.estimate(gappy).converged
    blind = model.estimate(dataclasses.replace(m, vm_pu=np.full(2, np.nan)))
    assert not blind.converged
    assert np.isnan(blind.vm_pu).all()
    assert np.isnan(blind.load_p_mw).all()


def test_a_state_that_only_the_linear_method_finds_says_that_it_is_not_exact(case):
    model, _, m = case()
    assert model.estimate(m).exact
    found = model.estimate(contradicting_itself(m))
    assert found.converged
    assert not found.exact


def test_an_estimate_does_not_depend_on_what_was_estimated_before(case):
    model, _, first = case(np.random.default_rng(6))
    _, _, second = case(np.random.default_rng(7))
    one_silent = dataclasses.replace(first, vm_pu=np.array([np.nan, first.vm_pu[1]]))
    contradicting = contradicting_itself(first)
    doubtful = dataclasses.replace(second, vm_sigma=10.0 * second.vm_sigma, load_sigma_mva=3.0 * second.load_sigma_mva)
    for measurements in (first, second, one_silent, contradicting, doubtful, first, contradicting, second):
        fresh, _, _ = case()
        after, alone = model.estimate(measurements), fresh.estimate(measurements)
        for name in alone.data_vars:
            # a run that is killed and goes on must write the same bits as one that was never stopped
            assert after[name].values.tobytes() == alone[name].values.tobytes(), name


def test_estimated_angles_count_from_the_angle_of_the_external_grid(case, four_bus, steps_of):
    model, _, m = case()
    truth = model.solve(steps_of(four_bus, steps=1, seed=5, spread=0.3), want=("va_degree",)).isel(time=0)
    assert truth.va_degree.values[0] == pytest.approx(5.0)
    # the measurements are exact: what is left is where the power flow and the estimate stop iterating
    np.testing.assert_allclose(model.estimate(m).va_degree, truth.va_degree, atol=1e-6)


def test_a_node_whose_plants_are_all_scaled_to_nothing_injects_nothing(oberrhein, steps_of, truth_of, measure_step):
    assert (oberrhein.sgen.scaling == 0.0).all()
    assert not oberrhein.sgen.bus.isin(oberrhein.load.bus).all()  # twelve nodes have nothing else
    model = make_engine(KERNEL, oberrhein).model()
    truth = truth_of(model, steps_of(oberrhein, steps=1, seed=0, spread=0.3))
    m = measure_step(model.grid, truth, bus=list(oberrhein.bus.index[::3]), lines=[], trafos=list(oberrhein.trafo.index))
    found = model.estimate(m)
    assert found.exact
    np.testing.assert_allclose(found.vm_pu, truth.vm_pu, atol=1e-8)


def test_dark_part_of_the_grid_is_nan_and_the_rest_is_estimated(case):
    outage = Topology(out_lines=frozenset({1}))
    for engine in (KERNEL, "pandapower"):
        model, truth, m = case(topology=outage, engine=engine)
        found = model.estimate(m)
        assert found.converged, engine
        assert np.isnan(found.vm_pu.values).tolist() == [False, False, False, True, True]
        np.testing.assert_allclose(found.vm_pu, truth.vm_pu, atol=1e-7)
        assert found.load_p_mw.values[1] == 0.0


def test_measurements_of_things_the_net_does_not_have_are_refused(case):
    model, _, m = case()
    wrong = dataclasses.replace(m, bus=np.array([1, 77]), flow_index=np.array([99, 0, 0]), load_p_mw=np.zeros(5))
    with pytest.raises(BadInput) as refused:
        model.estimate(wrong)
    assert len(refused.value.problems) == 3
