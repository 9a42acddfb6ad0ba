"""The work process dies, hangs or finds no room while models are made: the loop waits, the models are the same."""

import os
import signal
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from twin.contracts.messages import Outcome
from twin.regie.fit_files import open_asks
from twin.regie.runner import BoxInstance
from twin.work.listing import list_jobs

sys.path.insert(0, str(Path(__file__).parents[1] / "boxes"))
from box_stage import Stage, descendants, running, steady, until

pytestmark = pytest.mark.fault

NIGHT = datetime(2016, 6, 15, 0, 0, tzinfo=UTC)  # 02:00 in Zurich: the hour at which the trained box wants its fit
EFFECT = NIGHT + timedelta(hours=1)


def trained(name="trained", **config):
    return BoxInstance(name, "faulty:TrainedBox", "standby", config)


def killed(pid):
    os.kill(pid, signal.SIGKILL)


@pytest.fixture
def staged(tmp_path):
    """Makes stages at the hour of the fit, each in a folder of its own."""
    made = []

    def stage(*instances, name="stage"):
        one = Stage([steady(), *instances], tmp_path / name, start=NIGHT)
        one.jobs = tmp_path / name / "jobs"
        made.append(one)
        return one

    yield stage
    for one in made:
        one.runner.stop()


def fit(stage):
    """One fit, from its due time to the tick from which it counts."""
    begin(stage)
    return stage.runner.await_training(EFFECT)


def begin(stage):
    stage.runner.training_due(NIGHT)
    stage.runner.store_histories()
    return stage.runner.trainer.work


def test_a_fit_that_lost_the_work_process_is_made_again_and_gives_the_same_model(staged):
    calm = fit(staged(trained(fit_s=0.0), name="calm"))["trained"]
    stage = staged(trained(fit_s=0.8), name="hurt")
    work = begin(stage)
    assert until((stage.jobs / "run" / "trained.fit").is_dir, 30.0)
    killed(work.pid)
    result = stage.runner.await_training(EFFECT)["trained"]
    assert result == calm
    assert result.outcome is Outcome.OK
    (job,) = list_jobs(stage.jobs)
    assert (job["kind"], job["what"], job["state"], job["attempts"]) == ("fit", "trained", "done", 2)
    assert [event["code"] for event in stage.ops if event["event"] == "work_lost"] == [-signal.SIGKILL]


def test_a_fit_that_hangs_is_ended_at_its_deadline_and_the_old_model_stays(staged):
    stage = staged(trained(fit="hangs", after_s=int(NIGHT.timestamp()), fit_deadline_s=0.5))
    first = stage.runner.prepare(NIGHT - timedelta(days=1))["trained"]
    assert first.outcome is Outcome.OK
    begin(stage)
    asked = time.monotonic()
    result = stage.runner.await_training(EFFECT)["trained"]
    assert time.monotonic() - asked < 10.0  # half a second, and what a busy machine needs to see it
    assert (result.outcome, result.artifact) == (Outcome.DEADLINE, None)
    assert result.problems == ("no answer within deadline_s=0.5",)
    assert stage.run()["trained"].artifact == first.artifact
    assert not running_fits(stage)


def test_a_fit_beyond_its_memory_limit_is_an_outcome(staged):
    result = fit(staged(trained(fit="leaks", memory_mb=64)))["trained"]
    assert (result.outcome, result.artifact) == (Outcome.MEMORY, None)


def test_a_work_process_that_cannot_live_ends_no_run(staged):
    stage = staged(trained(fit="hangs", fit_deadline_s=60.0))
    work = begin(stage)
    seen = set()

    def kill_the_next(*_):
        pid = work.pid
        if pid is not None and pid not in seen and running(pid):
            seen.add(pid)
            killed(pid)

    wait = work.wait
    work.wait = lambda timeout_s: (kill_the_next(), wait(timeout_s))
    result = stage.runner.await_training(EFFECT)["trained"]
    assert result.outcome is Outcome.DIED
    assert "ended 5 times" in result.problems[0]
    assert len(seen) >= 5


def test_fits_begin_in_the_order_of_the_ticks_that_need_them(staged):
    stage = staged(trained("late"), trained("soon"))
    frame = stage.runner.frame().frame()
    trainer = stage.runner.trainer
    for name, hours in (("late", 5), ("soon", 1)):
        trainer.schedule(stage.runner._seats[name], NIGHT, NIGHT + timedelta(hours=hours), frame)
    trainer.store_histories()
    trainer.work.keep = lambda: None  # nobody works yet
    trainer.ask()
    assert [int(name.split("-")[0]) for name in open_asks(stage.jobs / "fits")] == [
        int((NIGHT + timedelta(hours=hours)).timestamp()) for hours in (1, 5)
    ]


def test_an_answer_that_finds_no_room_keeps_the_fit_due(staged):
    stage = staged(trained())
    work = begin(stage)
    assert until(lambda: work.pid is not None, 5.0)
    (name,) = open_asks(stage.jobs / "fits")
    way = stage.jobs / "fits" / f".{name}.model.new"
    way.mkdir()  # a directory stands where the model is to be written
    assert stage.runner.await_training(EFFECT) == {}
    assert [event["event"] for event in stage.ops if event["event"].startswith("fit")] == ["fit_waits"]
    way.rmdir()
    result = stage.runner.await_training(EFFECT)["trained"]
    assert (result.outcome, result.as_of) == (Outcome.OK, NIGHT)
    assert list_jobs(stage.jobs)[0]["attempts"] == 1  # it was written later, not made again


def test_a_fit_is_niced_and_its_libraries_have_one_thread(staged, monkeypatch):
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)  # `make test` sets them, and here they must come from the work process
    stage = staged(trained(fit="hangs", fit_deadline_s=60.0))
    begin(stage)
    assert until(lambda: running_fits(stage), 30.0)
    (pid,) = running_fits(stage)
    assert until(lambda: os.getpriority(os.PRIO_PROCESS, pid) == 10, 1.0)
    environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    assert {b"OMP_NUM_THREADS=1", b"OPENBLAS_NUM_THREADS=1"} <= set(environment)


def test_nothing_is_left_below_a_work_process_that_was_killed_or_ended(staged):
    stage = staged(trained(fit="hangs", fit_deadline_s=60.0))
    work = begin(stage)
    assert until(lambda: running_fits(stage), 30.0)
    below = descendants(work.pid)
    killed(work.pid)
    assert until(lambda: not any(running(pid) for pid in below), 1.0)
    work.wait(0.5)
    assert until(lambda: (work.keep(), work.ring(), running_fits(stage))[-1], 30.0)
    pids = {work.pid, *descendants(work.pid)}
    stage.runner.stop()
    assert not any(running(pid) for pid in pids)
    assert not (stage.jobs / "run").exists()


def running_fits(stage):
    """Processes that make a model just now."""
    pid = stage.runner.trainer.work.pid
    below = set() if pid is None else descendants(pid)
    return [one for one in below if _cwd(one).endswith(".fit")]


def _cwd(pid):
    try:
        return str(Path(f"/proc/{pid}/cwd").readlink())
    except OSError:
        return ""
