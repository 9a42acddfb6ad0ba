"""Measured quarter hours of the present grow old by the clock on the wall, whether or not anybody runs the régie."""

import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from twin.cli import app
from twin.domain.problems import BadInput
from twin.domain.retention import due_before
from twin.domain.time import to_epoch_s
from twin.live import tidying
from twin.live.tidying import Tidying
from twin.privacy.deletion import expunge_journal
from twin.privacy.held import holdings
from twin.privacy.measured import clock
from twin.regie.chain import open_readonly, read_meta, verify
from twin.regie.journal import Journal
from twin.regie.refold import refold

DAY = timedelta(days=1)
NOW = datetime.now(UTC).replace(hour=10, minute=0, second=0, microsecond=0)
"""The commands look at the clock themselves, so what they are given is of today."""
IDENTITY = {"site": "town", "site_sha256": "0" * 64, "seed": 1, "start": "2020-01-01T00:00:00+00:00", "ticks": None}


def run(state, newest, days=300, *, measured=True):
    """A régie on air until ``newest`` by the wall and by the town's clock, a record a day; returns the head."""
    journal = Journal(state, IDENTITY)
    for number in range(days):
        journal.commit("regular", to_epoch_s(newest - (days - 1 - number) * DAY), {"n": number}, {}, {"n": number}, {})
    Tidying(state, measured=measured).look(journal, newest)
    journal.close()
    return journal.head


def telemetry(state, now=NOW):
    return next(one for one in holdings(state, now).held if one.kind == "telemetry")


def expunged(state, now):
    before = due_before(clock(state, now)[1])
    return expunge_journal(state, now, before, due_before(now))


def regie(*words):
    return CliRunner().invoke(app, [*map(str, words)])


def test_a_stopped_regie_of_the_present_grows_old_by_the_wall(tmp_path):
    run(tmp_path, NOW - DAY)
    told = telemetry(tmp_path)
    assert (told.clock, told.overdue) == ("wall", False)
    later = NOW + 200 * DAY
    assert telemetry(tmp_path, later).overdue
    assert expunged(tmp_path, later).count > 0
    told = telemetry(tmp_path, later)
    assert (told.overdue, told.oldest >= due_before(later)) == (False, True)


def test_after_twelve_months_of_standing_still_nothing_is_left_and_the_chain_holds(tmp_path):
    head, later = run(tmp_path, NOW - DAY), NOW + 400 * DAY
    expunged(tmp_path, later)
    assert (telemetry(tmp_path, later).count, telemetry(tmp_path, later).overdue) == (0, False)
    with closing(open_readonly(tmp_path)) as db:
        assert db.execute("SELECT count(*) FROM resume").fetchone() == (0,)
    assert verify(tmp_path, later) == (300, head, [])
    journal = Journal(tmp_path, IDENTITY)
    assert (journal.head, journal.acked) == (head, 300)
    journal.close()


def test_content_that_went_before_its_twelve_months_is_found_by_the_wall_too(tmp_path):
    run(tmp_path, NOW - DAY)
    expunged(tmp_path, NOW + 300 * DAY)
    assert verify(tmp_path, NOW + 300 * DAY)[2] == []
    assert verify(tmp_path, NOW + 290 * DAY)[2]
    assert verify(tmp_path)[2]


def test_a_run_that_stood_still_too_long_is_refused_by_name_and_does_not_begin_anew(tmp_path):
    run(tmp_path, NOW - DAY)
    expunged(tmp_path, NOW + 400 * DAY)
    journal = Journal(tmp_path, IDENTITY)
    with pytest.raises(BadInput, match="went with its time"):
        journal.resume_state()
    journal.close()


class _Side:
    """Tables of nine weeks, which is all that a resume asks."""

    def extend_to(self, as_of):
        self.start_s = to_epoch_s(as_of - 63 * DAY)

    def fold(self, readings, until):
        raise AssertionError("nothing may be folded that is not whole")


def test_tables_are_not_filled_from_half_of_their_readings(tmp_path):
    run(tmp_path, NOW - DAY)
    expunged(tmp_path, NOW + 345 * DAY)  # three weeks of it are still held
    journal = Journal(tmp_path, IDENTITY)
    assert journal.resume_state() is not None
    with pytest.raises(BadInput, match="begin another --state"):
        refold(journal, {"live": _Side()})
    journal.close()


@pytest.mark.parametrize(
    ("newest", "measured"), [(datetime(2016, 12, 1, tzinfo=UTC), True), (NOW - DAY, False)], ids=["replayed", "simulated"]
)
def test_a_replayed_or_a_simulated_town_loses_nothing_because_the_wall_goes_on(tmp_path, newest, measured):
    run(tmp_path, newest, measured=measured)
    later = NOW + 4000 * DAY
    assert (telemetry(tmp_path, later).clock, telemetry(tmp_path, later).overdue) == ("grid", False)
    assert expunged(tmp_path, later).count == 0
    assert verify(tmp_path, later)[2] == []


def test_a_clock_on_the_wall_that_is_not_set_yet_makes_no_replay_of_the_present(tmp_path):
    run(tmp_path, NOW + 400 * DAY)  # the wall stands long before what is replayed
    assert clock(tmp_path, NOW)[0] == "grid"


def test_on_air_what_a_run_resumes_from_stays_although_the_towns_clock_is_far_behind(tmp_path, monkeypatch):
    run(tmp_path, NOW - 300 * DAY)
    journal = Journal(tmp_path, IDENTITY)
    assert journal.present
    tidy = Tidying(tmp_path, measured=True)
    for _ in range(20):
        tidy.look(journal, NOW - 300 * DAY)
    assert next(journal.records()).as_of_s == to_epoch_s(NOW - 484 * DAY)
    journal.close()


def test_what_was_imported_from_before_is_of_the_present_once_it_has_caught_up(tmp_path, monkeypatch):
    monkeypatch.setattr(tidying, "AGAIN_S", 0.0)
    run(tmp_path, NOW - 500 * DAY)
    assert clock(tmp_path, NOW)[0] == "grid"
    journal = Journal(tmp_path, IDENTITY)
    Tidying(tmp_path, measured=True).look(journal, NOW - 360 * DAY)
    journal.close()
    assert clock(tmp_path, NOW)[0] == "wall"


def test_the_commands_and_the_daily_sweep_agree(tmp_path):
    head = run(tmp_path, NOW - 250 * DAY)
    assert telemetry(tmp_path).overdue
    assert regie("privacy", "held", "--state", tmp_path).exit_code == 1
    assert "telemetry" in regie("privacy", "expunge", "--state", tmp_path, "--dry-run").stdout
    subprocess.run([sys.executable, "-m", "twin.privacy", tmp_path], check=True)
    assert regie("privacy", "held", "--state", tmp_path).exit_code == 0
    assert "nothing is due" in regie("privacy", "expunge", "--state", tmp_path).stdout
    told = regie("journal", "verify", "--state", tmp_path)
    assert (told.exit_code, head in told.stdout) == (0, True)


def test_a_sweep_leaves_the_journal_of_a_regie_on_air_to_it(tmp_path):
    run(tmp_path, NOW - 250 * DAY)
    with closing(open_readonly(tmp_path)) as db:
        journal = Journal(tmp_path, read_meta(db)["identity"])
    subprocess.run([sys.executable, "-m", "twin.privacy", tmp_path], check=True)
    assert telemetry(tmp_path).overdue
    journal.close()
