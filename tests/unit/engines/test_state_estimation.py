"""State estimation from a measurement table: pandapower's minimum, the book's variances, and what meters may be."""

import copy

import numpy as np
import pandapower as pp
import pandas as pd
import pytest

from twin.domain.problems import BadInput
from twin.engines.estimation.state_estimation import estimate_state
from twin.engines.estimation.state_model import StateModel
from twin.engines.estimation.state_readings import read_measurements

COLUMNS = ["measurement_type", "element_type", "element", "value", "std_dev", "side"]
VM, POWER = 0.004, 0.02  # 0.4 % voltmeters; 20 kW


def table(*rows):
    return pd.DataFrame(rows, columns=COLUMNS)


def meters_of(net, *, rng=None, buses=None, lines=(), trafos=(), currents=(), powers=True):
    """Meters on a solved net: voltages, bus powers where something is connected, p and q of lines, trafos; currents."""
    noise = rng.standard_normal if rng is not None else (lambda: 0.0)
    connected = set(net.load.bus) | set(net.sgen.bus) | set(net.storage.bus)
    rows = [("v", "bus", bus, net.res_bus.vm_pu[bus], VM, None) for bus in (net.bus.index if buses is None else buses)]
    for bus in sorted(connected - set(net.ext_grid.bus)) if powers else ():
        rows += [(k, "bus", bus, net.res_bus[c][bus], POWER, None) for k, c in (("p", "p_mw"), ("q", "q_mvar"))]
    for kind, elements, side in (("line", lines, "from"), ("trafo", trafos, "hv")):
        for element in elements:
            found = net[f"res_{kind}"].loc[element]
            rows += [(k, kind, element, found[f"{k}_{side}_{u}"], POWER, side) for k, u in (("p", "mw"), ("q", "mvar"))]
    rows += [("i", "line", line, net.res_line.i_from_ka[line], 0.002, "from") for line in currents]
    return table(*[(k, t, e, value + sigma * noise(), sigma, s) for k, t, e, value, sigma, s in rows])


@pytest.fixture(scope="module")
def town(oberrhein):
    net = copy.deepcopy(oberrhein)
    pp.runpp(net, tolerance_mva=1e-9)
    return net


@pytest.fixture
def feeder():
    """A source, three buses in a row with a load each at the last two; bus 1 is a joint."""
    net = pp.create_empty_network(sn_mva=1.0)
    for name in ("busbar", "joint", "mill", "farm"):
        pp.create_bus(net, vn_kv=20.0, name=name)
    pp.create_ext_grid(net, 0, vm_pu=1.01, va_degree=30.0)
    for start in range(3):
        pp.create_line(net, start, start + 1, 3.0, "NA2XS2Y 1x240 RM/25 12/20 kV")
    pp.create_load(net, 2, p_mw=2.0, q_mvar=0.6)
    pp.create_load(net, 3, p_mw=1.0, q_mvar=0.3)
    pp.runpp(net, tolerance_mva=1e-10)
    return net


def test_exact_meters_give_the_true_state_and_flows(town):
    found = estimate_state(
        town, meters_of(town, buses=town.bus.index[::9], lines=town.line.index[::7], trafos=town.trafo.index)
    )
    # runpp itself is 1e-9 MVA exact
    np.testing.assert_allclose(found.vm_pu, town.res_bus.vm_pu, atol=1e-8)
    np.testing.assert_allclose(found.va_degree, town.res_bus.va_degree, atol=1e-6)
    np.testing.assert_allclose(found.line_loading_percent, town.res_line.loading_percent.fillna(0.0), atol=1e-5)
    np.testing.assert_allclose(found.trafo_p_hv_mw, town.res_trafo.p_hv_mw, atol=1e-6)
    assert float(found.chi_square) < 1e-6


def test_the_minimum_is_pandapowers(town):
    from pandapower import estimation

    net = copy.deepcopy(town)
    m = meters_of(
        net, rng=np.random.default_rng(3), buses=net.bus.index[::9], lines=net.line.index[::7], trafos=net.trafo.index
    )
    net.measurement = m.assign(name=None)
    estimation.estimate(net, zero_injection="no_inj_bus", tolerance=1e-8)
    found = estimate_state(net, m)
    assert found.exact
    # joints inject nothing here; there they may leak 1 kW (pandapower's ZERO_INJECTION_STD_DEV)
    np.testing.assert_allclose(found.vm_pu, net.res_bus_est.vm_pu, atol=2e-4)
    ours, theirs = (float(np.sqrt(np.mean((v - net.res_bus.vm_pu) ** 2))) for v in (found.vm_pu.values, net.res_bus_est.vm_pu))
    assert ours < 1.1 * theirs  # "equal rmse"


