"""Which engine serves a net and why, and how injections find their elements."""

import numpy as np
import pandapower as pp
import pytest
import xarray as xr

from twin.domain.grid import Topology
from twin.domain.problems import BadInput
from twin.engines import compile_grid
from twin.engines.pandapower_engine import PandapowerModel

VM_PU = 1e-8  # the promise of the port
CABLE = "NA2XS2Y 1x240 RM/25 6/10 kV"


def ring():
    """A 10 kV ring of four buses with a tie switch, indices neither ascending nor contiguous, all loads different."""
    net = pp.create_empty_network()
    for index in (7, 3, 12, 5):
        pp.create_bus(net, 10.0, index=index)
    pp.create_ext_grid(net, 7, vm_pu=1.02)
    for index, (one, two) in {4: (7, 3), 9: (3, 12), 1: (12, 5), 6: (5, 7)}.items():
        pp.create_line(net, one, two, 2.0, CABLE, index=index)
    pp.create_switch(net, 5, 1, et="l", closed=False)
    for index, bus, p_mw in ((20, 3, 0.5), (10, 12, 1.0), (30, 5, 1.5)):
        pp.create_load(net, bus, p_mw, 0.2, index=index)
    pp.create_sgen(net, 12, 0.3, index=2)
    return net


FOREIGN = {
    "net.gen 0": lambda net: pp.create_gen(net, 3, p_mw=0.4, vm_pu=1.01),
    "net.ward 0": lambda net: pp.create_ward(net, 3, 0.1, 0.05, 0.1, 0.05),
    "net.xward 0": lambda net: pp.create_xward(net, 3, 0.1, 0.05, 0.1, 0.05, 0.1, 0.5, 1.01),
    "net.impedance 0": lambda net: pp.create_impedance(net, 3, 12, 0.01, 0.02, sn_mva=1.0),
    "net.dcline 0": lambda net: pp.create_dcline(net, 3, 5, 0.3, 1.0, 0.01, 1.0, 1.0),
    "net.motor 0": lambda net: pp.create_motor(net, 3, pn_mech_mw=0.1, cos_phi=0.9),
}


@pytest.mark.parametrize("place", FOREIGN)
def test_a_net_with_elements_of_another_kind_goes_to_pandapower_and_says_which(place):
    net = ring()
    FOREIGN[place](net)
    model = compile_grid(net)
    assert model.engine == "pandapower"
    assert place in model.reason
    load = net.load.p_mw.to_numpy() * np.array([[1.0], [0.5]])
    steps = xr.Dataset({"load_p_mw": (("time", "load"), load)})
    solved = model.solve(steps)
    assert (solved.engine == "pandapower").all()
    edited = ring()
    FOREIGN[place](edited)
    edited.load["p_mw"] = load[1]
    pp.runpp(edited, tolerance_mva=1e-8, numba=False)
    np.testing.assert_allclose(solved.vm_pu.values[1], edited.res_bus.vm_pu, atol=VM_PU)
    replayed = model.replay(steps, step_h=0.25)
    assert replayed.attrs["engine"] == "pandapower"
    assert place in replayed.attrs["reason"]
    np.testing.assert_allclose(replayed.vm_pu_min, solved.vm_pu.min("time"), atol=1e-12)
    np.testing.assert_allclose(replayed.loss_mwh, 0.25 * model.solve(steps, want=("loss_mw",)).loss_mw.sum(), atol=1e-9)


@pytest.mark.parametrize("place", ["net.gen 0", "net.xward 0", "net.impedance 0", "net.dcline 0"])
def test_outages_of_a_net_with_elements_of_another_kind_are_those_of_runpp(place):
    net = ring()
    FOREIGN[place](net)
    found = compile_grid(net).contingencies(xr.Dataset(), restore=False).isel(time=0)
    assert place in found.attrs["reason"]
    for o, index in enumerate(net.line.index):
        edited = ring()
        FOREIGN[place](edited)
        edited.line.loc[index, "in_service"] = False
        pp.runpp(edited, tolerance_mva=1e-8, numba=False)
        np.testing.assert_allclose(found.vm_pu_min.values[o], edited.res_bus.vm_pu.min(), atol=VM_PU)
        dark = edited.load.bus.isin(edited.res_bus.index[edited.res_bus.vm_pu.isna()])
        np.testing.assert_allclose(found.unsupplied_before_mw.values[o], edited.load.p_mw[dark].sum(), atol=1e-9)


def test_a_grid_fed_by_a_slack_machine_is_served_and_its_outages_too():
    net = ring()
    net.ext_grid["in_service"] = False
    pp.create_gen(net, 7, p_mw=0.0, vm_pu=1.02, slack=True)
    model = compile_grid(net)
    assert "net.gen 0" in model.reason
    same = compile_grid(ring())
    np.testing.assert_allclose(model.solve(xr.Dataset()).vm_pu, same.solve(xr.Dataset()).vm_pu, atol=VM_PU)
    found, expected = (m.contingencies(xr.Dataset()) for m in (model, same))
    for name in ("unsupplied_before_mw", "unsupplied_after_mw", "closure", "vm_pu_min", "loading_percent_max"):
        np.testing.assert_allclose(found[name], expected[name], atol=1e-5, err_msg=name)


