"""Tilt, azimuth, capacity and position, found again from the power of plants under clouds and measured on real ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import suns

from forecasts.sky.clear_sky import clear_sky
from forecasts.sky.plant_fit import Plane, PlantFit, fit_plant
from forecasts.sky.position import estimate_position

DATA = Path(__file__).parents[5] / "shared" / "data"


def fitted(series) -> PlantFit:
    sky = clear_sky(47.4, 8.05, start_s=series.start_s, step_s=series.step_s, rows=len(series.values))
    fit = fit_plant(series.values, sky, step_s=series.step_s)
    assert fit is not None
    return fit


@pytest.mark.parametrize("step_s", [900, 3600])
@pytest.mark.parametrize(("tilt", "azimuth"), [(25.0, 205.0), (60.0, 120.0)])
def test_one_plane_is_found_again(step_s, tilt, azimuth):
    fit = fitted(suns.plant(planes=(Plane(tilt, azimuth, 0.04),), step_s=step_s, days=100))
    (plane,) = fit.planes
    assert fit.sure
    assert plane.tilt_deg == pytest.approx(tilt, abs=4.0)
    assert plane.azimuth_deg == pytest.approx(azimuth, abs=6.0)
    assert plane.capacity_mw == pytest.approx(0.04, rel=0.03)


def test_east_and_west_roofs_are_told_apart():
    fit = fitted(suns.plant(planes=(Plane(40.0, 95.0, 0.03), Plane(40.0, 275.0, 0.02)), days=100))
    east, west = sorted(fit.planes, key=lambda plane: plane.azimuth_deg)
    assert east.azimuth_deg == pytest.approx(95.0, abs=10.0)
    assert west.azimuth_deg == pytest.approx(275.0, abs=10.0)
    assert east.capacity_mw == pytest.approx(0.03, rel=0.1)
    assert west.capacity_mw == pytest.approx(0.02, rel=0.1)


def test_an_inverters_cap_is_seen_and_does_not_shrink_the_panels():
    fit = fitted(suns.plant(cap_mw=0.024, days=120))
    assert fit.cap_mw == pytest.approx(0.024, rel=0.01)
    assert sum(plane.capacity_mw for plane in fit.planes) == pytest.approx(0.04, rel=0.1)


def test_noise_without_a_sun_is_not_called_a_plant():
    series = suns.plant(days=100)
    noise = np.random.default_rng(3).random(len(series.values)) * 0.04
    sky = clear_sky(47.4, 8.05, start_s=series.start_s, step_s=series.step_s, rows=len(noise))
    fit = fit_plant(noise, sky, step_s=series.step_s)
    assert fit is None or not fit.sure


def test_a_fortnight_shows_no_tilt():
    series = suns.plant(days=14)
    sky = clear_sky(47.4, 8.05, start_s=series.start_s, step_s=series.step_s, rows=len(series.values))
    assert fit_plant(series.values, sky, step_s=series.step_s) is None


@pytest.mark.parametrize("at", [(47.4, 8.05), (-35.3, 149.1), (33.5, -112.0)])
def test_position_is_found_from_sunrise_and_sunset(at):
    series = suns.plant(at=at, planes=(Plane(20.0, 180.0 if at[0] > 0.0 else 0.0, 1.0),), days=300)
    found = estimate_position(series.values, start_s=series.start_s, step_s=series.step_s)
    assert found is not None
    assert found.sure
    assert found.latitude == pytest.approx(at[0], abs=3.0)
    assert found.longitude == pytest.approx(at[1], abs=1.5)


def test_two_months_tell_no_position():
    series = suns.plant(days=60)
    assert estimate_position(series.values, start_s=series.start_s, step_s=series.step_s) is None


def test_a_load_that_never_sleeps_has_no_sure_position():
    values = 1.0 + np.random.default_rng(0).random(24 * 200)
    found = estimate_position(values, start_s=0, step_s=3600)
    assert found is None or not found.sure


def test_a_real_roof_in_aargau_is_placed_in_switzerland():
    path = DATA / "aew_pv_2019" / "A.csv"
    if not path.exists():
        pytest.skip("aew_pv_2019/A.csv absent")
    table = pd.read_csv(path)
    stamps = pd.DatetimeIndex(pd.to_datetime(table["Timestamp"])) - pd.Timedelta("15min")
    known = pd.Series(
        table["Generation_kW"].to_numpy(), stamps.tz_localize("Europe/Zurich", ambiguous="NaT", nonexistent="NaT")
    )
    known = known[known.index.notna()].tz_convert("UTC")
    known = known[~known.index.duplicated()].asfreq("15min")
    found = estimate_position(known.to_numpy(), start_s=int(known.index[0].timestamp()), step_s=900)
    assert found is not None
    assert found.sure
    assert found.latitude == pytest.approx(47.4, abs=1.0)
    assert found.longitude == pytest.approx(8.1, abs=1.0)


@pytest.mark.parametrize("zone", [1, 2, 3])
def test_real_plants_of_undeclared_position_are_placed_in_south_east_australia(zone):
    path = DATA / "gefcom2014_solar" / "power_to_2013-01.parquet"
    if not path.exists():
        pytest.skip("gefcom2014_solar absent")
    table = pd.read_parquet(path)
    table = table[table["ZONEID"] == zone]
    start = pd.to_datetime(table["TIMESTAMP"].iloc[0], format="%Y%m%d %H:%M") - pd.Timedelta("1h")
    found = estimate_position(table["POWER"].to_numpy(), start_s=int(start.timestamp()), step_s=3600)
    assert found is not None
    assert found.sure
    assert found.latitude == pytest.approx(-35.5, abs=4.0)
    assert found.longitude == pytest.approx(149.0, abs=2.0)
