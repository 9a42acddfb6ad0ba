"""What a rehearsed tick leaves out, and what one run hands over to the next."""

import sys
from datetime import timedelta
from pathlib import Path

import pytest

from twin.contracts.box import BoxCard, Need, Provide
from twin.contracts.frame import Layout
from twin.contracts.report_codec import envelope_to_bytes
from twin.regie.effort import ON_AIR, REHEARSED, deciding
from twin.regie.runner import BoxInstance
from twin.regie.unkept import Unkept

sys.path.insert(0, str(Path(__file__).parents[2] / "boxes"))
from box_stage import Stage, running, steady

DAY = timedelta(days=1)
LAYOUT = Layout((("zone_load_p_mw", "town"),))


def card(name, *, provides, needs=(), proposes=False, fallbacks=("constant",)):
    return BoxCard(
        name=name,
        version="1",
        owner="nobody",
        needs=tuple(Need(signal, ahead=DAY) for signal in needs),
        provides=(Provide(provides, horizon=DAY),),
        constants={provides: 0.0},
        proposes=proposes,
        fallbacks=fallbacks,
    )


CARDS = {
    "load": card("load", provides="load_forecast_p_mw", needs=["temp_c"], fallbacks=("instance:habit", "constant")),
    "habit": card("habit", provides="load_forecast_p_mw"),
    "rival": card("rival", provides="load_forecast_p_mw"),
    "sky": card("sky", provides="temp_c"),
    "sun": card("sun", provides="pv_forecast_p_mw"),
    "oil": card("oil", provides="top_oil_c", needs=["load_forecast_p_mw"]),
    "planner": card("planner", provides="plan_p_mw", needs=["load_forecast_p_mw", "price_chf_per_kwh"], proposes=True),
    "prices": card("prices", provides="price_chf_per_kwh"),
}
CHAMPIONS = [name for name in CARDS if name not in ("habit", "rival")]


def test_a_decision_depends_on_who_proposes_and_on_whom_they_read():
    assert {"planner", "load", "prices"} <= deciding(CARDS, CHAMPIONS, LAYOUT)


def test_a_decision_depends_on_whom_a_forecaster_reads_in_turn():
    assert "sky" in deciding(CARDS, CHAMPIONS, LAYOUT)


def test_a_decision_depends_on_whoever_stands_in_for_a_forecaster():
    assert "habit" in deciding(CARDS, CHAMPIONS, LAYOUT)


def test_the_proof_needs_a_forecast_that_no_box_reads():
    assert "sun" in deciding(CARDS, CHAMPIONS, LAYOUT)


def test_no_decision_depends_on_a_box_that_only_reads_nor_on_a_shadow():
    assert not {"oil", "rival"} & deciding(CARDS, CHAMPIONS, LAYOUT)


INSTANCES = [steady(), BoxInstance("trained", "faulty:TrainedBox", "standby", {})]
"""Nobody names the second one as a fallback."""


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory):
    """A run of three ticks, and another that goes on with its processes and its model; both from the same beginning."""
    first = Stage(INSTANCES, tmp_path_factory.mktemp("first"))
    runs = []
    for stage in (first, None):
        now = stage or Stage(INSTANCES, tmp_path_factory.mktemp("second"), after=first.runner)
        fits = now.runner.prepare(now.as_of)
        ticks = [now.run() for _ in range(3)]
        pids = {name: worker.pid for name, worker in now.runner.crew.workers.items()}
        runs.append((now, fits, [[envelope_to_bytes(e) for e in tick.values()] for tick in ticks], pids))
    first.runner.stop()
    yield runs
    runs[1][0].runner.stop()


def test_a_later_run_goes_on_with_the_processes_of_the_one_before(two_runs):
    (_, _, _, before), (_, _, _, after) = two_runs
    assert before == after


def test_stopping_a_run_whose_processes_went_on_ends_none_of_them(two_runs):
    assert all(running(pid) for pid in two_runs[1][3].values())


def test_a_run_on_processes_that_served_another_answers_the_same(two_runs):
    assert two_runs[0][2] == two_runs[1][2]


def test_the_same_model_is_not_fitted_again(two_runs):
    (_, made, _, _), (later, known, _, _) = two_runs
    assert known["trained"].artifact == made["trained"].artifact
    assert [event["seconds"] for event in later.ops if event["event"] == "fit"] == [0.0]


def test_a_run_of_other_boxes_starts_its_own_processes(two_runs, tmp_path):
    running_now, pids = two_runs[1][0], two_runs[1][3]
    other = Stage([steady(), steady("more", role="standby")], tmp_path, after=running_now.runner)
    try:
        assert not {worker.pid for worker in other.runner.crew.workers.values()} & set(pids.values())
        assert running_now.runner.crew.workers
    finally:
        other.runner.stop()


@pytest.mark.parametrize(
    ("effort", "asked"), [(ON_AIR, {"load", "trained"}), (REHEARSED, {"load"})], ids=["on air", "rehearsed"]
)
def test_a_rehearsal_asks_the_deciding_boxes_alone(effort, asked, tmp_path):
    stage = Stage(INSTANCES, tmp_path, effort=effort)
    try:
        assert set(stage.run()) == asked
    finally:
        stage.runner.stop()


def test_a_rehearsal_fits_no_model_when_one_is_due(tmp_path):
    instances = [BoxInstance("trained", "faulty:TrainedBox", "champion", {})]
    due = {}
    for name, effort in (("on air", ON_AIR), ("rehearsed", REHEARSED)):
        stage = Stage(instances, tmp_path / name, effort=effort)
        try:
            stage.run()
            due[name] = stage.runner.training_due(stage.as_of.replace(hour=0, minute=0))
        finally:
            stage.runner.stop()
    assert due == {"on air": ("trained",), "rehearsed": ()}


def test_without_a_journal_every_tick_is_acknowledged_and_none_is_there_afterwards():
    journal = Unkept()
    assert journal.commit(kind="regular", as_of_s=0) == ""
    assert (journal.acked, journal.resume_state(), journal.keeps) == (0, None, False)