def test_an_element_of_another_kind_that_is_out_of_service_bothers_nobody():
    net = ring()
    for add in FOREIGN.values():
        add(net)
    for table in ("gen", "ward", "xward", "impedance", "dcline", "motor"):
        net[table]["in_service"] = False
    model = compile_grid(net)
    assert model.engine == "batch"
    pp.runpp(net, tolerance_mva=1e-8, numba=False)
    np.testing.assert_allclose(model.solve(xr.Dataset()).vm_pu[0], net.res_bus.vm_pu, atol=VM_PU)


def test_an_element_out_of_service_injects_nothing_whatever_its_profile():
    net = ring()
    net.load.loc[10, "in_service"] = False
    with_profile = compile_grid(net).solve(xr.Dataset({"load_p_mw": (("time", "load"), [[0.5, 50.0, 1.5]])}))
    np.testing.assert_allclose(with_profile.vm_pu, compile_grid(net).solve(xr.Dataset()).vm_pu, atol=VM_PU)


def test_every_fault_of_the_net_is_named_before_anything_is_compiled():
    net = ring()
    net.line.loc[9, ["r_ohm_per_km", "x_ohm_per_km"]] = 0.0
    net.line.loc[4, "length_km"] = 0.0
    net.load.loc[10, "bus"] = 99
    with pytest.raises(BadInput) as refused:
        compile_grid(net)
    found = {problem.place: problem for problem in refused.value.problems}
    assert set(found) == {"net.line 9", "net.line 4, length_km", "net.load 10, bus"}
    assert "bus-bus switch" in found["net.line 9"].remedy


def test_labels_in_another_order_find_their_elements():
    model = compile_grid(ring())
    rng = np.random.default_rng(3)
    steps = xr.Dataset(
        {name: (("time", "load"), rng.uniform(0.1, 1.0, (3, 3))) for name in ("load_p_mw", "load_q_mvar")},
        coords={"load": [20, 10, 30]},
    )
    turned = steps.sel(load=[30, 20, 10])
    plain = steps.drop_vars("load")  # without labels: the net's own order
    expected = model.solve(plain).vm_pu
    for given in (steps, turned, turned.transpose("load", "time")):
        np.testing.assert_allclose(model.solve(given).vm_pu, expected, atol=1e-12)
    constant = turned.isel(time=0, drop=True)  # without time: it holds for every step
    np.testing.assert_allclose(model.solve(constant).vm_pu[0], expected[0], atol=1e-12)
    for name in ("vm_pu_min", "loss_mwh"):
        a, b = (model.replay(given, step_h=1.0)[name] for given in (plain, turned))
        np.testing.assert_allclose(a, b, atol=1e-9)
    a, b = (model.contingencies(given) for given in (plain, turned))
    np.testing.assert_allclose(a.unsupplied_before_mw, b.unsupplied_before_mw, atol=1e-12)
    np.testing.assert_allclose(a.vm_pu_min, b.vm_pu_min, atol=1e-9)


CALLS = {
    "solve": lambda model, steps: model.solve(steps),
    "replay": lambda model, steps: model.replay(steps, step_h=1.0),
    "contingencies": lambda model, steps: model.contingencies(steps),
}


@pytest.mark.parametrize("call", CALLS)
def test_every_fault_of_the_injections_is_listed_at_once(call):
    time = np.array(["2025-01-01T00:00", "2025-01-01T01:00", "2025-01-01T00:30"], "datetime64[ns]")
    steps = xr.Dataset(
        {
            "load_p_mw": (("time", "load"), np.ones((3, 3))),
            "load_p_kw": (("time", "load"), np.ones((3, 3))),
            "sgen_p_mw": (("time", "sgen"), np.ones((3, 2))),
            "load_q_mvar": (("time", "load"), np.full((3, 3), "much")),
        },
        coords={"time": time, "load": [20, 11, 30]},
    )
    with pytest.raises(BadInput) as refused:
        CALLS[call](compile_grid(ring()), steps)
    found = {problem.place: problem for problem in refused.value.problems}
    assert set(found) == {
        "injections, load_p_kw", "injections, load 11", "injections, load 10", "injections, time, row 2",
        "injections, sgen_p_mw", "injections, load_q_mvar",
    }  # fmt: skip
    assert (found["injections, load 11"].value, found["injections, load 10"].value) == ("unknown", "missing")
    assert "01:00" in found["injections, time, row 2"].value
    assert all(problem.limit and problem.remedy for problem in found.values())


