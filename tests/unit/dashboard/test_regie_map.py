"""The map: every bus that the grid's file places stands there, north up and in proportion; what is abnormal has colour."""

import pytest

from dashboard.regie.abnormal import abnormal
from dashboard.regie.grid.map import GridMap
from dashboard.regie.names import Names
from dashboard.regie.words import Words
from twin.contracts.diagram import DiagramBus, DiagramEdge, DiagramFacts
from twin.contracts.snapshot import GridValues, SiteFacts

WORDS = Words.of("en", "Europe/Zurich", None, "grid")


def bus(index, x=None, y=None):
    return DiagramBus(index=index, name=f"B{index}", vn_kv=10.0, low_pu=0.95, high_pu=1.05, x=x, y=y)


def edge(index, a, b):
    return DiagramEdge(index=index, name=f"E{index}", from_bus=a, to_bus=b, limit_percent=100.0)


def facts(*buses):
    lines = (edge(0, 0, 1), edge(1, 1, 2))
    return DiagramFacts(buses=buses, lines=lines, trafos=(edge(0, 2, 3),), couplers=(), sources=(0,), devices={})


PLANE = facts(bus(0, 0.0, 0.0), bus(1, 1000.0, 500.0), bus(2, 2000.0, 1000.0), bus(3))


def values(loading=(20.0, 30.0)):
    return GridValues(
        vm_pu=(1.0,) * 4,
        line_loading_percent=loading,
        trafo_loading_percent=(30.0,),
        open_lines=(),
        closed_couplers=(),
        quality=("estimated",),
    )


def test_north_is_up_and_east_is_right():
    places = GridMap.of(PLANE).buses
    assert places[2][0] > places[1][0] > places[0][0]
    assert places[2][1] < places[1][1] < places[0][1]


def test_the_map_keeps_the_proportions_of_the_country():
    assert GridMap.of(PLANE).aspect == pytest.approx(2.0)


def test_degrees_of_longitude_are_narrower_than_degrees_of_latitude():
    swiss = facts(bus(0, 8.0, 47.0), bus(1, 8.1, 47.05), bus(2, 8.2, 47.2), bus(3))
    assert GridMap.of(swiss).aspect == pytest.approx(0.682, abs=0.002)  # cos 47.1 degrees


def test_a_bus_without_coordinates_stands_at_its_neighbour():
    found = GridMap.of(PLANE)
    assert found.buses[3] == found.buses[2]
    assert found.at_another == {3}


def test_a_grid_without_coordinates_has_no_map():
    assert GridMap.of(facts(bus(0), bus(1), bus(2), bus(3))) is None


def test_an_overloaded_line_has_colour_and_figure_on_the_map():
    found = GridMap.of(PLANE)
    markup = found.overlay(abnormal(PLANE, values((20.0, 109.0))), (), WORDS)
    assert 'class="hot p2" data-el="line:1"' in markup
    assert "109" in markup


def test_a_normal_grid_has_no_colour_on_the_map():
    assert "data-el" not in GridMap.of(PLANE).overlay((), (), WORDS)


def test_every_placed_bus_is_drawn_once():
    names = Names(WORDS, SiteFacts(name="x", title={}, timezone="Europe/Zurich", notes=()), PLANE)
    markup = GridMap.of(PLANE).base(values(), names)
    assert [markup.count(f'data-el="bus:{index}"') for index in range(4)] == [1, 1, 1, 0]
