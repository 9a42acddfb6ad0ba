"""The zones' totals spread over the grid's loads and plants, and the planned devices on it."""

import dataclasses
from functools import cache

import numpy as np
import pytest

from tests.unit.boxes.flexibility.grid.small_feeder import make_net
from twin.boxes.flexibility.tick.wires import Totals, Wires
from twin.contracts.synthetic import SyntheticSite
from twin.domain.problems import BadInput
from twin.engines.compile import compile_net

STEPS = 2
ZONES = {"town": {"parent": None}, "quarter": {"parent": "town"}, "yard": {"parent": "quarter"}}
FORECAST = ("town", "quarter")
# Loads stand at buses 2, 3, 4 and roofs at 4, 3, 2: the first of each belongs to the town itself, the last to a yard without
# a forecast of its own.
MEMBERS = {
    "load": {
        "element": [0, 1, 2], "zone": ["town", "quarter", "yard"], "weight": [5.0, 30.0, 10.0], "tan_phi": [0.1, 0.2, 0.3],
    },
    "pv": {"element": [0, 1, 2], "zone": ["quarter", "quarter", "town"], "weight": [30.0, 10.0, 20.0]},
    "hydro": {"element": [3], "zone": ["town"], "weight": [1.0]},
    "inverters": {"element": [0, 1], "sn_mva": [0.05, 0.02], "vm_pu": [0.92, 0.96, 1.05, 1.08], "share": [0.4, 0.0, 0.0, -0.4]},
}  # fmt: skip
DEVICES = (
    {"id": "roof", "table": "sgen", "element": 0},
    {"id": "car", "table": "load", "element": 1},
    {"id": "pumps", "table": "load", "element": 1, "elements": (1, 2), "shares": (0.25, 0.75)},
    {"id": "nowhere", "table": "load", "element": 99},
)
LOAD = {"town": np.array([0.10, 0.08]), "quarter": np.array([0.06, 0.05])}
SUN = {"town": np.array([0.05, 0.02]), "quarter": np.array([0.04, 0.01])}
HYDRO = np.array([0.01, 0.02])
MIDDLE = Totals(LOAD, SUN, HYDRO)


@cache
def context(*, ring=False):
    import pandapower as pp

    net = make_net(ring=ring)
    pp.create_sgen(net, 3, p_mw=0.0)
    pp.create_sgen(net, 2, p_mw=0.0)
    pp.create_sgen(net, 2, p_mw=0.0)
    grid = compile_net(net).grid
    bands = {
        "voltage": [
            {"up_to_kv": 36.0, "vm_min_pu": 0.95, "vm_max_pu": 1.05},
            {"up_to_kv": 1.0, "vm_min_pu": 0.94, "vm_max_pu": 1.06},
        ],
        "loading": {"line_percent": 90.0, "trafo_percent": 80.0},
    }
    facts = SyntheticSite().context("flexibility")
    return dataclasses.replace(facts, zones=ZONES, devices=DEVICES, bands=bands, members=MEMBERS, grid=grid.to_bytes()), grid


@pytest.fixture(scope="module")
def street():
    known, grid = context()
    return Wires(known, FORECAST), grid


def drawn(street, units=("car",), totals=MIDDLE):
    """Everything but the planned units at the nodes of buses 0 to 4 [MVA], dims (step, bus)."""
    wires, grid = street
    return wires.case(units, totals, (totals,)).consumption[:, grid.bus_node]


def test_what_all_nodes_draw_is_the_towns_total(street):
    # the town's figures hold those of the quarter: counted once
    np.testing.assert_allclose(drawn(street).real.sum(axis=1), LOAD["town"] - SUN["town"] - HYDRO, atol=1e-12)


def test_load_of_a_zone_is_shared_by_the_weights_of_its_members(street):
    dark = Totals(LOAD, {zone: np.zeros(STEPS) for zone in SUN}, np.zeros(STEPS))
    at = drawn(street, totals=dark).real
    np.testing.assert_allclose(at[:, 2], LOAD["town"] - LOAD["quarter"], atol=1e-12)
    np.testing.assert_allclose(at[:, 3], 0.75 * LOAD["quarter"], atol=1e-12)
    # what stands in a zone without a forecast counts to the nearest one above it
    np.testing.assert_allclose(at[:, 4], 0.25 * LOAD["quarter"], atol=1e-12)


def test_every_load_draws_reactive_power_by_its_own_factor(street):
    dark = Totals(LOAD, {zone: np.zeros(STEPS) for zone in SUN}, np.zeros(STEPS))
    at = drawn(street, totals=dark)
    np.testing.assert_allclose(at.imag[:, 2:], at.real[:, 2:] * [0.1, 0.2, 0.3], atol=1e-12)