def test_sigma_of_a_voltage_is_what_many_noisy_estimates_scatter_by(feeder):
    model, rng = StateModel.of_net(feeder), np.random.default_rng(11)
    runs = [estimate_state(model, meters_of(feeder, rng=rng)) for _ in range(200)]
    scatter = np.std([run.vm_pu.values[3] for run in runs])
    # a standard deviation from 200 draws is itself 5 % uncertain (1 / sqrt(400)); four of those
    assert scatter == pytest.approx(float(runs[0].vm_sigma_pu[3]), rel=0.2)


def test_normalised_residuals_of_good_meters_scatter_by_one(feeder):
    model, rng = StateModel.of_net(feeder), np.random.default_rng(12)
    runs = [estimate_state(model, meters_of(feeder, rng=rng, lines=[0])).normalised_residual.values[0] for _ in range(200)]
    assert np.sqrt(np.mean(np.square(runs))) == pytest.approx(1.0, abs=0.2)  # as above


def test_chi_square_of_good_meters_is_near_its_degrees_of_freedom(town):
    m = meters_of(town, rng=np.random.default_rng(5), lines=town.line.index[::4], trafos=town.trafo.index)
    found = estimate_state(town, m)
    free = int(found.degrees_of_freedom)
    joints = int(found.zero_injection.sum())
    states = 2 * len(town.bus) - len(town.ext_grid)
    assert free == len(m) + 2 * joints - states
    assert abs(float(found.chi_square) - free) < 4.0 * np.sqrt(2.0 * free)  # variance of chi-square: twice its mean
    assert found.chi_square_passed


def test_a_joint_passes_on_exactly_what_it_receives(feeder):
    model = StateModel.of_net(feeder)
    m = meters_of(feeder, rng=np.random.default_rng(1), lines=[0, 1])
    ready = model.meters(read_measurements(model.grid, model.injects, m))
    balance = model.solve(ready).fit.residual[ready.pattern.exact]
    assert estimate_state(model, m).zero_injection.values.tolist() == [False, True, False, False]
    assert len(balance) == 2
    np.testing.assert_allclose(balance, 0.0, atol=1e-9)  # MW and Mvar, a milliwatt


def test_a_p_without_its_q_counts_and_its_q_is_not_invented(feeder):
    alone = meters_of(feeder, powers=False, buses=[0, 2, 3])
    with_p = pd.concat([alone, table(("p", "line", 2, 1.3, 0.01, "from"))], ignore_index=True)
    pairs = table(*[(k, "bus", b, v, 0.5, None) for b in (2, 3) for k, v in (("p", 1.5), ("q", 0.0))])
    found = estimate_state(feeder, pd.concat([with_p, pairs], ignore_index=True))
    assert float(found.line_p_from_mw[2]) == pytest.approx(1.3, abs=0.02)  # two sigmas of the meter
    without = estimate_state(feeder, pd.concat([alone, pairs], ignore_index=True))
    # what the reactive power is, the voltmeters say as before
    assert float(found.line_q_from_mvar[2]) == pytest.approx(float(without.line_q_from_mvar[2]), abs=0.5)
    assert found.exact


def test_a_current_meter_sharpens_the_estimate(feeder):
    coarse = meters_of(feeder, buses=[0])
    coarse.loc[coarse.measurement_type.isin(["p", "q"]), "std_dev"] = 0.5
    without = estimate_state(feeder, coarse)
    current = table(("i", "line", 0, feeder.res_line.i_from_ka[0], 1e-4, "from"))
    found = estimate_state(feeder, pd.concat([coarse, current], ignore_index=True))
    assert found.exact
    np.testing.assert_allclose(found.line_i_ka[0], feeder.res_line.i_ka[0], rtol=2e-3)
    assert float(found.vm_sigma_pu[3]) < float(without.vm_sigma_pu[3])


def test_measured_angles_replace_the_sources_reference(feeder):
    turned = meters_of(feeder)
    angles = table(*[("va", "bus", b, feeder.res_bus.va_degree[b] - 12.0, 0.01, None) for b in (0, 3)])
    found = estimate_state(feeder, pd.concat([turned, angles], ignore_index=True))
    np.testing.assert_allclose(found.va_degree, feeder.res_bus.va_degree - 12.0, atol=1e-5)


