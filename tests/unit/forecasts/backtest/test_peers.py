"""Peers as experts: quantiles that ascend, bytes that give the same model back, and words where one is missing."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest

from forecasts.backtest.peers import PEERS, installed, missing_peers, peers_of
from forecasts.backtest.peers.window import filled, hourly_means, last_days
from forecasts.expert import Expert, NotEnoughHistory
from forecasts.past import Past, Place
from forecasts.quantiles import LEVELS
from forecasts.rehearsal.plan import Plan
from forecasts.scores import crps
from forecasts.series import Series

DAYS = 30
PLAN = Plan(60, 1, 24, 48, 336, 336, 500, ())
START_S = 1_577_833_200  # 2020-01-01 00:00 in Zurich


def wave(days, *, step_s=3600, seed=5):
    rows = days * 86_400 // step_s
    hours = np.arange(rows) * step_s / 3600.0
    noise = np.random.default_rng(seed).normal(0.0, 0.1, rows)
    return 5.0 + np.sin(hours * 2 * np.pi / 24) + 0.5 * np.sin(hours * 2 * np.pi / 168) + noise


def past(kind="load", *, days=DAYS, step_s=3600, values=None):
    values = wave(days, step_s=step_s) if values is None else values
    weather = {"temp_c": np.random.default_rng(2).normal(10.0, 3.0, len(values) + 2 * 86_400 // step_s)}
    return Past(kind, START_S, step_s, values, weather, Place("Europe/Zurich", "CH", "ZH", 47.4, 8.5))


def series():
    values = wave(DAYS)
    return Series("feeder", "load", START_S, 3600, values, np.zeros(len(values), np.uint8), Place("Europe/Zurich", "CH", "ZH"))


@pytest.fixture(params=PEERS)
def peer(request):
    found = peers_of(series()).get(request.param)
    if found is None:
        pytest.skip(f"{request.param} is not installed (extra 'peers')")
    return found


def test_a_peer_is_an_expert_that_beats_yesterday_on_a_wave(peer):
    assert isinstance(peer, Expert)
    quantiles = peer.fit(past(), days_ahead=2, seed=0).predict(past(), 48)
    truth = wave(DAYS + 2)[-48:]
    assert quantiles.shape == (48, len(LEVELS))
    assert (np.diff(quantiles, axis=1) >= 0.0).all()
    yesterday = np.repeat(np.tile(past().values[-24:], 2)[:, None], len(LEVELS), axis=1)
    assert crps(truth, quantiles) < crps(truth, yesterday)


def test_a_peer_comes_back_from_its_bytes_and_equal_learning_gives_equal_bytes(peer):
    fitted = peer.fit(past(), days_ahead=2, seed=3)
    kept = fitted.to_bytes()
    np.testing.assert_array_equal(peer.load(kept).predict(past(), 48), fitted.predict(past(), 48))
    assert peer.fit(past(), days_ahead=2, seed=3).to_bytes() == kept


def test_a_plant_is_never_forecast_below_zero(peer):
    if peer.name == "openstef":
        pytest.skip("OpenSTEF clips nothing, and is scored as it is")
    values = np.clip(wave(DAYS) - 5.0, 0.0, None)
    assert peer.fit(past("pv", values=values), days_ahead=2, seed=0).predict(past("pv", values=values), 24).min() >= 0.0


def test_a_peer_without_a_fortnight_of_values_says_so(peer):
    with pytest.raises(NotEnoughHistory):
        peer.fit(past(days=10), days_ahead=2, seed=0)


def test_quarter_hours_follow_the_hourly_curve(peer):
    if peer.name == "openstef":
        pytest.skip("OpenSTEF keeps the step of its data")
    quantiles = peer.fit(past(step_s=900), days_ahead=2, seed=0).predict(past(step_s=900), 192)
    assert quantiles.shape == (192, len(LEVELS))
    assert np.abs(quantiles[:, 5] - wave(DAYS + 2, step_s=900)[-192:]).mean() < 0.3  # noise of 0.1, a trend of a few days


def test_every_peer_runs_or_is_named_with_the_remedy():
    problems = missing_peers()
    assert {problem.place.removeprefix("peer ") for problem in problems} == set(PEERS) - set(installed())
    assert all("regie[peers]" in problem.remedy for problem in problems)
    assert (find_spec("openstef_models") is None) == any("openstef" in problem.place for problem in problems)


def test_hourly_means_count_back_from_the_end_and_leave_unknown_values_out():
    column = np.array([9.0, 1.0, 3.0, np.nan, 5.0, np.nan, np.nan])
    np.testing.assert_array_equal(hourly_means(column, 2), [2.0, 5.0, np.nan])


def test_a_hole_is_filled_from_the_week_before_and_at_the_beginning_from_the_week_after():
    values = np.arange(21.0)
    values[[2, 15]] = np.nan
    np.testing.assert_array_equal(filled(values, 7)[[2, 15]], [9.0, 8.0])


def test_weather_that_is_mostly_unknown_or_never_changes_is_left_out():
    known = past()
    known.weather["ghi_w_m2"] = np.full(len(known.values) + 48, np.nan)
    known.weather["pressure_hpa"] = np.full(len(known.values) + 48, 1013.0)
    assert set(last_days(known, 60).weather) == {"temp_c"}
