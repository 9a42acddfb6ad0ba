"""The photovoltaic forecast: bounds, night, weather, and what it does without weather."""

from __future__ import annotations

import numpy as np
import pytest
import towns

from forecasts.pv.box import PvBox
from forecasts.pv.clear_sky import Plant
from forecasts.quantiles import pinball
from twin.domain.problems import BadInput
from twin.domain.time import quarter_hours

SIGNAL = "pv_forecast_p_mw"
PLANT = Plant(
    planes=[(g["tilt_deg"], g["azimuth_deg"], g["kwp"]) for g in towns.GROUPS],
    latitude=towns.LATITUDE,
    longitude=towns.LONGITUDE,
)


@pytest.fixture(scope="module")
def box():
    return PvBox({"zone": "town"}, towns.context())


def quantiles(report):
    return report.outputs[SIGNAL].values[:, :, 0]


SITUATIONS = [{}, {"with_outlook": False}, {"measured_ghi": False}, {"days": 0.5}, {"days": 3}]


@pytest.mark.parametrize("situation", SITUATIONS, ids=str)
@pytest.mark.parametrize("day", ["2016-03-27T00:30", "2016-06-15T10:00", "2016-10-29T15:00"])
def test_forecast_stays_between_zero_and_clear_sky_and_is_zero_at_night(box, situation, day):
    view, _ = towns.pv_view(towns.instant(day), **situation)
    answer, _ = box.step(view, None, None)
    array = answer.outputs[SIGNAL]
    assert array.shape == (192, 7, 1)
    assert (np.diff(array.time.values) == np.timedelta64(15, "m")).all()
    clear = PLANT.clear_sky(array.time.values).p_mw
    band = quantiles(answer)
    assert np.isfinite(band).all()
    assert (np.diff(band, axis=1) >= 0.0).all()
    assert (band >= 0.0).all()
    # This plant loses 15 % and more, so the learned share is below one; single precision of the state.
    assert (band <= clear[:, None] * (1.0 + 1e-6) + 1e-9).all()
    assert (band[clear == 0.0] == 0.0).all()
    assert (clear == 0.0).sum() > 48  # two June nights at 53 degrees north last six hours each and more


def test_inverter_cap_is_learned_from_the_maximum(box):
    view, _ = towns.pv_view(towns.instant("2016-06-15T10:00"))
    answer, _ = box.step(view, None, None)
    assert quantiles(answer).max() <= 1.15 * np.nanmax(view.frame.values[-2880:, 0])


def test_clear_sky_reference_peaks_at_noon_facing_south_and_scales_with_peak_power():
    labels = quarter_hours(towns.instant("2016-06-21T00:00"), 96)
    small, large = (
        Plant(planes=[(35.0, 180.0, kwp)], latitude=47.4, longitude=0.0).clear_sky(labels).p_mw for kwp in (10.0, 30.0)
    )
    assert np.allclose(large, 3.0 * small)
    noon = labels[int(np.argmax(small))]
    # On the zero meridian the sun culminates at 12:02 UTC on that day (equation of time -1.8 min).
    assert abs(noon - np.datetime64("2016-06-21T12:00")) <= np.timedelta64(15, "m")
    # A tilted plane near the sun's noon height of 66 degrees gets about 1 kW/m2 under a clear sky.
    assert 0.8 <= small.max() / 0.010 <= 1.1


def test_weather_forecast_beats_yesterday_and_no_weather_still_does(box):
    scores = {"weather": [], "none": [], "yesterday": []}
    for n in range(10):
        as_of = towns.instant("2016-05-20T00:00") + np.timedelta64(29 * n, "h").item()
        view, truth = towns.pv_view(as_of)
        scores["weather"].append(pinball(truth, quantiles(box.step(view, None, None)[0])))
        blind, _ = towns.pv_view(as_of, with_outlook=False)
        scores["none"].append(pinball(truth, quantiles(box.step(blind, None, None)[0])))
        yesterday = np.tile(view.frame.values[-96:, 0], 2)
        scores["yesterday"].append(pinball(truth, np.repeat(yesterday[:, None], 7, axis=1)))
    weather, none, yesterday = (np.mean(scores[key]) for key in ("weather", "none", "yesterday"))
    assert weather < 0.52 * yesterday  # the aim for real plants
    assert weather < none < yesterday


