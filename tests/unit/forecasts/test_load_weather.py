"""A town with heat pumps in a cold spell: what temperature adds to the load forecast."""

from __future__ import annotations

import numpy as np
import pytest
import towns

from forecasts.load.box import LoadBox
from forecasts.quantiles import LEVELS
from twin.contracts.frame import AsOfView

SIGNAL = "load_forecast_p_mw"
TOMORROW = slice(80, 96)  # 20 to 24 hours ahead
MIDDLE = LEVELS.index(0.5)


@pytest.fixture(scope="module")
def box():
    return LoadBox({"zone": "town", "engine": "ridge"}, towns.context())


def quantiles(report):
    return report.outputs[SIGNAL].values[:, :, 0]


def median(report):
    return quantiles(report)[:, MIDDLE]


@pytest.fixture(scope="module")
def trained(box):
    """A view in the cold and the model of that night."""
    view = towns.heated_view(towns.instant("2016-01-24T00:00"))
    return view, box.fit(view, seed=2)


@pytest.fixture(scope="module")
def cold_spell(box):
    """Quantiles and truth of tomorrow, dims (origin, time, ...), issued every six hours while it grows 9 K colder."""
    paths, truths, artifact = [], [], None
    for n in range(24):
        as_of = towns.instant("2016-01-17T00:00") + np.timedelta64(6 * n, "h").item()
        view = towns.heated_view(as_of)
        if n % 4 == 0:  # a training every night
            artifact = box.fit(view, seed=2)
        answer, _ = box.step(view, artifact, None)
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
    assert abs(np.mean(truth - paths[:, :, MIDDLE])) < 0.33


def test_warmer_outlook_lowers_the_forecast_by_its_degrees(box, trained):
    view, artifact = trained
    as_is, warmer = (
        median(box.step(towns.heated_view(view.as_of, degrees=degrees), artifact, None)[0]) for degrees in (0.0, 3.0)
    )
    # From half a day ahead on, all of the building's memory is in the forecast: 0.2 MW/K, found within a quarter.
    assert np.mean((as_is - warmer)[96:]) == pytest.approx(0.6, rel=0.25)


def test_weather_forecast_is_not_trusted_like_a_thermometer(box, trained, monkeypatch):
    view, artifact = trained
    honest = quantiles(box.step(view, artifact, None)[0])
    monkeypatch.setattr("forecasts.on_air.outlook_error.TEMPERATURE_K", (0.0, 0.0))
    another = LoadBox({"zone": "town", "engine": "ridge"}, towns.context())
    perfect = quantiles(another.step(view, artifact, None)[0])
    assert np.array_equal(honest[:, MIDDLE], perfect[:, MIDDLE])
    wider = (honest[:, -1] - honest[:, 0]) / (perfect[:, -1] - perfect[:, 0])
    assert wider.min() >= 1.0 - 1e-12
    assert wider[96:].mean() > 1.03  # 0.2 MW/K x 1.8 K beside the town's own 0.5 MW and what the fit adds


def without_thermometer(view, share):
    """The view without the oldest ``share`` of temperatures, and one that never knew any."""
    deaf = towns.heated_view(
        view.as_of, edit=lambda labels, temp: np.where(np.arange(len(temp)) < share * len(temp), np.nan, temp)
    )
    start = view.as_of - np.timedelta64(62, "D").item()
    plain = AsOfView(view.as_of, towns.frame({("zone_load_p_mw", "town"): deaf.frame.values[:, 0]}, start))
    return deaf, plain


@pytest.mark.parametrize("share", [0.55, 1.0])
def test_without_a_thermometer_the_load_is_forecast_as_if_there_were_no_weather(box, trained, share):
    deaf, plain = without_thermometer(trained[0], share)
    answers = [quantiles(box.step(view, box.fit(view, seed=2), None)[0]) for view in (deaf, plain)]
    assert np.array_equal(*answers)


def deaf_from(view, hours=0):
    """No outlook; no temperature in the last ``hours`` either."""
    frame = view.frame
    values = frame.values.copy()
    if hours:
        values[-4 * hours :, 1] = np.nan
    start = view.as_of - np.timedelta64(62, "D").item()
    columns = {column: values[:, i] for i, column in enumerate(frame.layout.columns)}
    return AsOfView(view.as_of, towns.frame(columns, start))


@pytest.mark.parametrize("hours", [0, 24 * 5])
def test_dead_outlook_leaves_a_finite_forecast_with_a_wider_band_tomorrow(box, trained, hours):
    view, artifact = trained
    seen, blind = (quantiles(box.step(v, artifact, None)[0])[96:] for v in (view, deaf_from(view, hours)))
    assert np.isfinite(blind).all()
    # 0.2 MW/K: a day's change of 2 K and more in place of a forecast's error of 1.5 to 2 K, beside the town's own 0.5 MW.
    assert np.mean(blind[:, -1] - blind[:, 0]) > 1.05 * np.mean(seen[:, -1] - seen[:, 0])


def test_dead_outlook_in_the_cold_takes_the_cold_of_today(box, trained):
    view, artifact = trained
    seen, blind = (median(box.step(v, artifact, None)[0])[96:] for v in (view, deaf_from(view)))
    # A mean winter day would be 7 K warmer, which is 1.4 MW; today is within 2 K of tomorrow.
    assert abs(np.mean(blind - seen)) < 0.4


def test_an_outlook_of_one_day_serves_two(box, trained):
    view, artifact = trained
    short = view.ahead["temp_c"].isel(time=slice(0, 96))
    answer, _ = box.step(AsOfView(view.as_of, view.frame, {"temp_c": short}), artifact, None)
    assert np.isfinite(quantiles(answer)).all()
    # The same hour of the day before stands in: within the town's own error of what the whole outlook says.
    whole, _ = box.step(view, artifact, None)
    assert np.mean(np.abs(median(answer) - median(whole))) < 0.5
