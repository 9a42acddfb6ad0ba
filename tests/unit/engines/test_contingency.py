"""Every outage is what runpp says with the line switched off, and the best closure what runpp says with the switch closed."""

import copy

import numpy as np
import pandapower as pp
import pytest
import xarray as xr

from twin.contracts.ports import GridLimits
from twin.domain.problems import BadInput
from twin.engines import compile_grid
from twin.engines.pandapower_engine import PandapowerModel
from twin.engines.topology import with_topology

VM_PU = 1e-8  # the promise of the port
PERCENT = 1e-5  # likewise
MW = 1e-6
CABLE = "NA2XS2Y 1x240 RM/25 6/10 kV"
FIGURES = ("loading_percent_max", "vm_pu_min", "vm_pu_max", "violation", "loss_mw")
TOLERANCE = {"loading_percent_max": PERCENT, "vm_pu_min": VM_PU, "vm_pu_max": VM_PU, "violation": 1e-4, "loss_mw": MW}
TIGHT = GridLimits(vm_min_pu=0.98, vm_max_pu=1.02, loading_percent=50.0)


@pytest.fixture(scope="module")
def grids(published_nets):
    """Two published grids with loads that leave room for an outage."""
    cigre = copy.deepcopy(published_nets["cigre_mv_with_pv_and_wind"])
    for table in ("sgen", "storage"):
        cigre[table] = cigre[table].iloc[:3]
    return {"mv_oberrhein": published_nets["mv_oberrhein"], "cigre_mv": cigre}


@pytest.fixture(scope="module")
def found(grids):
    return {name: compile_grid(net).contingencies(xr.Dataset()).isel(time=0) for name, net in grids.items()}


def expected_of(net, lines=(), closed=()):
    """Figures of runpp with lines off and switches closed; None where it finds no state."""
    lines, closed = list(lines), list(closed)
    own = net.line.loc[lines, "in_service"].copy(), net.switch.loc[closed, "closed"].copy()
    net.line.loc[lines, "in_service"], net.switch.loc[closed, "closed"] = False, True
    try:
        pp.runpp(net, tolerance_mva=1e-8 / net.sn_mva, numba=False)
    except pp.LoadflowNotConverged:
        return None
    finally:
        net.line.loc[lines, "in_service"], net.switch.loc[closed, "closed"] = own
    vm = net.res_bus.vm_pu
    dark = net.bus.index[vm.isna()]
    load = net.load[net.load.in_service.astype(bool) & net.load.bus.isin(dark)]
    loading = max(net.res_line.loading_percent.max(), net.res_trafo.loading_percent.max())
    return {
        "vm_pu_min": vm.min(), "vm_pu_max": vm.max(), "loading_percent_max": loading,
        "unsupplied": (load.p_mw * load.scaling).sum(), "loss_mw": net.res_line.pl_mw.sum() + net.res_trafo.pl_mw.sum(),
    }  # fmt: skip


def assert_figures(case, expected, prefix=""):
    for name in ("vm_pu_min", "vm_pu_max", "loading_percent_max", "loss_mw"):
        np.testing.assert_allclose(case[prefix + name], expected[name], atol=TOLERANCE[name], rtol=0, err_msg=str(case.outage))


@pytest.mark.parametrize("name", ["mv_oberrhein", "cigre_mv"])
def test_every_line_off_is_what_runpp_finds_without_it(grids, found, name):
    net, ours = with_topology(grids[name]), found[name]
    assert ours.outage.values.tolist() == [f"line {index}" for index in net.line.index]
    already = expected_of(net)["unsupplied"]
    for o, index in enumerate(net.line.index):
        case, expected = ours.isel(outage=o), expected_of(net, [index])
        assert bool(case.converged) == (expected is not None)
        if expected is not None:
            assert_figures(case, expected)
            np.testing.assert_allclose(case.unsupplied_before_mw, expected["unsupplied"] - already, atol=MW)


@pytest.mark.parametrize("name", ["mv_oberrhein", "cigre_mv"])
def test_the_best_closure_is_what_runpp_finds_with_that_switch_closed(grids, found, name):
    net, ours = with_topology(grids[name]), found[name]
    restored = np.flatnonzero(ours.closure.values >= 0)
    assert len(restored) > 3
    for o in restored[::9]:
        case = ours.isel(outage=o)
        expected = expected_of(net, [int(case.element)], [int(case.closure)])
        assert_figures(case, expected, "after_")
        np.testing.assert_allclose(case.unsupplied_after_mw, expected["unsupplied"], atol=MW)
        assert case.unsupplied_after_mw <= case.unsupplied_before_mw


