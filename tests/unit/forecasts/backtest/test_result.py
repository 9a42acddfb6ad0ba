"""What a backtest says: the keys of its JSON, and figures that can be counted again from the rehearsal itself."""

from __future__ import annotations

import json
from datetime import datetime

import numpy as np
import pytest
from small_feeder import flags, write_feeder
from typer.testing import CliRunner

from forecasts.backtest.job import Job
from forecasts.backtest.options import BacktestOptions
from forecasts.backtest.result import naive_of
from forecasts.backtest.run import run_job
from forecasts.backtest.shown import experts_table, verdict
from forecasts.data.spec import SeriesSpec
from forecasts.quantiles import LEVELS
from forecasts.scores import coverage, crps, mae, pinball_10_90, skill
from twin.cli import app
from twin.domain.problems import BadInput

KEYS = [
    *("series", "kind", "unit", "step_s", "weather", "from", "to", "origins", "horizon_h", "quality", "naive", "champion"),
    *("experts", "weights", "problems", "peaks", "ramps", "tick"),
]
OF_AN_EXPERT = ["mae", "rmse", "nmae", "pinball_10_90", "crps", "coverage_90", "skill", "fit_s", "predict_s", "origins"]


@pytest.fixture(scope="module")
def feeder(tmp_path_factory):
    return write_feeder(tmp_path_factory.mktemp("result") / "feeder.csv")


def backtested(feeder, state, **options):
    columns = {"time_column": "time", "value_column": "p_kw"}
    spec = SeriesSpec(path=str(feeder), kind="load", **columns, unit="kW", label="start", timezone="Europe/Zurich")
    steps = []
    options = {"experts": "last_week,day_type", "start": "2020-03-20", "end": "2020-04-10", **options}
    return run_job(Job(spec, BacktestOptions(**options), state), steps.append), steps


@pytest.fixture(scope="module")
def daily(feeder, tmp_path_factory):
    return backtested(feeder, tmp_path_factory.mktemp("state"))[0]


@pytest.fixture(scope="module")
def hourly(feeder, tmp_path_factory):
    return backtested(feeder, tmp_path_factory.mktemp("state"), issue_every="1h")[0]


def test_the_summary_has_exactly_its_keys_and_is_plain_json(daily):
    assert list(daily.summary) == KEYS
    assert json.loads(json.dumps(daily.summary, allow_nan=False)) == daily.summary
    for expert in daily.summary["experts"].values():
        assert list(expert) == OF_AN_EXPERT


def test_points_and_their_bands_are_named_apart(daily):
    assert set(daily.summary["experts"]) == {"champion", "last_week", "last_week_band", "day_type", "day_type_band"}
    point = daily.summary["experts"]["last_week"]
    assert point["crps"] == pytest.approx(point["mae"], rel=1e-12)  # all quantiles equal: the CRPS is the absolute error
    assert point["pinball_10_90"] == pytest.approx(point["mae"] / 2, rel=1e-12)
    assert daily.summary["experts"]["last_week_band"]["crps"] < point["crps"]


@pytest.mark.parametrize("name", ["champion", "last_week", "day_type_band"])
def test_figures_are_those_of_the_scored_origins_alone(daily, name):
    record = daily.record
    truth, quantiles = record.truth()[record.scored], record.forecast(name)[record.scored]
    naive = record.forecast("last_week")[record.scored]
    said = daily.summary["experts"][name]
    again = {
        "mae": mae(truth, quantiles[..., LEVELS.index(0.5)]),
        "pinball_10_90": pinball_10_90(truth, quantiles),
        "crps": crps(truth, quantiles),
        "coverage_90": coverage(truth, quantiles[..., 0], quantiles[..., -1]),
        "skill": skill(pinball_10_90(truth, quantiles), pinball_10_90(truth, naive)),
    }
    assert {key: said[key] for key in again} == pytest.approx(again, rel=1e-9)
    assert record.scored.sum() < len(record.scored), "nothing warmed up, so nothing was left out"


def test_the_figures_are_in_mw_and_the_truth_that_is_missing_does_not_count(daily):
    assert 0.001 < daily.summary["experts"]["last_week"]["mae"] < 0.01  # noise of 2 kW
    assert daily.summary["quality"]["share_missing"] == pytest.approx(3 / (24 * 130), rel=1e-3)


