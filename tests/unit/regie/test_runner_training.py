"""Scheduled fits: frozen history, in force at a fixed tick, old model kept after a failure, due on while the disk is full."""

import hashlib
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from twin.contracts.box import Training
from twin.contracts.messages import Outcome, Service
from twin.domain.time import QUARTER_HOUR
from twin.regie.runner import BoxInstance
from twin.regie.training import fit_due

sys.path.insert(0, str(Path(__file__).parents[2] / "boxes"))
from box_stage import SITE, Stage, steady

ZURICH = ZoneInfo("Europe/Zurich")
NIGHT = datetime(2016, 6, 15, 0, 0, tzinfo=UTC)  # 02:00 in Zurich: the hour at which the trained box wants its fit
INSTANCES = [
    steady(),
    BoxInstance("trained", "faulty:TrainedBox", "standby", {}),
    BoxInstance("hangs", "faulty:TrainedBox", "standby", {"fit": "hangs", "fit_deadline_s": 0.5}),
    BoxInstance("raises", "faulty:TrainedBox", "standby", {"fit": "raises"}),
]


@pytest.fixture(scope="module")
def life(tmp_path_factory):
    """First models before the first tick at 01:45 local; a fit due at 02:00 takes effect at 03:00."""
    stage = Stage(INSTANCES, tmp_path_factory.mktemp("life"), start=NIGHT - QUARTER_HOUR)
    stage.first = stage.runner.prepare(stage.as_of)
    stage.ticks, stage.results, stage.states, stage.due, stage.histories = {}, {}, {}, {}, set()
    for _ in range(7):
        as_of = stage.as_of
        stage.results[as_of] = stage.runner.await_training(as_of)
        stage.ticks[as_of] = stage.run(grow=False)
        stage.due[as_of] = stage.runner.training_due(as_of)
        stage.runner.store_histories()
        stage.states[as_of] = stage.runner.state()
        stage.histories = stage.histories | set(stage.runner.trainer._store.glob("history-*"))
        stage.grow()
    yield stage
    stage.runner.stop()


def test_the_first_model_is_there_before_the_first_tick(life):
    assert life.first["trained"].outcome is Outcome.OK
    assert life.ticks[NIGHT - QUARTER_HOUR]["trained"].service is Service.FRESH


def test_a_model_is_stored_under_its_hash(life):
    digest = life.first["trained"].artifact
    data = life.runner.trainer.path(digest).read_bytes()
    assert hashlib.sha256(data).hexdigest() == digest


def test_a_fit_that_hangs_or_raises_is_an_outcome_with_a_reason(life):
    assert life.first["hangs"].outcome is Outcome.DEADLINE
    assert life.first["raises"].outcome is Outcome.EXCEPTION
    assert life.first["raises"].problems == ("RuntimeError: singular",)
    assert life.ticks[NIGHT]["raises"].artifact is None


def test_the_new_model_takes_effect_at_its_tick_and_not_before(life):
    old = life.first["trained"].artifact
    in_force = [tick["trained"].artifact for tick in life.ticks.values()]
    new = life.results[NIGHT + timedelta(hours=1)]["trained"].artifact
    # 01:45 to 02:45 local with the old model, from 03:00 on with the new one.
    assert in_force == [old] * 5 + [new] * 2
    assert new != old


def test_a_fit_learns_from_history_up_to_the_tick_in_which_it_was_due(life):
    new = life.results[NIGHT + timedelta(hours=1)]["trained"].artifact
    model = json.loads(life.runner.trainer.path(new).read_bytes())
    assert model["as_of"] == NIGHT.isoformat()


def test_fits_are_due_once_a_day(life):
    assert [names for names in life.due.values() if names] == [("trained", "hangs", "raises")]


