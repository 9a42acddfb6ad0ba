"""Fault 8: an answer that physics allows and this site does not is marked questionable."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import xarray as xr

from twin.check import ready_site
from twin.contracts.box import BoxCard, Provide
from twin.contracts.messages import Headline, Report
from twin.contracts.validation import Premises, judge, times_of
from twin.domain.grid import NORMAL
from twin.domain.signals import SIGNALS
from twin.site.plausible import plausible
from twin.wiring import Window, wire

AS_OF = datetime(2016, 1, 27, 11, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def ready():
    return ready_site("demo")


@pytest.fixture(scope="module")
def demo(ready):
    return ready.site, ready.engine.model(NORMAL).grid


@pytest.fixture(scope="module")
def premises(demo):
    site, grid = demo
    return Premises.of(site.context("load", grid.to_bytes()), plausible(site, grid))


def doubts(premises, signal, **by_element):
    """What is doubted in a day-ahead answer, given as a path or a constant [MW] by element."""
    dim = SIGNALS[signal].dim
    provide = Provide(signal, tuple(by_element), horizon=timedelta(hours=24))
    values = np.stack([np.broadcast_to(path, 96) for path in by_element.values()], axis=1)
    coords = {"time": times_of(provide, AS_OF), dim: list(by_element)}
    output = xr.DataArray(values, dims=("time", dim), coords=coords, attrs={"units": "MW"})
    card = BoxCard("b", "1", "planning", needs=(), provides=(provide,), constants={signal: 0.0})
    verdict = judge(card, Report({signal: output}, Headline("x", 1.0, "MW")), AS_OF, premises)
    assert verdict.problems == ()
    return verdict.doubts


def test_a_town_cannot_draw_more_than_its_transformers_and_its_roofs_bring(premises):
    # 1.5 x 2 x 63 MVA + 35.7 MWp
    assert doubts(premises, "load_forecast_p_mw", town=12.0) == ()
    (doubt,) = doubts(premises, "load_forecast_p_mw", town=840.0)
    assert "zone 'town': 840 MW is above the site's 224.697" in doubt


def test_each_zone_has_its_own_range(premises):
    (doubt,) = doubts(premises, "load_forecast_p_mw", town=12.0, neighbourhood=2.0)
    assert "zone 'neighbourhood': 2 MW is above the site's 0.982" in doubt


def test_consumption_that_jumps_within_its_range_is_questionable(premises):
    (doubt,) = doubts(premises, "load_forecast_p_mw", neighbourhood=np.where(np.arange(96) < 48, 0.1, 0.9))
    assert "zone 'neighbourhood': changes by 0.8 MW in a step, limit 0.2455" in doubt


def test_panels_give_at_most_their_peak_power(premises):
    assert doubts(premises, "pv_forecast_p_mw", school_roof=0.0787) == ()
    (doubt,) = doubts(premises, "pv_forecast_p_mw", school_roof=0.4)
    assert "0.4 MW is above the site's 0.0787" in doubt


def test_a_plan_beyond_a_device_is_questionable(premises):
    assert doubts(premises, "plan_p_mw", battery_458=-0.005) == ()
    assert len(doubts(premises, "plan_p_mw", battery_458=-0.05)) == 1


def test_the_dynamic_tariff_stays_in_its_band(demo):
    site, grid = demo
    limit = plausible(site, grid)["grid_tariff_chf_per_kwh", ""]
    assert (limit.minimum, limit.maximum) == (0.04, 0.22)


def test_a_boundary_that_is_no_transformer_gives_no_opinion_on_consumption(demo):
    site, grid = demo
    (town, *others) = site.zones
    feeder = town.model_copy(update={"boundary": (town.boundary[0].model_copy(update={"channel": "line.0.p_mw"}),)})
    limits = plausible(site.model_copy(update={"zones": (feeder, *others)}), grid)
    assert ("load_forecast_p_mw", "town") not in limits
    assert ("pv_forecast_p_mw", "town") in limits


def test_a_run_holds_its_boxes_against_the_limits_of_its_site(ready, demo, tmp_path):
    site, grid = demo
    wired = wire(ready, Window(AS_OF, 1), tmp_path, lambda _step, _share: None, lambda _event: None)
    try:
        assert wired.parts.runner._limits == plausible(site, grid)
    finally:
        wired.parts.runner.stop()
        wired.parts.journal.close()
