import json

import pytest

from forecasts.on_air.setup import Setup
from forecasts.tune.judge import Judge, Spans
from forecasts.tune.outcome import Outcome, as_json, as_lines
from forecasts.tune.study import Found


@pytest.fixture
def outcome(feeder):
    def make(*, validation=0.9, test=0.95, resumed=0):
        found = Found(Setup(train_days=240), 2.0, 2.0 * validation, trials=12, resumed=resumed, stopped=False)
        judge = Judge(feeder, Spans(24 * 40, 24 * 60, 24 * 90, 24 * 110), horizon=48, refit_days=28, seed=0)
        return Outcome(judge, Setup(), found, None if test is None else 4.0 * test, None if test is None else 4.0)

    return make


def test_a_gain_on_days_that_the_search_did_not_see_is_proposed(outcome):
    assert outcome(test=0.95).proposes
    assert as_lines(outcome(test=0.95))[-1] == "proposed"


def test_a_gain_that_does_not_hold_there_is_not_proposed_and_said_so(outcome):
    found = outcome(validation=0.8, test=1.02)
    assert not found.proposes
    assert "pinball loss 0.800 of what was given where the search looked" in as_lines(found)[1]
    assert "pinball loss 1.020 of what was given where it did not look" in as_lines(found)[2]
    assert as_lines(found)[-1].endswith("nothing is proposed")


def test_a_gain_of_a_third_of_a_percent_is_nothing(outcome):
    assert not outcome(test=0.997).proposes


def test_a_gain_within_noise_is_proposed_and_called_that(outcome):
    assert "within noise" in as_lines(outcome(test=0.99))[-1]


def test_where_nothing_was_found_nothing_is_proposed(outcome):
    found = outcome(validation=1.0, test=None)
    assert not found.proposes
    assert "nothing was better than what was given" in as_lines(found)[-1]


def test_a_test_span_without_truth_proposes_nothing(outcome):
    found = outcome(test=float("inf"))
    found = Outcome(found.judge, found.given, found.found, float("inf"), float("inf"))
    assert not found.proposes
    assert "too little truth" in as_lines(found)[-1]
    json.dumps(as_json(found, site=None, box=None, text=None), allow_nan=False)


def test_perfect_weather_is_said(outcome):
    assert "perfect weather" in as_lines(outcome())[0]
    assert "perfect weather" in outcome().why[0]
    assert "perfect weather" in as_json(outcome(), site=None, box=None, text=None)["weather"]


def test_trials_of_earlier_runs_are_counted(outcome):
    assert "12 trials, 7 of them by earlier runs" in as_lines(outcome(resumed=7))[0]


def test_spans_are_local_time(outcome):
    found = as_json(outcome(), site=None, box=None, text=None)
    assert found["validation"]["from"] == "2019-03-08T00:00+01:00"
    assert found["test"]["from"] == found["validation"]["to"] == "2019-04-07T01:00+02:00"
