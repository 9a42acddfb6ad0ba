"""Wind experts: the plant's own curve, trees on top of it, a band that knows the curve's slope, and the present fading away."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import winds

from forecasts.expert import Expert, NotEnoughHistory
from forecasts.experts.wind_boosted import WindBoosted
from forecasts.experts.wind_curve import CUT_OUT_M_S, fit_curve
from forecasts.experts.wind_decay import WindDecay
from forecasts.experts.wind_power_curve import WindPowerCurve
from forecasts.experts.wind_quantile import WindQuantile
from forecasts.experts.wind_weather import hub_wind
from forecasts.quantiles import LEVELS
from twin.domain.pack import UnpackError

DATA = Path(__file__).parents[5] / "shared" / "data"
FIRST, DAYS = 110, 36  # days learnt from, days forecast
EXPERTS = (WindDecay, WindPowerCurve, WindBoosted, WindQuantile)


@pytest.fixture(scope="module")
def plant():
    return winds.plant(days=FIRST + DAYS + 2)


@pytest.fixture(scope="module")
def history(plant):
    return plant.as_of(winds.midnight(plant, FIRST), reach=51)


@pytest.fixture(scope="module")
def fitted(history):
    return {expert.name: expert().fit(history, days_ahead=2, seed=3) for expert in EXPERTS}


def mean_error(one, fitted, first_day=FIRST, days=DAYS):
    truth, forecast = winds.issues(one, fitted, first_day, days)
    return np.nanmean(np.abs(truth - forecast))


def curve_of(wind, power):
    return fit_curve(power, wind, None, None, winds.CAPACITY_MW)


def test_every_wind_expert_keeps_the_interface_and_forecasts_wind_alone():
    assert all(isinstance(expert(), Expert) and expert.kinds == {"wind"} for expert in EXPERTS)


def test_a_power_curve_never_falls_before_its_cut_out(history):
    curve = WindPowerCurve().fit(history, days_ahead=2, seed=0).curve
    power = curve.power(np.arange(0.0, curve.cut_out_m_s, 0.1), None, None)
    assert (np.diff(power) >= 0.0).all()
    assert power[0] == 0.0
    assert power[-1] == pytest.approx(winds.CAPACITY_MW, rel=0.02)


def test_cut_in_and_rated_wind_are_those_of_the_maker_when_the_wind_is_known_exactly():
    wind = np.linspace(0.0, 20.0, 4000)
    curve = curve_of(wind, winds.made_of(wind))
    assert curve.cut_in_m_s == pytest.approx(winds.CUT_IN, abs=0.6)  # one percent of the cube lies half a metre later
    assert curve.rated_m_s == pytest.approx(winds.RATED, abs=0.5)  # a bin


def test_a_cut_out_is_found_where_storms_show_it():
    wind = np.linspace(0.0, 30.0, 6000)
    curve = curve_of(wind, winds.made_of(wind))
    assert curve.cut_out_m_s == pytest.approx(winds.CUT_OUT, abs=0.5)  # a bin
    assert curve.power(np.array([24.0, 26.0]), None, None).tolist() == pytest.approx([winds.CAPACITY_MW, 0.0])


def test_without_a_storm_in_history_the_cut_out_is_that_of_the_iec_classes():
    wind = np.linspace(0.0, 18.0, 3000)
    curve = curve_of(wind, winds.made_of(wind))
    assert curve.cut_out_m_s == CUT_OUT_M_S
    assert curve.power(np.array([24.9, 25.0]), None, None).tolist() == pytest.approx([winds.CAPACITY_MW, 0.0])


def test_a_breeze_stronger_than_any_seen_goes_on_with_the_cube():
    wind = np.linspace(0.0, 8.0, 2000)
    power = curve_of(wind, winds.made_of(wind)).power(np.array([7.75, 9.75]), None, None)
    assert power[1] / power[0] == pytest.approx((9.75 / 7.75) ** 3, rel=0.02)


def test_an_outage_of_a_third_of_the_hours_does_not_bend_the_curve():
    wind = np.linspace(0.0, 20.0, 4000)
    standing = np.random.default_rng(0).random(4000) < 0.33
    bent = curve_of(wind, np.where(standing, 0.0, winds.made_of(wind)))
    straight = curve_of(wind, winds.made_of(wind))
    speeds = np.arange(0.0, 20.0, 0.5)
    # A median among a third of zeros reads the lower quarter of a bin, which is half a metre wide.
    assert np.abs(bent.power(speeds, None, None) - straight.power(speeds, None, None)).max() < 0.05 * winds.CAPACITY_MW


def test_cold_dense_air_counts_as_more_wind():
    steps = np.full(10, 8.0)
    weather = {"wind_100m_m_s": steps, "temp_c": np.full(10, -10.0), "pressure_hpa": np.full(10, 1013.25)}
    found = hub_wind(winds.series(np.zeros(8), weather).as_of(8, reach=2))
    density = 101_325.0 / (287.05 * 263.15)
    assert found.speed_m_s == pytest.approx(8.0 * (density / 1.225) ** (1.0 / 3.0), rel=1e-9)


def test_wind_at_ten_metres_is_lifted_to_the_hub_by_the_power_law():
    found = hub_wind(winds.series(np.zeros(8), {"wind_m_s": np.full(10, 5.0)}).as_of(8, reach=2))
    assert found.speed_m_s == pytest.approx(5.0 * 10.0 ** (1.0 / 7.0))


def test_components_alone_give_speed_and_direction():
    weather = {"wind_u_m_s": np.full(10, 3.0), "wind_v_m_s": np.full(10, -4.0)}
    found = hub_wind(winds.series(np.zeros(8), weather).as_of(8, reach=2))
    assert found.speed_m_s == pytest.approx(5.0 * 10.0 ** (1.0 / 7.0))
    assert (found.east[0], found.north[0]) == pytest.approx((0.6, -0.8))


def test_wind_in_the_lee_of_a_hill_counts_less():
    shaded = winds.plant(days=600, shade=0.2, error_m_s=0.5)
    sector = WindPowerCurve().fit(shaded.as_of(winds.midnight(shaded, 600), reach=0), days_ahead=2, seed=0).curve.sector
    east, west = sector[2:4].mean(), sector[8:10].mean()  # towards 60..120 and 240..300 degrees
    assert east / west == pytest.approx(0.8, abs=0.06)  # factors are tried in steps of a hundredth and drawn towards 1


def test_the_curve_halves_the_error_of_yesterday(plant, fitted):
    day = 24
    first = winds.midnight(plant, FIRST)
    rows = first + np.arange(DAYS * day)
    yesterday = np.mean(np.abs(plant.values[rows] - plant.values[rows - day]))
    assert mean_error(plant, fitted["power_curve"]) < 0.5 * yesterday


def test_trees_do_no_worse_than_the_curve_below_them(plant, fitted):
    assert mean_error(plant, fitted["wind_boosted"]) < 1.03 * mean_error(plant, fitted["power_curve"])


def test_trees_learn_a_habit_that_no_curve_can_hold():
    # At night the plant may make half of what it could: a rule for bats or for noise.
    one = winds.plant(days=120, error_m_s=0.6)
    hour = np.arange(len(one.values)) % 24
    quiet = winds.series(np.where(hour < 6, 0.5, 1.0) * one.values, one.weather)
    past = quiet.as_of(winds.midnight(quiet, 90), reach=51)
    curve, trees = (expert().fit(past, days_ahead=2, seed=3) for expert in (WindPowerCurve, WindBoosted))
    assert mean_error(quiet, trees, 90, 28) < 0.75 * mean_error(quiet, curve, 90, 28)


def test_forecasts_stay_within_zero_and_capacity(plant, fitted):
    for one in fitted.values():
        _, forecast = winds.issues(plant, one, FIRST, DAYS)
        assert forecast.min() >= 0.0
        assert forecast.max() <= winds.CAPACITY_MW


def test_wind_quantiles_rise_and_hold_nine_truths_in_ten(plant, fitted):
    truth, forecast = winds.issues(plant, fitted["wind_quantile"], FIRST, DAYS)
    assert (np.diff(forecast, axis=-1) >= 0.0).all()
    inside = np.mean((truth >= forecast[..., 0]) & (truth <= forecast[..., -1]))
    assert 0.85 < inside < 0.97  # 36 days of errors that last six hours: two standard deviations of a 90 % band


def test_the_band_is_wide_on_the_slope_and_narrow_in_a_calm(plant, fitted):
    _, forecast = winds.issues(plant, fitted["wind_quantile"], FIRST, DAYS)
    middle, width = forecast[..., LEVELS.index(0.5)], forecast[..., -1] - forecast[..., 0]
    slope, calm = (middle > 3.0) & (middle < 7.0), middle < 0.05
    assert width[slope].mean() > 4.0 * width[calm].mean()


def test_without_a_wind_forecast_the_present_fades_into_the_usual(plant):
    bare = winds.series(plant.values, {})
    past = bare.as_of(winds.midnight(bare, FIRST), reach=0)
    fitted = WindPowerCurve().fit(past, days_ahead=2, seed=0)
    assert fitted.curve is None
    path, usual = fitted.predict(past, 48), fitted.decay.usual_mw
    present, departure = past.values[-1], path - np.tile(np.roll(usual, 1), 2)  # midnight is 23 h UTC
    assert path[0] == pytest.approx(present, abs=0.1 * winds.CAPACITY_MW)
    assert (np.diff(np.abs(departure)) <= 1e-9).all()
    assert abs(departure[-1]) < 0.5 * abs(departure[0])  # the wind's memory is thirty hours


def test_hours_beyond_the_wind_forecast_are_filled_by_the_fading_present(plant, history, fitted):
    row = winds.midnight(plant, FIRST)
    short = plant.as_of(row, reach=24)
    for name in ("power_curve", "wind_boosted"):
        path = fitted[name].predict(short, 48)
        assert np.isfinite(path).all()
        assert path[26:] == pytest.approx(fitted["wind_decay"].predict(short, 48)[26:])
        assert path[:20] == pytest.approx(fitted[name].predict(history, 48)[:20])


def test_a_day_without_telemetry_costs_little(plant, fitted):
    gone = plant.values.copy()
    steps = 48
    kept, lost = [], []
    for day in range(FIRST, FIRST + DAYS):
        row = winds.midnight(plant, day)
        gone[:] = plant.values
        gone[row - 24 : row] = np.nan
        for values, errors in ((plant.values, kept), (gone, lost)):
            past = winds.series(values, plant.weather).as_of(row, reach=steps + 3)
            errors.append(np.abs(fitted["wind_boosted"].predict(past, steps) - plant.values[row : row + steps]).mean())
    assert np.mean(lost) < 1.15 * np.mean(kept)


def test_two_days_of_values_are_enough_for_a_first_forecast(plant):
    past = plant.as_of(winds.midnight(plant, 2), reach=51)
    for expert in (WindDecay, WindPowerCurve):
        path = expert().fit(past, days_ahead=2, seed=0).predict(past, 48)
        assert np.isfinite(path).all()


@pytest.mark.parametrize(("expert", "days"), [(WindDecay, 1), (WindPowerCurve, 1), (WindBoosted, 12), (WindQuantile, 12)])
def test_an_expert_without_enough_history_says_so(plant, expert, days):
    with pytest.raises(NotEnoughHistory):
        expert().fit(plant.as_of(winds.midnight(plant, days), reach=51), days_ahead=2, seed=0)


def test_a_plant_that_has_never_run_is_refused_unless_its_capacity_is_declared():
    still = np.zeros(24 * 10)
    with pytest.raises(NotEnoughHistory, match="capacity"):
        WindDecay().fit(winds.series(still, {}, capacity_mw=None).as_of(240, reach=0), days_ahead=2, seed=0)
    assert WindDecay().fit(winds.series(still, {}).as_of(240, reach=0), days_ahead=2, seed=0).capacity_mw == winds.CAPACITY_MW


@pytest.mark.parametrize("expert", EXPERTS)
def test_what_an_expert_has_learnt_survives_as_bytes(expert, history, fitted):
    one = fitted[expert.name]
    data = one.to_bytes()
    again = expert().load(data)
    assert again.to_bytes() == data
    assert np.array_equal(again.predict(history, 48), one.predict(history, 48))


@pytest.mark.parametrize("expert", EXPERTS)
def test_equal_history_and_seed_teach_the_same(expert, history, fitted):
    assert expert().fit(history, days_ahead=2, seed=3).to_bytes() == fitted[expert.name].to_bytes()


@pytest.mark.parametrize("expert", EXPERTS)
def test_foreign_bytes_are_no_expert(expert):
    with pytest.raises(UnpackError):
        expert().load(b"something else altogether")


def test_on_dutch_wind_forecasts_the_curve_beats_yesterday_by_half():
    path = DATA / "openstef_nl" / "get_model_input_pid_287.parquet"
    if not path.exists():
        pytest.skip(f"{path.name} absent")
    table = pd.read_parquet(path).iloc[1:]
    wind = table["windspeed_100m"].interpolate().bfill().to_numpy()
    rng = np.random.default_rng(5)
    felt = np.maximum(wind + 1.5 * winds.remembering(len(wind), 24, rng), 0.0)  # no Dutch turbine is in the data
    one = winds.series(winds.made_of(felt), {"wind_100m_m_s": wind}, step_s=900)
    fitted = WindPowerCurve().fit(one.as_of(60 * 96, reach=0), days_ahead=2, seed=0)
    rows = 60 * 96 + np.arange(50 * 96)
    yesterday = np.mean(np.abs(one.values[rows] - one.values[rows - 96]))
    assert mean_error(one, fitted, 60, 50) < 0.5 * yesterday