def test_a_fit_taken_up_after_a_crash_gives_the_same_model(life, tmp_path):
    stage = Stage(INSTANCES, tmp_path, start=NIGHT + QUARTER_HOUR, artifacts=life.runner.trainer._store)
    # The straight run has concluded its fits and removed their histories: put back what the crash would have left.
    try:
        frozen = life.runner.trainer
        for seat in stage.runner._seats.values():
            if seat.card.training:
                frozen.schedule(seat, NIGHT, NIGHT + timedelta(hours=1), SITE.frame(NIGHT))
        frozen.store_histories()
        stage.runner.restore(life.states[NIGHT])
        results = stage.runner.await_training(NIGHT + timedelta(hours=1))
        assert results == life.results[NIGHT + timedelta(hours=1)]
    finally:
        stage.runner.stop()


# ------------------------------------------------------------------------------------------------ the store


@pytest.fixture
def stage(tmp_path):
    """At 02:00 local, when the fit of the trained box is due; its model comes into force at 03:00."""
    made = Stage([steady(), BoxInstance("trained", "faulty:TrainedBox", "standby", {})], tmp_path, start=NIGHT)
    yield made
    made.runner.stop()


def broken(path: Path):
    """A store on which nothing can be written: a file stands in its place."""
    path.write_text("in the way")
    return path


def test_a_history_that_finds_no_room_keeps_its_fit_due(stage, tmp_path):
    way = broken(tmp_path / "artifacts")
    assert stage.runner.training_due(NIGHT) == ("trained",)
    with pytest.raises(OSError, match="artifacts"):
        stage.runner.store_histories()
    assert stage.runner.await_training(NIGHT + timedelta(hours=1)) == {}
    assert [event["event"] for event in stage.ops if event["event"].startswith("fit")] == ["fit_waits"]
    way.unlink()
    later = NIGHT + timedelta(hours=1, minutes=15)
    result = stage.runner.await_training(later)["trained"]
    assert (result.outcome, result.as_of) == (Outcome.OK, NIGHT)  # it learned what it would have learned in time


def test_models_and_histories_that_no_resume_needs_are_removed_also_after_a_restart(stage, tmp_path):
    store = tmp_path / "artifacts"
    store.mkdir()
    first = stage.runner.prepare(NIGHT)["trained"].artifact
    (store / ("0" * 64)).write_bytes(b"what a killed run left behind")
    stage.runner.training_due(NIGHT)
    stage.runner.store_histories()
    stage.runner.sweep()
    pending = {f"history-{fit.history}" for fit in stage.runner.trainer._pending}
    assert {path.name for path in store.iterdir()} == {first, *pending}
    stage.grow()
    second = stage.runner.await_training(NIGHT + timedelta(hours=1))["trained"].artifact
    assert {path.name for path in store.iterdir()} >= {first, second}  # before the commit a crash still needs the old one
    stage.runner.sweep()
    assert {path.name for path in store.iterdir()} == {second}


def training(**changes):
    facts = {
        "every": timedelta(days=1),
        "local_hour": 2,
        "effect_after": timedelta(hours=1),
        "history": timedelta(days=14),
        "deadline_s": 1.0,
    }
    return Training(**{**facts, **changes})


@pytest.mark.parametrize(
    ("begin", "what"),
    [
        (datetime(2016, 3, 26, 23, 0, tzinfo=UTC), "02:00 does not exist"),
        (datetime(2016, 10, 29, 22, 0, tzinfo=UTC), "02:00 comes twice"),
        (datetime(2016, 6, 14, 22, 0, tzinfo=UTC), "an ordinary day"),
    ],
)
def test_a_daily_fit_is_due_once_on_a_local_day_also_when_the_clock_changes(begin, what):
    due = [i for i in range(92) if fit_due(training(), begin + i * QUARTER_HOUR, ZURICH)]
    assert len(due) == 1, what


def test_a_fit_every_week_is_due_on_one_day_in_seven():
    begin = datetime(2016, 6, 1, 22, 0, tzinfo=UTC)
    weekly = training(every=timedelta(days=7))
    assert sum(fit_due(weekly, begin + i * QUARTER_HOUR, ZURICH) for i in range(28 * 96)) == 4
