"""The demo town on its own grid with every index another one: names find everything, and physics does not notice."""

import numpy as np
import pytest
import xarray as xr

from scenarios.elsewhere.correspondence import correspondence
from scenarios.elsewhere.elsewhere import elsewhere
from scenarios.file.read import load_scenario
from scenarios.rehearsal.prepare import rehearsals
from tests.unit.scenarios.elsewhere.hamlet_plant import CODE
from tests.unit.scenarios.quiet_town import quiet_town
from twin.adapters.grid_file import read_grid_file
from twin.domain.grid import NORMAL
from twin.wiring import site_sha256

ROWS = [2300, 13500, 20000]
"""A winter evening, a noon in May, a night in July."""
WANT = ("vm_pu", "line_loading_percent", "trafo_loading_percent", "loss_mw")
TABLE = {"vm_pu": "bus", "line_loading_percent": "line", "trafo_loading_percent": "trafo"}


def unseen(_step, _share):
    pass


@pytest.fixture(scope="module")
def grids(town):
    site = town.there.ready.site
    other = read_grid_file(site.beside(site.grid.file))
    return correspondence(town.home.ready.site, town.home.ready.net, other, there="renumbered")


def powers(ready):
    """Injections of `ROWS` by the profiles that the town lives by on this grid."""
    built = ready.built
    profiles = ready.prepared(unseen).profiles if built is None else built.profiles
    return xr.Dataset(
        {
            name: (("time", table), profiles[profile][ROWS].astype(float))
            for name, table, profile in (
                ("load_p_mw", "load", "load_p_mw"),
                ("load_q_mvar", "load", "load_q_mvar"),
                ("sgen_p_mw", "sgen", "sgen_available_p_mw"),
            )
        },
        coords={table: ready.net[table].index.to_numpy() for table in ("load", "sgen")},
    )


@pytest.fixture(scope="module")
def solved(town):
    return [side.ready.engine.model(NORMAL).solve(powers(side.ready), want=WANT) for side in (town.home, town.there)]


@pytest.mark.parametrize("quantity", WANT)
def test_other_numbers_change_no_power_flow(solved, grids, quantity):
    home, there = (result[quantity] for result in solved)
    if table := TABLE.get(quantity):
        there = there.sel({table: [grids.index(table, int(index)) for index in home[table].values]})
    # Both solve the same equations in another order: only rounding may differ.
    np.testing.assert_allclose(there.values, home.values, rtol=0, atol=1e-9)


def test_every_channel_measures_the_element_of_the_same_name(town):
    home, there = town.home.ready, town.there.ready
    renumbered = 0
    for here, moved in zip(home.site.measured, there.site.measured, strict=True):
        (table, element, quantity), (its_table, its_element, its_quantity) = here.split("."), moved.split(".")
        assert (table, quantity) == (its_table, its_quantity)
        if table in home.net and not home.net[table].at[int(element), "name"].startswith("PV at bus"):
            assert home.net[table].at[int(element), "name"] == there.net[table].at[int(its_element), "name"]
            renumbered += element != its_element
    assert renumbered > 100


def test_zones_hold_the_same_loads_and_panels(town, grids):
    for here, moved in zip(town.home.ready.prepared(unseen).zones, _zones(town.there), strict=True):
        assert sorted(grids.index("load", load) for load in here.loads) == sorted(moved.loads)
        assert sorted(grids.index("sgen", sgen) for sgen in here.pv_sgens) == sorted(moved.pv_sgens)


def _zones(rehearsal):
    from twin.adapters.zone_members import resolve_zones

    site = rehearsal.ready.site
    return resolve_zones(site.zones, site.trafos, rehearsal.ready.net)


def test_devices_stay_in_their_order_at_the_places_of_the_same_name(town):
    home, there = town.home.ready, town.there.ready
    for here, moved in zip(home.site.devices, there.site.devices, strict=True):
        assert (here.kind, here.group, here.right_of_use, here.p_max_mw) == (
            moved.kind,
            moved.group,
            moved.right_of_use,
            moved.p_max_mw,
        )
        if here.kind == "battery":
            assert home.net.bus.at[here.bus, "name"] == there.net.bus.at[moved.bus, "name"]
        if here.kind == "ev_charger":
            assert home.net.load.at[here.element, "name"] == there.net.load.at[moved.element, "name"]


def test_what_the_scenario_takes_out_is_the_line_of_the_same_name(town):
    element = town.there.ready.site.plant.events[0].element
    table, _, index = element.partition(".")
    assert (table, town.there.ready.net.line.at[int(index), "name"]) == ("line", "MV3.101 Line 67")
    assert index != "66"


def test_the_towns_own_grid_changes_nothing(town, tmp_path):
    scenario = load_scenario(quiet_town(tmp_path))
    (own,) = rehearsals(scenario, grid=elsewhere(CODE))
    assert site_sha256(own.ready.site) == site_sha256(town.home.ready.site)


def test_the_control_room_moves_the_switches_of_the_same_name(town):
    home, there = town.home.ready, town.there.ready
    named = [list(side.net.switch.name.loc[list(side.site.switching.remote)]) for side in (home, there)]
    assert named[0] == named[1]
    assert len(set(named[0])) == len(named[0]) > 1
    assert home.site.switching.remote != there.site.switching.remote
