"""The photovoltaic forecast on air: bounds, night, weather, and what it does without weather or history."""

from __future__ import annotations

import numpy as np
import pytest
import towns

from forecasts.pv.box import PvBox
from forecasts.quantiles import LEVELS, pinball
from twin.domain.problems import BadInput

SIGNAL = "pv_forecast_p_mw"
MIDDLE = LEVELS.index(0.5)
CHEAP = {"zone": "town", "experts": ["yesterday", "sky_days", "sky_ridge"]}


@pytest.fixture(scope="module")
def box():
    return PvBox(CHEAP, towns.context())


@pytest.fixture(scope="module")
def artifact(box):
    """Trained in the night before the first origin of most tests."""
    return box.fit(towns.pv_view(towns.instant("2016-05-20T00:00"))[0], seed=4)


def quantiles(report):
    return report.outputs[SIGNAL].values[:, :, 0]


def stays_possible(answer):
    array = answer.outputs[SIGNAL]
    assert array.shape == (192, 11, 1)
    assert (np.diff(array.time.values) == np.timedelta64(15, "m")).all()
    clear, _ = towns.PLANT.clear_sky(array.time.values)
    band = quantiles(answer)
    assert np.isfinite(band).all()
    assert (np.diff(band, axis=1) >= 0.0).all()
    assert (band >= 0.0).all()
    # Two implementations of one clear sky, one of which rounds the position to a kilometre.
    assert (band <= clear[:, None] * 1.002 + 0.0002).all()
    assert (band[clear == 0.0] == 0.0).all()
    assert (clear == 0.0).sum() > 48  # two June nights at 53 degrees north last six hours each and more


SITUATIONS = [{}, {"with_outlook": False}, {"measured_ghi": False}, {"days": 0.5}, {"days": 3}]


@pytest.mark.parametrize("situation", SITUATIONS, ids=str)
@pytest.mark.parametrize("day", ["2016-03-27T00:30", "2016-06-15T10:00", "2016-10-29T15:00"])
def test_forecast_stays_between_zero_and_clear_sky_and_is_zero_at_night(box, situation, day):
    view, _ = towns.pv_view(towns.instant(day), **situation)
    stays_possible(box.step(view, None, None)[0])


@pytest.mark.parametrize("situation", SITUATIONS[:3], ids=str)
def test_a_trained_forecast_stays_between_zero_and_clear_sky_and_is_zero_at_night(box, artifact, situation):
    view, _ = towns.pv_view(towns.instant("2016-05-20T11:00"), **situation)
    stays_possible(box.step(view, artifact, None)[0])


def test_inverter_cap_is_learned_from_the_maximum(box, artifact):
    view, _ = towns.pv_view(towns.instant("2016-05-20T10:00"))
    answer, _ = box.step(view, artifact, None)
    assert quantiles(answer).max() <= 1.15 * np.nanmax(view.frame.values[-2880:, 0])


@pytest.fixture(scope="module")
def issues(box, artifact):
    """View, truth, and quantiles with and without a weather forecast, of several origins after the training."""
    found = []
    for n in range(24):
        as_of = towns.instant("2016-05-20T00:00") + np.timedelta64(29 * n, "h").item()
        view, truth = towns.pv_view(as_of)
        blind, _ = towns.pv_view(as_of, with_outlook=False)
        answers = [quantiles(box.step(v, artifact, None)[0]) for v in (view, blind)]
        found.append((view, truth, *answers))
    return found


def test_weather_forecast_beats_yesterday_and_no_weather_still_does(issues):
    weather = np.mean([pinball(truth, seen) for _, truth, seen, _ in issues])
    none = np.mean([pinball(truth, blind) for _, truth, _, blind in issues])
    naive = []
    for view, truth, _, _ in issues:
        yesterday = np.tile(view.frame.values[-96:, 0], 2)
        naive.append(pinball(truth, np.repeat(yesterday[:, None], len(LEVELS), axis=1)))
    assert weather < 0.52 * np.mean(naive)  # the aim for real plants
    assert weather < none < np.mean(naive)


