"""What may be asked to be rehearsed: the library as files tell it, the file of a changed window, and what is refused."""

import tomllib
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from dashboard.format import LANGUAGES
from dashboard.regie.jobs.faults import faults_of
from dashboard.regie.rehearsal.library import read_library
from dashboard.regie.rehearsal.switchings import switchings_of
from dashboard.regie.rehearsal.wanted import Wanted, argv, check, scenario_file
from scenarios.file.compose import compose
from scenarios.file.read import load_scenario
from twin.domain.problems import BadInput
from twin.site import load_site

LIBRARY = Path(__file__).parents[3] / "scenarios" / "library"


@pytest.fixture(scope="module")
def library():
    return read_library(LIBRARY)


def test_every_packaged_scenario_is_offered_with_its_title_and_lesson_in_four_languages(library):
    assert set(library) == {path.stem for path in LIBRARY.glob("*.toml")}
    assert all(entry.title[language] and entry.teaches[language] for entry in library.values() for language in LANGUAGES)


def test_the_window_that_is_shown_is_the_one_that_will_be_run(library):
    zone = ZoneInfo(load_site("demo").timezone)
    for name, entry in library.items():
        window = load_scenario(name).window
        assert entry.start.replace(tzinfo=zone).astimezone(UTC) == window.start, name
        assert entry.hours * 4 == window.ticks, name


def test_an_unreadable_file_of_the_library_takes_none_of_the_others_away(tmp_path):
    (tmp_path / "broken.toml").write_text("[scenario\n")
    (tmp_path / "whole.toml").write_text('[scenario]\nname = "whole"\ntitle = "Whole"\nteaches = "it"\n')
    assert set(read_library(tmp_path)) == {"whole"}


def test_a_scenario_that_nobody_changed_is_run_by_its_name(library):
    assert scenario_file(library["winter_evening"], Wanted(scenarios=("winter_evening",), futures=20)) is None
    assert list(argv("winter_evening", Path("/state/one"), 20, "de"))[:4] == ["run", "winter_evening", "--out", "/state/one"]


def test_a_changed_start_length_and_seed_are_what_the_run_gets(library, tmp_path):
    wanted = Wanted(scenarios=("main_transformer_lost",), start="2016-01-25 17:45", hours="1", seed="7")
    file = tmp_path / "scenario.toml"
    file.write_text(scenario_file(library["main_transformer_lost"], wanted))
    run = load_scenario(str(file))
    assert (run.seed, run.window.start, run.window.ticks) == (7, datetime(2016, 1, 25, 16, 45, tzinfo=UTC), 4)
    assert compose(run, load_site("demo")) is not None
    assert run.about.title == load_scenario("main_transformer_lost").about.title


def test_empty_fields_leave_the_scenario_as_it_is():
    wanted = Wanted.model_validate({"scenarios": ["hail"], "text": "", "start": "", "hours": "", "seed": "", "futures": ""})
    assert wanted == Wanted(scenarios=("hail",))


@pytest.mark.parametrize("field", [{"hours": "0"}, {"futures": "0"}, {"seed": "-1"}, {"start": "noon"}, {"argv": "x"}])
def test_a_field_out_of_range_is_refused(field):
    with pytest.raises(ValidationError):
        Wanted.model_validate({"scenarios": ["hail"], **field})


def test_all_faults_that_show_without_a_grid_are_told_at_once(library):
    wanted = Wanted(scenarios=("no_such", "--out"), text="[scenario\n", seed=3)
    with pytest.raises(BadInput) as refused:
        check(wanted, library)
    assert len(refused.value.problems) == 4


def test_nothing_chosen_is_a_fault(library):
    with pytest.raises(BadInput, match="none chosen"):
        check(Wanted(), library)


def test_every_fault_of_a_refused_run_is_told_with_place_value_limit_and_remedy():
    log = (
        "regie: /state/ab12/scenario.toml:1 seed: 'x'; expected a whole number; write it without quotes\n"
        "regie: /state/ab12/scenario.toml:6 window hours: -3; expected at least 0.25; check value and unit\n"
    )
    found = faults_of(log, "/state/ab12")
    assert [fault.place for fault in found] == ["scenario.toml:1 seed", "scenario.toml:6 window hours"]
    assert (found[1].value, found[1].limit, found[1].remedy) == ("-3", "at least 0.25", "check value and unit")


def test_faults_of_an_earlier_attempt_are_not_told_again():
    log = "regie: a: 1; expected 2; do it\nwinter_evening: site ready\nregie: b: 3; expected 4; do that\n"
    assert [fault.place for fault in faults_of(log, "/state")] == ["b"]


def test_the_switchings_of_a_scenario_are_those_of_its_file_at_the_sites_clock():
    start = datetime(2016, 1, 24, 23, tzinfo=UTC)
    (one,) = switchings_of(LIBRARY / "main_transformer_lost.toml", LIBRARY, start, "Europe/Zurich")
    assert (one.switch, one.closed, one.at) == ("switch.7", True, datetime(2016, 1, 25, 17, 22, tzinfo=UTC))


def test_a_file_that_extends_a_scenario_has_its_switchings_too(tmp_path):
    file = tmp_path / "own.toml"
    file.write_text('[compose]\nextends = ["main_transformer_lost"]\n')
    assert tomllib.loads(file.read_text())
    assert len(switchings_of(file, LIBRARY, datetime(2016, 1, 24, 23, tzinfo=UTC), "Europe/Zurich")) == 1
