"""A town with heat pumps in a cold spell: what temperature adds to the load forecast."""

from __future__ import annotations

import numpy as np
import pytest
import towns

from forecasts.load.box import LoadBox
from forecasts.load.temperature import HEATING_LIMIT_C, around, fit_slope, warmth
from forecasts.quantiles import LEVELS
from twin.contracts.frame import AsOfView

SIGNAL = "load_forecast_p_mw"
TOMORROW = slice(80, 96)  # 20 to 24 hours ahead


@pytest.fixture(scope="module")
def box():
    return LoadBox({"zone": "town", "engine": "day_type"}, towns.context())


def quantiles(report):
    return report.outputs[SIGNAL].values[:, :, 0]


def median(report):
    return quantiles(report)[:, LEVELS.index(0.5)]


@pytest.fixture(scope="module")
def cold_spell(box):
    """Quantiles and truth of tomorrow, dims (origin, time, ...), issued every six hours while it grows 9 K colder."""
    paths, truths = [], []
    for n in range(24):
        as_of = towns.instant("2016-01-17T00:00") + np.timedelta64(6 * n, "h").item()
        answer, _ = box.step(towns.heated_view(as_of), None, None)
        paths.append(quantiles(answer)[TOMORROW])
        truths.append(towns.heated_mw(answer.outputs[SIGNAL].time.values)[TOMORROW])
    return np.array(paths), np.array(truths)


def test_cold_spell_stays_within_the_band(cold_spell):
    paths, truth = cold_spell
    # 24 stretches of four hours, some twenty of them independent: 5 % are nominal, another standard error is as much.
    assert np.mean(truth > paths[:, :, -1]) <= 0.10
    assert np.mean(truth < paths[:, :, 0]) <= 0.10


def test_cold_spell_is_forecast_without_bias(cold_spell):
    paths, truth = cold_spell
    # The town's own error of 0.5 MW with a memory of six hours, twenty independent times: 0.11 MW, thrice. The spell itself
    # adds 1.8 MW.
    assert abs(np.mean(truth - paths[:, :, LEVELS.index(0.5)])) < 0.33


def test_warmer_outlook_lowers_the_forecast_by_its_degrees(box):
    as_of = towns.instant("2016-01-24T00:00")
    as_is, warmer = (median(box.step(towns.heated_view(as_of, degrees=k), None, None)[0]) for k in (0.0, 3.0))
    # From half a day ahead on, all of the building's memory is in the forecast: 0.2 MW/K, found within a quarter.
    assert np.mean((as_is - warmer)[96:]) == pytest.approx(0.6, rel=0.25)


def test_above_the_heating_limit_warmer_is_no_different(box):
    as_of = towns.instant("2016-01-10T00:00")
    warm, hot = (median(box.step(towns.heated_view(as_of, degrees=k), None, None)[0]) for k in (20.0, 30.0))
    assert np.array_equal(warm, hot)


def test_weather_forecast_is_not_trusted_like_a_thermometer(box, monkeypatch):
    view = towns.heated_view(towns.instant("2016-01-15T00:00"))
    honest = quantiles(box.step(view, None, None)[0])
    monkeypatch.setattr("forecasts.load.temperature.OUTLOOK_SPREAD_K", np.zeros(192))
    perfect = quantiles(box.step(view, None, None)[0])
    assert np.array_equal(honest[:, LEVELS.index(0.5)], perfect[:, LEVELS.index(0.5)])
    wider = (honest[:, -1] - honest[:, 0]) / (perfect[:, -1] - perfect[:, 0])
    assert wider.min() >= 1.0
    assert wider[96:].mean() > 1.03  # 0.2 MW/K x 1.8 K beside the town's own 0.5 MW and what the fit adds


@pytest.mark.parametrize("share", [0.5, 1.0])
def test_without_a_thermometer_the_load_is_forecast_as_if_there_were_no_weather(box, share):
    as_of = towns.instant("2016-01-24T00:00")
    deaf = towns.heated_view(as_of, edit=lambda labels, temp: np.where(np.arange(len(temp)) < share * len(temp), np.nan, temp))
    column = deaf.frame.values[:, 0]
    plain = AsOfView(as_of, towns.frame({("zone_load_p_mw", "town"): column}, as_of - np.timedelta64(62, "D").item()))
    assert np.array_equal(quantiles(box.step(deaf, None, None)[0]), quantiles(box.step(plain, None, None)[0]))


def test_dead_outlook_takes_the_same_hour_of_today():
    view = towns.heated_view(towns.instant("2016-01-24T00:00"))
    temp_c = around(AsOfView(view.as_of, view.frame))
    assert np.array_equal(temp_c[192:288], temp_c[96:192])
    assert np.array_equal(temp_c[288:], temp_c[96:192])


def test_warmth_ends_at_the_heating_limit_and_remembers_a_day():
    warm_k = warmth(np.array([HEATING_LIMIT_C + 5.0] * 96 + [5.0] * 96), 10.0)
    assert warm_k[0, 0] == 5.0
    assert warm_k[0, 96] == -5.0
    assert warm_k[1, 95 + 48] == pytest.approx(0.0)  # half a day of each
    assert warm_k[1, -1] == pytest.approx(-5.0)


def test_slope_of_a_load_that_ignores_the_weather_is_nothing():
    warm_k = np.stack([np.sin(np.arange(5760.0)), np.cos(np.arange(5760.0))])
    assert np.allclose(fit_slope(np.zeros(5760), warm_k), 0.0)
