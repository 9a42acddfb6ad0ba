"""From a snapshot to panels: what the views say, and how unknown codes survive."""

from html.parser import HTMLParser

import pytest

from dashboard.format import LANGUAGES
from dashboard.regie.access.roles import DEEDS, Role
from dashboard.regie.diagram import Diagram
from dashboard.regie.markup import Markup, tag
from dashboard.regie.screen import look_at, screen
from dashboard.regie.views.families import families
from dashboard.regie.views.header import unit_of
from dashboard.regie.views.spark import area, path, sparkline

EVERYTHING = DEEDS[Role.ADMIN]


def plain(text):
    return str(text).replace("\u202f", " ").replace("\u00a0", " ")


@pytest.fixture(scope="module")
def diagram(factory):
    return Diagram(factory.facts(), factory.open_lines())


@pytest.fixture(scope="module")
def panels(factory, diagram):
    return screen(look_at(factory.snapshot(), diagram, "en", EVERYTHING, read_only=False))


class Balanced(HTMLParser):
    """Fails on markup whose elements do not close in order."""

    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, name, attributes):
        if name not in ("input", "br", "hr"):
            self.open.append(name)

    def handle_endtag(self, name):
        assert self.open.pop() == name


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_panel_is_well_formed_in_every_language(factory, diagram, panel_ids, language):
    drawn = screen(look_at(factory.snapshot(), diagram, language, EVERYTHING, read_only=False))
    assert set(drawn) == panel_ids
    for props in drawn.values():
        parser = Balanced()
        parser.feed(str(props.get("markup", "")))
        assert parser.open == []


def test_everything_that_the_keyboard_reaches_keeps_its_focus_over_an_update(panels):
    unnamed = []

    class Reached(HTMLParser):
        def handle_starttag(self, name, attributes):
            given = dict(attributes)
            if (name == "button" or given.get("tabindex") == "0") and "data-focus" not in given:
                unnamed.append((name, given))

    for panel in set(panels) - {"dialogs"}:  # the dialogs' markup never changes
        Reached().feed(str(panels[panel].get("markup", "")))
    assert unnamed == []


def test_text_of_a_snapshot_never_becomes_markup():
    assert tag("p", "<script>", title='"&') == '<p title="&quot;&amp;">&lt;script&gt;</p>'
    assert tag("p", Markup("<b>x</b>")) == "<p><b>x</b></p>"


def test_children_stand_under_their_root_and_nobody_is_lost(factory):
    alarms = factory.alarms()
    found = families(tuple(reversed(alarms)))
    assert sorted(alarm.key for family in found for alarm in family.members) == sorted(alarm.key for alarm in alarms)
    (family,) = (family for family in found if family.root.key == alarms[0].key)
    assert [child.key for child in family.children] == [alarms[1].key]


def test_a_child_whose_root_is_gone_stands_for_itself(factory):
    (family,) = families((factory.alarms()[1],))
    assert (family.root.key, family.children) == (factory.alarms()[1].key, ())


def test_what_follows_from_a_child_stands_under_the_first_cause(factory):
    first, second, third = factory.alarms()[:3]
    third = third.model_copy(update={"parent": second.key})
    (family,) = families((third, second, first))
    assert family.root.key == first.key
    assert {child.key for child in family.children} == {second.key, third.key}


def test_alarms_that_name_each_other_as_root_are_still_shown(factory):
    a, b = factory.alarms()[:2]
    loop = (a.model_copy(update={"parent": b.key}), b.model_copy(update={"parent": a.key}))
    (family,) = families(loop)
    assert {alarm.key for alarm in family.members} == {a.key, b.key}


def test_an_element_given_by_table_and_index_is_called_by_its_name(factory, diagram):
    trafo = factory.facts().trafos[-1]
    item = factory.recommendations()[0]
    item = item.model_copy(update={"effect": {**item.effect, "element": f"trafo {trafo.index}"}})
    shown = screen(look_at(factory.snapshot(recommendations=(item,)), diagram, "en", EVERYTHING, read_only=False))
    assert f"Grid · {trafo.name}" in shown["recommendations"]["markup"]


