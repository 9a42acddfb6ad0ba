"""Rows 4 to 9 of the fault table, injected for real: boxes raise, hang, leak, lie, exit and die; the tick goes on."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from twin.contracts.messages import Outcome, Service
from twin.contracts.report_codec import envelope_to_bytes
from twin.contracts.validation import Premises, judge
from twin.domain.quality import Quality
from twin.regie.runner import BoxInstance
from twin.regie.workers import Question

sys.path.insert(0, str(Path(__file__).parents[1] / "boxes"))
from box_stage import BOXES, FIRST_FAULT, SITE, Stage, descendants, faulty, running, steady, until

pytestmark = pytest.mark.fault

DEADLINE_S = 1.0

EXPECTED = {
    "raises": (Outcome.EXCEPTION, "RuntimeError: the model has no coefficients"),
    "exits": (Outcome.EXCEPTION, "SystemExit: 3"),
    "dies": (Outcome.DIED, "its process ended"),
    "segfaults": (Outcome.DIED, "its process ended"),
    "forks_and_dies": (Outcome.DIED, "its process ended"),
    "hangs": (Outcome.DEADLINE, "no answer within deadline_s=1"),
    "hangs_in_c": (Outcome.DEADLINE, "no answer within deadline_s=1"),
    "ignores_signals": (Outcome.DEADLINE, "no answer within deadline_s=1"),
    "leaves_grandchild": (Outcome.DEADLINE, "no answer within deadline_s=1"),
    "half_message": (Outcome.DIED, "no message"),
    "leaks": (Outcome.MEMORY, "memory limit"),
    "leaks_and_swallows": (Outcome.DEADLINE, "no answer within deadline_s=1"),
    "nan": (Outcome.REFUSED, "1 of 576 values are not finite"),
    "inf": (Outcome.REFUSED, "not finite"),
    "wrong_unit": (Outcome.REFUSED, "units='kW', expected 'MW'"),
    "wrong_shape": (Outcome.REFUSED, "dims=('quantile', 'time', 'zone')"),
    "short_horizon": (Outcome.REFUSED, "(12), expected"),
    "shifted_horizon": (Outcome.REFUSED, "expected 2016-06-15T10:15"),
    "crossing": (Outcome.REFUSED, "quantiles cross"),
    "out_of_range": (Outcome.REFUSED, "limits -1 .. 1000"),
    "undeclared": (Outcome.REFUSED, "output 'temp_c' is not on the card"),
    "numbered_element": (Outcome.REFUSED, "finding 'load:peak': element=2, expected text"),
    "listed_key": (Outcome.REFUSED, "key=['load', 2], expected text"),
    "half_priority": (Outcome.REFUSED, "priority=2.5, expected 1 to 4"),
    "naive_instant": (Outcome.REFUSED, "expected an instant with a time zone"),
    "half_a_character": (Outcome.REFUSED, "params['name']='\\udc80', expected text"),
    "no_reason": (Outcome.REFUSED, "report: reason=None, expected text"),
    "no_unit": (Outcome.REFUSED, "headline: unit=None, expected text"),
    "set_in_params": (Outcome.EXCEPTION, "of type set cannot travel"),
    "nan_in_params": (Outcome.EXCEPTION, "not JSON compliant"),
    "not_a_report": (Outcome.EXCEPTION, "AttributeError"),
    "reads_future": (Outcome.EXCEPTION, "FutureReadError: signal 'zone_load_p_mw' asked up to 2016-06-15T10:30:00+00:00"),
    "writes_frame": (Outcome.EXCEPTION, "read-only"),
}


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    """One champion and a box for every fault: a healthy tick, then the tick in which all of them fail at once."""
    directory = tmp_path_factory.mktemp("night")
    instances = [steady()] + [
        faulty(name, tag=str(directory / f"{name}.pid"), deadline_s=DEADLINE_S, memory_mb=64) for name in EXPECTED
    ]
    stage = Stage(instances, directory)
    stage.healthy = stage.run()
    stage.pids_before = {name: worker.pid for name, worker in stage.runner.crew.workers.items()}
    stage.faulty = stage.run()
    stage.faulty_seconds = stage.seconds
    stage.directory = directory
    yield stage
    stage.runner.stop()


@pytest.mark.parametrize("fault", EXPECTED)
def test_a_broken_answer_is_named_and_the_last_good_one_serves(night, fault):
    assert night.healthy[fault].service is Service.FRESH
    envelope = night.faulty[fault]
    outcome, words = EXPECTED[fault]
    assert envelope.outcome is outcome
    assert words in " ".join(envelope.problems)
    assert (envelope.service, envelope.fallback) == (Service.FALLBACK, "last_good")
    assert envelope.quality & Quality.STALE
    assert envelope.quality & Quality.SUBSTITUTED
    card = night.runner.cards[fault]
    assert not judge(card, envelope.report, FIRST_FAULT, Premises.of(SITE.context())).problems


@pytest.mark.parametrize("fault", EXPECTED)
def test_a_failure_is_found_in_the_same_tick(night, fault):
    keys = {finding.key: finding.code for finding in night.faulty[fault].report.findings}
    assert keys == {f"box:{fault}": "box_failing"}


def test_the_tick_ends_with_the_deadline_of_the_slowest_box(night):
    # One second of deadline; killing and forking two dozen processes on two shared cores takes the rest.
    assert night.faulty_seconds < DEADLINE_S + 2.0


def test_a_box_beside_failing_ones_is_served_fresh(night):
    assert night.faulty["load"].service is Service.FRESH
    assert night.runner.crew.workers["load"].pid == night.pids_before["load"]


def test_every_failed_process_is_replaced(night):
    refused = {name for name, (outcome, _) in EXPECTED.items() if outcome is Outcome.REFUSED}
    for name in set(EXPECTED) - refused:
        assert not running(night.pids_before[name])
        assert night.runner.crew.workers[name].pid != night.pids_before[name]


def test_grandchildren_in_sessions_of_their_own_are_ended(night):
    escaped = int((night.directory / "forks_and_dies.pid").read_text())
    assert until(lambda: not running(escaped), 1.0)
    tag = str(night.directory / "leaves_grandchild.pid").encode()

    def tagged():
        mine = descendants(os.getpid())
        return [p for p in mine if running(p) and tag in Path(f"/proc/{p}/cmdline").read_bytes()]

    assert until(lambda: not tagged(), 1.0)


# ---------------------------------------------------------------------------------------------- hostile messages

FORGED = {
    "no_size": '{"seq": 2, "state": null, "own_s": 0.1}',
    "no_time": '{"seq": 2, "report": 0, "state": null}',
    "endless_size": '{"seq": 2, "report": Infinity, "state": null, "own_s": 0.1}',
    "endless_time": '{"seq": 2, "report": 0, "state": null, "own_s": Infinity}',
    "worded_state": '{"seq": 2, "report": 0, "state": "much", "own_s": 0.1}',
    "negative_size": '{"seq": 2, "report": -8, "state": 8, "own_s": 0.1}',
    "ready_again": '{"ready": true}',
    "half": '{"seq": 2, "rep',
    "bottomless": "[" * 4000,
    "number": "7",
    "nothing_known": '{"seq": 2, "error": "memory", "text": {"a": [1]}}',
}
"""What a box may write to the loop in place of its worker; the second question has number 2."""


@pytest.fixture(scope="module")
def forged(tmp_path_factory):
    """A champion beside boxes that forge their worker's answer in the second tick."""
    when = {"fault": "forges", "after_s": int(FIRST_FAULT.timestamp()), "deadline_s": DEADLINE_S}
    boxes = [BoxInstance(name, "faulty:FaultyBox", "standby", {**when, "message": text}) for name, text in FORGED.items()]
    stage = Stage([steady(), *boxes], tmp_path_factory.mktemp("forged"))
    stage.ticks = [stage.run() for _ in range(2)]
    yield stage
    stage.runner.stop()


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_message_costs_the_box_its_answer_and_nobody_else_anything(forged, name):
    assert forged.ticks[0][name].service is Service.FRESH
    envelope = forged.ticks[1][name]
    assert envelope.outcome in (Outcome.DIED, Outcome.REFUSED, Outcome.MEMORY)
    assert (envelope.service, envelope.fallback) == (Service.FALLBACK, "last_good")
    assert forged.ticks[1]["load"].service is Service.FRESH


