"""Long jobs beside the loop: a regie command is killed, cancelled, interrupted, taken up again; nothing is left of it."""

import json
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from hamlet import hamlet
from on_air import regie

from twin.regie.work import WorkProcess
from twin.work.listing import list_jobs, works
from twin.work.spool import ask_cancel, ask_job

sys.path.insert(0, str(Path(__file__).parents[1] / "boxes"))
from box_stage import BOXES, descendants, running, until

pytestmark = pytest.mark.fault

NOW = datetime(2016, 6, 15, tzinfo=UTC)
TAG = "left-behind-by-a-job"


@pytest.fixture
def house(tmp_path, monkeypatch):
    """A work process of this one, and a job that goes on until a file is there."""
    monkeypatch.setenv("PYTHONPATH", str(BOXES))
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)  # `make test` sets it, and here it must come from the work process
    jobs, ops = tmp_path / "jobs", []
    work = WorkProcess(jobs, ops.append)

    def look(condition, seconds=30.0):
        return until(lambda: (work.keep(), condition())[-1], seconds)

    def job():
        return list_jobs(jobs)[-1]

    def ask(*words):
        return ask_job(jobs, words, cwd=tmp_path, now=NOW)

    waits = patient(tmp_path / "enough")
    yield SimpleNamespace(jobs=jobs, work=work, ops=ops, look=look, job=job, ask=ask, waits=waits, enough=tmp_path / "enough")
    work.stop()


def patient(file):
    return "box", "check", "faulty:PatientBox", "--config", json.dumps({"until": str(file), "tag": TAG})


def under_way(house):
    """A job whose processes have started processes in sessions of their own; the ids of all of them."""
    house.ask(*house.waits)
    assert house.look(leftovers)
    assert house.job()["state"] == "running"
    return descendants(house.work.pid)


def leftovers():
    """Processes that the box of a job has started."""
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    return [pid for pid in pids if running(pid) and f"\0{TAG}\0".encode() in cmdline(pid)]