@pytest.mark.parametrize("name", ["mv_oberrhein", "cigre_mv"])
def test_nobody_closes_a_switch_onto_the_failed_line(grids, found, name):
    switch, ours = grids[name].switch, found[name]
    for outage, closure in zip(ours.case_outage.values, ours.case_closure.values, strict=True):
        own = (switch.et[closure], switch.element[closure]) == ("l", ours.element.values[outage])
        assert not own, f"outage of {ours.outage.values[outage]}: its own switch {closure} is closed"


@pytest.mark.parametrize("name", ["mv_oberrhein", "cigre_mv"])
def test_best_closure_has_least_unsupplied_then_violations_then_losses(found, name):
    ours = found[name]
    for o in range(ours.sizes["outage"]):
        mine = np.flatnonzero((ours.case_outage.values == o) & np.isfinite(ours.case_violation.values))
        if not len(mine):
            assert ours.closure.values[o] == -1
            continue
        # a millionth of a MW and of a percent are the same
        rank = [
            (
                round(float(ours.case_unsupplied_mw[c]) / 1e-6),
                round(float(ours.case_violation[c]), 6),
                float(ours.case_loss_mw[c]),
            )
            for c in mine
        ]
        best = mine[rank.index(min(rank))]
        assert ours.closure.values[o] == ours.case_closure.values[best]
        np.testing.assert_allclose(ours.after_violation[o], ours.case_violation[best])


def test_where_nothing_is_closed_the_figures_after_are_those_before(found):
    ours = found["mv_oberrhein"]
    still = ours.closure.values == -1
    assert still.any()
    for name in (*FIGURES, "loading_at", "vm_pu_min_bus", "vm_pu_max_bus"):
        np.testing.assert_array_equal(ours[f"after_{name}"].values[still], ours[name].values[still])


def test_a_line_is_named_where_the_loading_and_a_bus_where_the_voltage_is(grids, found):
    net, ours = with_topology(grids["mv_oberrhein"]), found["mv_oberrhein"]
    for o in range(0, ours.sizes["outage"], 20):
        case = ours.isel(outage=o)
        expected_of(net, [int(case.element)])
        table, index = str(case.loading_at.values).split()
        loading = net[f"res_{table}"].loading_percent[int(index)]
        np.testing.assert_allclose(loading, case.loading_percent_max, atol=PERCENT)
        for kind in ("min", "max"):
            vm = net.res_bus.vm_pu[int(case[f"vm_pu_{kind}_bus"])]
            np.testing.assert_allclose(vm, case[f"vm_pu_{kind}"], atol=VM_PU)


def make_pair(*, tie_ends=("b",)):
    """Two 110/10 kV substations; feeder 2-3-4 of the one, bus 5 of the other; ties between them, open, in this order."""
    net = pp.create_empty_network()
    for vn_kv in (110.0, 110.0, 10.0, 10.0, 10.0, 10.0):
        pp.create_bus(net, vn_kv)
    pp.create_ext_grid(net, 0)
    pp.create_ext_grid(net, 1, vm_pu=1.01)
    for hv, lv in ((0, 2), (1, 5)):
        pp.create_transformer(net, hv, lv, "25 MVA 110/10 kV")
    pp.create_line(net, 2, 3, 1.0, CABLE)
    pp.create_line(net, 3, 4, 1.0, CABLE)
    for bus, p_mw in ((3, 1.0), (4, 0.7), (5, 2.0)):
        pp.create_load(net, bus, p_mw=p_mw, q_mvar=0.2)
    for end in tie_ends:
        if end == "b":
            pp.create_switch(net, 4, 5, et="b", closed=False, type="CB")
        else:
            line = pp.create_line(net, 4, 5, 2.0, CABLE)
            pp.create_switch(net, {"from": 4, "to": 5}[end], line, et="l", closed=False)
    return net


def assert_equal_to_pandapower(net, injections=None, *, outages="lines", limits=TIGHT):
    injections = xr.Dataset() if injections is None else injections
    ours = compile_grid(net).contingencies(injections, outages, limits=limits)
    theirs = PandapowerModel(net).contingencies(injections, outages, limits=limits)
    assert theirs.attrs["engine"] == "pandapower"
    assert set(ours.variables) == set(theirs.variables)
    for name, variable in ours.data_vars.items():
        kind = name.removeprefix("after_").removeprefix("case_")
        if variable.dtype.kind == "f":
            atol = TOLERANCE.get(kind, 1e-5)
            np.testing.assert_allclose(theirs[name], variable, atol=atol, rtol=0, err_msg=name)
        elif not kind.endswith(("_bus", "_at")):  # where several are equal, either is right
            np.testing.assert_array_equal(theirs[name], variable, err_msg=name)
    return ours


