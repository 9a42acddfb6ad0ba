"""Previews beside a loop on air: nothing of them is heard there, and what kills them does no harm."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from hamlet import hamlet

from twin.contracts.desk_ports import Unavailable
from twin.domain.problems import BadInput
from twin.regie.chain import verify
from twin.regie.processes import children
from twin.work import previews
from twin.work.preview_port import SOCKET, PreviewsOfState

sys.path.insert(0, str(Path(__file__).parents[1] / "boxes"))
from box_stage import descendants, running, until

pytestmark = pytest.mark.fault

FEEDER = {"kind": "what_if", "switch": [{"switch": 0, "closed": False}]}
LIMIT_S = 120.0
"""The first answer waits for the imports, on a loaded machine too."""


@pytest.fixture(scope="module")
def evening(settle):
    """A hamlet on air, a quarter hour in two seconds, and its previews."""
    place = settle(hamlet(days=1.0), "evening")
    run = place.start(90, speed="450")
    run.until(lambda: place.acked >= 2)
    yield SimpleNamespace(place=place, run=run, port=PreviewsOfState(place.state))
    run.term()


def preview_pid(run):
    """The preview process below a run's work process, None while there is none."""
    for pid in descendants(run.process.pid):
        if b"twin.preview.process" in Path(f"/proc/{pid}/cmdline").read_bytes():
            return pid
    return None


def test_a_preview_on_air_rests_on_the_newest_acknowledged_tick(evening):
    before = evening.place.acked
    answer = evening.port.ask(FEEDER, LIMIT_S)
    assert before - 1 <= answer["tick"] <= evening.place.acked
    assert answer["what_if"]
    assert answer["after"]["unsupplied_buses"] == [6, 7, 8]


def test_the_next_tick_is_the_next_answers(evening):
    first = evening.port.ask(FEEDER, LIMIT_S)
    evening.run.until(lambda: evening.place.acked > first["tick"] + 2)
    assert evening.port.ask(FEEDER, LIMIT_S)["tick"] > first["tick"]


def test_many_ask_at_once_and_each_is_answered(evening):
    ports, found = [PreviewsOfState(evening.place.state) for _ in range(8)], []
    askers = [threading.Thread(target=lambda port=port: found.append(port.ask(FEEDER, LIMIT_S))) for port in ports]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert [answer["after"]["unsupplied_buses"] for answer in found] == [[6, 7, 8]] * 8


def test_what_the_grid_does_not_have_is_refused_with_all_faults(evening):
    with pytest.raises(BadInput) as refused:
        evening.port.ask(
            {"kind": "what_if", "switch": [{"switch": 98, "closed": True}, {"switch": 99, "closed": True}]}, LIMIT_S
        )
    assert [problem.place for problem in refused.value.problems] == ["switch.0: switch 98", "switch.1: switch 99"]


def test_who_does_not_wait_long_enough_is_told_so_and_the_next_is_answered(evening):
    with pytest.raises(Unavailable, match="ask again"):
        evening.port.ask({"kind": "lookahead"}, 0.05)
    assert evening.port.ask(FEEDER, LIMIT_S)["what_if"]


def test_a_look_ahead_beside_which_others_ask(evening):
    found = []
    asker = threading.Thread(target=lambda: found.append(evening.port.ask({"kind": "lookahead", "step_s": 3600}, LIMIT_S)))
    asker.start()
    assert evening.port.ask(FEEDER, LIMIT_S)["what_if"]
    asker.join()
    assert len(found[0]["p_violation"]) == len(found[0]["n1_margin_percent"]) > 20


def test_kill_9_in_the_middle_of_a_question_is_told_and_the_next_question_finds_another(evening):
    evening.port.ask(FEEDER, LIMIT_S)
    pid, told = preview_pid(evening.run), []

    def ask():
        try:
            evening.port.ask(
                {"kind": "order", "steps": [{"switch": [{"switch": 0, "closed": i % 2 == 1}]} for i in range(40)]}, LIMIT_S
            )
        except Unavailable as error:
            told.append(str(error))

    asker = threading.Thread(target=ask)
    asker.start()
    time.sleep(0.3)
    os.kill(pid, signal.SIGKILL)
    asker.join()
    assert "ask again" in told[0]
    assert evening.port.ask(FEEDER, LIMIT_S)["what_if"]
    assert preview_pid(evening.run) != pid


