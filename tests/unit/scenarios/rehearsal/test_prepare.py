"""A scenario is made ready: each site changed, held against its grid, and every fault told where it was written."""

import json
from datetime import UTC, datetime

import pandapower as pp
import pytest
from typer.testing import CliRunner

from scenarios.file.read import load_scenario, read_scenario
from scenarios.rehearsal.prepare import rehearsal_problems, rehearsals
from tests.unit.adapters.small_site import SMALL, small_net
from twin.cli import app
from twin.domain.problems import BadInput
from twin.site import load_site
from twin.wiring import Window, site_sha256


def faults(path):
    return [str(problem) for problem in rehearsal_problems(read_scenario(path))]


@pytest.fixture
def measured(tmp_path):
    """A small site whose telemetry are the 96 quarter hours of 25 January, beside the scenario files."""
    pp.to_json(small_net(), str(tmp_path / "grid.json"))
    (tmp_path / "csv").mkdir()
    rows = [f"2016-01-25T{i // 4:02}:{15 * (i % 4):02}:00,trafo.0.p_mw,0.05\n" for i in range(96)]
    (tmp_path / "csv" / "day.csv").write_text("time,channel,value\n" + "".join(rows), encoding="utf-8")
    (tmp_path / "small.toml").write_text(SMALL, encoding="utf-8")
    return tmp_path / "small.toml"


def test_an_empty_scenario_is_the_site_as_its_file_says(written):
    (one,) = rehearsals(load_scenario(written(evening="")))
    assert (one.name, one.window) == ("evening", Window(datetime(2016, 1, 24, 23, 0, tzinfo=UTC), 96))
    assert site_sha256(one.ready.site) == site_sha256(load_site("demo"))


def test_several_sites_make_a_rehearsal_each(written, measured):
    assert measured.is_file()
    both = rehearsals(load_scenario(written(evening='sites = ["demo", "small.toml"]')))
    assert [one.name for one in both] == ["evening@demo", "evening@small"]


def test_names_are_indices_once_a_rehearsal_is_ready(written):
    text = "[[outages]]\nelement = \"line 'MV3.101 Line 67'\"\nat = 18:00:00\n"
    (one,) = rehearsals(load_scenario(written(evening=text)))
    assert one.scenario.outages[0].element == "line.66"
    assert one.ready.site.plant.events[0].element == "line.66"


def test_faults_of_the_changed_site_are_told_at_the_scenarios_line(written):
    text = """
        [[outages]]
        element = "line.9999"
        at = 18:00:00

        [[world]]
        quantity = "sun"
        zones = ["moon"]
        at = 18:00:00
        until = 19:00:00

        [[refusals]]
        device = "ev_1"
        at = 18:00:00

        [[telemetry_lost]]
        channels = ["nothing.*"]
        at = 18:00:00
        until = 19:00:00

        [[box_failures]]
        box = "nobody"
        at = 18:00:00
        until = 19:00:00
    """
    told = {fault.partition(":")[2].partition(";")[0] for fault in faults(written(bad=text))}
    assert told == {
        "11 outages[0]: 9999",
        "17 world[0] zones: 'moon'",
        "21 refusals[0]: ev_1",
        "26 telemetry_lost[0] channels: 'nothing.*'",
        "31 box_failures[0] box: 'nobody'",
    }


def test_a_fault_behind_one_that_is_left_out_keeps_its_line(written):
    text = """
        [[outages]]
        element = "bus.3"
        at = 18:00:00

        [[outages]]
        element = "line.9999"
        at = 18:00:00
    """
    assert [fault.split()[0] for fault in faults(written(bad=text))] == ["bad.toml:12", "bad.toml:15"]


def switchings(*entries):
    return "".join(f'[[switchings]]\nswitch = "{s}"\nat = {at}\nclosed = {c}\n' for s, at, c in entries)


def test_switchings_that_cannot_be_are_refused(written):
    out = '[[outages]]\nelement = "line.66"\nat = 17:00:00\n'
    path = written(
        bad=out
        + switchings(
            ("switch.143", "17:30:00", "false"),
            ("switch.143", "18:00:00", "true"),
            ("switch.7", "18:00:00", "true"),
            ("switch.7", "19:00:00", "true"),
            ("switch.296", "18:00:00", "false"),
        )
    )
    assert [fault.partition(": ")[2].partition(";")[0] for fault in faults(path)] == [
        "closes switch.143 of line.66, which is out",
        "switch.296 is open then",
        "switch.7 is closed then",
    ]


def test_an_element_that_is_out_by_index_and_by_name_is_out_twice(written):
    by = '[[outages]]\nelement = "{}"\nat = {}\n'.format
    (fault,) = faults(written(bad=by("line.66", "17:00:00") + by("line 'MV3.101 Line 67'", "18:00:00")))
    assert "line.66 is out already" in fault


def test_what_was_measured_cannot_be_otherwise(written, measured):
    assert measured.is_file()
    text = """
        sites = ["small.toml"]
        [growth]
        pv = 2.0
        [[world]]
        quantity = "load"
        at = 18:00:00
        until = 19:00:00
        [[outages]]
        element = "line.0"
        at = 18:00:00
        [[telemetry_lost]]
        channels = ["trafo.*"]
        at = 18:00:00
        until = 19:00:00
    """
    found = faults(written(bad=text))
    assert [fault.split(":")[1].split()[1] for fault in found] == ["world[0]", "outages[0]", "growth"]
    assert all("a site with a simulated plant, not 'small'" in fault for fault in found)


def test_a_window_outside_the_telemetry_is_refused(written, measured):
    assert measured.is_file()
    (fault,) = faults(written(bad='sites = ["small.toml"]\n[window]\nstart = 2016-01-25T12:00:00\nhours = 24\n'))
    assert "within the telemetry of 'small', 2016-01-24T23:00Z to 2016-01-25T23:00Z" in fault


def test_a_scenario_with_a_fault_makes_no_rehearsal(written):
    with pytest.raises(BadInput, match="9999; expected a line of the site"):
        rehearsals(load_scenario(written(bad='[[outages]]\nelement = "line.9999"\nat = 18:00:00\n')))


# ------------------------------------------------------------------------------------------------ the command


def test_check_exits_with_two_and_tells_every_problem_in_a_line_of_json(written):
    path = written(bad='[[outages]]\nelement = "line.9999"\nat = 18:00:00\n')
    result = CliRunner().invoke(app, ["scenario", "check", str(path), "winter_evening", "--json"])
    assert result.exit_code == 2
    first, second = json.loads(result.stdout.splitlines()[-1])["scenarios"]
    assert [problem["value"] for problem in first["problems"]] == ["9999"]
    assert second == {"scenario": "winter_evening", "problems": []}


def test_check_names_file_and_line(written):
    result = CliRunner().invoke(app, ["scenario", "check", str(written(bad="[growth]\npv = 0.0\n"))])
    assert result.output.startswith("regie: bad.toml:11 growth pv: 0.0; expected more than 0")


def test_list_tells_what_each_scenario_teaches():
    result = CliRunner().invoke(app, ["scenario", "list", "--json"])
    listed = json.loads(result.stdout)["scenarios"]
    assert {"winter_evening", "sunday_reverse_flow", "main_transformer_lost"} <= {each["name"] for each in listed}
    assert all(each["teaches"]["fr"] for each in listed)