@pytest.mark.parametrize("tie_ends", [("b",), ("from",), ("to",), ("b", "from"), ("to", "b", "from")])
def test_ties_and_couplers_are_tried_alike_by_both_engines(tie_ends):
    ours = assert_equal_to_pandapower(make_pair(tie_ends=tie_ends))
    assert ours.case_closure.values[ours.case_outage.values == 0].tolist() == list(range(len(tie_ends)))
    np.testing.assert_allclose(ours.unsupplied_before_mw.isel(outage=[0, 1]).values[:, 0], [1.7, 0.7])
    np.testing.assert_allclose(ours.unsupplied_after_mw.isel(outage=[0, 1]).values[:, 0], 0.0)


def test_outages_of_transformers_are_restored_from_the_other_substation():
    ours = assert_equal_to_pandapower(make_pair(), outages="trafos")
    np.testing.assert_allclose(ours.unsupplied_before_mw.values[:, 0], [1.7, 2.0])
    assert ours.closure.values[:, 0].tolist() == [0, 0]


def test_a_coupler_to_the_bus_of_a_source_takes_its_voltage():
    net = make_pair(tie_ends=())
    pp.create_ext_grid(net, 5, vm_pu=1.01, va_degree=-150.0)
    net.ext_grid.loc[1, "in_service"] = False
    tie = pp.create_switch(net, 4, 5, et="b", closed=False)
    ours = assert_equal_to_pandapower(net)
    assert ours.closure.values[:2, 0].tolist() == [tie, tie]
    np.testing.assert_allclose(ours.after_vm_pu_max.values[0], 1.01, atol=1e-9)


def test_a_closure_that_is_not_permitted_is_not_tried():
    net = make_pair(tie_ends=("b", "to"))
    net.switch["permitted"] = [False, True]
    ours = compile_grid(net).contingencies(xr.Dataset())
    assert set(ours.case_closure.values.tolist()) == {1}


@pytest.mark.parametrize("side", [0, 2])
def test_a_standby_transformer_is_switched_in(side):
    net = make_pair(tie_ends=())
    standby = pp.create_transformer(net, 0, 2, "25 MVA 110/10 kV")
    switch = pp.create_switch(net, side, standby, et="t", closed=False)
    for model in (compile_grid(net), PandapowerModel(net)):
        ours = model.contingencies(xr.Dataset(), [("trafo", 0)]).isel(outage=0, time=0)
        assert ours.closure == switch
        np.testing.assert_allclose(ours.unsupplied_after_mw, 0.0, atol=MW)
        edited = with_topology(net)
        edited.trafo.loc[0, "in_service"] = False
        assert_figures(ours, expected_of(edited, closed=[switch]), "after_")


def test_without_restoration_no_closure_is_tried():
    ours = compile_grid(make_pair()).contingencies(xr.Dataset(), restore=False)
    assert ours.sizes["case"] == 0
    assert (ours.closure == -1).all()
    assert (ours.unsupplied_after_mw == ours.unsupplied_before_mw).all()


def with_open_cable():
    """`make_pair` with a cable of 30 km that hangs on bus 5, open at bus 4, and a line to a last bus."""
    net = make_pair(tie_ends=())
    line = pp.create_line(net, 4, 5, 30.0, CABLE)
    pp.create_switch(net, 4, line, et="l", closed=False)
    pp.create_line(net, 5, pp.create_bus(net, 10.0), 1.0, CABLE)
    net.load["p_mw"] = 0.01
    return net


def test_voltage_at_the_open_end_of_a_cable_is_nobodys_voltage():
    # the charging of the cable lifts its open end above every bus
    ours = assert_equal_to_pandapower(with_open_cable(), outages=[3], limits=GridLimits(vm_max_pu=1.001))
    assert (ours.vm_pu_max_bus.values >= 0).all()


def test_a_closed_end_is_no_second_bus():
    # when the tie is closed its end becomes bus 4; what that bus exceeds the band by counts once
    assert_equal_to_pandapower(with_open_cable(), outages=[0, 1], limits=GridLimits(vm_max_pu=1.001))


def test_three_winding_transformers_count_with_their_loading(grids):
    net = make_pair()
    far, near = pp.create_bus(net, 20.0), pp.create_bus(net, 10.0)
    pp.create_transformer3w(net, 0, far, near, "63/25/38 MVA 110/20/10 kV")
    pp.create_load(net, far, 22.0, 3.0)
    pp.create_load(net, near, 9.0, 1.0)
    ours = assert_equal_to_pandapower(net, limits=GridLimits())
    assert (ours.loading_at.values[:2] == "trafo3w 0").all()


def test_loads_that_follow_the_voltage_do_so_after_an_outage():
    net = make_pair(tie_ends=("b", "from"))
    net.load["const_z_p_percent"], net.load["const_i_q_percent"] = 60.0, 80.0
    net.switch = net.switch.iloc[1:]  # pandapower mixes the shares of two loads behind a closed coupler
    assert_equal_to_pandapower(net)


