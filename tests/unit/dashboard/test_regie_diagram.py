"""The single-line diagram: every element stands somewhere, feeders end at open points, only the abnormal has colour."""

import re

import pytest

from dashboard.regie.abnormal import abnormal, without_value
from dashboard.regie.diagram import Diagram
from dashboard.regie.names import Names
from dashboard.regie.tree import arrange
from dashboard.regie.words import Words
from twin.contracts.diagram import DiagramBus, DiagramEdge, DiagramFacts
from twin.contracts.snapshot import GridValues, SiteFacts


def bus(index, vn_kv=10.0):
    return DiagramBus(index=index, name=f"B{index}", vn_kv=vn_kv, low_pu=0.95, high_pu=1.05)


def edge(index, a, b):
    return DiagramEdge(index=index, name=f"E{index}", from_bus=a, to_bus=b, limit_percent=100.0)


# 0 (110 kV) - trafo 0 - 1 | coupler | 2 ; ring 1-3-4-5-2 open between 4 and 5; street 6-7 behind trafo 1 at 4.
RING = DiagramFacts(
    buses=(bus(0, 110.0), *(bus(i) for i in range(1, 6)), bus(6, 0.4), bus(7, 0.4), bus(8)),
    lines=(edge(0, 1, 3), edge(1, 3, 4), edge(2, 4, 5), edge(3, 5, 2), edge(4, 6, 7)),
    trafos=(edge(0, 0, 1), edge(1, 4, 6)),
    couplers=((9, 1, 2),),
    sources=(0,),
    devices={"battery": 7},
)
WORDS = Words.of("en", "Europe/Zurich")
NAMES = Names(WORDS, SiteFacts(name="ring", title={}, timezone="Europe/Zurich", notes=()), RING)


def values(**changes):
    normal = {
        "vm_pu": (1.0,) * 9,
        "line_loading_percent": (20.0,) * 5,
        "trafo_loading_percent": (30.0, 40.0),
        "open_lines": (2,),
        "closed_couplers": (9,),
        "quality": ("estimated",),
    }
    return GridValues(**(normal | changes))


def test_every_bus_has_a_place_inside_the_drawing():
    layout = arrange(RING, open_lines=(2,))
    assert set(layout.buses) == {b.index for b in RING.buses}
    assert all(0.0 <= x <= 1.0 and 0.0 <= y <= 1.0 for x, y in layout.buses.values())


def test_no_two_buses_share_a_place(factory):
    layout = arrange(factory.facts(), factory.open_lines())
    places = {(round(x, 4), round(y, 4)) for x, y in layout.buses.values()}
    assert len(places) == len(factory.facts().buses)


def test_a_ring_is_drawn_as_two_feeders_that_end_at_the_open_point():
    layout = arrange(RING, open_lines=(2,))
    assert 2 not in layout.drawn
    assert layout.row_of[4] != layout.row_of[5]
    assert layout.buses[1][0] < layout.buses[3][0] < layout.buses[4][0]


def test_the_neighbourhood_is_an_inset_below_the_main_rows():
    layout = arrange(RING, open_lines=(2,))
    assert [inset.trafo for inset in layout.insets] == [1]
    assert layout.buses[7][1] > max(layout.buses[b][1] for b in (3, 4, 5))


def test_the_same_facts_give_the_same_drawing(factory):
    first = Diagram(factory.facts(), factory.open_lines()).base(factory.grid_values(), NAMES)
    assert first == Diagram(factory.facts(), factory.open_lines()).base(factory.grid_values(), NAMES)


def test_a_normal_grid_has_no_colour_at_all():
    markup = Diagram(RING, (2,)).overlay(abnormal(RING, values()), (), WORDS)
    assert "data-el" not in markup


@pytest.mark.parametrize(
    ("changes", "key", "priority"),
    [
        ({"line_loading_percent": (100.1, 0.0, 0.0, 0.0, 0.0)}, "line:0", 2),
        ({"trafo_loading_percent": (120.5, 0.0)}, "trafo:0", 1),
        ({"vm_pu": (1.0,) * 8 + (0.9499,)}, "bus:8", 3),
        ({"vm_pu": (1.0501,) + (1.0,) * 8}, "bus:0", 3),
    ],
    ids=["overload", "severe overload", "low voltage", "high voltage"],
)
def test_an_element_outside_its_limits_is_abnormal(changes, key, priority):
    (found,) = abnormal(RING, values(**changes))
    assert (found.key, found.priority) == (key, priority)


def test_at_the_limit_is_still_normal():
    assert abnormal(RING, values(line_loading_percent=(100.0,) * 5, vm_pu=(0.95,) * 9)) == ()


def test_an_abnormal_element_shows_shape_colour_and_figure():
    markup = Diagram(RING, (2,)).overlay(abnormal(RING, values(line_loading_percent=(109.0,) + (0.0,) * 4)), (), WORDS)
    assert 'class="shape p2"' in markup
    assert re.search(r">109.%</text>", markup)


def test_a_missing_voltage_is_neither_normal_nor_abnormal():
    dark = values(vm_pu=(1.0,) * 8 + (None,))
    assert abnormal(RING, dark) == ()
    assert without_value(RING, dark) == (8,)


def test_tips_name_value_band_quality_and_devices():
    tip = Diagram(RING, (2,)).tips(values(), NAMES)["bus:7"]
    assert tip == "B7 · 1.000\u202fpu (band 0.95–1.05) · estimated · battery"


def test_an_open_line_is_told_to_be_open():
    assert Diagram(RING, (2,)).tips(values(), NAMES)["line:2"] == "E2 · open"


def test_a_coupler_that_was_operated_is_drawn_open_and_told_so():
    diagram = Diagram(RING, (2,))
    closed, opened = values(), values(closed_couplers=())
    assert 'class="closed"' in diagram.base(closed, NAMES)
    assert 'class="closed"' not in diagram.base(opened, NAMES)
    told = [diagram.tips(at, NAMES)["switch:9"] for at in (closed, opened)]
    assert told == ["Coupler 9 · closed", "Coupler 9 · open"]


def test_an_island_without_any_connection_is_still_drawn():
    assert 8 in arrange(RING, open_lines=(2,)).buses


def test_a_grid_fed_directly_at_medium_voltage_is_drawn():
    facts = DiagramFacts(buses=(bus(0), bus(1)), lines=(edge(0, 0, 1),), trafos=(), couplers=(), sources=(0,), devices={})
    layout = arrange(facts)
    assert layout.bars[0].x < layout.buses[1][0]


def test_a_substations_own_transformer_is_drawn_beside_its_bus():
    more = RING.model_copy(update={"buses": (*RING.buses, bus(9, 0.4)), "trafos": (*RING.trafos, edge(2, 5, 9))})
    layout = arrange(more, open_lines=(2,))
    assert [inset.trafo for inset in layout.insets] == [1]
    assert abs(layout.buses[9][0] - layout.buses[5][0]) < 0.02
    assert 'data-el="trafo:2"' in Diagram(more, (2,)).base(values(), NAMES)
