"""The spread that a forecast hands to the estimate is read from its own band."""

import math

import numpy as np
import pytest
import xarray as xr
from scipy.special import ndtri

from tests.unit.regie import small_town as town
from twin.regie.estimate import ZoneInput
from twin.regie.horizon import _sigma, zone_input

LEVELS = np.array([0.05, 0.5, 0.95])


def test_a_normal_band_gives_back_its_standard_deviation():
    band = xr.DataArray(2.0 + 0.3 * ndtri(LEVELS)[None, :], dims=("time", "quantile"), coords={"quantile": LEVELS})
    assert _sigma(band) == pytest.approx([0.3])


def test_a_lone_median_has_no_spread_to_give():
    median = xr.DataArray([[2.0]], dims=("time", "quantile"), coords={"quantile": [0.5]})
    assert _sigma(median).tolist() == [0.0]


def test_a_forecast_total_comes_with_its_spread_and_a_measured_one_without():
    forecast = {"load:town": (7.0, 7.5), "load:town:sigma": (0.4, 0.5), "pv:town": (0.0, 0.4), "pv:town:sigma": (0.1, 0.2)}
    signals = {("zone_load_p_mw", "town"): 1.5, ("zone_pv_p_mw", "town"): math.nan}
    assert zone_input(town.TOWN, signals, 900, forecast, 0) == ZoneInput(1.5, 0.4, 0.0, 0.2)