def test_an_unknown_reason_is_shown_readably(panels):
    assert "warm water later" in panels["recommendations"]["markup"]


def test_an_unknown_journal_code_shows_its_parameters(panels):
    assert "kettle boiled: cups 4" in panels["journal"]["markup"]


def test_an_effect_that_was_not_computed_is_missing_and_not_zero(factory, diagram):
    bare = factory.recommendations()[0].model_copy(update={"effect": {"chf": -1.0}})
    markup = plain(
        screen(look_at(factory.snapshot(recommendations=(bare,)), diagram, "en", EVERYTHING, read_only=False))[
            "recommendations"
        ]["markup"]
    )
    assert "<dd>–</dd>" in markup


def test_a_read_only_screen_offers_no_commands(factory, diagram):
    shown = screen(look_at(factory.snapshot(), diagram, "en", EVERYTHING, read_only=True))
    everything = "".join(str(props.get("markup", "")) for props in shown.values())
    assert not [kind for kind in ("acknowledge", "accept", "refuse") if f'data-do="{kind}"' in everything]
    assert "read only" in shown["header"]["markup"]


def test_a_snapshot_without_anything_still_makes_a_screen(factory):
    empty = factory.snapshot(
        kpis={}, boxes=(), alarms=(), recommendations=(), orders=(), order_counts={}, horizon=None, journal=(), next_at=None,
        head="", mode="finished", telemetry="forecast_only",
    )  # fmt: skip
    shown = screen(look_at(empty, None, "de", EVERYTHING, read_only=False))
    assert "beendet" in shown["header"]["markup"]
    assert "nur Prognose" in shown["header"]["markup"]
    assert "Kein Alarm." in shown["alarms"]["markup"]
    assert shown["pulse"]["payload"]["late_ms"] is None


def test_lateness_counts_from_the_announced_next_snapshot(factory, diagram):
    snapshot = factory.snapshot(interval_s=10.0, tick_ms=500.0)
    late = screen(look_at(snapshot, diagram, "en", EVERYTHING, read_only=False))["pulse"]["payload"]["late_ms"]
    assert late == pytest.approx(snapshot.next_at.timestamp() * 1000.0 + 3500.0, abs=1.0)  # 1 ms: floats of epoch milliseconds


def test_a_loop_at_full_speed_that_stands_still_for_a_minute_is_late(factory, diagram):
    snapshot = factory.snapshot().model_copy(update={"next_at": None, "speed": "max", "tick_ms": 500.0})
    late = screen(look_at(snapshot, diagram, "en", EVERYTHING, read_only=False))["pulse"]["payload"]["late_ms"]
    assert late == pytest.approx(snapshot.published_at.timestamp() * 1000.0 + 63_500.0, abs=1.0)  # 1 ms: floats


def test_a_diagram_of_another_grid_is_not_drawn_over_these_values(factory):
    other = factory.facts().model_copy(update={"buses": factory.facts().buses[:-1]})
    shown = screen(look_at(factory.snapshot(), Diagram(other, ()), "en", EVERYTHING, read_only=False))
    assert shown["grid-overlay"]["markup"] == ""
    assert "No diagram" in shown["grid-list"]["markup"]


@pytest.mark.parametrize(
    ("key", "unit"), [("total_chf", "CHF"), ("voltage_violation_pu_h", "pu.h"), ("renewable_share", "share")]
)
def test_a_figures_unit_is_read_from_its_name(key, unit):
    assert unit_of(key) == unit


def test_a_missing_value_interrupts_a_curve():
    assert path([(0.0, 1.0), None, (2.0, 1.0)]) == "M0.0 1.0M2.0 1.0"
    assert area([(0.0, 1.0), None], [(0.0, 0.0), (1.0, 0.0)]) == ""


def test_a_card_without_curves_has_no_sparkline(factory):
    assert sparkline(None, None, factory.AS_OF, alt="x") is None