@pytest.mark.parametrize("which", [2, 3], ids=["with a weather forecast", "without"])
def test_band_covers_nine_in_ten_daylight_quarter_hours(issues, which):
    inside = []
    for issue in issues:
        view, truth, band = issue[0], issue[1], issue[which]
        clear, _ = towns.PLANT.clear_sky(towns.quarter_hours(view.as_of, 192))
        bright = clear > 0.05 * towns.PLANT.peak_mw
        inside.append(np.mean((truth[bright] >= band[bright, 0]) & (truth[bright] <= band[bright, -1])))
    # 24 overlapping paths hold some thirty independent days: two standard errors are 0.11.
    assert 0.79 <= np.mean(inside) <= 0.99, np.mean(inside)


def test_without_a_weather_forecast_the_band_is_wider(issues):
    seen, blind = (np.mean([issue[i][:, -1] - issue[i][:, 0] for issue in issues]) for i in (2, 3))
    assert blind > 1.1 * seen


def test_last_error_improves_the_coming_quarter_hour(box, artifact):
    corrected, plain = [], []
    for n in range(14):
        as_of = towns.instant("2016-05-20T10:00") + np.timedelta64(25 * 60 * n % (6 * 60) + 1440 * n, "m").item()
        view, truth = towns.pv_view(as_of, with_outlook=False)
        corrected.append(abs(box.step(view, artifact, None)[0].headline.value - truth[0]))

        def forget(labels, values):
            return np.where(labels > labels[-1] - np.timedelta64(20, "h"), np.nan, values)

        blind, _ = towns.pv_view(as_of, with_outlook=False, edit=forget)
        plain.append(abs(box.step(blind, artifact, None)[0].headline.value - truth[0]))
    assert np.mean(corrected) <= 0.5 * np.mean(plain)  # the aim at a quarter hour


def test_irradiance_forecast_that_was_wrong_widens_the_next_days(artifact):
    box = PvBox(CHEAP, towns.context())

    def width_after(error):
        state = None
        for day in range(7):
            as_of = towns.instant("2016-05-20T22:00") + np.timedelta64(day, "D").item()
            view, _ = towns.pv_view(as_of)
            ghi = view.ahead["ghi_w_m2"]
            wrong = ghi.copy(data=ghi.values * (1.0 + error * (-1) ** day))
            answer, state = box.step(type(view)(as_of, view.frame, {"ghi_w_m2": wrong}), artifact, state)
        answer, _ = box.step(view, artifact, state)
        return np.mean(quantiles(answer)[:, -1] - quantiles(answer)[:, 0])

    assert width_after(0.6) > 1.2 * width_after(0.0)


def test_same_arguments_give_the_same_bytes(box, artifact):
    view, _ = towns.pv_view(towns.instant("2016-05-21T10:00"))
    first, state = box.step(view, artifact, None)
    second, again = box.step(view, artifact, state)
    third, _ = PvBox(CHEAP, towns.context()).step(view, artifact, None)
    assert state == again
    assert quantiles(first).tobytes() == quantiles(second).tobytes() == quantiles(third).tobytes()


def test_a_training_gives_the_same_bytes_twice(box, artifact):
    assert box.fit(towns.pv_view(towns.instant("2016-05-20T00:00"))[0], seed=4) == artifact


def test_gaps_leave_a_finite_forecast(box, artifact):
    def holes(labels, values):
        gone = (towns.noise(labels, "gaps") > 0.8) | (labels > labels[-1] - np.timedelta64(9, "h"))
        return np.where(gone, np.nan, values)

    view, truth = towns.pv_view(towns.instant("2016-05-21T10:00"), edit=holes)
    band = quantiles(box.step(view, artifact, None)[0])
    assert np.isfinite(band).all()
    assert np.mean(np.abs(band[:, MIDDLE] - truth)) < 0.15 * truth.max()


def test_no_history_at_all_still_gives_zero_nights_and_a_wide_day(box):
    view, _ = towns.pv_view(towns.instant("2016-06-15T00:00"), edit=lambda labels, values: values * np.nan)
    answer, _ = box.step(view, None, None)
    stays_possible(answer)
    band = quantiles(answer)
    assert band[48, -1] - band[48, 0] > 0.2 * towns.PLANT.peak_mw