@pytest.mark.parametrize("with_outlook", [True, False])
def test_band_covers_nine_in_ten_daylight_quarter_hours(box, with_outlook):
    inside = []
    for n in range(24):
        as_of = towns.instant("2016-05-20T00:00") + np.timedelta64(29 * n, "h").item()
        view, truth = towns.pv_view(as_of, with_outlook=with_outlook)
        array = box.step(view, None, None)[0].outputs[SIGNAL]
        bright = PLANT.clear_sky(array.time.values).p_mw > 0.05 * PLANT.peak_mw
        band = array.values[bright, :, 0]
        inside.append(np.mean((truth[bright] >= band[:, 0]) & (truth[bright] <= band[:, -1])))
    # 24 overlapping paths hold some thirty independent days: two standard errors are 0.11.
    assert 0.79 <= np.mean(inside) <= 0.99


def test_last_error_improves_the_coming_quarter_hour(box):
    corrected, plain = [], []
    for n in range(14):
        as_of = towns.instant("2016-05-20T10:00") + np.timedelta64(25 * 60 * n % (6 * 60) + 1440 * n, "m").item()
        view, truth = towns.pv_view(as_of, with_outlook=False)
        corrected.append(abs(box.step(view, None, None)[0].headline.value - truth[0]))

        def forget(labels, values):
            return np.where(labels > labels[-1] - np.timedelta64(20, "h"), np.nan, values)

        blind, _ = towns.pv_view(as_of, with_outlook=False, edit=forget)
        plain.append(abs(box.step(blind, None, None)[0].headline.value - truth[0]))
    assert np.mean(corrected) <= 0.5 * np.mean(plain)  # the aim at a quarter hour


def test_irradiance_forecast_that_was_wrong_widens_the_next_days():
    box = PvBox({"zone": "town"}, towns.context())

    def width_after(error):
        state = None
        for day in range(5):
            as_of = towns.instant("2016-06-10T22:00") + np.timedelta64(day, "D").item()
            view, _ = towns.pv_view(as_of)
            ghi = view.ahead["ghi_w_m2"]
            wrong = ghi.copy(data=ghi.values * (1.0 + error * (-1) ** day))
            answer, state = box.step(type(view)(as_of, view.frame, {"ghi_w_m2": wrong}), None, state)
        answer, _ = box.step(view, None, state)
        return np.mean(quantiles(answer)[:, -1] - quantiles(answer)[:, 0])

    assert width_after(0.4) > 1.2 * width_after(0.0)


def test_same_arguments_give_the_same_bytes(box):
    view, _ = towns.pv_view(towns.instant("2016-06-15T10:00"))
    first, state = box.step(view, None, None)
    second, again = box.step(view, None, state)
    third, _ = box.step(view, None, None)
    assert state == again
    assert quantiles(first).tobytes() == quantiles(second).tobytes() == quantiles(third).tobytes()


def test_gaps_leave_a_finite_forecast(box):
    def holes(labels, values):
        gone = (towns.noise(labels, "gaps") > 0.8) | (labels > labels[-1] - np.timedelta64(9, "h"))
        return np.where(gone, np.nan, values)

    view, truth = towns.pv_view(towns.instant("2016-06-15T10:00"), edit=holes)
    band = quantiles(box.step(view, None, None)[0])
    assert np.isfinite(band).all()
    assert np.mean(np.abs(band[:, 3] - truth)) < 0.15 * truth.max()


def test_no_history_at_all_still_gives_zero_nights_and_a_wide_day(box):
    view, _ = towns.pv_view(towns.instant("2016-06-15T00:00"), edit=lambda labels, values: values * np.nan)
    band = quantiles(box.step(view, None, None)[0])
    assert np.isfinite(band).all()
    assert band[48, -1] - band[48, 0] > 0.2 * PLANT.peak_mw


def test_groups_with_faults_are_listed_at_once():
    zones = {"town": {"pv_groups": [{"tilt_deg": 120.0, "azimuth_deg": 180.0, "kwp": 5.0}, {"tilt_deg": 20.0}]}}
    with pytest.raises(BadInput) as refused:
        PvBox({"zone": "town", "colour": "blue"}, towns.context(zones=zones))
    text = str(refused.value)
    assert all(word in text for word in ("colour", "[0].tilt_deg", "[1].azimuth_deg", "[1].kwp"))
