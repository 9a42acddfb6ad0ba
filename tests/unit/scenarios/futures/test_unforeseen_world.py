"""What a scenario changes that no forecast knew, and a sampled path as the world of a played future, on the demo town."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from small_start import small_start

from scenarios.futures.change import demand_of, inside, unforeseen
from scenarios.futures.sampled_site import refusals, sampled_site, truth_of
from twin.check import ready_site
from twin.domain.time import to_epoch_s
from twin.site.rehearsed import WorldChange
from twin.wiring import Window

NOON = datetime(2016, 5, 22, 10, 0, tzinfo=UTC)
MORNING = datetime(2016, 5, 22, 5, 0, tzinfo=UTC)
"""No panel is at its cap."""
STEPS = 8
SERIES = tuple((kind, zone) for kind in ("load", "pv") for zone in ("town", "neighbourhood"))


@pytest.fixture(scope="module")
def demo():
    ready = ready_site("demo")
    return ready.site, ready.prepared(lambda *_: None)


def changed(site, **change):
    world = WorldChange(at=NOON, until=NOON + timedelta(hours=1), **change)
    return site.model_copy(update={"plant": site.plant.model_copy(update={"world": (world,)})})


def factors(demo, **change):
    site, prepared = demo
    found = unforeseen(changed(site, **change), prepared, prepared.zones, Window(NOON, STEPS))
    return found.zone("load", "town"), found.zone("pv", "town"), found


def test_a_load_that_nobody_foresees_acts_on_its_share_of_the_consumption(demo):
    load, pv, _ = factors(demo, quantity="load", times=1.5)
    # heat pumps and cars, which stay as they are, take some of the town's noon
    assert (load[:4] > 1.2).all()
    assert (load[:4] < 1.5).all()
    assert load[4:].tolist() == [1.0] * 4
    assert pv.tolist() == [1.0] * STEPS


def test_a_sun_that_is_foreseen_is_in_the_forecasts_and_one_that_is_not_is_not(demo):
    _, pv, _ = factors(demo, quantity="sun", times=0.5, foreseen=False)
    # half the sun, and more than half the power where the cap of 70 % held some back
    assert pv[:4] == pytest.approx(0.53, abs=0.03)
    _, pv, _ = factors(demo, quantity="sun", times=0.5)
    assert pv.tolist() == [1.0] * STEPS


def test_low_hydro_and_a_price_that_nobody_foresaw_reach_the_futures(demo):
    assert factors(demo, quantity="hydro", times=0.25)[2].sgen(132)[:5] == pytest.approx([0.25] * 4 + [1.0])
    found = factors(demo, quantity="price_chf_per_kwh", times=3.0, foreseen=False)[2]
    assert found.outside("price_chf_per_kwh", np.full(STEPS, 0.1))[[0, 4]] == pytest.approx([0.3, 0.1])


def test_a_sampled_path_becomes_the_world_of_its_future(demo):
    site, prepared = demo
    start = replace(
        small_start(steps=STEPS), start=MORNING, series=SERIES, devices=("car_1",), device_alone_mw=np.zeros((1, STEPS))
    )
    zones = prepared.zones
    truth = truth_of(site, start, prepared, zones, site.devices)
    wanted = np.array([truth[one][0] * (1.2 if one[1] == "town" else 0.7) for one in SERIES])
    future = sampled_site(site, start, zones, wanted, truth, ())
    labels = to_epoch_s(MORNING) + 900 * np.arange(STEPS)
    load, sgen = demand_of(future, prepared, zones, labels)
    named = {zone.name: zone for zone in zones}
    for row, (kind, zone) in enumerate(SERIES):
        held = inside(named[zone], zones)
        of, indices = (load, prepared.load) if kind == "load" else (sgen, prepared.sgen)
        members = np.isin(indices, [i for one in held for i in (one.loads if kind == "load" else one.pv_sgens)])
        # profiles are kept in single precision
        assert of[:, members].sum(axis=1) == pytest.approx(wanted[row], rel=1e-5), (kind, zone)


def test_a_device_that_obeys_nobody_refuses_from_before_the_first_tick_to_the_end():
    start = small_start()
    (refusal,) = refusals(start, np.array([False]))
    assert (refusal.kind, refusal.element) == ("refuse", "device.battery")
    assert refusal.at < start.start
    assert refusal.until == start.start + timedelta(hours=2)
    assert refusals(start, np.array([True])) == []