def test_meters_that_say_nothing_or_hang_on_nothing_are_left_out(feeder):
    feeder.line.loc[2, "in_service"] = False
    feeder.load.loc[1, "in_service"] = False
    pp.runpp(feeder)
    m = pd.concat(
        [meters_of(feeder, buses=[0, 2]), table(("v", "bus", 3, 1.0, VM, None), ("p", "line", 2, 0.0, 0.1, "from"))],
        ignore_index=True,
    )
    m.loc[0, "value"] = np.nan
    found = estimate_state(feeder, m)
    assert found.used.values.tolist()[0] is False
    assert found.used.values.tolist()[-2:] == [False, False]
    assert np.isnan(found.vm_pu.values).tolist() == [False, False, False, True]


def test_what_meters_do_not_determine_is_nan_and_the_rest_is_estimated(feeder):
    head = meters_of(feeder, powers=False, buses=[0], lines=[0])
    found = estimate_state(feeder, head)
    # the joint behind the metered head, and, because a joint injects nothing, the mill behind it
    assert found.observable.values.tolist() == [True, True, True, False]
    np.testing.assert_allclose(found.vm_pu[:3], feeder.res_bus.vm_pu[:3], atol=1e-6)
    assert np.isnan(found.vm_pu[3])
    assert np.isnan(found.line_loading_percent[2])
    assert np.isfinite(found.line_loading_percent[1])


def test_without_any_voltage_nothing_is_claimed(feeder):
    found = estimate_state(feeder, meters_of(feeder, buses=[]))
    assert not found.converged
    assert not found.observable.any()
    assert np.isnan(found.vm_pu).all()


def test_powers_of_coupled_busbars_add_up(feeder):
    twin_bar = pp.create_bus(feeder, vn_kv=20.0)
    pp.create_switch(feeder, 3, twin_bar, et="b", closed=True)
    pp.create_load(feeder, twin_bar, p_mw=0.5, q_mvar=0.1)
    pp.runpp(feeder, tolerance_mva=1e-10)
    m = meters_of(feeder, buses=[0, 2])
    full = estimate_state(feeder, m)
    np.testing.assert_allclose(full.vm_pu, feeder.res_bus.vm_pu, atol=1e-7)
    # without one of the two, what the other shows is a part of an unknown sum
    half = estimate_state(feeder, m[~((m.element == twin_bar) & (m.element_type == "bus"))])
    assert not half.used.values[-2:].any()


def test_every_fault_of_the_table_is_named_at_once(feeder):
    wrong = table(
        ("v", "bus", 77, 1.0, 0.01, None),
        ("x", "bus", 0, 1.0, 0.01, None),
        ("p", "line", 0, 1.0, 0.01, "hv"),
        ("p", "load", 0, 1.0, 0.01, None),
        ("v", "bus", 0, 1.0, 0.0, None),
        ("i", "bus", 0, 1.0, 0.1, None),
        ("v", "bus", 0, -1.0, 0.1, None),
    )
    with pytest.raises(BadInput) as refused:
        estimate_state(feeder, wrong)
    assert len(refused.value.problems) == len(wrong)


def test_the_table_and_the_net_are_left_as_they_were(feeder):
    m = meters_of(feeder)
    before, net_before = m.copy(), copy.deepcopy(feeder)
    estimate_state(feeder, m)
    pd.testing.assert_frame_equal(m, before)
    for name in ("bus", "line", "load", "ext_grid", "switch", "measurement", "res_bus"):
        pd.testing.assert_frame_equal(feeder[name], net_before[name])


def test_the_same_meters_twice_count_twice(feeder):
    m = meters_of(feeder, buses=[0])
    once = estimate_state(feeder, m)
    twice = estimate_state(feeder, pd.concat([m, m], ignore_index=True))
    np.testing.assert_allclose(twice.vm_sigma_pu, once.vm_sigma_pu / np.sqrt(2.0), rtol=1e-6)


def test_variances_are_those_of_a_dense_orthogonal_factorisation(town):
    """The sparse inverse against QR of the weighted Jacobian, in which joints weigh 1e4 times more than any meter."""
    model = StateModel.of_net(town)
    m = meters_of(town, buses=town.bus.index[::9], lines=town.line.index[::7], trafos=town.trafo.index)
    ready = model.meters(read_measurements(model.grid, model.injects, m))
    fit = model.solve(ready).fit
    dense = np.zeros((len(ready.rows), 2 * model.grid.nodes))
    dense[ready.pattern.row_of_entry, ready.layout.indices] = fit.entries
    sigma = ready.rows.sigma.copy()
    sigma[ready.pattern.exact] *= 1e-4
    upper = np.linalg.inv(np.linalg.qr(dense / sigma[:, None], mode="r"))
    np.testing.assert_allclose(fit.gain.state_variances(), (upper**2).sum(axis=1), rtol=1e-5)