# ---------------------------------------------------------------------------------------------- again and again


@pytest.fixture(scope="module")
def again(tmp_path_factory):
    """Sixteen ticks with a box that always raises, one that hangs, one three times too high, and one that recovers."""
    recovers = BoxInstance(
        "recovers",
        "faulty:FaultyBox",
        "standby",
        {"fault": "raises", "after_s": int(FIRST_FAULT.timestamp()), "until_s": int(FIRST_FAULT.timestamp()) + 900},
    )
    champion = faulty("times_three", role="champion", fallbacks=["instance:spare", "last_good", "constant"])
    stage = Stage([champion, steady("spare", role="standby"), faulty("raises"), recovers], tmp_path_factory.mktemp("again"))
    stage.ticks, stage.states = [], []
    for _ in range(16):
        stage.ticks.append(stage.run())
        stage.states.append(stage.runner.state())
    yield stage
    stage.runner.stop()


def test_the_breaker_opens_after_three_failures_and_tries_again_after_4_then_8_ticks(again):
    asked = [number for number, tick in enumerate(again.ticks) if tick["raises"].outcome is Outcome.EXCEPTION]
    # Fails in ticks 1, 2, 3; opens; half-open try 4 ticks later; the next one 8 ticks after that.
    assert asked == [1, 2, 3, 7, 15]
    assert all(tick["raises"].outcome is Outcome.BREAKER_OPEN for i, tick in enumerate(again.ticks) if i in (4, 5, 6, 8, 14))


