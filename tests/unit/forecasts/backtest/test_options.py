"""The flags of a backtest: what they mean, and every fault of them at once."""

from __future__ import annotations

import pytest

from forecasts.backtest.flags import Flags, jobs_of
from forecasts.backtest.job import Job
from forecasts.backtest.options import BacktestOptions
from twin.domain.problems import Problems

WHOLE = {"kind": "load", "time": "t", "values": ("p",), "unit": "kW", "label": "start", "timezone": "UTC"}


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "feeder.csv"
    path.write_text("t,p\n")
    return str(path)


def faults(tmp_path, options=BacktestOptions(), **flags):  # noqa: B008 - frozen
    problems = Problems()
    jobs = jobs_of(Flags(**flags), options, tmp_path, problems)
    return [problem.place for problem in problems], jobs


def test_whole_flags_have_no_fault_and_make_a_job(file, tmp_path):
    found, jobs = faults(tmp_path, files=(file,), **WHOLE)
    assert not found
    assert jobs[0].spec.value_column == "p"


def test_every_fault_of_every_flag_is_named_at_once_and_once(tmp_path):
    days = {"train_days": 2, "refit_days": 0, "start": "01.10.2019", "end": "2019-10-01T06:00"}
    options = BacktestOptions(**days, issue_every="7h", horizon="30d", experts=" , ", seed=-1)
    place = {"latitude": 99.0, "country": "XX"}
    found, _ = faults(tmp_path, options, files=("absent.csv",), kind="lod", unit="KW", weather_map="T", where=("a",), **place)
    assert sorted(found) == sorted(
        [
            *("--time", "--label", "--tz", "--value", "absent.csv", "--kind", "--unit", "--weather-map", "--where"),
            *("--lat", "--lat/--lon", "site country/subdivision"),
            *("--train-days", "--refit-days", "--from", "--to", "--issue-every", "--horizon", "--experts", "--seed"),
        ]
    )


@pytest.mark.parametrize("text", ["0h", "1.5h", "h", "24", "-1h", "24 hours", "1e3min"])
def test_a_duration_is_a_whole_number_with_its_unit(text):
    problems = Problems()
    BacktestOptions(issue_every=text).check(problems)
    assert [problem.place for problem in problems] == ["--issue-every"]


@pytest.mark.parametrize(("text", "seconds"), [("24h", 86_400), ("1d", 86_400), ("15min", 900), (" 6 h ", 21_600)])
def test_durations_are_read(text, seconds):
    assert BacktestOptions(issue_every=text).issue_every_s == seconds


def test_an_end_before_its_start_is_a_fault():
    problems = Problems()
    BacktestOptions(start="2020-03-02", end="2020-03-02").check(problems)
    assert [problem.place for problem in problems] == ["--to"]


def test_the_leap_day_can_be_asked_for_and_the_one_that_is_none_cannot():
    for day, found in (("2020-02-29", 0), ("2019-02-29", 1)):
        problems = Problems()
        BacktestOptions(start=day).check(problems)
        assert len(problems.found) == found


def test_files_and_columns_multiply_into_series_with_names_of_their_own(file, tmp_path):
    other = tmp_path / "other.csv"
    other.write_text("t,p,q\n")
    _, jobs = faults(tmp_path, files=(file, str(other)), **{**WHOLE, "values": ("p", "q")})
    assert [job.spec.name for job in jobs] == ["feeder p", "feeder q", "other p", "other q"]


def test_a_job_survives_the_way_to_its_process(file, tmp_path):
    _, jobs = faults(tmp_path, BacktestOptions(start="2020-01-01"), files=(file,), **WHOLE, weather_map="temp_c=T,ghi_w_m2=G")
    assert jobs[0].spec.weather_map == {"temp_c": "T", "ghi_w_m2": "G"}
    assert Job.from_text(jobs[0].to_text()) == jobs[0]
