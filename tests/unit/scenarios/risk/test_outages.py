"""Outages at their rates: what they leave dark, for how long, and what that is expected to cost."""

import numpy as np
import pandapower as pp
import pytest
import xarray as xr

from scenarios.play.security import security
from scenarios.risk.outages import energy_not_served_mwh, outage_risk, unsupplied_mw
from twin.contracts.ports import GridLimits
from twin.domain.grid import NORMAL
from twin.domain.problems import BadInput
from twin.engines import make_engine


@pytest.fixture
def parallel(made):
    """Two equal lines side by side, each rated for 3.46 MVA, and a customer."""
    net = pp.create_empty_network(sn_mva=1.0)
    one, two = pp.create_bus(net, 10.0), pp.create_bus(net, 10.0)
    pp.create_ext_grid(net, one)
    for _ in range(2):
        made.line(net, one, two, r_ohm=1e-3, max_i_ka=0.2)
    pp.create_load(net, two, p_mw=1.0)
    return net


def loads(*mw):
    return xr.Dataset({"load_p_mw": (("time", "load"), np.array(mw)[:, None])})


def test_one_of_two_parallel_lines_carries_all_after_the_other_is_out(parallel):
    model = make_engine("batch", parallel).model(NORMAL)
    found = security(model, loads(1.0, 2.0, 4.0), limits=GridLimits(), hours=np.arange(3))
    capacity_mw = np.sqrt(3.0) * 10.0 * 0.2
    # the lines lose a tenth of a permille
    expected = 100.0 * (1.0 - np.array([1.0, 2.0, 4.0]) / capacity_mw)
    assert found["n1_margin_percent"].to_numpy()[0] == pytest.approx(expected, abs=0.05)
    assert (found["n1_unsupplied_mw"] == 0.0).all()


def test_voltage_margin_is_the_distance_to_the_nearer_end_of_the_band_and_negative_outside(parallel):
    model = make_engine("batch", parallel).model(NORMAL)  # hardly any drop: all buses stand at 1.0
    bands = {0.95: 0.02, 1.01: -0.01}
    for low, margin in bands.items():
        found = security(model, loads(1.0), limits=GridLimits(vm_min_pu=low, vm_max_pu=1.02), hours=np.arange(1))
        assert found["n1_voltage_margin_pu"].item() == pytest.approx(margin, abs=1e-3)


def test_probability_of_no_margin_is_that_of_a_load_above_one_line(parallel):
    model = make_engine("batch", parallel).model(NORMAL)
    draws = np.random.default_rng(1).normal(3.0, 0.5, 2000)
    found = security(model, loads(*draws), limits=GridLimits(), hours=np.arange(1))
    short = (found["n1_margin_percent"].to_numpy()[:, 0] < 0.0).mean()
    # the same draws on both sides: what the lines lose moves one of 2,000 at most
    assert short == pytest.approx((draws > np.sqrt(3.0) * 10.0 * 0.2).mean(), abs=1.5 / 2000)


def test_the_element_named_is_the_one_that_is_loaded_most_after_the_worst_outage(made):
    net = pp.create_empty_network(sn_mva=1.0)
    one, two, far = (pp.create_bus(net, 10.0) for _ in range(3))
    pp.create_ext_grid(net, one)
    made.line(net, one, two, r_ohm=1e-3, max_i_ka=0.4)
    made.line(net, one, two, r_ohm=1e-3, max_i_ka=0.4)
    made.line(net, two, far, r_ohm=1e-3, max_i_ka=0.1)  # thin, and fullest whichever of the two others is out
    pp.create_load(net, far, p_mw=1.5)
    found = security(make_engine("batch", net).model(NORMAL), loads(1.5), limits=GridLimits(), hours=np.arange(1))
    assert found["outage"].values[found["n1_worst"].item()] in {"line 0", "line 1"}
    assert found["n1_loaded"].item() == "line 2"


def test_hours_of_futures_come_back_as_they_were_given(parallel):
    model = make_engine("batch", parallel).model(NORMAL)
    mw = np.linspace(0.5, 3.0, 600)  # more than one block of states
    found = security(model, loads(*mw), limits=GridLimits(), hours=np.arange(24))
    assert found["n1_margin_percent"].shape == (25, 24)
    assert (np.diff(found["n1_margin_percent"].to_numpy().ravel()) < 0.0).all()
    assert found["n1_worst"].dims == ("future", "hour")


def test_states_that_are_no_whole_number_of_futures_are_refused(parallel):
    model = make_engine("batch", parallel).model(NORMAL)
    with pytest.raises(BadInput, match="a multiple of the 2 hours"):
        security(model, loads(1.0, 1.0, 1.0), limits=GridLimits(), hours=np.arange(2))


def test_a_tie_gives_back_what_an_outage_took(made):
    net = made.ring()
    states = made.states(net, load_mw=[[0.5, 1.0, 0.5, 0.5]])
    names, before, after = unsupplied_mw(make_engine("batch", net), states, None, GridLimits())
    at = {name: place for place, name in enumerate(names)}
    # line 0 feeds both customers of its feeder, line 1 the second one
    assert before[at["line 0"]] == pytest.approx([1.5])
    assert before[at["line 1"]] == pytest.approx([1.0])
    assert after.max() == 0.0


def test_energy_not_served_counts_switching_and_repair(facts):
    # 2 MW until the switch is closed after one hour, half a MW until the repair after four
    assert energy_not_served_mwh(np.array([2.0]), np.array([0.5]), facts) == pytest.approx([2.0 + 3 * 0.5])


def test_expected_energy_is_the_sum_over_outages_and_over_hours(facts):
    before, after = np.array([[1.0, 2.0], [0.5, 0.5]]), np.array([[0.0, 0.0], [0.5, 0.0]])
    found = outage_risk(["line 0", "line 1"], before, after, facts)
    assert sum(one["expected_mwh"] for one in found["by_outage"]) == pytest.approx(found["expected_mwh"])
    assert sum(found["by_hour"]["expected_mwh"]) == pytest.approx(found["expected_mwh"])
    # rates so small that 1 - exp(-x) is x: 0.1 and 0.2 a year, 3 MWh and 2.5 MWh
    assert found["expected_mwh"] == pytest.approx((0.1 * 3.0 + 0.2 * 2.5) / 8760.0, rel=1e-4)
    assert found["expected_chf"] == pytest.approx(15_000.0 * found["expected_mwh"])


def test_an_outage_without_a_rate_expects_nothing(facts):
    found = outage_risk(["trafo 9"], np.array([[5.0]]), np.array([[5.0]]), facts)
    assert found["expected_mwh"] == 0.0
    assert found["by_outage"] == []
