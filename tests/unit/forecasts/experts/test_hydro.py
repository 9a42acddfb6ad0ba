"""Hydro experts: recession to the season, rain and melting snow, weekly habits, on synthetic and national rivers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rivers

from forecasts.expert import Expert, NotEnoughHistory
from forecasts.experts.hydro_days import water_inputs
from forecasts.experts.hydro_recession import Recession
from forecasts.experts.hydro_ridge import HydroRidge
from forecasts.past import Place
from forecasts.series import Series
from forecasts.sheet import sheet_of
from twin.domain.pack import UnpackError

DATA = Path(__file__).parents[5] / "shared" / "data"
EXPERTS = (Recession, HydroRidge)
YEARS = 900  # days: the season is known


@pytest.fixture(scope="module")
def wet():
    temp, rain = rivers.weather_of(YEARS + 60)
    return rivers.series(rivers.flow_of(temp, rain), {"temp_c": temp, "rain_mm": rain})


def errors(one, expert, first, days, *, per_day=1, every=1):
    """Absolute errors over two days of issues ``every`` few days, of the expert and of yesterday."""
    fitted = expert().fit(one.as_of(first * per_day, reach=3 * per_day), days_ahead=2, seed=0)
    ours, naive = [], []
    for day in range(first, first + days, every):
        row, steps = day * per_day, 2 * per_day
        truth = one.values[row : row + steps]
        ours.append(np.abs(truth - fitted.predict(one.as_of(row, reach=3 * per_day), steps)))
        naive.append(np.abs(truth - np.tile(one.values[row - per_day : row], 2)))
    return np.nanmean(ours), np.nanmean(naive)


def dry(days, survival=0.9, seed=3):
    """Anomalies that halve in a week around a level of 20 MW."""
    rng = np.random.default_rng(seed)
    level, out = 0.0, np.empty(days)
    for d in range(days):
        level = survival * level + rng.standard_normal()
        out[d] = 20.0 + level
    return out


def test_every_hydro_expert_keeps_the_interface_and_forecasts_rivers_alone():
    assert all(isinstance(expert(), Expert) and expert.kinds == {"hydro"} for expert in EXPERTS)


def test_the_recession_of_a_dry_river_is_recovered():
    one = rivers.series(dry(YEARS))
    fitted = Recession().fit(one.as_of(YEARS, reach=0), days_ahead=2, seed=0)
    assert fitted.survival == pytest.approx(0.9, abs=0.05)  # three standard errors of a slope over 900 days


def test_a_flood_falls_back_to_the_season_exponentially():
    values = dry(YEARS)
    values[-1] = 35.0
    past = rivers.series(values).as_of(YEARS, reach=0)
    path = Recession().fit(past, days_ahead=2, seed=0).predict(past, 2)
    assert 20.0 < path[1] < path[0] < 35.0
    assert (path[1] - 20.0) / (path[0] - 20.0) == pytest.approx(0.9, abs=0.06)


def test_rain_ahead_raises_the_river(wet):
    fitted = Recession().fit(wet.as_of(YEARS, reach=3), days_ahead=2, seed=0)
    past = wet.as_of(YEARS, reach=3)  # in June: what falls is rain
    rain = past.weather["rain_mm"].copy()
    paths = []
    for amount in (0.0, 30.0):
        rain[past.rows : past.rows + 2] = amount
        river = rivers.series(past.values, {**past.weather, "rain_mm": rain})
        paths.append(fitted.predict(river.as_of(past.rows, reach=3), 2))
    # Martinec's model above gives (1 - k) * 4 MW/mm * 30 mm on the first day.
    assert paths[1][0] - paths[0][0] == pytest.approx(12.0, rel=0.2)
    assert paths[1][1] - paths[0][1] > paths[1][0] - paths[0][0]


def test_snow_waits_for_warmth():
    temp = np.array([-5.0, -5.0, 2.0, 3.0, 10.0, 10.0])
    rain = np.array([10.0, 8.0, 0.0, 0.0, 0.0, 0.0])
    one = rivers.series(np.full(6, 20.0), {"temp_c": temp, "rain_mm": rain})
    water = water_inputs(sheet_of(one.as_of(4, reach=2), 2), 3.0)
    assert water[:, 0].tolist() == [0.0] * 6  # all of it fell as snow
    assert water[:, 3].tolist() == pytest.approx([0.0, 0.0, 6.0, 9.0, 3.0, 0.0])  # 3 mm/K/d until 18 mm are gone
    assert water[:, 4].tolist() == pytest.approx([0.0, 0.0, 0.0, 6.0, 9.0, 3.0])


@pytest.mark.parametrize("factor", [2.0, 6.0])
def test_the_degree_day_factor_is_found_within_the_range_of_the_manual(factor):
    temp, rain = rivers.weather_of(1500)
    flow = rivers.flow_of(temp, rain, factor_mm_k_d=factor, noise=0.1)
    past = rivers.series(flow, {"temp_c": temp, "rain_mm": rain}).as_of(1497, reach=3)
    assert Recession().fit(past, days_ahead=2, seed=0).factor_mm_k_d == pytest.approx(factor, abs=1.0)


@pytest.mark.parametrize("expert", EXPERTS)
def test_known_rain_and_melt_beat_yesterday_clearly(wet, expert):
    ours, naive = errors(wet, expert, YEARS, 55)
    assert ours < 0.75 * naive


def test_a_plant_that_rests_on_sundays_is_expected_to_rest():
    days = np.arange(200)
    sunday = days % 7 == 3  # 2015-01-01 was a Thursday
    one = rivers.series(rivers.hourly(np.where(sunday, 12.0, 24.0)), step_s=3600)
    saturday_midnight = 150 - 150 % 7 + 3
    past = one.as_of(saturday_midnight * 24, reach=0)
    for expert in EXPERTS:
        path = expert().fit(past, days_ahead=2, seed=0).predict(past, 48)
        assert path[:24] == pytest.approx(12.0, rel=0.15)  # a dozen Sundays are not quite believed
        assert path[24:] == pytest.approx(24.0, rel=0.1)


def test_a_daily_shape_is_kept():
    shape = np.where((np.arange(24) >= 7) & (np.arange(24) < 21), 1.2, 0.72)
    one = rivers.series(rivers.hourly(dry(200), shape), step_s=3600)
    past = one.as_of(190 * 24, reach=0)
    for expert in EXPERTS:
        path = expert().fit(past, days_ahead=2, seed=0).predict(past, 24)
        assert path[10] / path[2] == pytest.approx(1.2 / 0.72, rel=0.03)


def test_one_day_of_values_gives_a_first_forecast():
    past = rivers.series(np.full(24, 7.0), step_s=3600).as_of(24, reach=0)
    assert Recession().fit(past, days_ahead=2, seed=0).predict(past, 48) == pytest.approx(7.0)


@pytest.mark.parametrize(("expert", "days"), [(Recession, 0), (HydroRidge, 20)])
def test_an_expert_without_enough_history_says_so(expert, days):
    past = rivers.series(np.full(48 + days * 24, np.nan if not days else 7.0), step_s=3600).as_of(48 + days * 24, reach=0)
    with pytest.raises(NotEnoughHistory):
        expert().fit(past, days_ahead=2, seed=0)


@pytest.mark.parametrize("expert", EXPERTS)
def test_no_forecast_is_negative_or_above_capacity(expert):
    values = np.maximum(dry(400) - 19.0, 0.0) * 10.0
    one = rivers.series(values, capacity_mw=25.0)
    fitted = expert().fit(one.as_of(300, reach=0), days_ahead=2, seed=0)
    paths = np.concatenate([fitted.predict(one.as_of(day, reach=0), 2) for day in range(300, 398)])
    assert paths.min() >= 0.0
    assert paths.max() <= 25.0


@pytest.mark.parametrize("expert", EXPERTS)
def test_a_lost_week_leaves_a_forecast(wet, expert):
    values = wet.values.copy()
    fitted = expert().fit(wet.as_of(YEARS, reach=3), days_ahead=2, seed=0)
    values[YEARS - 7 : YEARS] = np.nan
    path = fitted.predict(rivers.series(values, wet.weather).as_of(YEARS, reach=3), 2)
    assert np.isfinite(path).all()
    assert path == pytest.approx(wet.values[YEARS : YEARS + 2], rel=0.6)


@pytest.mark.parametrize("expert", EXPERTS)
def test_what_an_expert_has_learnt_survives_as_bytes(wet, expert):
    past = wet.as_of(YEARS, reach=3)
    fitted = expert().fit(past, days_ahead=2, seed=0)
    again = expert().load(fitted.to_bytes())
    assert again.to_bytes() == fitted.to_bytes()
    assert np.array_equal(again.predict(past, 2), fitted.predict(past, 2))


@pytest.mark.parametrize("expert", EXPERTS)
def test_foreign_bytes_are_no_expert(expert):
    with pytest.raises(UnpackError):
        expert().load(b"something else altogether")


@pytest.mark.parametrize("expert", EXPERTS)
def test_national_run_of_river_power_is_forecast_better_than_by_yesterday(expert):
    path = DATA / "bfe_ogd" / "ogd104_stromproduktion_swissgrid.csv"
    if not path.exists():
        pytest.skip(f"{path.name} absent")
    table = pd.read_csv(path)
    flow = table[table["Energietraeger"] == "Flusskraft"].set_index("Datum")["Produktion_GWh"]
    days = pd.date_range("2015-01-01", "2019-12-31", freq="D")
    values = flow.reindex(days.strftime("%Y-%m-%d")).to_numpy(dtype=float) / 24.0 * 1000.0
    # Local days of 23 to 25 hours, written down as days of 24.
    one = Series("flusskraft", "hydro", int(days[0].timestamp()), 86_400, values, np.zeros(len(values), np.uint8), Place("UTC"))
    ours, naive = errors(one, expert, 900, 900, every=5)
    assert ours < 0.93 * naive


@pytest.mark.parametrize(("expert", "ratio"), [(Recession, 0.95), (HydroRidge, 0.85)])
def test_the_hourly_run_of_river_share_is_forecast_better_than_by_yesterday(expert, ratio):
    path = DATA / "mix_ecodynelec" / "CH_2019_ProdMix_hour.parquet"
    if not path.exists():
        pytest.skip(f"{path.name} absent")
    table = pd.concat([pd.read_parquet(path.with_name(f"CH_{year}_ProdMix_hour.parquet")) for year in (2019, 2020)])
    values = (
        table["Residual_Hydro_Run-of-river_and_poundage_CH"].to_numpy() + table["Hydro_Run-of-river_and_poundage_CH"].to_numpy()
    )
    start = int(pd.Timestamp("2019-01-01", tz="UTC").timestamp())
    one = Series("share", "hydro", start, 3600, values, np.zeros(len(values), np.uint8), Place("UTC"))
    ours, naive = errors(one, expert, 450, 220, per_day=24, every=5)
    assert ours < ratio * naive
