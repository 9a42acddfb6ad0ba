"""Where an alarm's element stands on the drawing: what can be located, and what offers no such button."""

import re

import pytest

from dashboard.regie.access.roles import DEEDS, Role
from dashboard.regie.diagram import Diagram
from dashboard.regie.places import places
from dashboard.regie.screen import look_at, screen

EVERYTHING = DEEDS[Role.ADMIN]


@pytest.fixture(scope="module")
def diagram(factory):
    return Diagram(factory.facts(), factory.open_lines())


@pytest.fixture(scope="module")
def located(factory, diagram):
    """What the alarm list offers to locate, for an alarm on each of these elements."""

    def offered(element, **params):
        alarm = factory.alarms()[0].model_copy(update={"element": element, "params": params})
        site = factory.snapshot().site.model_copy(
            update={"trafos": {"street": factory.facts().trafos[-1].index}, "devices": {"battery_street": "home_batteries"}}
        )
        shown = screen(look_at(factory.snapshot(alarms=(alarm,), site=site), diagram, "en", EVERYTHING, read_only=False))
        found = re.findall(r'data-el="([^"]+)"', shown["alarms"]["markup"])
        return found[0] if found else None

    return offered


def test_a_transformer_is_located_by_the_name_that_the_site_file_gives_it(located, factory):
    assert located("street") == f"trafo:{factory.facts().trafos[-1].index}"


def test_an_alarm_of_the_plan_is_located_by_the_limit_that_it_names(located, factory):
    assert located("street", row="import:trafo:street") == f"trafo:{factory.facts().trafos[-1].index}"


def test_an_alarm_of_a_current_s_tangent_is_located_at_its_wire(located, factory):
    for row in ("from_315_degree:trafo:street", "n1:line:0>to_cut_1:trafo:street"):
        assert located("street", row=row) == f"trafo:{factory.facts().trafos[-1].index}"


def test_a_device_is_located_at_its_bus(located, factory):
    assert located("battery_street") == f"bus:{factory.facts().devices['battery_street']}"


def test_a_line_is_located_where_it_is(located, factory):
    line = factory.facts().lines[0].index
    assert located(f"line:{line}") == f"line:{line}"


@pytest.mark.parametrize("element", ["pv_school", "journal", "grid", "site", "town", "trafo:9999"])
def test_what_is_not_drawn_offers_no_button(located, element):
    assert located(element) is None


def test_every_place_is_drawn(factory, diagram):
    drawing = screen(look_at(factory.snapshot(), diagram, "en", EVERYTHING, read_only=False))["grid-base"]["markup"]
    drawn = set(re.findall(r'data-el="([^"]+)"', drawing))
    assert set(places(diagram).values()) <= drawn
