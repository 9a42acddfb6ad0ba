from dataclasses import replace

import numpy as np
import pytest

from forecasts.backtest.plan import local_midnights
from forecasts.backtest.record import CHAMPION, record_of
from forecasts.champion.settings import ChampionSettings
from forecasts.on_air.setup import Setup
from forecasts.rehearsal.plan import Plan
from forecasts.rehearsal.rehearse import rehearse
from forecasts.tune.judge import Judge, Spans, mean_loss, spans_of

SETUP = Setup(experts=("last_week", "day_type", "ridge"), train_days=60)


@pytest.fixture
def spans(feeder):
    midnights = local_midnights(feeder)
    return spans_of(midnights, test=int(midnights[100]), end=int(midnights[114]), validation_days=14, warm_days=28)


@pytest.fixture
def judge(feeder, spans):
    return Judge(feeder, spans, horizon=48, refit_days=14, seed=0)


def test_spans_follow_each_other_in_local_days(feeder, spans):
    midnights = local_midnights(feeder)
    assert [int(np.searchsorted(midnights, row)) for row in (spans.warm, spans.validation, spans.test)] == [58, 86, 100]


def test_a_short_series_has_less_warm_up():
    assert spans_of(np.arange(0, 240, 24), test=216, end=240, validation_days=5, warm_days=20) == Spans(0, 96, 216, 240)


def test_a_loss_is_the_champions_pinball_as_a_backtest_has_it(feeder, spans, judge):
    plan = Plan(60, 14, 24, 48, spans.warm, spans.test, spans.end, SETUP.experts)
    record = record_of(rehearse(feeder, plan, SETUP.make("load"), seed=0))
    scored = slice(int(np.argmax(record.scored)), None)
    truth, forecast = record.truth(scored), record.forecast(CHAMPION, scored)
    levels = np.arange(0.1, 0.95, 0.1)
    error = truth[..., None] - forecast[..., 1:-1]
    expected = np.maximum(levels * error, (levels - 1.0) * error).mean(axis=(1, 2))
    # The backtest trains on the same days, and its champion is not corrected at midnight by more than a share.
    assert judge.loss(SETUP, test=True) == pytest.approx(expected, rel=0.25)
    assert judge.loss(SETUP, test=True).mean() == pytest.approx(expected.mean(), rel=0.05)


def test_the_search_cannot_see_the_test_span(feeder, spans, judge):
    values = feeder.values.copy()
    values[spans.test :] = 99.0
    other = Judge(replace(feeder, values=values), spans, horizon=48, refit_days=14, seed=0)
    assert np.array_equal(other.loss(SETUP, test=False), judge.loss(SETUP, test=False))


def test_weighing_anew_trains_nobody_anew(judge):
    judge.loss(SETUP, test=False)
    trained = judge.memory.trained
    judge.loss(replace(SETUP, champion=ChampionSettings(eta=3.0)), test=False)
    assert judge.memory.trained == trained > 0


def test_an_answer_from_memory_is_the_answer(feeder, spans, judge):
    first = judge.loss(SETUP, test=False)
    assert np.array_equal(judge.loss(SETUP, test=False), first)
    fresh = Judge(feeder, spans, horizon=48, refit_days=14, seed=0)
    assert np.array_equal(fresh.loss(SETUP, test=False), first)


def test_another_penalty_trains_the_ridge_and_nobody_else(judge):
    judge.loss(SETUP, test=False)
    trained = judge.memory.trained
    judge.loss(replace(SETUP, ridge=replace(SETUP.ridge, half_life_days=30.0)), test=False)
    assert judge.memory.trained - trained == 3  # 42 days, trained every 14


def test_a_ridge_helps_where_heating_drives_the_load(judge):
    without = replace(SETUP, experts=("last_week", "day_type"))
    assert mean_loss(judge.loss(SETUP, test=False)) < 0.8 * mean_loss(judge.loss(without, test=False))


def test_a_week_without_truth_is_no_loss():
    assert mean_loss(np.full(6, 1.0)) == float("inf")
    assert mean_loss(np.array([*np.full(7, 2.0), np.nan])) == pytest.approx(2.0)


def test_whoever_watches_the_trainings_can_end_them(judge):
    def enough():
        raise TimeoutError

    with pytest.raises(TimeoutError):
        judge.loss(SETUP, test=False, on_training=enough)
