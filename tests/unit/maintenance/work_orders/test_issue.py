"""From the ranking to the order: which intervention, where, when, at which load it was checked."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import xarray as xr

from twin.domain.problems import BadInput
from twin.maintenance.ranking.ranked import Consequence, FreeWindow, Item, Ranked, Said
from twin.maintenance.ranking.week import HOURS, Week
from twin.maintenance.work_orders.issue import Ground, chosen_items, draft, place_of

AS_OF = datetime(2016, 1, 25, 10, 15, tzinfo=UTC)
START = datetime(2016, 1, 25, 11, 0, tzinfo=UTC)
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def item(asset="station_3", action="replace", **changes):
    facts = {
        "id": f"{asset}:{action}",
        "rank": 1,
        "asset": asset,
        "title": "Station 3",
        "kind": "mv_lv_transformer",
        "element": "trafo.1",
        "place": "Mill Lane 3",
        "action": action,
        "cause": Said("cause.age", {"age_y": 50, "life_y": 55}),
        "parts": ("transformer",),
        "skill": "electrician",
        "crew_h": 24.0,
        "cost_chf": 28000.0,
        "health": 5.5,
        "pof_per_year": 0.00472,
        "risk_chf": 900.0,
        "risk_avoided_chf": 4000.0,
        "ratio": 4000.0 / 28000.0,
        "confidence": 0.7,
        "unknown": ("oil_l",),
        "status": "chosen",
        "why_not": None,
        "year": None,
        "needs_outage": True,
        "duration_h": 3.0,
        "window": FreeWindow(
            (START + timedelta(hours=20)).isoformat(), (START + timedelta(hours=23)).isoformat(), 3.0, 40.0, 0.0, 0.1
        ),
        "excluded": (),
        "switching": (),
        "consequence": Consequence(0.0, 0.0, 0.0, 0.0, 0.0, None, None, None, None, None, None, None, 8.0),
    }
    return Item(**{**facts, **changes})


def ranked(*items):
    return Ranked("town", {"en": "Town", "fr": ""}, "Europe/Zurich", AS_OF.isoformat(), 40.0, 9e4, 10.0, items, (), (), (), ())


@pytest.fixture(scope="module")
def ground(town, engine):
    """A week whose load grows hour by hour."""
    growth = np.linspace(0.2, 0.8, HOURS)[:, None]
    load = growth * town.load["p_mw"].to_numpy()[None, :]
    injections = xr.Dataset({"load_p_mw": (("time", "load"), load)}, coords={"load": town.load.index.to_numpy()})
    return Ground(town, engine, Week(START, injections, "last_week", HOURS), mobile_mw=0.25)


def test_the_best_chosen_are_issued_unless_assets_are_named():
    table = ranked(item("a"), item("b"), item("c", status="left_out"))
    assert [one.asset for one in chosen_items(table, (), None)] == ["a", "b"]
    assert [one.asset for one in chosen_items(table, (), 1)] == ["a"]


def test_an_asset_that_was_left_out_can_be_named_all_the_same():
    assert [one.id for one in chosen_items(ranked(item("c", status="left_out")), ("c",), None)] == ["c:replace"]


def test_of_a_named_asset_what_was_chosen_comes_before_what_ranks_higher():
    table = ranked(item("a", "inspect", status="left_out", rank=1), item("a", "replace", rank=2))
    assert [one.id for one in chosen_items(table, ("a",), None)] == ["a:replace"]
    assert [one.id for one in chosen_items(table, ("a:inspect",), None)] == ["a:inspect"]


def test_every_unknown_asset_is_named_at_once():
    with pytest.raises(BadInput) as refused:
        chosen_items(ranked(item("a")), ("x", "a", "y"), None)
    assert [problem.value for problem in refused.value.problems] == ["x", "y"]


def test_every_state_is_checked_at_the_highest_load_of_the_window(ground):
    order = draft(item(), ranked(item()), ground, by="Desk 1", now=NOW)
    # the load grows, so it is the last hour of the window
    assert order.switching.at == START + timedelta(hours=22)
    # 0.1 MW at that hour's share of the load
    mobile = next(step for step in order.switching.steps if step.code == "mobile_on")
    assert mobile.p_mw == pytest.approx(0.1 * np.linspace(0.2, 0.8, HOURS)[22])
    assert order.switching.proven


def test_an_order_is_valid_until_its_window_ends_or_its_week_does(ground):
    with_window = draft(item(), ranked(item()), ground, by="Desk 1", now=NOW)
    without = draft(item(window=None), ranked(item()), ground, by="Desk 1", now=NOW)
    assert with_window.valid_until == START + timedelta(hours=23)
    assert without.valid_until == AS_OF + timedelta(hours=HOURS)


def test_work_on_a_live_asset_switches_nothing(ground):
    order = draft(item(action="oil_sample", needs_outage=False), ranked(item()), ground, by="Desk 1", now=NOW)
    assert [step.code for step in order.switching.steps] == ["report", "work", "report_back"]


def test_an_order_says_by_whom_it_was_issued_and_what_it_rests_on(ground):
    order = draft(item(), ranked(item()), ground, by="Desk 1", now=NOW)
    assert (order.issued_by, order.issued_at, order.as_of) == ("Desk 1", NOW, AS_OF)
    assert (order.cause.code, order.confidence, order.unknown) == ("cause.age", 0.7, ("oil_l",))
    assert order.site_title == {"en": "Town"}


def test_where_to_go_is_the_registers_address_and_the_grids_coordinates(town):
    place = place_of(town, "trafo.1", "Mill Lane 3")
    assert (place.address, place.buses) == ("Mill Lane 3", ("Bus 3", "Low 3"))
    assert (place.latitude, place.longitude) == (47.37, 8.54)


@pytest.mark.parametrize("element", ["", "trafo.99"])
def test_an_asset_that_is_not_in_the_grid_has_its_address(town, element):
    place = place_of(town, element, "Depot")
    assert (place.address, place.buses, place.latitude) == ("Depot", (), None)
