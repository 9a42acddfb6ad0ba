"""The live strip's day behind and what is announced of it."""

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr

from tests.unit.regie import small_town as town
from tests.unit.regie.small_devices import ROOF
from twin.domain.quality import Quality
from twin.regie.live_strip import strip

AS_OF = datetime(2016, 1, 25, 17, 0, tzinfo=UTC)
SMALL = replace(town.STATION, id="small", e_max_mwh=1.0, p_max_mw=0.2)
LARGE = replace(town.STATION, id="large", e_max_mwh=3.0, p_max_mw=0.6)
PAST = {
    ("price_chf_per_kwh", ""): (0.10, 0.12),
    ("device_soc_percent", "small"): (10.0, 20.0, 60.0),
    ("device_soc_percent", "large"): (40.0, 80.0),
    ("device_available", "small"): (1.0, 1.0),
    ("device_available", "large"): (1.0, 0.0),
    ("device_available", "roof"): (1.0, 1.0),
    ("device_p_mw", "small"): (0.0, 0.1),
    ("device_p_mw", "large"): (0.0, 0.0),
    ("device_p_mw", "roof"): (-0.3, -0.5),
}


def shown(past, devices=(SMALL, LARGE, ROOF), **outside):
    observation = SimpleNamespace(signals={}, flags={("price_chf_per_kwh", ""): int(Quality.GOOD)})
    state = SimpleNamespace(interval=AS_OF, as_of=AS_OF)
    return strip(SimpleNamespace(observation=observation, state=state, envelopes={}, outside=outside), devices, past)


def test_the_charge_behind_is_weighed_by_what_each_battery_holds():
    assert shown(PAST).past["battery_soc_percent"].values == pytest.approx(((20 + 120) / 4, (60 + 240) / 4))


def test_a_day_behind_ends_now_and_begins_where_every_part_is_remembered():
    curve = shown(PAST).past["battery_soc_percent"]
    assert curve.start == datetime(2016, 1, 25, 16, 30, tzinfo=UTC)


def test_flexibility_behind_counts_what_was_plugged_in_and_of_a_roof_what_ran():
    assert shown(PAST).past["flexibility_on_call_mw"].values == pytest.approx((0.2 + 0.6 + 0.3, 0.2 + 0.0 + 0.5))


def test_a_part_that_was_unknown_leaves_a_gap_and_no_zero():
    gap = PAST | {("device_soc_percent", "small"): (float("nan"), 60.0)}
    assert shown(gap).past["battery_soc_percent"].values[0] is None


def test_a_site_without_batteries_and_chargers_draws_none():
    assert set(shown(PAST, devices=(ROOF,)).past) == {"price_chf_per_kwh", "flexibility_on_call_mw"}


def test_prices_that_are_known_ahead_are_announced():
    times = np.datetime64("2016-01-25T17:00") + np.arange(4) * np.timedelta64(15, "m")
    price = xr.DataArray([0.1, 0.2, 0.3, 0.2], dims=("time",), coords={"time": times})
    ahead = shown(PAST, price_chf_per_kwh=price).ahead["price_chf_per_kwh"]
    assert (ahead.start, ahead.median) == (AS_OF, (0.1, 0.2, 0.3, 0.2))