def test_a_failing_box_is_one_finding_a_tick_under_one_key_and_one_line_in_the_log(again):
    keys = [[finding.key for finding in tick["raises"].report.findings] for tick in again.ticks]
    assert keys == [[], *[["box:raises"]] * 15]
    assert sum(e["event"] == "box_failing" and e["instance"] == "raises" for e in again.ops) == 1


def test_a_recovered_box_has_nothing_more_to_find_and_says_once_that_it_is_back(again):
    codes = [[finding.code for finding in tick["recovers"].report.findings] for tick in again.ticks[:5]]
    assert codes == [[], ["box_failing"], [], [], []]
    assert sum(e["event"] == "box_recovered" for e in again.ops) == 1


def test_an_answer_three_times_too_high_is_served_but_questionable(again):
    envelope = again.ticks[1]["times_three"]
    assert envelope.service is Service.FRESH
    assert envelope.quality & Quality.QUESTIONABLE
    assert "differs from standby 'spare'" in envelope.problems[0]


# ---------------------------------------------------------------------------------------------- resume


def test_a_resumed_run_equals_the_straight_one_and_stop_leaves_no_process_and_no_file(again, tmp_path):
    stage = Stage(again.runner._instances, tmp_path)
    try:
        for _ in range(5):
            stage.grow()
        stage.runner.restore(again.states[4])
        assert stage.runner.state() == again.states[4]
        for number in (5, 6, 7):
            envelopes = stage.run()
            assert {n: envelope_to_bytes(e) for n, e in envelopes.items()} == {
                n: envelope_to_bytes(e) for n, e in again.ticks[number].items()
            }
        assert stage.runner.state() == again.states[7]
        server = stage.runner.crew.server.pid
        pids = [server, *descendants(server)]
    finally:
        stage.runner.stop()
    assert not any(running(pid) for pid in pids)
    assert not any((tmp_path / "run").rglob("*"))


# ---------------------------------------------------------------------------------------------- processes


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        for library in ("OMP", "OPENBLAS", "MKL"):
            patch.delenv(f"{library}_NUM_THREADS", raising=False)  # `make test` sets them
        stage = Stage([steady(), BoxInstance("snoop", "faulty:SnoopBox", "standby", {})], tmp_path_factory.mktemp("house"))
        stage.facts = stage.run()["snoop"].report.params
    yield stage
    stage.runner.stop()


def test_a_worker_has_one_thread_no_pandapower_no_dask_no_terminal_and_limits(house):
    facts = house.facts
    assert facts["threads"] == ["1", "1", "1"]
    assert not facts["pandapower"]
    assert not facts["dask"]
    assert facts["preloaded"]
    assert facts["stdio"] == ["/dev/null"] * 3
    assert facts["session"]
    assert facts["core"] == 0
    assert facts["data_limited"]
    assert facts["hash_seed"] == "0"
    assert facts["ignored"] == [True, True]
    assert facts["temporary"].endswith("run/boxes/snoop")


def test_a_worker_does_not_import_the_main_module_of_the_loop_again(house):
    assert house.facts["main"] is None


def test_a_worker_holds_its_channel_and_four_anonymous_files_and_nothing_else(house):
    names = {name.split("[")[0] for name in house.facts["files"]}
    assert names == {"/memfd:regie-ahead", "/memfd:regie-frame", "/memfd:regie-request", "/memfd:regie-result", "socket:"}


def test_sigterm_to_the_processes_below_the_loop_ends_none_of_them(house):
    server = house.runner.crew.server.pid
    for pid in [server, *descendants(server)]:
        os.kill(pid, signal.SIGTERM)
        os.kill(pid, signal.SIGINT)
    assert all(e.service is Service.FRESH for e in house.run().values())


