"""A hamlet on another grid of the same names: its tables, a scenario's, and what nobody finds there."""

import re

import pandapower as pp
import pytest
from typer.testing import CliRunner

from scenarios.elsewhere.correspondence import TABLES, Correspondence, Mismatch, correspondence
from scenarios.elsewhere.elsewhere import elsewhere
from scenarios.elsewhere.moves import Moves
from scenarios.elsewhere.scenario import moved_scenario
from scenarios.elsewhere.site import moved_overlay, moved_tables
from scenarios.file.read import load_scenario, site_draft
from scenarios.rehearsal.prepare import rehearsals
from tests.unit.adapters.small_site import SMALL, small_net
from tests.unit.scenarios.elsewhere.hamlet_plant import hamlet, hamlet_net
from twin.cli import app
from twin.domain.problems import BadInput
from twin.site import load_site


@pytest.fixture(scope="module")
def site(hamlet_there):
    return hamlet_there.there.ready.site


def faults(hamlet_there, net):
    """What of the hamlet, and of its scenario, is not found on ``net``."""
    scenario, home = hamlet_there.home.scenario, hamlet_there.home.ready
    draft = site_draft(scenario, "hamlet_plant.toml")
    moves = Moves(draft.site, correspondence(draft.site, home.net, net, there="other.json"))
    moved_overlay(draft.site.grid.overlay, moves, draft.places)
    moved_tables(draft.site, moves, draft.places)
    moved_scenario(scenario, moves)
    return [str(problem) for problem in moves.problems]


def test_everything_that_refers_to_the_grid_moves(site):
    overlay, (zone,), (group,), plant = site.grid.overlay, site.zones, site.device_groups, site.plant
    assert (overlay.tap_pos, overlay.pv.new[0].bus) == ({10: 1}, 11)
    assert [entry.elements for entry in site.telemetry.channels[:3]] == [(10,), (11, 10), (10, 11)]
    assert (zone.boundary[0].channel, zone.pv_references[0].channel) == ("line.11.p_mw", "sgen.10.p_mw")
    assert zone.storage == ("device.battery_11.p_mw", "device.battery_10.p_mw")
    assert (group.buses, group.rights.of) == ((11, 10), (10, 11))
    assert (plant.heat_pumps[0].load, plant.events[0].element) == (10, "line.10")


def test_a_scenario_moves_with_its_site(hamlet_there):
    scenario = hamlet_there.there.scenario
    assert (scenario.outages[0].element, scenario.refusals[0].device) == ("line.10", "battery_10")
    assert scenario.telemetry_lost[0].channels == ("line.10.p_mw", "*.q_mvar")


def test_a_pattern_with_figures_means_there_what_it_means_at_home(site):
    assert site.telemetry.silences[0].channels == ("line.11.p_mw", "line.11.in_service", "trafo.*")


def test_what_enters_a_feeder_that_is_drawn_the_other_way_leaves_the_zone(hamlet_there):
    signs = [side.ready.site.zones[0].boundary[0].sign for side in (hamlet_there.home, hamlet_there.there)]
    assert signs == [1, -1]


def test_a_missing_name_is_told_wherever_it_is_sought_with_the_nearest_one(hamlet_there):
    found = faults(hamlet_there, hamlet_net(first=10, feeder="Feedr"))
    assert [re.match(r"hamlet_plant.toml:\d+ ([^:]*):", fault)[1] for fault in found] == [
        "telemetry channels[1] elements",
        "telemetry silences[0] channels",
        'zones[0] "town" boundary',
    ]
    assert all("line 'Feeder' (0 at home); expected a line of other.json, such as 'Feedr'; name it so" in f for f in found)


def test_all_tables_of_site_and_scenario_are_searched_before_anything_is_refused(hamlet_there):
    net = hamlet_net(first=10)
    net.bus.loc[10, "name"], net.load.loc[10, "name"], net.line.loc[10, "name"] = "Barn", "Attic", "Twig"
    found = faults(hamlet_there, net)
    assert {re.search(r": (\w+ '[^']*')", fault)[1] for fault in found} == {
        "bus 'Farm'",
        "load 'LV6.305 Load 106'",
        "line 'Branch'",
    }
    assert [fault.split(":")[1].split()[1] for fault in found if fault.startswith("hamlet_evening")] == [
        "outages[0]",
        "refusals[0]",
        "telemetry_lost[0]",
    ]


