"""Which origins a rehearsal has: local midnights, around both clock changes and the leap day, and a warm-up before them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from forecasts.backtest.options import BacktestOptions
from forecasts.backtest.plan import local_midnights, make_plan
from forecasts.backtest.record import record_of
from forecasts.past import Place
from forecasts.rehearsal.rehearse import rehearse
from forecasts.series import Series
from twin.domain.problems import BadInput

ZURICH = ZoneInfo("Europe/Zurich")
HOUR_S = 3600


def hourly(start: str, days: int, *, kind="load", step_s=HOUR_S) -> Series:
    """A daily wave from a local midnight on."""
    start_s = int(datetime.fromisoformat(start).replace(tzinfo=ZURICH).timestamp())
    rows = days * 86_400 // step_s
    values = 5.0 + np.sin(np.arange(rows) * 2.0 * np.pi * step_s / 86_400)
    return Series("feeder", kind, start_s, step_s, values, np.zeros(rows, dtype=np.uint8), Place("Europe/Zurich", "CH", "ZH"))


def local(series: Series, row: int) -> datetime:
    return datetime.fromtimestamp(series.start_s + row * series.step_s, tz=UTC).astimezone(ZURICH)


def planned(series: Series, **flags):
    return make_plan(BacktestOptions(**flags), series, ("last_week",))


@pytest.mark.parametrize(("day", "hours"), [("2020-03-29", 23), ("2020-10-25", 25), ("2020-02-29", 24)])
def test_a_local_day_has_the_hours_that_the_clock_gave_it(day, hours):
    series = hourly("2020-01-01", 330)
    rows = local_midnights(series)
    at = next(i for i, row in enumerate(rows) if local(series, int(row)).date().isoformat() == day)
    assert rows[at + 1] - rows[at] == hours


@pytest.mark.parametrize("start", ["2020-02-29", "2020-03-01", "2020-03-29", "2020-03-30", "2020-10-25", "2020-10-26"])
def test_scoring_begins_at_the_local_midnight_that_was_asked_for(start):
    series = hourly("2020-01-01", 330)
    assert local(series, planned(series, start=start).scored_from).isoformat()[:16] == f"{start}T00:00"


@pytest.mark.parametrize(
    ("start", "end"), [("2020-03-27", "2020-04-01"), ("2020-10-23", "2020-10-28"), ("2020-02-27", "2020-03-03")]
)
def test_daily_origins_are_local_midnights_on_both_sides_of_a_clock_change_and_of_the_leap_day(start, end):
    series = hourly("2020-01-01", 330)
    plan = planned(series, start=start, end=end)
    campaign = rehearse(series, plan, {"wave": Wave()}, seed=0)
    record = record_of(campaign)
    assert {local(series, int(row)).hour for row in record.origin[record.scored]} == {0}
    assert record.scored.sum() == 5


def test_the_day_of_to_is_not_an_origin_any_more():
    series = hourly("2020-01-01", 330)
    plan = planned(series, start="2020-05-01", end="2020-05-03")
    assert local(series, plan.end).isoformat()[:16] == "2020-05-03T00:00"


def test_the_last_quarter_of_the_judgeable_origins_is_scored_by_default():
    # Days 1 to 58 have a day of values before them and 48 hours behind them; a quarter of 58 is 14.
    plan = planned(hourly("2020-01-01", 60))
    assert (plan.scored_from, plan.end) == (45 * 24, 58 * 24 + 1)


def test_ninety_days_are_scored_at_most():
    series = hourly("2018-01-01", 1000)
    plan = planned(series)
    midnights = local_midnights(series)
    assert ((midnights >= plan.scored_from) & (midnights < plan.end)).sum() == 90


def test_eight_weeks_warm_up_before_what_is_scored():
    series = hourly("2020-01-01", 330)
    plan = planned(series, start="2020-05-01")  # the spring change lies within
    assert local(series, plan.warm_from).isoformat()[:16] == "2020-03-06T00:00"


def test_the_warm_up_leaves_a_fortnight_of_training_before_it():
    series = hourly("2020-01-01", 60)
    plan = planned(series, start="2020-02-15")
    assert local(series, plan.warm_from).isoformat()[:16] == "2020-01-15T00:00"


def test_two_thirds_of_a_short_series_warm_up_its_bands():
    series = hourly("2020-01-01", 7)
    plan = planned(series)
    assert plan.warm_from == 24
    assert plan.scored_from == 24 * 5


def test_values_that_begin_late_are_training_only_from_then_on():
    series = hourly("2020-01-01", 100)
    series.values[: 24 * 40] = np.nan
    plan = planned(series, start="2020-03-25")
    assert plan.warm_from == 24 * (40 + 14)


def test_pv_reaches_a_day_and_a_load_two():
    assert planned(hourly("2020-01-01", 60, kind="pv")).horizon == 24
    assert planned(hourly("2020-01-01", 60)).horizon == 48


def test_steps_of_issue_and_horizon_follow_the_series_step():
    plan = planned(hourly("2020-01-01", 60, step_s=900), issue_every="1h", horizon="36h")
    assert (plan.issue_every, plan.horizon) == (4, 144)


@pytest.mark.parametrize(
    ("flags", "places"),
    [
        ({"issue_every": "15min"}, ["--issue-every"]),
        ({"start": "2020-01-01"}, ["--from"]),  # no day of values before it
        ({"start": "2021-01-01"}, ["--from"]),
        ({"end": "2021-01-01"}, ["--to"]),
        ({"start": "2019-12-01"}, ["--from"]),
        ({"issue_every": "15min", "horizon": "30min", "start": "2021-01-01", "end": "2022-01-01"}, None),
    ],
)
def test_what_does_not_fit_the_series_is_refused_all_at_once(flags, places):
    series = hourly("2020-01-01", 60)
    with pytest.raises(BadInput) as refused:
        planned(series, **flags)
    found = [problem.place for problem in refused.value.problems]
    assert found == (places or ["--issue-every", "--horizon", "--to", "--from"])


def test_a_series_of_less_than_a_day_cannot_be_rehearsed():
    with pytest.raises(BadInput, match="longer series"):
        planned(hourly("2020-01-01", 1))


def test_a_series_without_a_value_is_refused():
    series = hourly("2020-01-01", 30)
    series.values[:] = np.nan
    with pytest.raises(BadInput, match="no value at all"):
        planned(series)


class Wave:
    """An expert that repeats yesterday."""

    name = "wave"
    kinds = frozenset({"load"})

    def fit(self, past, *, days_ahead, seed):
        return self

    def predict(self, past, steps):
        return np.resize(past.values[-24:], steps) + 0.1

    def to_bytes(self):
        return b""

    def load(self, data):
        return self