def day_of(net, factor):
    columns = {f"load_{name}": net.load[name].to_numpy() * np.asarray(factor)[:, None] for name in ("p_mw", "q_mvar")}
    return xr.Dataset({name: (("time", "load"), values) for name, values in columns.items()}, {"time": np.arange(len(factor))})


def test_every_outage_at_every_time_is_that_outage_at_that_time():
    net = make_pair(tie_ends=("b", "from"))
    factor = np.linspace(0.2, 3.0, 9)
    day = day_of(net, factor)
    whole = assert_equal_to_pandapower(net, day)
    assert dict(whole.sizes)["time"] == 9
    for step in (0, 4, 8):
        alone = compile_grid(net).contingencies(day.isel(time=[step]), limits=TIGHT).isel(time=0)
        for name in (*FIGURES, "closure", "unsupplied_before_mw", "after_loss_mw", "case_loss_mw"):
            np.testing.assert_allclose(whole[name].isel(time=step), alone[name], atol=PERCENT, rtol=0, err_msg=name)


def test_a_step_without_solution_is_nan_in_its_own_cells_only():
    net = make_pair(tie_ends=("b",))
    net.line.loc[1, "length_km"] = 5.0
    day = day_of(net, [1.0, 1.0, 1.0, 1.0])
    day["load_p_mw"][1, 1] = 60.0  # beyond what feeder 2-3-4 can carry, while line 1 separates it from the rest
    day["load_p_mw"][2, 2] = np.nan
    ours = compile_grid(net).contingencies(day, restore=False)
    assert ours.converged.values.tolist() == [[True, True, False, True], [True, True, False, True]]
    for name in FIGURES:
        np.testing.assert_array_equal(ours[name].notnull().values, ours.converged.values, err_msg=name)
    base = compile_grid(net).solve(day)
    assert base.converged.values.tolist() == [True, False, False, True]
    calm = compile_grid(net).contingencies(day_of(net, [1.0] * 4), restore=False)
    for name in FIGURES:
        np.testing.assert_allclose(ours[name].values[:, [0, 3]], calm[name].values[:, [0, 3]], atol=PERCENT, rtol=0)
    np.testing.assert_allclose(ours.unsupplied_before_mw.values[:, 1], [61.0, 60.0])


def test_a_closure_without_solution_is_not_chosen():
    net = make_pair(tie_ends=("from", "b"))
    tie = net.line.index[-1]
    # U^2 / 4 R is 0.4 MW: less than the 1.7 MW to be restored
    net.line.loc[tie, ["r_ohm_per_km", "x_ohm_per_km", "c_nf_per_km"]] = [30.0, 30.0, 0.0]
    ours = assert_equal_to_pandapower(net, outages=[0])
    assert ours.closure.values.tolist() == [[1]]
    [weak] = np.flatnonzero(ours.case_closure.values == 0)
    assert ours.case_violation.isnull().values[weak].all()


def test_n1_margin_is_the_distance_of_the_worst_outage_after_restoration(found):
    ours = found["cigre_mv"]
    if bool(ours.after_loading_percent_max.notnull().all()):
        np.testing.assert_allclose(ours.n1_margin_percent, 100.0 - ours.after_loading_percent_max.max())
    else:
        assert ours.n1_margin_percent.isnull()


def test_a_line_that_is_out_already_changes_nothing():
    net = make_pair()
    net.line.loc[1, "in_service"] = False
    ours = compile_grid(net).contingencies(xr.Dataset(), [1, 1])
    base = compile_grid(net).solve(xr.Dataset())
    np.testing.assert_allclose(ours.vm_pu_min, base.vm_pu.min(), atol=VM_PU)
    assert ours.unsupplied_before_mw.values.tolist() == [[0.0], [0.0]]


def test_no_outage_gives_an_empty_answer():
    for restore in (True, False):
        ours = compile_grid(make_pair()).contingencies(xr.Dataset(), [], restore=restore)
        assert ours.sizes["outage"] == 0


def test_every_unknown_outage_is_named_at_once():
    with pytest.raises(BadInput) as refused:
        compile_grid(make_pair()).contingencies(xr.Dataset(), [0, 77, ("trafo", 9), ("bus", 1)])
    assert [problem.place for problem in refused.value.problems] == ["outages, line 77", "outages, trafo 9", "outages, bus 1"]


@pytest.mark.parametrize("wrong", ["busses", ["line 1"], [0.5], [("line", None)], [("line",)]])
def test_outages_that_are_no_index_are_refused(wrong):
    with pytest.raises(BadInput, match="outages"):
        compile_grid(make_pair()).contingencies(xr.Dataset(), wrong)
