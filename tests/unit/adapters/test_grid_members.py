"""How much of what runs on stands at which plant: a large one has more of it than a small one."""

import math

import pandapower as pp
import pytest

from tests.unit.boxes.flexibility.grid.small_feeder import make_net
from twin.adapters.grid_members import grid_members, load_weight_of, running_on_mw_of
from twin.domain.zones import OtherPlant, Zone
from twin.engines.compile import compile_net

TOWN = Zone("town", {}, 100, 0.0, boundary=(("trafo.0.p_mw", 1.0),))
CHANNELS = {i: f"sgen.{i}.p_mw" for i in (3, 4, 5)}


def net_with(*plants):
    """The small feeder, with plants of (p_mw, sn_mva) from sgen 3 on."""
    net = make_net()
    for index, (p_mw, sn_mva) in zip(CHANNELS, plants, strict=True):
        pp.create_sgen(net, 2, p_mw=p_mw, sn_mva=sn_mva, index=index)
    return net


def zone(**others):
    plants = tuple(OtherPlant(CHANNELS[int(name[1:])], "wind", kw, 11.0) for name, kw in others.items())
    return Zone("town", {}, 100, 0.0, boundary=(("trafo.0.p_mw", 1.0),), others=plants)


def test_plants_that_run_on_are_weighed_by_their_size():
    net = net_with((0.2, 0.8), (0.1, 0.3), (0.1, 0.1))
    grid = compile_net(net).grid
    sizes = running_on_mw_of(net, [zone(p4=200.0)], CHANNELS)
    weight = load_weight_of(net, None, net.load["p_mw"].to_numpy(float))
    found = grid_members(
        grid, [TOWN], load_weight=weight, load_tan_phi=weight, sgen_kwp=weight, running_on_mw=sizes, controls=None
    )
    assert found["hydro"] == {"element": [3, 4, 5], "zone": ["town"] * 3, "weight": [0.8, 0.2, 0.1]}


@pytest.mark.parametrize(
    ("plants", "weights"),
    [
        (((0.2, math.nan), (0.1, 0.3), (0.1, 0.1)), [0.2, 0.3, 0.1]),
        (((0.0, math.nan), (0.1, 0.3), (0.1, 0.1)), [0.2, 0.3, 0.1]),
        (((0.0, math.nan), (0.0, math.nan), (0.0, math.nan)), [1.0, 1.0, 1.0]),
    ],
    ids=["not rated", "no size", "nobody's size"],
)
def test_a_plant_without_a_rating_has_its_power_or_the_others_mean(plants, weights):
    assert list(running_on_mw_of(net_with(*plants), [TOWN], CHANNELS).values()) == pytest.approx(weights)