def test_weights_are_shares_before_each_scored_day(daily):
    weights = daily.summary["weights"]
    assert len(weights) == 21
    for line in weights:
        assert sum(share for name, share in line.items() if name != "at") == pytest.approx(1.0, abs=1e-6)
    instants = [datetime.fromisoformat(line["at"]) for line in weights]
    assert instants == sorted(instants)
    assert daily.summary["from"] == weights[0]["at"]


def test_a_daily_issue_has_no_tick_and_an_hourly_one_says_what_correction_is_worth(daily, hourly):
    assert daily.summary["tick"] == {}
    ratios = hourly.summary["tick"]["mae_ratio"]
    assert list(ratios) == ["1", "2", "4", "6", "12", "24"]  # no quarter of an hour in an hourly series


def test_a_tick_ratio_is_that_of_the_errors_at_that_lead(hourly):
    record = hourly.record
    truth = record.truth()[record.scored][:, 5]
    ours, theirs = (
        np.nanmean(np.abs(record.forecast(name)[record.scored][:, 5, LEVELS.index(0.5)] - truth))
        for name in ("champion", "champion_day_ahead")
    )
    assert hourly.summary["tick"]["mae_ratio"]["6"] == pytest.approx(ours / theirs, rel=1e-9)


def test_weights_of_hourly_issues_are_still_told_once_a_day(hourly):
    assert len(hourly.summary["weights"]) == 21


def test_the_naive_forecast_is_last_week_for_loads_and_yesterday_for_what_weather_makes():
    assert [naive_of(kind) for kind in ("load", "pv", "wind", "hydro")] == ["last_week", "yesterday", "yesterday", "yesterday"]


def test_the_naive_forecast_runs_even_when_it_was_not_asked_for(feeder, tmp_path):
    result, _ = backtested(feeder, tmp_path, experts="day_type")
    assert result.summary["experts"]["last_week"]["skill"] == 0.0


def test_a_second_run_computes_no_block_again(feeder, tmp_path):
    first, steps = backtested(feeder, tmp_path)
    again, once_more = backtested(feeder, tmp_path)
    assert len(steps) > len(once_more) == 1
    assert once_more[0].kept == once_more[0].done == once_more[0].total
    assert again.summary["experts"]["champion"]["crps"] == first.summary["experts"]["champion"]["crps"]


def test_an_expert_that_there_is_not_is_refused(feeder, tmp_path):
    with pytest.raises(BadInput, match="oracle"):
        backtested(feeder, tmp_path, experts="oracle")


def test_the_table_lists_the_best_first_and_says_perfect_weather_where_it_was(daily):
    table = experts_table(daily.summary)
    assert "perfect" not in str(table.title)
    losses = {name: found["pinball_10_90"] for name, found in daily.summary["experts"].items()}
    assert str(next(iter(table.columns[0].cells))) == min(losses, key=losses.get)
    assert "perfect weather" in str(experts_table({**daily.summary, "weather": "measured (perfect weather)"}).title)


def test_one_sentence_says_who_won_and_by_how_much(daily):
    assert verdict(daily.summary).startswith("The champion's pinball loss is ")


def test_faults_of_flags_are_refused_with_exit_code_two_and_all_of_them(tmp_path):
    done = CliRunner().invoke(app, ["backtest", "absent.csv", "--kind", "lod", "--issue-every", "7h"])
    assert done.exit_code == 2
    for flag in ("--time", "--value", "--unit", "--label", "--tz", "absent.csv", "'lod'", "--issue-every"):
        assert flag in done.stderr


def test_the_json_line_is_last_and_compact(feeder, tmp_path):
    done = CliRunner().invoke(app, ["backtest", *flags(feeder, state=tmp_path), "--from", "2020-04-20", "--to", "2020-04-24"])
    assert done.exit_code == 0, done.stderr
    last = done.stdout.splitlines()[-1]
    assert json.dumps(json.loads(last), separators=(",", ":")) == last


def test_a_report_is_written_where_it_was_asked_for(feeder, tmp_path):
    page = tmp_path / "out.html"
    asked = [*flags(feeder, state=tmp_path), "--from", "2020-04-20", "--to", "2020-04-24", "--report", str(page)]
    done = CliRunner().invoke(app, ["backtest", *asked])
    assert done.exit_code == 0, done.stderr
    assert "feeder" in page.read_text(encoding="utf-8")
