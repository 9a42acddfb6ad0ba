"""The search itself: Optuna's TPE over one chapter at a time, on disk after every trial, within a budget of minutes.

A trial is a function of the seed and of the trials before it, so that a search that was killed goes on as if it had not been.
Source: J. Bergstra et al., Algorithms for Hyper-Parameter Optimization, NIPS 24 (2011).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from forecasts.on_air.setup import Setup
from forecasts.tune.judge import Judge, mean_loss
from forecasts.tune.space import Space, chapter_of
from twin.domain.problems import BadInput, Problem

if TYPE_CHECKING:
    import optuna

_FILE = "trials.journal"
_RANDOM = 8  # trials before the estimator has something to estimate from: fewer than by default, as each costs a while


@dataclass(frozen=True)
class Progress:
    """How far a search is: ``ratio`` is the best loss over that of the given setup, ``trial`` counts from 1."""

    trial: int
    chapter: str
    seconds: float
    ratio: float


@dataclass(frozen=True)
class Found:
    """What a search found.

    Attributes:
        best: setup with the lowest validation loss; the given one where nothing was better.
        given_loss, best_loss: on the validation span [MW]. ``trials``: done in all, ``resumed``: by earlier runs.
        stopped: by whoever asked, before the budget was spent.
    """

    best: Setup
    given_loss: float
    best_loss: float
    trials: int
    resumed: int
    stopped: bool


def open_study(folder: Path, name: str) -> optuna.Study:
    """The study of that name in the folder's journal; a trial that a kill cut short will be asked again.

    Args:
        name: of everything that losses depend on: a search of anything else must not be gone on with.

    Raises:
        OSError: when the folder cannot be written.
    """
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    folder.mkdir(parents=True, exist_ok=True)
    storage = JournalStorage(JournalFileBackend(str(folder / _FILE)))
    study = optuna.create_study(study_name=name, storage=storage, direction="minimize", load_if_exists=True)
    for trial in study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.RUNNING,)):
        study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
    return study


def search(
    study: optuna.Study,
    space: Space,
    judge: Judge,
    *,
    seconds: float,
    clock: Callable[[], float],
    seed: int,
    on_trial: Callable[[Progress], None],
) -> Found:
    """Try setups until the budget is spent; an interruption (Ctrl-C) ends the search and keeps what was found.

    Args:
        seconds: budget; a trial that is under way when it ends is broken off after the training that it is at, and asked again
            by the next search. ``clock``: seconds, ascending.

    Raises:
        BadInput: when the given setup cannot be judged on the validation span.
    """
    begun = clock()
    resumed = max(0, len(_tried(study)) - 1)
    given = _given(study, space, judge)
    stopped = False
    try:
        while clock() - begun < seconds:
            chapter = _try(study, space, judge, seed, lambda: _watch(clock() - begun, seconds))
            on_trial(Progress(len(_tried(study)) - 1, chapter, clock() - begun, study.best_value / given))
    except _OutOfTime:
        pass
    except KeyboardInterrupt:
        stopped = True
    trials = len(_tried(study)) - 1
    if not study.best_trial.number or not study.best_value < given:
        return Found(space.given, given, given, trials, resumed, stopped)
    return Found(space.setup_of(study.best_params), given, study.best_value, trials, resumed, stopped)


def _given(study: optuna.Study, space: Space, judge: Judge) -> float:
    """Loss of the given setup, which is the first trial."""
    import optuna

    if not study.trials:
        loss = mean_loss(judge.loss(space.given, test=False))
        if not 0.0 < loss < float("inf"):
            problem = Problem(
                judge.series.name,
                "no loss of the given configuration on the validation span",
                "a week of measured values there that are not forecast exactly",
                "choose an earlier --from, or a longer series",
            )
            raise BadInput([problem])
        params = space.params_of(space.given)
        study.add_trial(optuna.trial.create_trial(params=params, distributions=_distributions(space), value=loss))
    return float(study.trials[0].value or 0.0)


def _try(study: optuna.Study, space: Space, judge: Judge, seed: int, on_training: Callable[[], None]) -> str:
    """One trial; the chapter that it turned. Everything else stands as in the best trial so far."""
    import optuna

    tried = len(_tried(study)) - 1
    chapter = chapter_of(space.tour, tried)
    stand = study.best_params
    fixed = {knob.name: stand[knob.name] for knob in space.knobs if knob.chapter != chapter}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        tree = optuna.samplers.TPESampler(seed=seed + tried, n_startup_trials=_RANDOM)
        study.sampler = optuna.samplers.PartialFixedSampler(fixed, tree)
    trial = study.ask(fixed_distributions=_distributions(space))
    loss = mean_loss(judge.loss(space.setup_of(trial.params), test=False, on_training=on_training))
    if loss < float("inf"):
        study.tell(trial, loss)
    else:
        study.tell(trial, state=optuna.trial.TrialState.PRUNED)
    return chapter


class _OutOfTime(Exception):
    """The budget is spent."""


def _watch(spent: float, seconds: float) -> None:
    if spent >= seconds:
        raise _OutOfTime


def _distributions(space: Space) -> dict[str, optuna.distributions.BaseDistribution]:
    return {knob.name: knob.distribution() for knob in space.knobs}


def _tried(study: optuna.Study) -> list[optuna.trial.FrozenTrial]:
    """Trials that came to an end of their own; the first one is the given setup."""
    from optuna.trial import TrialState

    return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED))