def test_the_first_morning_is_anything_between_nothing_and_the_clear_sky(box):
    view, _ = towns.pv_view(towns.instant("2016-06-15T08:00"), days=0.25)
    band = quantiles(box.step(view, None, None)[0])
    clear, _ = towns.PLANT.clear_sky(towns.quarter_hours(view.as_of, 192))
    assert band == pytest.approx(
        clear[:, None] * np.array(LEVELS), rel=0.01, abs=1e-3
    )  # the position is rounded to a kilometre


def test_a_plant_without_declared_planes_says_what_it_needs_until_it_has_a_day():
    zones = {"town": {"pv_groups": []}}
    box = PvBox(CHEAP, towns.context(zones=zones))
    view, _ = towns.pv_view(towns.instant("2016-06-15T08:00"), days=0.25)
    with pytest.raises(ValueError, match="declare the plant's planes"):
        box.step(view, None, None)


def test_a_plant_without_declared_planes_is_learnt_from_its_generation():
    box = PvBox(CHEAP, towns.context(zones={"town": {}}))
    view, truth = towns.pv_view(towns.instant("2016-05-20T00:00"))
    band = quantiles(box.step(view, box.fit(view, seed=4), None)[0])
    clear, _ = towns.PLANT.clear_sky(towns.quarter_hours(view.as_of, 192))
    assert (band[clear == 0.0] == 0.0).all()
    assert (band >= 0.0).all()
    # A learnt sky: within a tenth of the plant's rating of the real one, and a forecast as good as of a declared plant.
    assert (band <= clear[:, None] + 0.1 * towns.PLANT.peak_mw).all()
    assert np.mean(np.abs(band[:, MIDDLE] - truth)) < 0.15 * truth.max()


def test_groups_with_faults_are_listed_at_once():
    zones = {"town": {"pv_groups": [{"tilt_deg": 120.0, "azimuth_deg": 180.0, "kwp": 5.0}, {"tilt_deg": 20.0}]}}
    with pytest.raises(BadInput) as refused:
        PvBox({"zone": "town", "colour": "blue"}, towns.context(zones=zones))
    text = str(refused.value)
    assert all(word in text for word in ("colour", "[0].tilt_deg", "[1].azimuth_deg", "[1].kwp"))


def test_clear_sky_of_the_plant_is_the_one_that_pvlib_gives():
    from forecasts.sky.clear_sky import clear_sky

    labels = towns.quarter_hours(towns.instant("2016-06-20T00:00"), 96 * 3)
    sky = clear_sky(
        towns.LATITUDE, towns.LONGITUDE, start_s=int(labels[0].astype("datetime64[s]").astype(int)), step_s=900, rows=288
    )
    power = sum(kwp / 1000.0 * sky.plane_w_m2(tilt, azimuth) / 1000.0 for tilt, azimuth, kwp in towns.PLANES)
    expected, ghi = towns.PLANT.clear_sky(labels)
    # The position is rounded to a hundredth of a degree, and the sun is only just up at the edges.
    assert power == pytest.approx(expected, rel=0.005, abs=0.002)
    assert sky.ghi_w_m2 == pytest.approx(ghi, rel=0.005, abs=1.0)


def test_clear_sky_reference_peaks_at_noon_facing_south_and_scales_with_peak_power():
    labels = towns.quarter_hours(towns.instant("2016-06-21T00:00"), 96)
    small, large = (towns.Plant(((35.0, 180.0, kwp),), 47.4, 0.0).clear_sky(labels)[0] for kwp in (10.0, 30.0))
    assert np.allclose(large, 3.0 * small)
    noon = labels[int(np.argmax(small))]
    # On the zero meridian the sun culminates at 12:02 UTC on that day (equation of time -1.8 min).
    assert abs(noon - np.datetime64("2016-06-21T12:00")) <= np.timedelta64(15, "m")
    # A tilted plane near the sun's noon height of 66 degrees gets about 1 kW/m2 under a clear sky.
    assert 0.8 <= small.max() / 0.010 <= 1.1