# --------------------------------------------------------------------------------------------- names that say too little


def grids(home, other):
    nothing = {table: {} for table in TABLES}
    return Correspondence("there", nothing | {"line": home}, nothing | {"line": other}, {}, frozenset())


@pytest.mark.parametrize(
    ("home", "other", "said"),
    [
        ({4: "A", 5: "A"}, {"A": (1,)}, "a name that line 5 does not have too; rename one on the home grid"),
        ({4: "A"}, {"A": (1, 2)}, "one line of that name on there, not 1, 2"),
        ({4: "nan"}, {"A": (1,)}, "line 4 without a name"),
        ({5: "A"}, {"A": (1,)}, "line 4; expected a line of the home grid"),
        ({4: "A"}, {"Zzz": (1,)}, r"expected a line of there; name it so there"),
    ],
)
def test_a_name_that_does_not_mean_one_element_is_a_fault(home, other, said):
    with pytest.raises(Mismatch, match=said):
        grids(home, other).index("line", 4)


def test_a_boxs_configuration_moves_wherever_it_names_an_element():
    moves = Moves(load_site("demo"), grids({66: "A"}, {"A": (7,)}))
    config = {"outages": ["line:66"], "deep": {"channel": "line.66.p_mw", "zone": "town", "at": 66}}
    assert moves.anything(config, "here") == {
        "outages": ["line:7"],
        "deep": {"channel": "line.7.p_mw", "zone": "town", "at": 66},
    }
    assert moves.problems == ()


# --------------------------------------------------------------------------------------------------------- the commands


def test_what_was_measured_stays_at_home(tmp_path):
    pp.to_json(small_net(), str(tmp_path / "grid.json"))
    (tmp_path / "csv").mkdir()
    (tmp_path / "small.toml").write_text(SMALL, encoding="utf-8")
    (tmp_path / "evening.toml").write_text(
        'sites = ["small.toml"]\n[scenario]\nname = "evening"\ntitle = "E"\nteaches = "E"\n'
        "[window]\nstart = 2016-01-25\nhours = 1\n",
        encoding="utf-8",
    )
    with pytest.raises(BadInput, match="what was measured was measured at home"):
        rehearsals(load_scenario(tmp_path / "evening.toml"), grid=elsewhere(str(tmp_path / "grid.json")))


def test_ratings_that_disagree_there_are_told(tmp_path):
    net = hamlet_net(first=10)
    net.sgen.loc[10, ["p_mw", "sn_mva"]] = 0.008
    pp.to_json(net, str(tmp_path / "other.json"))
    with pytest.raises(BadInput, match=r"pv_references sgen.10.p_mw: 4.2 kWp; expected 8 kWp as in the grid"):
        rehearsals(load_scenario(hamlet(tmp_path)), grid=elsewhere(str(tmp_path / "other.json")))


def test_check_and_run_refuse_a_grid_that_does_not_fit_and_write_nothing(tmp_path):
    scenario, other = hamlet(tmp_path), tmp_path / "other.json"
    pp.to_json(hamlet_net(first=10, feeder="Feedr"), str(other))
    before = sorted(tmp_path.iterdir())
    for command in (["scenario", "check", str(scenario)], ["run", str(scenario), "--out", str(tmp_path / "out")]):
        result = CliRunner().invoke(app, [*command, "--grid", str(other)])
        assert result.exit_code == 2
        assert "line 'Feeder' (0 at home)" in result.output
    assert sorted(tmp_path.iterdir()) == before


def test_an_unknown_code_is_answered_with_the_nearest():
    with pytest.raises(BadInput, match=r"1-MV-urban--9-sw.*a SimBench code, or a pandapower JSON.*1-MV-urban--0-sw"):
        elsewhere("1-MV-urban--9-sw")
