"""One quarter hour's origin: sums as metered, shares as the sources are, unknown where nobody knows."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.origin.small_quarter import FACTS, metered
from twin.domain.zones import Zone
from twin.origin.consumed import consumed_of
from twin.origin.ledger import NOTHING, Content
from twin.origin.meta import from_meta, to_meta
from twin.origin.quarter import allocated, told
from twin.origin.town import Pattern
from twin.origin.traced import KINDS
from twin.regie.public_means import mean_origin

SUN = Content({"pv": 1.0}, 0.0, 1.0, 0.04)


def telling(pattern=None, ledgers=(NOTHING, NOTHING), **changes):
    meters = metered(**changes)
    return told(FACTS, meters, allocated(FACTS, meters, pattern), ledgers)


def pattern(**rows) -> Pattern:
    """What an estimate had, by sink: powers of the sources pv, hydro, waste, big, small, import [MW]."""
    sinks = ("town", "quarter", "big", "small", "exported")
    return Pattern(np.array([rows.get(sink, (0.0,) * 6) for sink in sinks], dtype=float), 0.1, 0.0)


ROOFS_IN_THE_QUARTER = pattern(town=(0, 1, 1, 0, 0, 3), quarter=(2, 0, 0, 0, 0, 1))


def test_the_town_is_as_renewable_as_what_flows_into_it():
    town = telling().traced.zones["town"]
    assert town.share == pytest.approx((2.0 + 1.0 + 0.5 * 1.0 + 0.5 * 4.0) / 8.0)
    assert town.made_here == pytest.approx(3.5 / 8.0)
    assert town.co2_g_per_kwh == pytest.approx((2 * 40 + 1 * 20 + 1 * 300 + 4 * 100) / 8.0)
    assert town.parts == pytest.approx({"pv": 0.25, "hydro": 0.125, "other": 0.125, "storage": 0.0, "import": 0.5})


def test_a_quarter_with_roofs_is_greener_than_the_rest_when_the_lines_say_so():
    zones = telling(ROOFS_IN_THE_QUARTER).traced.zones
    assert zones["quarter"].share == pytest.approx((2.0 + 0.5) / 3.0)
    assert zones["town"].share == telling().traced.zones["town"].share  # the town's sums are the meters'


def test_without_a_solved_grid_every_zone_has_the_towns_mix():
    traced = telling().traced
    assert traced.method == "pooled"
    assert traced.zones["quarter"].share == pytest.approx(traced.zones["town"].share)


def test_a_zone_that_neither_meter_nor_grid_tells_is_unknown_and_its_energy_stays_with_the_zone_above():
    silent, heard = telling(quarter=math.nan).traced.zones, telling().traced.zones
    assert to_meta(telling(quarter=math.nan).traced)["zones"]["quarter"] == [None, None, None, None, {}]
    assert silent["town"] == heard["town"]
    assert mean_origin([heard["quarter"], silent["quarter"]]).share is None  # half of an hour is not an hour


def test_a_silent_zone_leaves_what_is_metered_within_it():
    within = Zone("street", {"en": "street"}, 100, pv_kwp=0.0, parent="quarter", boundary=(("trafo.0.p_mw", 1.0),))
    facts = replace(FACTS, zones=(*FACTS.zones, within))
    meters = replace(metered(), consumption=(8.0, math.nan, 2.0))
    zones = told(facts, meters, allocated(facts, meters, None), (NOTHING, NOTHING)).traced.zones
    assert (math.isnan(zones["quarter"].p_mw), zones["street"].p_mw, zones["town"].p_mw) == (True, 2.0, 8.0)


MEGAWATT = st.one_of(st.just(0.0), st.floats(0.001, 9.0))
SIGNED = st.floats(-9.0, 9.0)


@settings(deadline=None)
@given(SIGNED, st.tuples(SIGNED, SIGNED), st.tuples(MEGAWATT, MEGAWATT, MEGAWATT), MEGAWATT, st.data())
def test_what_is_told_sums_to_what_the_meters_say(net, stores, plants, quarter, data):
    (big, small), (pv, hydro, other) = stores, plants
    cells = data.draw(st.lists(MEGAWATT, min_size=30, max_size=30))
    traced = telling(
        Pattern(np.reshape(cells, (5, 6)), 0.0, data.draw(st.sampled_from([0.0, 1.0]))),
        net=net, pv=pv, hydro=hydro, other=other, quarter=quarter, storage=big + small, big_p=big, small_p=small,
    ).traced  # fmt: skip
    injected = {injection.kind: injection.p_mw for injection in traced.injections}
    taken = [traced.zones["town"], traced.exported, traced.charged]
    assert sum(injected.values()) == pytest.approx(sum(origin.p_mw for origin in taken), abs=1e-8)
    for kind in KINDS:
        assert injected[kind] == pytest.approx(sum(o.p_mw * o.parts.get(kind, 0.0) for o in taken), abs=1e-8)
    assert injected["hydro"] == pytest.approx(hydro, abs=1e-8)
    assert injected["import"] - traced.exported.p_mw == pytest.approx(net, abs=1e-8)
    assert injected["storage"] - traced.charged.p_mw == pytest.approx(-big - small, abs=1e-8)
    assert injected["pv"] >= pv - 1e-8  # panels scaled up from a few give at least what others took
    assert traced.zones["quarter"].p_mw <= traced.zones["town"].p_mw + 1e-8
    for origin in (*traced.zones.values(), traced.exported, traced.charged):
        assert sum(origin.parts.values()) == pytest.approx(1.0 if origin.parts else 0.0)
        assert origin.share is None or -1e-9 <= origin.share <= 1.0 + 1e-9


def test_nothing_consumed_is_no_share_and_no_fault():
    town = telling(net=-4.0).traced.zones["town"]
    assert (town.p_mw, town.share, town.co2_g_per_kwh, dict(town.parts)) == (0.0, None, None, {})
    assert consumed_of(town) == consumed_of(telling(net=0.0, pv=0.0, hydro=0.0, other=0.0).traced.zones["town"])


@pytest.mark.parametrize("silent", ["net", "pv", "hydro", "other", "storage"])
def test_a_town_with_a_silent_meter_is_unknown_and_not_zero(silent):
    traced = telling(**{silent: math.nan}).traced
    assert (traced.method, traced.injections) == ("unknown", ())
    assert traced.zones["town"].share is None
    counted = consumed_of(traced.zones["town"])
    assert counted.mwh == 0.25 * traced.zones["town"].p_mw  # what is metered counts, wherever it came from
    assert all(map(math.isnan, (counted.renewable_mwh, counted.co2_t)))


def test_an_unknown_import_mix_makes_the_share_unknown_and_not_zero():
    traced = telling(share=math.nan).traced
    assert (traced.zones["town"].share, traced.zones["town"].parts["import"]) == (None, 0.5)
    counted = consumed_of(traced.zones["town"])
    assert math.isnan(counted.renewable_mwh)
    assert counted.co2_t == pytest.approx(0.25e-3 * 8.0 * traced.zones["town"].co2_g_per_kwh)
    assert {i.kind: i.renewable_share for i in traced.injections}["import"] is None


def test_an_unknown_mix_of_nothing_hides_nothing():
    assert telling(net=0.0, share=math.nan).traced.zones["town"].share == pytest.approx(3.5 / 4.0)


def test_what_a_storage_gives_has_the_origin_that_it_was_charged_with():
    town = telling(ledgers=(SUN.scaled(2.0), NOTHING), storage=-1.0, big_p=-1.0).traced.zones["town"]
    assert town.parts["storage"] == pytest.approx(1.0 / 9.0)
    assert town.share == pytest.approx((5.5 + 1.0) / 9.0)
    assert town.made_here == pytest.approx(3.5 / 9.0)  # now; what storage gives back was made before


def test_a_little_of_unknown_origin_leaves_the_share_of_the_rest():
    assert telling(storage=-0.16, big_p=-0.16).traced.zones["town"].share == pytest.approx(5.5 / 8.0)


def test_much_of_unknown_origin_makes_the_share_unknown():
    assert telling(storage=-0.17, big_p=-0.17).traced.zones["town"].share is None


def test_a_charging_storage_takes_the_mix_that_reaches_it():
    found = telling(pattern(town=(0, 1, 1, 0, 0, 4), big=(2, 0, 0, 0, 0, 0)), storage=2.0, big_p=2.0)
    assert found.ledgers[0].energy_mwh == pytest.approx({"pv": 0.5}, abs=1e-6)
    assert found.traced.charged.share == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize(("unknown", "share", "co2"), [("co2", True, False), ("share", False, True)])
def test_a_storage_remembers_the_share_of_an_import_whose_emissions_nobody_knows_and_the_reverse(unknown, share, co2):
    charged = telling(net=8.0, pv=0.0, hydro=0.0, other=0.0, storage=8.0, big_p=8.0, **{unknown: math.nan}).ledgers
    given = telling(net=0.0, pv=0.0, hydro=0.0, other=0.0, storage=-4.0, big_p=-4.0, ledgers=charged).traced.zones["town"]
    assert (given.share, given.co2_g_per_kwh) == (pytest.approx(0.5) if share else None, pytest.approx(100.0) if co2 else None)


def test_a_storage_that_charges_while_the_town_is_unknown_holds_what_nobody_knows():
    assert telling(net=math.nan, storage=2.0, big_p=2.0).ledgers[0].unknown_mwh == 0.5


def test_what_is_told_comes_back_from_the_journal():
    for traced in (telling(ROOFS_IN_THE_QUARTER).traced, telling(net=math.nan).traced, telling(net=-4.0).traced):
        assert to_meta(from_meta(to_meta(traced))) == to_meta(traced)