def test_an_answer_that_waited_past_the_deadline_is_an_answer(house):
    worker = house.runner.crew.workers["load"]
    frame = house.runner.frame()
    message = {
        "op": "step",
        "as_of_s": frame.end_s,
        "first": frame.first,
        "rows": frame.rows,
        "start_s": frame.start_s,
        "ahead": [],
        "ahead_size": os.fstat(house.runner.crew.ahead).st_size,
        "artifact": None,
        "seed": 1,
    }
    question = Question(worker, message, None, limit_s=0.5)
    question.begin(time.monotonic())
    time.sleep(0.7)  # the loop's host was suspended, or the loop was busy
    answer = question.look(time.monotonic())
    assert answer.outcome is Outcome.OK


def test_only_a_first_step_has_the_time_to_catch_up(tmp_path):
    instances = [
        BoxInstance("patient", "faulty:HistorianBox", "champion", {"catch_up_s": 30.0}),
        BoxInstance("hurried", "faulty:HistorianBox", "standby", {"catch_up_s": 0.0}),
    ]
    stage = Stage(instances, tmp_path)
    try:
        first, second = stage.run(), stage.run()
    finally:
        stage.runner.stop()
    assert (first["patient"].outcome, second["patient"].outcome) == (Outcome.OK, Outcome.OK)
    assert (first["hurried"].outcome, second["hurried"].outcome) == (Outcome.DEADLINE, Outcome.DEADLINE)
    assert second["hurried"].problems == ("no answer within deadline_s=1",)


def test_a_worker_killed_between_ticks_is_back_in_the_next_one(house):
    os.kill(house.runner.crew.workers["load"].pid, signal.SIGKILL)
    assert until(house.runner.crew.workers["load"].dead, 1.0)
    assert house.run()["load"].service is Service.FRESH


def test_a_lost_fork_server_is_replaced_and_the_fallback_serves_meanwhile(house):
    pids = [worker.pid for worker in house.runner.crew.workers.values()]
    os.kill(house.runner.crew.server.pid, signal.SIGKILL)
    assert until(lambda: not any(running(pid) for pid in pids), 1.0)
    assert house.run()["load"].service is Service.FALLBACK
    assert until(house.runner.crew.server.ready, 60.0)
    assert house.run()["load"].service is Service.FRESH


def test_a_fork_server_that_stalls_costs_one_tick_a_second_and_no_box_its_place(house):
    stalled = house.runner.crew.server.pid
    os.kill(stalled, signal.SIGSTOP)
    for worker in house.runner.crew.workers.values():
        os.kill(worker.pid, signal.SIGKILL)
    assert until(lambda: all(worker.dead() for worker in house.runner.crew.workers.values()), 1.0)
    assert house.run()["load"].service is Service.FALLBACK
    assert house.seconds < 2.0
    assert not running(stalled)
    assert until(house.runner.crew.server.ready, 60.0)
    for _ in range(2):
        assert all(envelope.service is Service.FRESH for envelope in house.run().values())
    below = descendants(house.runner.crew.server.pid)
    assert {worker.pid for worker in house.runner.crew.workers.values()} <= below
    assert any("does not answer" in event.get("reason", "") for event in house.ops)


LOOP = """
import json, sys
sys.path.insert(0, {boxes!r})
from pathlib import Path
from box_stage import Stage, faulty, steady
stage = Stage([steady(), faulty("leaves_grandchild", deadline_s=60.0, tag="grandchild-of-a-killed-loop")], Path({directory!r}))
stage.run()
print(json.dumps(stage.runner.crew.server.pid), flush=True)
stage.run()
"""


def test_kill_9_of_the_loop_ends_every_process_below_it_within_a_second(tmp_path, contention):
    code = LOOP.format(boxes=str(BOXES), directory=str(tmp_path))
    loop = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, start_new_session=True)
    server = json.loads(loop.stdout.readline())

    def grandchild():
        return [p for p in descendants(server) if b"grandchild-of-a-killed-loop" in Path(f"/proc/{p}/cmdline").read_bytes()]

    assert until(grandchild, 20.0)
    pids = {server, *descendants(server)}
    assert len(pids) >= 4  # the server, two workers, and what one of them started
    within_s = contention()  # a second on a machine of its own
    loop.kill()
    killed = time.monotonic()
    assert until(lambda: not any(running(pid) for pid in pids), within_s)
    # Nobody holds the loop's standard output any more: reading to its end does not block.
    loop.stdout.read()
    assert time.monotonic() - killed < within_s
    loop.wait()
