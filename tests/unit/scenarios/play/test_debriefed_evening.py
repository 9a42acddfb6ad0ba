"""The quiet evening as its debrief tells it: line 66 is out as announced, and a town that does nothing runs beside."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from scenarios.debrief.debrief import debrief
from scenarios.debrief.source import source_of
from scenarios.play.interruptions import dark_zones
from scenarios.play.tape import Tape
from twin.domain.problems import BadInput


def silent(*_told):
    """Nobody watches."""


@pytest.fixture(scope="session")
def run(evening, tmp_path_factory):
    """The folder of the rehearsal, as regie run leaves it."""
    out = tmp_path_factory.mktemp("out")
    folder = out / evening.rehearsal.name
    folder.mkdir()
    (out / "run.json").write_text(json.dumps({"scenarios": [str(evening.scenario)]}))
    (folder / "result.json").write_text("{}")
    (folder / "state").symlink_to(evening.played.folder / "state")
    return folder


@pytest.fixture(scope="session")
def debriefed(run):
    """All of it."""
    return debrief(source_of(run, None, silent), None, None, silent)


def test_an_outage_that_the_scenario_announced_counts_as_planned_and_as_the_run_counted_it(debriefed, evening):
    grid = evening.result["kpis"]["grid"]["value"]
    for cause in ("planned", "unplanned"):
        assert debriefed.reliability.saidi_min[cause] == pytest.approx(grid[f"saidi_{cause}_min"])
        assert debriefed.reliability.saifi[cause] == pytest.approx(grid[f"saifi_{cause}"])
    assert debriefed.reliability.saidi_min["planned"] > 0.0
    (dark,) = (moment for moment in debriefed.moments if moment.kind == "dark")
    assert (dark.subject, dark.facts["planned"]) == ("line:66", True)


def test_the_zones_in_the_dark_are_those_behind_the_line_while_it_is_out(debriefed, run):
    parts = debriefed.recalled.parts
    listed = dark_zones(Tape(run / "state", SimpleNamespace(parts=parts)), "plan")
    assert [bool(zones) for zones in listed] == [False, True, True, False]  # told of at ticks 17:00 and 17:15 UTC
    dark = parts.engine.model(debriefed.tape.regular[1].topology).grid
    loads = {int(load) for load in dark.load[dark.load_node < 0]}
    assert all(loads & set(zone.loads) for zone in parts.zones if zone.name in listed[1])
    assert loads <= {load for zone in parts.zones if zone.name in listed[1] for load in zone.loads}


def test_the_same_evening_told_by_its_state_alone_announced_nothing(run, evening):
    source = source_of(run / "state", str(evening.scenario.parent / "quiet.toml"), silent)
    found = debrief(source, None, None, silent).reliability
    assert found.saidi_min["planned"] == 0.0
    assert found.saidi_min["unplanned"] == pytest.approx(evening.result["kpis"]["grid"]["value"]["saidi_planned_min"])


def test_both_sides_are_what_the_journal_says(debriefed):
    recalled = debriefed.recalled
    column = recalled.parts.layout.index["zone_net_p_mw", recalled.parts.root]
    for place, entry in enumerate(debriefed.tape.regular):
        for name in ("vm_pu", "trafo_loading_percent", "load_p_mw"):
            np.testing.assert_array_equal(recalled.ours[name].values[place], entry.arrays[f"grid.{name}"])
            np.testing.assert_array_equal(recalled.alone[name].values[place], entry.arrays[f"alone.{name}"])
        assert np.float32(recalled.net_mw[place]) == entry.arrays["signals"][column]
        assert np.float32(recalled.alone_net_mw[place]) == entry.arrays["alone.signals"][column]
    assert all(np.nan_to_num(moved).max() == 0.0 for moved in recalled.moved_mw.values())


def test_the_n1_margin_is_the_run_s_own_where_the_hour_is_tightest_in_its_first_quarter(debriefed, evening):
    n1, security = evening.result["n1"], debriefed.security
    at = n1["hour"].index("2016-01-25T17:00:00+00:00")
    assert security.margin_percent[-1] == pytest.approx(n1["margin_percent"][at], abs=1e-3)  # the run reads float32
    assert security.loaded[-1] == n1["loaded"][at]  # which main transformer is out hardly matters to the one behind both


def test_a_journal_that_is_older_than_what_is_read_of_it_is_refused(run, monkeypatch):
    from scenarios.debrief import debrief as told
    from scenarios.debrief.tape import read_tape

    def older(*asked):
        tape = read_tape(*asked)
        for entry in tape.regular:
            del entry.record.arrays["signals"]
        return tape

    monkeypatch.setattr(told, "read_tape", older)
    with pytest.raises(BadInput, match="an earlier version"):
        debrief(source_of(run, None, silent), None, None, silent)