WRONG_LABELS = {
    "twice the same": [20, 20, 30],
    "one too few": [20, 10],
    "one too many": [20, 10, 30, 40],
    "names": ["20", "10", "30"],
    "names as objects": np.array(["20", "10", "30"], dtype=object),
    "halves": [20.0, 10.5, 30.0],
}


@pytest.mark.parametrize("labels", WRONG_LABELS)
def test_labels_that_are_not_the_nets_are_refused(labels):
    given = WRONG_LABELS[labels]
    steps = xr.Dataset({"load_p_mw": (("time", "load"), np.ones((1, len(given))))}, coords={"load": given})
    with pytest.raises(BadInput, match="load"):
        compile_grid(ring()).solve(steps)


WRONG_TIMES = {
    "descending": np.array([2, 1]),
    "twice the same": np.array([1, 1]),
    "an instant that is none": np.array(["2025-01-01", "NaT"], "datetime64[ns]"),
    "a number that is none": np.array([0.0, np.nan]),
    "text": np.array(["2025-01-01 00:00", "2025-01-01 00:15"]),
    "objects": np.array(["a", 1], dtype=object),
}


@pytest.mark.parametrize("times", WRONG_TIMES)
def test_a_time_axis_that_is_none_is_refused(times):
    steps = xr.Dataset({"load_p_mw": (("time", "load"), np.ones((2, 3)))}, coords={"time": WRONG_TIMES[times]})
    with pytest.raises(BadInput, match="time"):
        compile_grid(ring()).solve(steps)


@pytest.mark.parametrize("kind", ["U4", "bool", "complex128", "datetime64[ns]"])
def test_powers_that_are_no_numbers_are_refused(kind):
    steps = xr.Dataset({"load_p_mw": (("time", "load"), np.ones((2, 3)).astype(kind))})
    with pytest.raises(BadInput, match="load_p_mw"):
        compile_grid(ring()).solve(steps)


@pytest.mark.parametrize("kind", ["int32", "uint8", "float32", ">f8"])
def test_whole_numbers_single_precision_and_foreign_byte_order_are_numbers(kind):
    model = compile_grid(ring())
    expected = model.solve(xr.Dataset({"load_p_mw": (("time", "load"), np.ones((2, 3)))})).vm_pu
    given = xr.Dataset({"load_p_mw": (("time", "load"), np.ones((2, 3)).astype(kind))})
    np.testing.assert_allclose(model.solve(given).vm_pu, expected, atol=1e-12)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", ["load_p_mw", "load_q_mvar", "sgen_p_mw"])
def test_a_step_that_nobody_knows_is_marked_and_the_others_are_solved(name, value):
    model, table = compile_grid(ring()), name.split("_")[0]
    count = 3 if table == "load" else 1
    steps = xr.Dataset({name: (("time", table), np.full((20, count), 0.4))})
    calm = model.solve(steps).vm_pu
    steps[name][11, count - 1] = value
    found = model.solve(steps)
    others = np.arange(20) != 11
    assert found.converged.values.tolist() == others.tolist()
    assert found.engine.values[11] == ""
    assert found.vm_pu.isel(time=11).isnull().all()
    assert found.line_loading_percent.isel(time=11).isnull().all()
    np.testing.assert_array_equal(found.vm_pu.values[others], calm.values[others])


def test_nan_that_holds_for_every_step_leaves_none_solved():
    found = compile_grid(ring()).solve(xr.Dataset({"load_p_mw": ("load", [0.1, np.nan, 0.1])}))
    assert not found.converged.any()
    assert found.vm_pu.isnull().all()


def test_results_carry_the_nets_own_labels_and_units():
    time = np.datetime64("2025-01-01", "ns") + np.arange(2) * np.timedelta64(15, "m")
    steps = xr.Dataset({"load_p_mw": (("time", "load"), np.ones((2, 3)))}, coords={"time": time})
    found = compile_grid(ring()).solve(steps)
    assert found.bus.values.tolist() == [7, 3, 12, 5]
    assert found.line.values.tolist() == [4, 9, 1, 6]
    np.testing.assert_array_equal(found.time, time)
    assert {name: found[name].attrs["units"] for name in ("vm_pu", "line_loading_percent")} == {
        "vm_pu": "pu", "line_loading_percent": "%",
    }  # fmt: skip


def test_no_step_at_all_gives_an_empty_answer():
    found = compile_grid(ring()).solve(xr.Dataset({"load_p_mw": (("time", "load"), np.ones((0, 3)))}))
    assert found.vm_pu.shape == (0, 4)
    assert found.converged.shape == (0,)


def test_a_topology_that_is_unknown_is_named_whatever_engine_serves():
    net = ring()
    for model in (compile_grid, PandapowerModel):
        with pytest.raises(BadInput, match="line 99"):
            model(net, Topology(out_lines=frozenset({99})))