def test_roofs_and_hydro_feed_in_where_they_stand(street):
    at = drawn(street, totals=Totals({zone: np.zeros(STEPS) for zone in LOAD}, SUN, HYDRO)).real
    np.testing.assert_allclose(at[:, 2], -(SUN["town"] - SUN["quarter"]) - HYDRO, atol=1e-12)
    np.testing.assert_allclose(at[:, 3], -0.25 * SUN["quarter"], atol=1e-12)
    np.testing.assert_allclose(at[:, 4], -0.75 * SUN["quarter"], atol=1e-12)


def test_planned_plant_is_left_out_of_its_zones_sun(street):
    with_, without = drawn(street), drawn(street, ("roof",))
    np.testing.assert_allclose((without - with_)[:, 4], 0.75 * SUN["quarter"], atol=1e-12)
    np.testing.assert_allclose((without - with_)[:, :4], 0.0, atol=1e-12)


def test_inner_zone_that_gives_more_than_the_outer_leaves_it_nothing(street):
    odd = Totals({"town": np.array([0.05, 0.05]), "quarter": LOAD["quarter"]}, SUN, HYDRO)
    assert (drawn(street, totals=odd).real[:, 2] + (SUN["town"] - SUN["quarter"]) + HYDRO >= -1e-12).all()


def test_plant_has_its_share_of_its_zones_installed_power(street):
    wires, _ = street
    assert wires.pv_share(0) == ("quarter", 0.75)
    assert wires.pv_share(2) == ("town", 1.0)


def test_units_stand_at_their_buses_and_a_ripple_group_at_several(street):
    wires, grid = street
    case = wires.case(("roof", "car", "pumps", "nowhere"), MIDDLE, (MIDDLE,))
    node = {bus: int(grid.bus_node[bus]) for bus in range(5)}
    assert case.unit_node.tolist() == [node[4], node[3], node[3], -1]
    np.testing.assert_allclose(case.spread[2, [node[3], node[4]]], [0.25, 0.75])
    np.testing.assert_allclose(case.spread.sum(axis=1), [1.0, 1.0, 1.0, 0.0])


def test_power_of_a_unit_is_drawn_at_its_nodes(street):
    wires, grid = street
    case = wires.case(("pumps",), MIDDLE, (MIDDLE,))
    more = case.drawn(np.full((1, STEPS), 0.04), np.zeros((1, STEPS))) - case.consumption
    np.testing.assert_allclose(more[:, grid.bus_node[[3, 4]]], [[0.01, 0.03]] * STEPS, atol=1e-12)


def test_inverters_have_the_power_of_their_share_and_a_planned_one_is_its_units(street):
    wires, _ = street
    inverters = wires.case(("car", "roof"), MIDDLE, (MIDDLE,)).inverters
    np.testing.assert_allclose(inverters.p_mw, np.outer(SUN["quarter"], [0.75, 0.25]), atol=1e-12)
    assert inverters.unit.tolist() == [1, -1]
    assert wires.case(("car",), MIDDLE, (MIDDLE,)).inverters.unit.tolist() == [-1, -1]


def test_site_without_curves_has_no_inverters(street):
    known, _ = context()
    silent = dataclasses.replace(known, members={**MEMBERS, "inverters": {}})
    assert Wires(silent, FORECAST).case(("car",), MIDDLE, (MIDDLE,)).inverters is None


def test_paths_of_the_forecast_are_spread_like_its_middle(street):
    wires, _ = street
    heavy = Totals({zone: 1.2 * load for zone, load in LOAD.items()}, SUN, HYDRO)
    case = wires.case(("car",), MIDDLE, (MIDDLE, heavy))
    assert case.paths.shape == (2, *case.consumption.shape)
    np.testing.assert_array_equal(case.paths[0], case.consumption)
    np.testing.assert_allclose((case.paths[1] - case.paths[0]).real.sum(axis=1), 0.2 * LOAD["town"], atol=1e-12)


def test_limits_are_those_of_each_voltage_level(street):
    wires, grid = street
    limits = wires.network.limits
    medium = grid.bus_vn_kv > 1.0
    np.testing.assert_array_equal(limits.bus_high_pu, np.where(medium, 1.05, 1.06))
    np.testing.assert_array_equal(limits.bus_low_pu, np.where(medium, 0.95, 0.94))
    assert (limits.line_percent, limits.trafo_percent) == (90.0, 80.0)


def test_every_outage_that_the_grid_does_not_have_is_named():
    known, _ = context()
    with pytest.raises(BadInput) as caught:
        Wires(known, FORECAST, [("line", 77), ("trafo", 9)])
    assert len(caught.value.problems) == 2


def test_only_outages_that_leave_everybody_supplied_are_checked():
    known, _ = context(ring=True)
    # of a ring any line may go; the transformer feeds all of it
    wires = Wires(known, FORECAST, [("line", 1), ("trafo", 0)])
    case = wires.case(("car",), MIDDLE, (MIDDLE,))
    found = wires.outages(case)
    assert list(found) == ["line:1"]
    np.testing.assert_array_equal(found["line:1"].consumption, case.consumption)
    assert len(found["line:1"].network.grid.branch_from) == len(case.network.grid.branch_from) - 1
