"""From a snapshot to panels: what the views say, how unknown codes survive, and what each client is told."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser

import pytest

from dashboard.format import LANGUAGES, texts
from dashboard.regie.diagram import Diagram
from dashboard.regie.feed import Files, Watcher, difference, follow, language_of
from dashboard.regie.markup import Markup, tag
from dashboard.regie.screen import PANELS, screen
from dashboard.regie.views.alarms import grouped
from dashboard.regie.views.header import unit_of
from dashboard.regie.views.recommendations import reason
from dashboard.regie.views.spark import area, path, sparkline
from dashboard.regie.words import Words


def in_its_own_loop(work):
    """Run a coroutine in a thread of its own: a browser driven in the same process keeps this thread's loop running."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def plain(text):
    return str(text).replace("\u202f", " ").replace("\u00a0", " ")


@pytest.fixture(scope="module")
def diagram(factory):
    return Diagram(factory.facts(), factory.open_lines())


@pytest.fixture(scope="module")
def panels(factory, diagram):
    return screen(factory.snapshot(), diagram, "en", read_only=False)


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
def test_every_panel_is_well_formed_in_every_language(factory, diagram, language):
    drawn = screen(factory.snapshot(), diagram, language, read_only=False)
    assert set(drawn) == set(PANELS)
    for props in drawn.values():
        parser = Balanced()
        parser.feed(str(props.get("markup", "")))
        assert parser.open == []


def test_text_of_a_snapshot_never_becomes_markup():
    assert tag("p", "<script>", title='"&') == '<p title="&quot;&amp;">&lt;script&gt;</p>'
    assert tag("p", Markup("<b>x</b>")) == "<p><b>x</b></p>"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_finding_of_the_house_has_cause_consequence_and_action(language):
    words = texts(language, "regie")
    codes = {code.split(".")[1] for code in words.templates if code.startswith("alarm.")}
    expected = {
        "overload_now", "overload_forecast", "voltage_now", "voltage_forecast", "unsupplied", "engine_diverged",
        "box_failing", "box_recovered", "telemetry_lost", "telemetry_degraded", "disk_full", "dispatch_held", "order_failed",
        "transformer_hot_spot_limit", "transformer_overload", "transformer_overload_bearable", "transformer_top_oil_residual",
        "limit_shortfall", "departure_shortfall", "departure_out_of_reach", "device_state_unknown", "tariff_not_published",
    }  # fmt: skip
    assert expected <= codes
    for code in codes:
        assert all(words.has(f"alarm.{code}.{part}") for part in ("cause", "consequence", "action"))


def test_children_stand_under_their_root_and_nobody_is_lost(factory):
    alarms = factory.alarms()
    rows = grouped(tuple(reversed(alarms)))
    assert len(rows) == len(alarms)
    keys = [alarm.key for alarm, _ in rows]
    root = keys.index(alarms[0].key)
    assert keys[root + 1] == alarms[1].key
    assert rows[root + 1][1] is True


def test_a_child_whose_root_is_gone_stands_for_itself(factory):
    ((alarm, child),) = grouped((factory.alarms()[1],))
    assert (alarm.key, child) == (factory.alarms()[1].key, False)


def test_alarms_that_name_each_other_as_root_are_still_shown(factory):
    a, b = factory.alarms()[:2]
    loop = (a.model_copy(update={"parent": b.key}), b.model_copy(update={"parent": a.key}))
    assert {alarm.key for alarm, _ in grouped(loop)} == {a.key, b.key}


def test_a_recommendation_names_the_binding_constraint_with_its_time(factory):
    words = Words.of("en", "Europe/Zurich", factory.AS_OF)
    told = plain(reason(factory.recommendations()[0], factory.AS_OF, words))
    assert told == "Relieves transformer neighbourhood: 113.6 % at 18:30 without it, limit 100.0 %"


def test_an_element_given_by_table_and_index_is_called_by_its_name(factory, diagram):
    trafo = factory.facts().trafos[-1]
    item = factory.recommendations()[0]
    item = item.model_copy(update={"effect": {**item.effect, "element": f"trafo {trafo.index}"}})
    shown = screen(factory.snapshot(recommendations=(item,)), diagram, "en", read_only=False)
    assert f"Grid · {trafo.name}" in shown["recommendations"]["markup"]


def test_an_unknown_reason_is_shown_readably(panels):
    assert "warm water later" in panels["recommendations"]["markup"]


def test_an_unknown_journal_code_shows_its_parameters(panels):
    assert "kettle boiled: cups 4" in panels["journal"]["markup"]


def test_an_effect_that_was_not_computed_is_missing_and_not_zero(factory, diagram):
    bare = factory.recommendations()[0].model_copy(update={"effect": {"chf": -1.0}})
    markup = plain(
        screen(factory.snapshot(recommendations=(bare,)), diagram, "en", read_only=False)["recommendations"]["markup"]
    )
    assert "<dd>–</dd>" in markup


