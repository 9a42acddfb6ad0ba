"""A run whose beginning has gone is run again from what is held, and says what is no more."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from scenarios.drill.source import _check_seal
from scenarios.replay import journalled as module
from scenarios.replay.journalled import journalled
from scenarios.replay.relived import Moment, wired_at
from scenarios.replay.replay import replay
from scenarios.replay.swap import swapped
from scenarios.replay.window import stretch_of
from tests.unit.scenarios.replay.conftest import FROM, UNTIL
from tests.unit.scenarios.replay.mill import START, put_on_air, silent
from twin import wiring
from twin.cli_replay import lines
from twin.domain.problems import BadInput
from twin.domain.time import QUARTER_HOUR, to_epoch_s
from twin.regie import checkpoints, expunge
from twin.regie.chain import verify
from twin.regie.journal import Journal
from twin.wiring import Window

START_S = 1_735_689_600
IDENTITY = {"site": "demo", "site_sha256": "0" * 64, "seed": 1, "start": "2025-01-01T00:00:00+00:00", "ticks": None}


def days(state, count, gone=35):
    journal = Journal(state, IDENTITY)
    for day in range(count):
        journal.commit("regular", START_S + day * 86_400, {}, {}, {"n": day}, {})
    journal.expunge(START_S + gone * 86_400, "2000", 1000, at="2026-02-05")
    journal.close()


def test_it_begins_where_all_is_held_that_boxes_see(tmp_path):
    days(tmp_path, 400)
    run = journalled(tmp_path)
    assert (run.gone, run.ticks) == (35, 365)
    assert run.earliest == datetime(2025, 1, 1, tzinfo=UTC) + timedelta(days=35 + 63)


def test_earlier_hours_are_refused_with_what_is_gone(tmp_path):
    days(tmp_path, 400)
    ready = SimpleNamespace(site=SimpleNamespace(timezone="UTC"))
    with pytest.raises(BadInput, match=r"the first 35 ticks, before 2025-02-05.*were expunged after twelve months"):
        stretch_of(journalled(tmp_path), ready, "2025-03-01", "2025-12-01")


def test_a_drill_over_hours_that_have_gone_says_so(tmp_path):
    days(tmp_path, 400)
    window = SimpleNamespace(start=datetime(2025, 3, 1, tzinfo=UTC), end=datetime(2025, 3, 2, tzinfo=UTC))
    scenario = SimpleNamespace(window=window, place=lambda *keys: ".".join(keys))
    drill = SimpleNamespace(head="0" * 64, seal="0" * 64, state=tmp_path)
    with pytest.raises(BadInput, match=r"were expunged after twelve months.*draw a drill of younger hours"):
        _check_seal(scenario, drill, journalled(tmp_path))


def test_what_is_expunged_while_it_is_read_is_named_and_not_mistaken_for_what_follows(tmp_path):
    days(tmp_path, 400)
    run = journalled(tmp_path)
    journal = Journal(tmp_path, IDENTITY)
    journal.expunge(START_S + 40 * 86_400, "2000", 1000, at="2026-02-10")
    journal.close()
    with pytest.raises(BadInput, match="tick 35 was expunged meanwhile"):
        list(run.records())


def test_a_state_that_was_kept_is_checked_against_its_record_and_goes_with_it(tmp_path):
    days(tmp_path, 400)
    with closing(sqlite3.connect(tmp_path / "journal.sqlite")) as db, db:
        (oldest,) = db.execute("SELECT min(seq) FROM checkpoint").fetchone()
        assert oldest >= 35
        assert db.execute("SELECT count(*) FROM checkpoint").fetchone()[0] == pytest.approx(365 / 7, abs=1.5)
        assert verify(tmp_path)[2] == []
        db.execute("UPDATE checkpoint SET state = (SELECT state FROM checkpoint WHERE seq > ?) WHERE seq = ?", (oldest, oldest))
    assert [problem.place for problem in verify(tmp_path)[2]] == [f"checkpoint of tick {oldest}"]


# ------------------------------------------------------------------------------------------ a town that lives


@pytest.fixture(scope="module")
def cut(tmp_path_factory):
    """The hamlet's evening, its state kept every half hour, its first quarter hours gone; boxes see the last quarter hour."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkpoints, "WEEK_S", 1800)
        patch.setattr(expunge, "HELD_AT_LEAST_S", 0)
        evening = put_on_air(tmp_path_factory.mktemp("cut"))
        with closing(sqlite3.connect(evening.state / "journal.sqlite")) as db:
            assert expunge.expunge(db, to_epoch_s(START + 2 * QUARTER_HOUR), "2000", 100, at="2017-01-25").records
        patch.setattr(module, "PREHISTORY", QUARTER_HOUR)
        patch.setattr(wiring, "PREHISTORY", QUARTER_HOUR)
        yield evening, journalled(evening.state)


def test_a_town_without_its_beginning_comes_to_the_state_that_it_had_on_air(cut, tmp_path):
    evening, run = cut
    assert run.gone
    assert START < run.earliest <= FROM
    wired = wired_at(Moment(run, FROM, UNTIL), evening.ready, Window(FROM, 4), tmp_path, silent, silent)
    sides = (wired.parts.live, wired.parts.baseline)
    found = tuple(side.telemetry.checkpoint() for side in sides)
    wired.parts.runner.stop()
    wired.parts.journal.close()
    assert found == evening.checkpoints[FROM]


def test_its_hours_are_replayed_and_the_answer_says_what_is_gone(cut):
    evening, run = cut
    told = replay(stretch_of(run, evening.ready, FROM.isoformat(), None), swapped(evening.ready, ["load=load"]), silent, silent)
    assert "were expunged after twelve months" in told["expunged"]
    assert run.earliest.isoformat() in told["expunged"]
    assert told["expunged"] in lines(told)
    assert told["difference"]["quarter_hours_decided_otherwise"] == 0
