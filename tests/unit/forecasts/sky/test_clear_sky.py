"""Clear-sky irradiance: night, interval means, planes, and what is shared between calls."""

from datetime import UTC, datetime

import numpy as np
import pytest
from pvlib import clearsky, irradiance, solarposition

from forecasts.sky.clear_sky import ALBEDO, clear_sky

START_S = int(datetime(2021, 6, 20, tzinfo=UTC).timestamp())


def test_night_gives_exactly_nothing():
    sky = clear_sky(47.4, 8.05, start_s=START_S, step_s=900, rows=96)
    night = sky.elevation_deg < -1.0  # refraction lifts the sun by half a degree
    assert night.sum() > 20
    assert np.all(sky.ghi_w_m2[night] == 0.0)
    assert np.all(sky.plane_w_m2(90.0, 0.0)[night] == 0.0)


def test_a_quarter_hour_is_the_sun_of_its_middle_as_pvlib_has_it():
    import pandas as pd

    sky = clear_sky(47.4, 8.05, start_s=START_S + 12 * 3600, step_s=900, rows=1)
    middle = pd.DatetimeIndex(["2021-06-20 12:07:30"], tz="UTC")
    sun = solarposition.get_solarposition(middle, 47.4, 8.05)
    dni_extra = irradiance.get_extra_radiation(middle)
    airmass = 1.0 / np.cos(np.radians(sun["apparent_zenith"]))
    expected = clearsky.ineichen(sun["apparent_zenith"], airmass, 3.0, altitude=0.0, dni_extra=dni_extra)
    assert sky.ghi_w_m2[0] == pytest.approx(expected["ghi"].iloc[0], rel=2e-3)  # plane-parallel air mass at a high sun
    plane = irradiance.get_total_irradiance(
        30.0,
        150.0,
        sun["apparent_zenith"],
        sun["azimuth"],
        expected["dni"],
        expected["ghi"],
        expected["dhi"],
        dni_extra=dni_extra,
        albedo=ALBEDO,
        model="haydavies",
    )
    assert sky.plane_w_m2(30.0, 150.0)[0] == pytest.approx(plane["poa_global"].iloc[0], rel=2e-3)


def test_an_hour_is_the_mean_of_its_quarter_hours():
    hours = clear_sky(47.4, 8.05, start_s=START_S, step_s=3600, rows=24)
    quarters = clear_sky(47.4, 8.05, start_s=START_S, step_s=900, rows=96)
    mean = quarters.plane_w_m2(35.0, 90.0).reshape(24, 4).mean(axis=1)
    # Three points against four: they differ where the sun rises or meets the plane within the hour.
    assert np.abs(hours.plane_w_m2(35.0, 90.0) - mean).max() < 8.0


def test_a_horizontal_plane_sees_the_horizontal_irradiance():
    sky = clear_sky(-35.3, 149.1, start_s=START_S, step_s=3600, rows=24)
    high = sky.elevation_deg > 5.0
    np.testing.assert_allclose(sky.plane_w_m2(0.0, 0.0)[high], sky.ghi_w_m2[high], rtol=0.01)


def test_the_sun_of_a_row_does_not_depend_on_where_the_request_began():
    whole = clear_sky(47.4, 8.05, start_s=START_S, step_s=900, rows=96 * 70)  # over several months of the cache
    late = clear_sky(47.4, 8.05, start_s=START_S + 86_400 * 40, step_s=900, rows=96 * 2)
    rows = slice(96 * 40, 96 * 42)
    np.testing.assert_array_equal(whole.plane_w_m2(30.0, 170.0)[rows], late.plane_w_m2(30.0, 170.0))


def test_what_one_caller_writes_reaches_no_other():
    sky = clear_sky(47.4, 8.05, start_s=START_S + 43_200, step_s=900, rows=4)
    sky.ghi_w_m2[:] = -1.0
    assert clear_sky(47.4, 8.05, start_s=START_S + 43_200, step_s=900, rows=4).ghi_w_m2.min() > 0.0
