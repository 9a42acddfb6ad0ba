from dataclasses import replace

import numpy as np
import pytest

from forecasts.champion.settings import ChampionSettings
from forecasts.experts.floor import DayType, LastWeek
from forecasts.experts.ridge import Ridge
from forecasts.experts.stack import Stack
from forecasts.explain.explanation import explain
from forecasts.explain.replayed_issue import issue_at
from forecasts.past import Place
from forecasts.quantiles import LEVELS
from forecasts.series import Series
from twin.domain.problems import BadInput

MEDIAN = LEVELS.index(0.5)
DAYS = 80
NOON = (DAYS - 3) * 24 + 12


@pytest.fixture(scope="module")
def series():
    """Hourly from a local midnight on; warm days are lighter, and the last noon has been 2 MW above its like since six."""
    rng = np.random.default_rng(11)
    temp = np.repeat(rng.uniform(0.0, 14.0, DAYS), 24)
    hour = np.arange(DAYS * 24) % 24
    values = 10.0 + 3.0 * np.sin(2 * np.pi * hour / 24) + 0.1 * (15.0 - temp) + np.repeat(rng.normal(size=DAYS), 24)
    values += 0.1 * rng.normal(size=DAYS * 24)
    values[NOON - 6 : NOON] += 2.0
    start_s = int(np.datetime64("2019-01-06T23:00", "s").astype(np.int64))
    place = Place("Europe/Zurich", "CH", "ZH")
    return Series("feeder", "load", start_s, 3600, values, np.zeros(DAYS * 24, np.uint8), place, {"temp_c": temp}, "measured")


def issue_of(series, row, **more):
    experts = {"last_week": LastWeek(), "day_type": DayType(), "ridge": Ridge()}
    flags = {"horizon": 24, "train_days": 60, "settings": ChampionSettings(), "seed": 0, "on_step": lambda done, total: None}
    return issue_at(series, experts, row=row, **{**flags, **more})


def test_an_issue_at_noon_reaches_from_noon_on(series):
    issue = issue_of(series, NOON)
    assert issue.offset == 12
    assert issue.champion.shape == (36, len(LEVELS))  # to the end of the day that holds the last interval wanted
    assert issue.past.rows == (DAYS - 3) * 24


def test_weights_of_those_who_spoke_sum_to_one(series):
    assert issue_of(series, NOON).weights.sum(axis=1) == pytest.approx(np.ones((36, len(LEVELS))))


def test_what_the_morning_showed_lifts_the_next_hour_and_less_the_later_ones(series):
    issue = issue_of(series, NOON)
    assert issue.correction[0] > 0.3
    assert issue.correction[0] > issue.correction[-1]


def test_at_midnight_nothing_of_the_day_is_known_yet(series):
    issue = issue_of(series, NOON - 12)
    assert issue.offset == 0


def test_what_comes_after_the_instant_changes_nothing(series):
    values = series.values.copy()
    values[NOON:] = 99.0
    other = issue_of(replace(series, values=values), NOON)
    issue = issue_of(series, NOON)
    assert np.array_equal(other.champion, issue.champion)
    assert np.array_equal(other.weights, issue.weights)


def test_the_end_of_the_series_can_be_explained(series):
    issue = issue_of(series, DAYS * 24)
    assert np.isfinite(issue.champion).all()


def test_parts_of_a_replayed_issue_add_up_to_its_median(series):
    issue = issue_of(series, NOON)
    for step in (0, 11, 12, 23):  # before and after midnight
        found = explain(issue, step)
        assert sum(found.parts.values()) == pytest.approx(issue.champion[step, MEDIAN])
        ridge = next(said for said in found.members if said.name == "ridge")
        assert set(ridge.parts) >= {"profile", "weather", "calendar", "lags"}


def test_trainings_are_told_as_they_are_done(series):
    told = []
    issue_of(series, NOON, on_step=lambda done, total: told.append((done, total)))
    assert told == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize("row", [-5, 24 * 10, DAYS * 24 + 1])
def test_an_instant_without_a_fortnight_of_values_before_it_is_refused(series, row):
    with pytest.raises(BadInput, match="two weeks of values before it"):
        issue_of(series, row)


def test_with_just_a_fortnight_the_floor_experts_answer(series):
    issue = issue_of(series, 24 * 14)
    assert {"last_week", "day_type"} <= set(issue.members)
    assert np.isfinite(issue.champion).all()


def test_an_expert_that_could_not_learn_is_named_with_its_reason(series):
    issue = issue_of(series, 24 * 15)
    assert "usable days" in issue.silent["ridge"]
    assert "ridge" not in issue.members


def test_the_stack_speaks_at_noon_too(series):
    experts = {"last_week": LastWeek(), "day_type": DayType(), "stack": Stack()}
    issue = issue_at(
        series,
        experts,
        row=NOON,
        horizon=24,
        train_days=60,
        settings=ChampionSettings(),
        seed=0,
        on_step=lambda done, total: None,
    )
    assert "stack" in issue.members
