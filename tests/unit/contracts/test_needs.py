"""A box is asked when the needs of its card are met, and what is missing is named with value and limit."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from twin.contracts.box import BoxCard, Mode, Need
from twin.contracts.frame import Frame
from twin.contracts.needs import unmet
from twin.contracts.synthetic import AS_OF, SyntheticSite, with_gap
from twin.domain.time import QUARTER_HOUR

DAY = timedelta(days=1)
VIEW = SyntheticSite(rows=7 * 96).view()
FORECAST = VIEW.ahead["load_forecast_p_mw"]


def missing(need, view=VIEW):
    return unmet(BoxCard("b", "1", "o", needs=(need,), provides=(), constants={}), view)


def ahead(forecast, as_of=AS_OF):
    return replace(VIEW, as_of=as_of, ahead={"load_forecast_p_mw": forecast})


def test_met_needs_are_not_mentioned():
    assert missing(Need("zone_load_p_mw", ("town",), history=DAY, min_coverage=1.0)) == ()
    assert missing(Need("load_forecast_p_mw", ("town",), ahead=DAY, quantiles=(0.5,))) == ()


def test_an_element_that_the_frame_lacks_is_named():
    assert missing(Need("zone_load_p_mw", ("village",))) == (
        "need 'zone_load_p_mw': the frame does not have ['village'], it has ['town', 'neighbourhood']",
    )


def test_a_history_that_the_frame_lacks_is_named():
    assert "the frame does not have it" in missing(Need("plan_p_mw", history=DAY))[0]


def test_a_frame_that_ended_a_day_ago_is_old():
    late = replace(VIEW, as_of=AS_OF + DAY)
    assert "no valid value within max_age=1:00:00" in missing(Need("zone_load_p_mw"), late)[0]
    assert missing(Need("zone_load_p_mw", max_age=2 * DAY), late) == ()


def test_rows_that_have_not_come_count_as_missing():
    late = replace(VIEW, as_of=AS_OF + DAY / 2)
    need = Need("zone_load_p_mw", history=DAY, max_age=DAY, min_coverage=0.6)
    assert "coverage=0.500" in missing(need, late)[0]


def test_rows_after_as_of_do_not_make_a_need_met():
    silent = with_gap(VIEW, "zone_load_p_mw", rows=96)
    later = np.ones((4, silent.frame.values.shape[1]))
    values = np.concatenate([silent.frame.values, later])
    quality = np.concatenate([silent.frame.quality, np.zeros(later.shape, np.uint8)])
    assert missing(Need("zone_load_p_mw"), replace(silent, frame=replace(silent.frame, values=values, quality=quality)))


def test_a_strict_need_wants_every_element_and_last_good_one_that_speaks():
    frame = VIEW.frame
    values = frame.values.copy()
    values[:, frame.layout.positions("zone_load_p_mw", ("town",))] = np.nan
    half = replace(VIEW, frame=Frame(frame.layout, frame.start_s, values, frame.quality))
    assert "of ['town']" in missing(Need("zone_load_p_mw"), half)[0]
    assert missing(Need("zone_load_p_mw", mode=Mode.LAST_GOOD), half) == ()


def test_a_forecast_older_than_its_max_age_is_named():
    old = FORECAST.assign_attrs(issued_at=(AS_OF - 3 * DAY).isoformat())
    need = Need("load_forecast_p_mw", ahead=DAY)
    assert "issued_at=2016-06-12T10:00:00+00:00, older than max_age=1:00:00" in missing(need, ahead(old))[0]
    assert missing(replace(need, max_age=4 * DAY), ahead(old)) == ()


def test_a_forecast_that_does_not_say_when_it_was_issued_is_old():
    anonymous = FORECAST.copy()
    anonymous.attrs = {}
    assert "issued_at=None" in missing(Need("load_forecast_p_mw", ahead=DAY), ahead(anonymous))[0]


def test_a_forecast_for_another_zone_does_not_meet_the_need():
    other = FORECAST.sel(zone=["neighbourhood"])
    found = missing(Need("load_forecast_p_mw", ("town",), ahead=DAY), ahead(other))
    assert found == ("need 'load_forecast_p_mw': nobody provides it ahead for zone ['town'], only for ['neighbourhood']",)


def test_a_level_that_nobody_gives_is_named():
    assert "for quantile [0.99]" in missing(Need("load_forecast_p_mw", ahead=DAY, quantiles=(0.99,)))[0]


@pytest.mark.parametrize(("mode", "met"), [(Mode.STRICT, False), (Mode.LAST_GOOD, True), (Mode.OPTIONAL, True)])
def test_only_a_strict_need_wants_every_step_ahead(mode, met):
    thin = FORECAST.copy()
    thin[1:96] = np.nan
    assert (missing(Need("load_forecast_p_mw", ahead=DAY, mode=mode), ahead(thin)) == ()) is met


def test_steps_count_from_the_running_quarter_hour_on():
    shifted = ahead(FORECAST.isel(time=slice(0, 96)), as_of=AS_OF + QUARTER_HOUR)
    assert "95 steps ahead, expected 96" in missing(Need("load_forecast_p_mw", ahead=DAY), shifted)[0]


def test_gaps_of_other_elements_do_not_matter():
    thin = FORECAST.copy()
    thin.loc[{"zone": "neighbourhood"}] = np.nan
    assert missing(Need("load_forecast_p_mw", ("town",), ahead=DAY), ahead(thin)) == ()