def cmdline(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def test_a_job_is_a_regie_command_with_a_log_and_an_end(house):
    house.ask("box", "list")
    assert house.look(lambda: house.job()["state"] == "done")
    assert any(line.startswith("load ") for line in (house.jobs / "logs" / f"{house.job()['id']}.log").read_text().splitlines())
    assert house.job()["progress"] == 1.0
    assert not list((house.jobs / "asked").iterdir())


def test_jobs_run_one_after_the_other_and_a_failed_one_says_with_what(house):
    bad, good = house.ask("box", "check", "nowhere:Nothing"), house.ask("box", "list")
    assert house.look(lambda: {job["state"] for job in list_jobs(house.jobs)} == {"failed", "done"})
    jobs = {job["id"]: job for job in list_jobs(house.jobs)}
    assert (jobs[bad]["state"], jobs[bad]["text"]) == ("failed", "exit code 2")
    assert "nowhere" in "".join(jobs[bad]["tail"])
    first, second = sorted(jobs.values(), key=lambda job: job["begun_at"])
    assert first["ended_at"] <= second["begun_at"]
    assert jobs[good]["attempts"] == 1


def test_a_job_is_niced_below_the_fits_and_stands_in_a_process_group_of_its_own(house):
    pids = under_way(house)
    assert {os.getpriority(os.PRIO_PROCESS, pid) for pid in pids} == {19}
    assert not {os.getpgid(pid) for pid in pids} & {os.getpgid(0), os.getpgid(house.work.pid)}
    threads = (Path("/proc") / str(min(pids)) / "environ").read_bytes().split(b"\0")
    assert b"OMP_NUM_THREADS=1" in threads


def test_a_cancelled_job_ends_with_everything_that_it_started(house):
    pids = under_way(house)
    ask_cancel(house.jobs, house.job()["id"], now=NOW)
    assert house.look(lambda: house.job()["state"] == "cancelled")
    assert not any(running(pid) for pid in pids)
    assert not leftovers()
    assert house.job()["ended_at"] is not None


def test_a_job_that_waits_is_cancelled_without_being_begun(house):
    under_way(house)
    waiting = house.ask("box", "list")
    ask_cancel(house.jobs, waiting, now=NOW)
    assert house.look(lambda: house.job()["state"] == "cancelled")
    assert (house.job()["id"], house.job()["attempts"]) == (waiting, 0)


def test_kill_9_of_the_work_process_takes_its_job_along_and_the_next_one_takes_it_up(house):
    pids = under_way(house)
    os.kill(house.work.pid, signal.SIGKILL)
    assert until(lambda: not any(running(pid) for pid in pids), 1.0)
    assert not leftovers()
    house.enough.touch()
    assert house.look(lambda: house.job()["state"] == "done", 60.0)
    assert house.job()["attempts"] == 2
    assert [event["code"] for event in house.ops] == [-signal.SIGKILL]


def test_a_job_that_lost_its_guard_has_failed_and_leaves_nothing(house):
    pids = under_way(house)
    guard = next(pid for pid in pids if b"twin.work.guard" in cmdline(pid))
    os.kill(guard, signal.SIGKILL)
    assert house.look(lambda: house.job()["state"] == "failed")
    assert until(lambda: not any(running(pid) for pid in pids), 5.0)
    assert not leftovers()


def test_a_job_that_was_interrupted_by_an_orderly_end_waits_for_the_next_work_process(house):
    pids = under_way(house)
    house.work.stop()
    assert not any(running(pid) for pid in pids)
    assert not leftovers()
    assert house.job()["state"] == "queued"
    assert not works(house.jobs)


def test_signals_from_a_terminal_do_not_end_the_work_process(house):
    assert house.look(lambda: works(house.jobs))
    assert until(lambda: ignores(house.work.pid, signal.SIGTERM), 5.0)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        os.kill(house.work.pid, number)
    house.ask("box", "list")
    assert house.look(lambda: house.job()["state"] == "done")
    assert house.ops == []


def ignores(pid, number):
    mask = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("SigIgn"))
    return bool(int(mask.split()[1], 16) >> (number - 1) & 1)


def test_a_damaged_table_is_put_aside_and_jobs_go_on(house):
    house.jobs.mkdir()
    (house.jobs / "jobs.sqlite").write_bytes(b"this is no database" * 400)
    house.ask("box", "list")
    assert house.look(lambda: (house.jobs / "jobs.damaged").exists() and house.job()["state"] == "done")


# ---------------------------------------------------------------------------------------------- on air


def test_a_regie_on_air_works_on_jobs_and_starts_the_work_process_again(settle, tmp_path):
    place = settle(hamlet(days=1.0), "jobs")
    run = place.start(90, speed="900")
    run.until(lambda: place.acked >= 1)

    def jobs(*words):
        ended = regie("jobs", *words)
        assert ended.code == 0, ended.err
        return ended.figures

    def work():
        return [pid for pid in descendants(run.process.pid) if b"twin.work.process" in cmdline(pid)]

    first = run.until(work)
    asked = jobs("run", "--state", str(place.state), "--json", "--", "box", "list")
    assert asked["at_work"]
    os.kill(first[0], signal.SIGKILL)
    run.until(lambda: work() not in ([], first))
    run.until(lambda: ("command", "done") in [(job["kind"], job["state"]) for job in list_jobs(place.state / "jobs")])
    (job,) = [job for job in jobs("--state", str(place.state), "--json")["jobs"] if job["kind"] == "command"]
    assert job["id"] == asked["id"]
    assert "twin.boxes.tariffs.box:TariffBox" in "".join(job["tail"])
    below = descendants(run.process.pid)
    ended = run.term()
    assert ended.code == 0, ended.err
    assert not any(running(pid) for pid in below)
