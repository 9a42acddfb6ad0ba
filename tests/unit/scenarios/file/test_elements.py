"""Elements are found by index, or by the name that the net gives them."""

import pandapower as pp
import pytest

from scenarios.file.elements import element_of, on_net
from scenarios.file.read import load_scenario


@pytest.fixture(scope="module")
def net():
    net = pp.create_empty_network()
    a, b = (pp.create_bus(net, vn_kv=10.0) for _ in range(2))
    for index, name in ((4, "Feeder North"), (5, "Twin"), (6, "Twin")):
        pp.create_line(net, a, b, length_km=1.0, std_type="NA2XS2Y 1x240 RM/25 12/20 kV", name=name, index=index)
    pp.create_switch(net, a, 4, et="l", name="Bay 1", index=9)
    return net


def test_a_name_is_the_element_that_bears_it(net):
    assert element_of("line 'Feeder North'", net) == "line.4"


def test_an_index_stays_as_it_is(net):
    assert element_of("line.66", net) == "line.66"


def test_a_name_that_several_elements_bear_is_refused(net):
    with pytest.raises(LookupError, match=r"one of line\.5, line\.6, which all have that name"):
        element_of("line 'Twin'", net)


def test_a_name_that_nobody_bears_is_answered_with_the_nearest(net):
    with pytest.raises(LookupError, match="such as 'Feeder North'"):
        element_of("line 'Feeder Nord'", net)


def test_every_name_of_a_scenario_is_looked_up(net, written):
    scenario = load_scenario(
        written(
            named="""
[[outages]]
element = "line 'Feeder North'"
at = 18:00:00

[[switchings]]
switch = "switch 'Bay 1'"
at = 18:00:00
closed = false

[[imports]]
at = 20:00:00
until = 21:00:00
limit_mw = 1.0
sheds = ["line.4", "line 'Nowhere'"]
"""
        )
    )
    resolved, problems = on_net(scenario, net)
    assert (resolved.outages[0].element, resolved.switchings[0].switch) == ("line.4", "switch.9")
    assert resolved.imports[0].sheds == ("line.4", "line 'Nowhere'")
    assert [problem.value for problem in problems] == ["line 'Nowhere'"]
    assert problems[0].place.endswith("imports[0] sheds")