def test_a_read_only_screen_offers_no_commands(factory, diagram):
    shown = screen(factory.snapshot(), diagram, "en", read_only=True)
    everything = "".join(str(props.get("markup", "")) for props in shown.values())
    assert not [kind for kind in ("acknowledge", "accept", "refuse") if f'data-do="{kind}"' in everything]
    assert "read only" in shown["header"]["markup"]


def test_a_snapshot_without_anything_still_makes_a_screen(factory):
    empty = factory.snapshot(
        kpis={}, boxes=(), alarms=(), recommendations=(), orders=(), order_counts={}, horizon=None, journal=(), next_at=None,
        head="", mode="finished", telemetry="forecast_only",
    )  # fmt: skip
    shown = screen(empty, None, "de", read_only=False)
    assert "beendet" in shown["header"]["markup"]
    assert "nur Prognose" in shown["header"]["markup"]
    assert "Kein Alarm." in shown["alarms"]["markup"]
    assert shown["pulse"]["payload"]["late_ms"] is None


def test_lateness_counts_from_the_announced_next_snapshot(factory, diagram):
    snapshot = factory.snapshot(interval_s=10.0, tick_ms=500.0)
    late = screen(snapshot, diagram, "en", read_only=False)["pulse"]["payload"]["late_ms"]
    assert late == pytest.approx(snapshot.next_at.timestamp() * 1000.0 + 3500.0, abs=1.0)  # 1 ms: floats of epoch milliseconds


def test_a_diagram_of_another_grid_is_not_drawn_over_these_values(factory):
    other = factory.facts().model_copy(update={"buses": factory.facts().buses[:-1]})
    shown = screen(factory.snapshot(), Diagram(other, ()), "en", read_only=False)
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


# ------------------------------------------------------------------------------------------------- feed


@pytest.fixture
def state(tmp_path, factory):
    factory.write(tmp_path, factory.facts(), "diagram.json")
    factory.write(tmp_path, factory.snapshot(tick=1))
    return tmp_path


def test_before_the_first_snapshot_the_screen_says_what_it_waits_for(tmp_path):
    watcher = Watcher(Files(tmp_path), read_only=False)
    assert watcher.look() is False
    assert "erste Momentaufnahme" in watcher.screen("de")["header"]["markup"]


def test_a_new_file_is_taken_over_once(state, factory):
    watcher = Watcher(Files(state), read_only=False)
    assert [watcher.look(), watcher.look()] == [True, False]
    factory.write(state, factory.snapshot(tick=2))
    assert watcher.look() is True
    assert watcher.snapshot.tick == 2


def test_an_unreadable_file_leaves_the_last_good_screen(state):
    watcher = Watcher(Files(state), read_only=False)
    watcher.look()
    (state / "snapshots" / "regie.json").write_text("{")
    with pytest.raises(ValueError, match="JSON"):
        watcher.look()
    assert watcher.look() is False
    assert watcher.snapshot.tick == 1


def test_a_grid_that_cannot_be_drawn_leaves_everything_else_on_screen(state):
    (state / "snapshots" / "diagram.json").write_text("{}")
    watcher = Watcher(Files(state), read_only=False)
    watcher.look()
    shown = watcher.screen("en")
    assert "No diagram" in shown["grid-list"]["markup"]
    assert "Acknowledge" in shown["alarms"]["markup"]


def test_a_client_is_told_only_what_changed(state, factory):
    watcher = Watcher(Files(state), read_only=False)
    watcher.look()
    before = watcher.screen("fr")
    factory.write(state, factory.snapshot(tick=2, published_at=watcher.snapshot.published_at, journal=()))
    watcher.look()
    told = difference(before, watcher.screen("fr"))
    assert set(told) == {"header", "journal", "pulse"}


def test_a_client_follows_from_snapshot_to_snapshot_and_hears_a_beat(state, factory):
    async def session():
        watcher, heard = Watcher(Files(state), read_only=False), []
        watcher.look()
        client = asyncio.create_task(follow(watcher, "en", lambda panel, props: heard.append(panel), lambda: len(heard) > 30))
        await asyncio.sleep(0.05)
        first = list(heard)
        factory.write(state, factory.snapshot(tick=2, journal=()))
        watcher.look()
        await asyncio.sleep(0.05)
        client.cancel()
        return first, heard[len(first) :]

    first, then = in_its_own_loop(session())
    assert set(first) == {*PANELS, "beat"}
    assert set(then) == {"header", "journal", "pulse", "beat"}


@pytest.mark.parametrize(("search", "language"), [("?lang=it", "it"), ("?x=1", "en"), (None, "en"), ("?lang=<b>", "en")])
def test_the_feed_speaks_the_language_of_the_pages_address(search, language):
    assert language_of(search) == language
