"""A zone behind a transformer holds what that transformer alone feeds, or is refused."""

import pandapower as pp
import pytest

from twin.adapters.site_check import check_on_grid
from twin.adapters.zone_members import buses_behind
from twin.site.read import read_site

BEHIND = ("holds = { everything = true }", "holds = { behind_trafo = 0 }")


def faults(path):
    return [str(problem) for problem in check_on_grid(read_site(path), progress=lambda _step, _share: None, rows=True).problems]


def second_transformer(net):
    pp.create_transformer(net, 0, 2, std_type="0.4 MVA 20/0.4 kV")


def tie_to_a_neighbour(net):
    pp.create_bus(net, vn_kv=0.4)
    pp.create_transformer(net, 0, 3, std_type="0.4 MVA 20/0.4 kV")
    pp.create_line(net, 2, 3, length_km=0.1, std_type="NAYY 4x150 SE")


def test_what_one_transformer_feeds_is_a_zone(small):
    assert faults(small(BEHIND)) == []


@pytest.mark.parametrize("change", [second_transformer, tie_to_a_neighbour], ids=["parallel", "tie"])
def test_a_zone_that_is_fed_from_elsewhere_too_is_refused_and_does_not_take_the_grid(small, change):
    found = faults(small(BEHIND, change=change))
    assert any("holds: behind trafo 0, also fed by trafo 1; expected a transformer that alone feeds" in f for f in found), found


def test_an_open_coupler_ends_a_zone(demo_net):
    assert 4 < len(buses_behind(demo_net, 2)) < len(demo_net.bus) / 2


def test_positions_that_cannot_be_are_part_of_the_check(small):
    channels = """[[telemetry.channels]]
table = "trafo"
quantities = ["tap_pos"]
elements = [0]
minimum = -10
maximum = 10

[[zones]]"""
    found = faults(small(("[[zones]]", channels), rows="2024-05-01T00:00:00,trafo.0.tap_pos,5\n"))
    assert any("day.csv:2: trafo.0.tap_pos 5; expected a tap from -2 to 2 as in the grid" in fault for fault in found), found
