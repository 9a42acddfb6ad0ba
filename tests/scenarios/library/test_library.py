"""The library as a whole: what every scenario must have, and that no two are the same."""

import pytest
from shortened import EXPECTED

from scenarios.file.parts import library
from scenarios.file.read import load_scenario
from scenarios.rehearsal.prepare import rehearsals

LANGUAGES = ("de", "fr", "it", "en")
SCENARIOS = {name: load_scenario(name) for name in library()}


def test_the_library_has_what_matters_to_a_swiss_town():
    assert len(SCENARIOS) >= 16
    assert {"winter_evening", "sunday_reverse_flow", "dunkelflaute", "imports_cut", "cyber_incident"} <= set(SCENARIOS)


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_a_scenario_can_be_rehearsed_on_every_site_that_it_names(name):
    scenario = SCENARIOS[name]
    assert [rehearsal.ready.site.name for rehearsal in rehearsals(scenario)] == list(scenario.sites)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_scenario_says_in_two_or_three_sentences_what_goes_wrong_and_what_is_at_stake(language):
    said = {name: getattr(scenario.about.teaches, language).split(". ") for name, scenario in SCENARIOS.items()}
    assert {name: len(sentences) for name, sentences in said.items() if not 2 <= len(sentences) <= 3} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_scenarios_are_called_or_teach_the_same(language):
    for texts in ("title", "teaches"):
        said = [getattr(getattr(scenario.about, texts), language) for scenario in SCENARIOS.values()]
        assert len(set(said)) == len(said)


def test_no_text_stands_in_for_a_translation():
    for scenario in SCENARIOS.values():
        assert len({getattr(scenario.about.teaches, language) for language in LANGUAGES}) == len(LANGUAGES)


def test_no_two_scenarios_do_the_same_to_the_same_hours():
    done = [scenario.model_dump_json(exclude={"about", "file", "compose"}) for scenario in SCENARIOS.values()]
    assert len(set(done)) == len(done)


def test_every_scenario_has_its_golden_run():
    assert {path.stem for path in EXPECTED.glob("*.json")} == set(SCENARIOS)
