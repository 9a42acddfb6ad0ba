"""A zone whose total comes from a forecast is as uncertain as the forecast's own band."""

import numpy as np
import pytest

from tests.unit.regie import small_town as town
from twin.domain.grid import NORMAL
from twin.domain.quality import Quality
from twin.regie.estimate import PSEUDO_FLOOR_MVA, PSEUDO_SHARE, StateEstimator, ZoneInput


@pytest.fixture(scope="module")
def model():
    return town.engine().model(NORMAL)


@pytest.fixture(scope="module")
def measured(model):
    """``measured(zones)``: the measurements while every meter is silent."""
    estimator = StateEstimator(
        model.grid,
        town.CHANNELS,
        [town.TOWN, town.QUARTER],
        load_weight=np.array([600.0, 300.0, 800.0, 200.0]),
        load_tan_phi=np.full(4, 0.2),
        sgen_kwp=np.array([0.5, 0.0]),
    )
    silent = np.full(len(town.CHANNELS), np.nan), np.full(len(town.CHANNELS), int(Quality.INVALID), dtype=np.uint8)
    return lambda zones: estimator.measurements(model.grid, *silent, zones)


def zones(*, load_sigma=0.0, pv_sigma=0.0, quarter_sigma=0.0, pv=0.3):
    return {
        "town": ZoneInput(2.0, pv, load_sigma_mw=load_sigma, pv_sigma_mw=pv_sigma),
        "quarter": ZoneInput(0.2, 0.0, load_sigma_mw=quarter_sigma),
    }


def test_a_measured_total_leaves_only_the_doubt_of_its_division(measured):
    m = measured(zones())
    # to the last bit: a day without forecasts in it must not change
    assert (m.load_sigma_mva == np.maximum(PSEUDO_SHARE * m.load_p_mw, PSEUDO_FLOOR_MVA)).all()


def test_the_sum_of_a_zones_loads_is_as_uncertain_as_its_forecast(measured):
    certain, doubtful = measured(zones()), measured(zones(load_sigma=0.4))
    own = town_loads(certain)
    added = (doubtful.load_sigma_mva[own] ** 2).sum() - (certain.load_sigma_mva[own] ** 2).sum()
    assert np.sqrt(added) == pytest.approx(0.4)


def test_a_wide_band_weighs_less_than_a_narrow_one(measured):
    narrow, wide = measured(zones(load_sigma=0.05)), measured(zones(load_sigma=0.5))
    own = town_loads(narrow)
    assert (wide.load_sigma_mva[own] > narrow.load_sigma_mva[own]).all()
    assert (wide.load_p_mw == narrow.load_p_mw).all()


def test_a_parent_is_as_uncertain_as_the_children_it_is_reckoned_from(measured):
    certain, doubtful = measured(zones()), measured(zones(quarter_sigma=0.3))
    own = town_loads(certain)
    assert (doubtful.load_sigma_mva[own] > certain.load_sigma_mva[own]).all()


def test_a_forecast_of_a_neighbour_zone_changes_nothing_in_a_measured_one(measured):
    certain, doubtful = measured(zones()), measured(zones(load_sigma=0.4))
    assert doubtful.load_sigma_mva[3] == certain.load_sigma_mva[3]


def test_a_forecast_of_no_sun_keeps_its_own_doubt(measured):
    m = measured(zones(pv=0.0, pv_sigma=0.02))
    assert m.sgen_p_mw[0] == 0.0
    assert m.sgen_sigma_mva[0] >= 0.02


def town_loads(m):
    """Loads that the town shares out itself: all but the quarter's, which is the last."""
    return np.arange(len(m.load_p_mw) - 1)