def test_the_door_is_the_owners_alone(evening):
    assert (evening.place.state / "jobs" / SOCKET).stat().st_mode & 0o777 == 0o600


def test_the_preview_process_stands_below_the_loop_and_above_jobs(evening):
    evening.port.ask(FEEDER, LIMIT_S)
    assert os.getpriority(os.PRIO_PROCESS, preview_pid(evening.run)) == 5


def test_previews_leave_no_trace_on_air(settle, clean):
    """Thirty quarter hours of the same hamlet with previews asked all along have the journal that they have without."""
    place = settle(hamlet(days=1.0), "watched")
    run, port, answered = place.start(30, speed="450"), PreviewsOfState(place.state), []

    def asked():
        try:
            answered.append(port.ask(FEEDER, LIMIT_S)["tick"])
        except Unavailable:
            time.sleep(0.2)
        return place.acked >= 25

    run.until(asked)
    ended = run.ended()
    assert ended.code == 0
    assert len(set(answered)) > 1
    assert ended.figures["journal"]["head"] == clean.head
    assert not verify(place.state)[2]
    assert not (place.state / "commands.sqlite").exists()


def test_without_a_loop_nobody_answers_and_the_reason_says_what_helps(clean):
    with pytest.raises(Unavailable, match="regie live"):
        PreviewsOfState(clean.place.state).ask(FEEDER, 5.0)


def test_the_preview_process_goes_with_the_loop(settle):
    place = settle(hamlet(days=1.0), "gone")
    run = place.start(60, speed="450")
    run.until(lambda: place.acked >= 1)
    PreviewsOfState(place.state).ask(FEEDER, LIMIT_S)
    pid = preview_pid(run)
    run.kill()
    assert until(lambda: not running(pid), 10.0)


def test_the_web_process_reaches_previews_without_a_solver(tmp_path):
    code = (
        "import sys; from pathlib import Path; from twin.web import ports_of; "
        f"ports_of(Path({str(tmp_path)!r})).previews.ask; "
        "sys.exit(any(name in sys.modules for name in ('pandapower', 'numba', 'pyomo', 'prophet', 'twin.preview')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# ---------------------------------------------------------------------------------------------- its keeper alone


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """A keeper whose preview process is a module of ours."""
    folder = tmp_path / "stub"
    folder.mkdir()
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setattr(previews, "_MODULE", "stub_preview")
    monkeypatch.setattr(previews, "_START_S", 1.0)
    jobs = tmp_path / "jobs"
    (jobs / "run").mkdir(parents=True)
    keeper = previews.Previews(jobs)

    def serve(body, seconds=20.0):
        (folder / "stub_preview.py").write_text(f"import json, os, sys, time\ndef main():\n    {body}\n")
        told = []

        def ask():
            try:
                PreviewsOfState(tmp_path).ask(FEEDER, seconds)
            except Unavailable as error:
                told.append(str(error))

        asker = threading.Thread(target=ask)
        asker.start()
        until(lambda: (keeper.look(), not asker.is_alive())[-1], seconds + 5.0)
        asker.join()
        return told[0]

    yield SimpleNamespace(keeper=keeper, serve=serve)
    keeper.end()


def test_a_preview_process_that_hangs_is_killed_and_whoever_waits_is_told(kept):
    assert "died before it could answer" in kept.serve("time.sleep(60)")
    assert not kept.keeper.pids()


def test_a_preview_process_that_cannot_start_turns_nobody_away_in_silence(kept):
    assert "died before it could answer" in kept.serve("raise RuntimeError('no')")


def test_ending_the_keeper_leaves_no_process_and_no_door(kept):
    kept.serve("time.sleep(60)", seconds=0.5)
    kept.keeper.look()
    kept.keeper.end()
    assert not [pid for pid in children() if b"stub_preview" in Path(f"/proc/{pid}/cmdline").read_bytes()]
