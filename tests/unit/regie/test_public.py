"""What the citizens' snapshot tells, and what the privacy rule, the roof's owner and the site's resolution keep out of it."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import xarray as xr

from twin.contracts.messages import Envelope, Headline, Outcome, Report, Service, State
from twin.domain.grid import NORMAL
from twin.domain.quality import Quality
from twin.domain.time import QUARTER_HOUR, quarter_hours
from twin.domain.zones import Zone
from twin.regie.memory import LoopMemory
from twin.regie.origin import Ledger, flows_of, mix
from twin.regie.public import PublicComposer, PublicFacts
from twin.regie.publish import Host
from twin.regie.tick import Moment, Observation, Tick

NOON = datetime(2016, 6, 15, 12, tzinfo=UTC)
WALL = datetime(2026, 3, 4, 9, tzinfo=UTC)
TOWN = Zone("town", {"en": "Town"}, 10_000, pv_kwp=5_000.0, hydro=("sgen.1.p_mw",))
QUARTER = Zone("quarter", {"en": "Quarter"}, 112, pv_kwp=380.0, parent="town")
ROOF = Zone("roof", {"en": "School roof"}, 0, pv_kwp=78.7, parent="quarter")
FACTS = PublicFacts(
    site="town",
    title={"en": "Town"},
    timezone="Europe/Zurich",
    root=TOWN,
    neighbourhood=QUARTER,
    roof=ROOF,
    roof_consented=True,
    k=15,
    max_share=0.15,
    largest_share=0.09,
    resolution=timedelta(minutes=60),
    notes=(),
)
LOAD, PV, ROOF_PV = ("zone_load_p_mw", "quarter"), ("zone_pv_p_mw", "quarter"), ("zone_pv_p_mw", "roof")
GOOD = dict.fromkeys((LOAD, PV, ROOF_PV, ("zone_load_p_mw", "town")), int(Quality.GOOD))
HOST = Host(WALL, WALL + timedelta(seconds=10), "live", 90.0, 5.0)


def forecast(signal, path):
    """The answer of a forecast box for the town: one median path from noon on [MW]."""
    values = np.asarray(path, dtype=float)[None, :, None]
    coords = {"zone": ["town"], "time": quarter_hours(NOON, values.shape[1]), "quantile": [0.5]}
    output = xr.DataArray(values, dims=("zone", "time", "quantile"), coords=coords)
    report = Report({signal: output}, Headline(signal, 0.0, "MW"))
    fresh = (Quality.FORECAST, Service.FRESH, Outcome.OK, None, "", None)
    return Envelope(signal, "box", "1.0.0", "team", "champion", NOON, NOON, NOON + QUARTER_HOUR, *fresh, report)


def tick(as_of=NOON, *, load=None, pv=None, hydro=0.0, share=None, flows=None, ledger=None):
    """One regular tick; ``load``, ``pv``, ``share``: what is known ahead, dims (time,), None where nobody knows."""
    envelopes = {}
    for signal, path in (("load_forecast_p_mw", load), ("pv_forecast_p_mw", pv)):
        if path is not None:
            envelopes[signal] = forecast(signal, path)
    outside = {} if share is None else {"import_renewable_share": xr.DataArray(np.asarray(share, dtype=float), dims=("time",))}
    signals = {("zone_hydro_p_mw", "town"): hydro}
    nothing = np.empty(0)
    flows = flows or flows_of(6.0, 3.0, 1.0, 0.0)
    pool = mix(flows, ledger or Ledger(), 0.5, 100.0, {"pv": 40.0, "hydro": 10.0})
    return Tick(
        seq=0,
        moment=Moment(as_of),
        observation=Observation(None, None, nothing, nothing, {}, signals, GOOD),
        state=State(as_of, as_of - QUARTER_HOUR, NORMAL, xr.Dataset(), Quality.ESTIMATED, 1.0, "normal"),
        envelopes=envelopes,
        result=None,  # what is decided is no part of what citizens see
        mix=pool,
        flows=flows,
        outside=outside,
        memory=LoopMemory(),
        lines=(),
    )


def published(facts=FACTS, quarters=4, *, begin=NOON, flags=GOOD, host=HOST, **rows):
    """The snapshot after some quarter hours of which each has the values in ``rows`` [MW]."""
    composer = PublicComposer(facts)
    paths = {LOAD: rows.get("load", (0.12, 0.14, 0.16, 0.18)), PV: (0.05,) * 4, ROOF_PV: (0.01, 0.02, 0.03, 0.04)}
    for number in range(quarters):
        values = {key: path[number % 4] for key, path in paths.items()}
        composer.remember(begin + number * QUARTER_HOUR, values, flags)
    return composer.compose(tick(), host)


# ------------------------------------------------------------------------------------------------ privacy


def test_a_group_of_many_without_a_giant_is_told_as_the_mean_of_its_hour():
    group = published().neighbourhood
    assert (group.customers, group.load_kw, group.pv_kw) == (112, 150.0, 50.0)
    assert (group.start, group.end) == (NOON, NOON + timedelta(hours=1))
    assert group.quality == ("good",)


@pytest.mark.parametrize(
    "broken",
    [{"neighbourhood": replace(QUARTER, customers=14)}, {"largest_share": 0.16}, {"neighbourhood": None}],
    ids=["fewer than k", "one stands out", "no neighbourhood"],
)
def test_a_small_or_dominated_group_is_never_told(broken):
    snapshot = published(replace(FACTS, **broken))
    assert snapshot.neighbourhood is None
    assert snapshot.roof is not None  # another owner, another rule


@pytest.mark.parametrize("allowed", [{"neighbourhood": replace(QUARTER, customers=15)}, {"largest_share": 0.15}])
def test_the_rule_holds_up_to_its_limits(allowed):
    assert published(replace(FACTS, **allowed)).neighbourhood is not None


def test_a_roof_without_recorded_consent_is_never_told():
    snapshot = published(replace(FACTS, roof_consented=False))
    assert snapshot.roof is None
    assert snapshot.neighbourhood is not None


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_nothing_of_the_neighbourhood_is_told_finer_than_the_sites_resolution(quarters):
    snapshot = published(quarters=quarters)
    assert snapshot.neighbourhood is None
    assert snapshot.roof is None


def test_the_roof_is_told_at_the_sites_resolution_too():
    assert published(quarters=7).roof.p_kw == 25.0  # of the full hour, whatever came since
    roof = published(replace(FACTS, resolution=timedelta(hours=2)), quarters=8).roof
    assert (roof.start, roof.end) == (NOON, NOON + timedelta(hours=2))


def test_an_hour_begun_halfway_is_not_told():
    assert published(begin=NOON + 2 * QUARTER_HOUR, quarters=2).neighbourhood is None


def test_a_missing_quarter_hour_makes_the_mean_unknown_and_not_smaller():
    group = published(load=(0.12, math.nan, 0.16, 0.18), flags=GOOD | {LOAD: int(Quality.INVALID)}).neighbourhood
    assert group.load_kw is None
    assert group.quality == ("invalid",)


@pytest.mark.parametrize(("root", "told"), [(TOWN, 4), (replace(TOWN, customers=120), 0), (QUARTER, 0)])
def test_the_towns_own_powers_are_told_only_if_a_crowd_lives_outside_the_group(root, told):
    snapshot = published(replace(FACTS, root=root))
    assert len(snapshot.sources) == told
    assert snapshot.share is not None


# ------------------------------------------------------------------------------------------------ share and sources


def test_what_is_made_here_is_told_apart_from_what_is_renewable_elsewhere():
    # 3 MW PV and 1 MW hydro of 10 MW; 6 MW import at 50 %
    snapshot = published()
    assert snapshot.share == pytest.approx(0.7)
    assert snapshot.made_here == pytest.approx(0.4)


def test_storage_of_unknown_origin_counts_neither_in_the_share_nor_in_what_is_made_here():
    snapshot = PublicComposer(FACTS).compose(tick(flows=flows_of(4.0, 3.0, 1.0, -2.0)), HOST)
    assert snapshot.share == pytest.approx(0.75)
    assert snapshot.made_here == pytest.approx(0.5)


def test_charging_and_export_leave_the_pool_as_negative_powers():
    snapshot = PublicComposer(FACTS).compose(tick(flows=flows_of(-2.5, 8.0, 1.0, 1.0)), HOST)
    told = {source.kind: (source.p_mw, source.renewable_share) for source in snapshot.sources}
    assert told == {"pv": (8.0, 1.0), "hydro": (1.0, 1.0), "storage": (-1.0, None), "import": (-2.5, None)}


def test_a_town_in_the_dark_has_no_share_and_that_is_told_apart_from_not_knowing():
    dark, blind = (PublicComposer(FACTS).compose(tick(flows=flows_of(net, 0.0, 0.0, 0.0)), HOST) for net in (0.0, math.nan))
    assert (dark.status, dark.share, dark.made_here) == ("no_production_and_no_consumption", None, None)
    assert (blind.status, blind.share, blind.made_here) == ("unknown", None, None)


@pytest.mark.parametrize(("speed", "stale_s"), [(1.0, 1800.0), (90.0, 60.0), (None, 60.0)])
def test_the_pace_is_told_and_two_quarter_hours_without_news_are_stale(speed, stale_s):
    snapshot = published(host=replace(HOST, speed=speed))
    assert snapshot.speed == speed
    assert (snapshot.stale_after - snapshot.published_at).total_seconds() == stale_s


# ------------------------------------------------------------------------------------------------ green hours

DAY = 96


def green(*, as_of=NOON, facts=FACTS, **ahead):
    """The green hours of a town of 10 MW with 4 MW of sun and an import mix that is known, unless told otherwise."""
    known = {"load": np.full(DAY, 10.0), "pv": np.full(DAY, 4.0), "share": np.full(DAY, 0.3)} | ahead
    return PublicComposer(facts).compose(tick(as_of, **known), HOST).green_hours


def test_the_sunny_hours_of_a_clear_day_are_green():
    sun = np.zeros(DAY)
    sun[8:20] = 8.0  # 14:00 to 17:00
    hours = green(pv=sun)
    assert [hour.start.hour for hour in hours if hour.green] == [14, 15, 16]
    assert hours[2].share == pytest.approx(0.8 + 0.2 * 0.3)
    assert hours[0].share == pytest.approx(0.3)


@pytest.mark.parametrize("ripple", [0.0, 0.004])
def test_on_a_flat_day_no_hour_stands_out(ripple):
    share = 0.1 + ripple * (np.arange(DAY) % 8 < 4)  # below a point: the page would print the same figure
    hours = green(share=share)
    assert len(hours) == 24
    assert not any(hour.green for hour in hours)


def test_the_running_hour_comes_first_with_what_is_left_of_it():
    paths = {"pv": np.r_[np.full(3, 9.0), np.full(DAY - 3, 1.0)]}  # the forecast begins now, at a quarter past
    hours = green(as_of=NOON + QUARTER_HOUR, **paths)
    assert hours[0].start == NOON
    assert hours[0].share == pytest.approx(0.9 + 0.1 * 0.3)
    assert hours[1].share == pytest.approx(0.1 + 0.9 * 0.3)
    assert hours[0].green
    assert (len(hours), hours[-1].start) == (24, NOON + timedelta(hours=23))


@pytest.mark.parametrize("missing", ["load", "pv", "share"])
def test_without_one_of_its_forecasts_the_coming_day_is_unknown(missing):
    hours = green(**{missing: None})
    assert {(hour.share, hour.green) for hour in hours} == {(None, False)}


def test_hydro_that_does_not_report_is_unknown_and_not_zero():
    assert {hour.share for hour in green(hydro=math.nan)} == {None}


def test_a_site_without_sun_or_water_needs_neither():
    dry = replace(FACTS, root=replace(TOWN, pv_kwp=0.0, hydro=()))
    assert {hour.share for hour in green(facts=dry, pv=None, hydro=math.nan)} == {0.3}


def test_hours_beyond_a_short_forecast_are_unknown():
    hours = green(load=np.full(10, 10.0))
    assert [hour.share is None for hour in hours[:4]] == [False, False, True, True]
