import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from forecasts.on_air.setup import Setup
from forecasts.tune.space import Space
from forecasts.tune.study import open_study, search
from twin.domain.problems import BadInput

ROOT = Path(__file__).resolve().parents[4]


@dataclass
class Valley:
    """A loss with its bottom at eta = 2 and without Prophet; every judgement takes one second of its own clock."""

    now: float = 0.0
    judged: int = 0
    series: SimpleNamespace = field(default_factory=lambda: SimpleNamespace(name="feeder"))
    stop_at: int | None = None

    def loss(self, setup, *, test, on_training=lambda: None):
        self.now += 1.0
        if self.judged == self.stop_at:
            raise KeyboardInterrupt
        on_training()
        self.judged += 1
        prophet = setup.experts is None or "prophet" in setup.experts
        return np.full(10, 1.0 + abs(np.log(setup.champion.eta / 2.0)) + 0.5 * prophet)


@pytest.fixture
def space():
    return Space("load", Setup(), days=100)


def run(folder, space, valley, seconds, seed=0, told=None):
    study = open_study(folder, "feeder")
    on_trial = (lambda progress: None) if told is None else told.append
    found = search(study, space, valley, seconds=seconds, clock=lambda: valley.now, seed=seed, on_trial=on_trial)
    return found, [(trial.params, trial.value) for trial in study.trials if trial.state.is_finished() and trial.values]


def test_it_finds_its_way_down_the_valley(tmp_path, space):
    found, _ = run(tmp_path, space, Valley(), 28)
    assert found.best_loss < 0.75 * found.given_loss
    assert "prophet" not in found.best.experts
    assert found.best.champion.eta == pytest.approx(2.0, rel=0.4)


def test_the_budget_is_kept(tmp_path, space):
    valley = Valley()
    found, _ = run(tmp_path, space, valley, 12)
    assert (
        found.trials == 10
    )  # the given setup takes the first second, and the trial that would end at the twelfth is broken off
    assert valley.now == pytest.approx(12)


def test_a_search_that_is_gone_on_with_is_the_search_that_was_not_interrupted(tmp_path, space):
    _, whole = run(tmp_path / "whole", space, Valley(), 16)
    run(tmp_path / "parts", space, Valley(), 7)
    found, parts = run(tmp_path / "parts", space, Valley(), 9)
    assert found.resumed == 5
    shared = min(len(whole), len(parts))
    assert shared > 10
    assert parts[:shared] == whole[:shared]


def test_another_seed_is_another_search(tmp_path, space):
    _, one = run(tmp_path / "one", space, Valley(), 6)
    _, other = run(tmp_path / "other", space, Valley(), 6, seed=100)
    assert one != other


def test_an_interruption_keeps_the_trials(tmp_path, space):
    found, _ = run(tmp_path, space, Valley(stop_at=6), 30)
    assert found.stopped
    assert found.trials == 5
    again, _ = run(tmp_path, space, Valley(), 3)
    assert again.resumed == 5
    assert not again.stopped


def test_a_trial_turns_one_chapter_and_leaves_the_rest_as_in_the_best(tmp_path, space):
    told = []
    _, trials = run(tmp_path, space, Valley(), 14, told=told)
    best, value = trials[0]
    for progress, (params, loss) in zip(told, trials[1:], strict=True):
        turned = {name for name in params if params[name] != best[name]}
        chapters = {knob.chapter for knob in space.knobs if knob.name in turned}
        assert chapters <= {progress.chapter}
        best, value = (params, loss) if loss < value else (best, value)


def test_where_nothing_is_better_the_given_setup_stays(tmp_path):
    given = Setup(experts=("last_week", "ridge"))
    valley = Valley()
    valley.loss = lambda setup, *, test, on_training=None: (
        setattr(valley, "now", valley.now + 1.0),
        np.full(10, 1.0 + (setup != given)),
    )[1]
    found, _ = run(tmp_path, Space("load", given, days=100), valley, 8)
    assert found.best == given
    assert found.best_loss == found.given_loss


def test_a_span_without_truth_is_refused(tmp_path, space):
    valley = Valley()
    valley.loss = lambda setup, *, test, on_training=None: np.full(10, np.nan)
    with pytest.raises(BadInput, match="a week of measured values"):
        run(tmp_path, space, valley, 8)


def test_a_search_of_something_else_begins_anew(tmp_path, space):
    run(tmp_path, space, Valley(), 6)
    assert not open_study(tmp_path, "another feeder").trials


def test_a_search_survives_a_kill(tmp_path, space):
    code = """
import os, signal, sys
from pathlib import Path
from forecasts.on_air.setup import Setup
from forecasts.tune.space import Space
from test_study import Valley, open_study, search
class Killed(Valley):
    def loss(self, setup, *, test, on_training=lambda: None):
        if self.judged == 5:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().loss(setup, test=test, on_training=on_training)
valley = Killed()
search(open_study(Path(sys.argv[1]), "feeder"), Space("load", Setup(), days=100), valley, seconds=30, clock=lambda: valley.now,
       seed=0, on_trial=lambda progress: None)
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "killed")],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{Path(__file__).parent}"},
        check=False,
    )
    assert done.returncode == -9
    found, after = run(tmp_path / "killed", space, Valley(), 6)
    assert found.resumed == 4
    _, whole = run(tmp_path / "whole", space, Valley(), 12)
    assert after == whole[: len(after)]
