"""Issues by day, depth and slot: what is true when, what was known when, which days there are."""

from __future__ import annotations

import numpy as np
import pytest
import towns

from forecasts.rehearsal.campaign import Campaign
from forecasts.rehearsal.plan import Plan, issue_days
from forecasts.rehearsal.rehearse import Block


def plan_of(town, first, last, *, issue_every=96, horizon=192, offset=0):
    begin = towns.midnight(town, first) + offset
    return Plan(60, 7, issue_every, horizon, begin, begin, towns.midnight(town, last), ("day_type",))


def empty(town, plan):
    return Campaign.empty(town, plan, issue_days(town, plan))


@pytest.fixture(scope="module")
def spring():
    return towns.series("2016-03-01", 40)


def test_every_local_midnight_of_the_plan_is_an_issue(spring):
    days = issue_days(spring, plan_of(spring, 20, 30))
    assert list(days.row) == [towns.midnight(spring, day) for day in range(20, 30)]
    assert np.diff(days.row).min() == 92  # the clocks go forward on day 26


def test_an_origin_within_a_day_belongs_to_the_issue_of_its_midnight(spring):
    days = issue_days(spring, plan_of(spring, 20, 22, offset=40))
    assert days.row[0] == towns.midnight(spring, 20)


@pytest.mark.parametrize(("issue_every", "depths"), [(96, 2), (8, 3)])
def test_paths_reach_as_many_days_as_the_latest_origin_asks(issue_every, depths):
    town = towns.series("2016-06-01", 30)
    assert empty(town, plan_of(town, 20, 25, issue_every=issue_every)).depths == depths


def test_the_first_origin_of_a_site_may_come_at_any_time_of_its_day():
    town = towns.series("2016-06-01", 3)
    plan = Plan(60, 7, 1, 192, len(town.values), len(town.values), len(town.values), ("day_type",))
    assert empty(town, plan).steps == 95 + 192


def test_truth_lies_at_its_depth_and_slot(spring):
    campaign = empty(spring, plan_of(spring, 10, 15))
    row = towns.midnight(spring, 12)
    assert campaign.truth[2, 0, 30] == spring.values[row + 30]
    assert campaign.truth[1, 1, 30] == spring.values[row + 30]


def test_truth_of_the_skipped_hour_is_unknown_and_of_the_repeated_one_the_mean(spring):
    assert np.isnan(empty(spring, plan_of(spring, 26, 28)).truth[0, 0, 8:12]).all()
    autumn = towns.series("2016-10-01", 35)
    truth = empty(autumn, plan_of(autumn, 29, 31)).truth[0, 0]
    row = towns.midnight(autumn, 29)
    assert truth[8] == pytest.approx(np.mean(autumn.values[[row + 8, row + 12]]))


def test_tomorrow_is_not_known_today(spring):
    campaign = empty(spring, plan_of(spring, 10, 20))
    known = campaign.known_truth(6)
    assert np.isfinite(known[:, 0]).all()
    assert np.isfinite(known[:5, 1]).all()
    assert np.isnan(known[5, 1]).all()  # issue 5's tomorrow begins with issue 6


def test_a_lesson_ends_at_its_issue_and_is_as_long_as_the_plan_says():
    town = towns.series("2016-01-01", 120)
    campaign = empty(town, plan_of(town, 100, 110))
    lesson = campaign.lesson(3)
    assert lesson.rows == towns.midnight(town, 103) - towns.midnight(town, 43)
    assert lesson.labels(lesson.rows, lesson.rows + 1)[0] == campaign.issue(3, 10).labels(960, 961)[0]


def test_the_hour_that_the_clock_skips_takes_the_value_before_it(spring):
    campaign = empty(spring, plan_of(spring, 26, 28))
    past = campaign.issue(0, 10)
    path = np.arange(campaign.steps, dtype=float)
    grid = campaign.on_grid(path, past)
    assert (grid[0, 7:13, 0] == [7, 7, 7, 7, 7, 8]).all()
    assert grid[1, 0, 0] == 92.0


def test_an_expert_that_came_late_or_was_kept_out_said_nothing_then():
    town = towns.series("2016-06-01", 40)
    campaign = empty(town, plan_of(town, 20, 34))
    ones = np.ones((7, campaign.depths, 96, 1), dtype=np.float32)
    campaign.add(Block(0, 7, paths={"early": ones}, problems=[("late", "not yet")]))
    campaign.add(Block(7, 7, paths={"late": 2.0 * ones}))
    paths = campaign.paths()
    assert (paths["early"][:7] == 1.0).all()
    assert np.isnan(paths["early"][7:]).all()
    assert np.isnan(paths["late"][:7]).all()
    assert (paths["late"][7:] == 2.0).all()
    assert len(campaign.paths_until(3)["early"]) == 3
