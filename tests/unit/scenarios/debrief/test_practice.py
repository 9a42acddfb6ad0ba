"""A moment becomes an exercise: its hours, and the drill that one command makes of it."""

from datetime import timedelta

import pytest
from made_tape import START, at, entry, tape
from typer.testing import CliRunner

from scenarios.debrief.moment import Moment
from scenarios.debrief.practice import LONGEST, practice_hours
from scenarios.drill.source import drilled
from scenarios.file.read import load_scenario
from twin.cli import app

DAY = tape(*(entry(number) for number in range(48)))


def lasting(first, last):
    """A moment from one tick to another, at its worst in the first."""
    return Moment("overload", at(first), at(first), at(last), "trafo:2", "T2", 104.0, "%", 60.0)


def test_practice_begins_an_hour_before_the_moment_and_ends_half_an_hour_after_it():
    begin, hours = practice_hours(lasting(12, 16), DAY)
    assert begin == at(12) - timedelta(hours=1)
    assert hours == pytest.approx(2.5)


def test_practice_stays_within_the_window():
    for first, last in ((0, 1), (44, 47)):
        begin, hours = practice_hours(lasting(first, last), DAY)
        assert begin >= START
        assert begin + timedelta(hours=hours) <= DAY.end
        assert hours > 0.0


def test_what_lasts_all_day_is_practised_around_its_worst_quarter_hour():
    begin, hours = practice_hours(lasting(8, 47), DAY)
    assert begin == at(8) - timedelta(hours=1)
    assert timedelta(hours=hours) == LONGEST


def test_a_moment_becomes_a_drill_of_its_own_run_with_one_command(evening, found, tmp_path):
    drill = tmp_path / "drill.toml"
    words = [str(evening.state), "--site", str(evening.site), "--scenario", str(drill), "--moment", "1"]
    done = CliRunner().invoke(app, ["debrief", *words])
    assert done.exit_code == 0, done.stderr
    made = drilled(load_scenario(drill), lambda *_told: None)  # its seal is held against the journal
    assert made.run.state.resolve() == evening.state.resolve()
    assert made.window.start <= found.moments[0].begin


def test_a_moment_that_there_is_not_is_refused_and_nothing_is_written(evening, tmp_path):
    drill = tmp_path / "drill.toml"
    words = [str(evening.state), "--site", str(evening.site), "--scenario", str(drill), "--moment", "99"]
    done = CliRunner().invoke(app, ["debrief", *words])
    assert done.exit_code == 2
    assert "--moment" in done.stderr
    assert not drill.exists()
