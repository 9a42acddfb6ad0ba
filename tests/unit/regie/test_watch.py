"""Watching the grid: limits with a deadband, voltages by level, one finding per cause."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from tests.unit.regie import small_town as town
from twin.contracts.messages import Finding, State
from twin.domain.grid import NORMAL, Topology
from twin.domain.quality import Quality
from twin.domain.time import QUARTER_HOUR
from twin.regie.proof import Proof
from twin.regie.watch import RELEASE_PERCENT, RELEASE_PU, Names, grouped, watch

NAMES = Names({"line:0": "Feeder 1", "bus:4": "Lime Street"})


@pytest.fixture(scope="module")
def grid():
    return town.grid()


def state(grid, *, vm=(1.0,) * 5, line=(50.0, 40.0), trafo=(30.0, 60.0), topology=NORMAL) -> State:
    values = xr.Dataset(
        {
            "vm_pu": ("bus", np.array(vm)),
            "line_loading_percent": ("line", np.array(line)),
            "trafo_loading_percent": ("trafo", np.array(trafo)),
        }
    )
    return State(town.NOW, town.NOW - QUARTER_HOUR, topology, values, Quality.ESTIMATED, 1.0, "normal")


def proof(*, line=(50.0, 40.0), trafo=(30.0, 60.0), vm=(1.0,) * 5, solved=True, at=8) -> Proof:
    """A calm day in which the given values stand at one quarter hour."""
    loading, voltage = np.full((96, 4), 20.0), np.ones((96, 5))
    loading[at], voltage[at] = (*line, *trafo), vm
    worst = {"loading_percent": loading.max(axis=1), "vm_min_pu": voltage.min(axis=1), "vm_max_pu": voltage.max(axis=1)}
    return Proof(worst, worst, ("line 0",) * 96, 1.0, 0.0, solved, loading, voltage, {})


def found(grid, of: State, ahead: Proof | None = None, active=(), **limits):
    return {f.key: f for f in watch(of, ahead, grid, town.limits(**limits), NAMES, set(active))}


def test_a_calm_town_raises_nothing(grid):
    assert found(grid, state(grid), proof()) == {}


def test_a_present_overload_is_named_with_its_value_and_limit(grid):
    finding = found(grid, state(grid, line=(104.26, 40.0)))["now:overload:line:0"]
    assert (finding.priority, finding.element) == (2, "line:0")
    assert finding.params == {"loading_percent": 104.3, "limit_percent": 100.0, "name": "Feeder 1"}
    assert finding.act_before == town.NOW + QUARTER_HOUR


def test_a_severe_overload_is_act_now(grid):
    assert found(grid, state(grid, line=(120.1, 40.0)))["now:overload:line:0"].priority == 1


def test_an_overload_holds_until_it_is_well_below_its_limit(grid):
    key = "now:overload:line:0"
    just_below = state(grid, line=(100.0 - RELEASE_PERCENT / 2, 40.0))
    assert key not in found(grid, just_below)
    assert key in found(grid, just_below, active=[key])
    assert key not in found(grid, state(grid, line=(100.0 - RELEASE_PERCENT, 40.0)), active=[key])


def test_a_voltage_alarm_holds_until_it_is_well_inside_its_band(grid):
    key = "now:voltage:high:0.4kV"
    inside = state(grid, vm=(1.0, 1.0, 1.0, 1.0, 1.1 - RELEASE_PU / 2))
    assert key not in found(grid, inside)
    assert key in found(grid, inside, active=[key])
    assert key not in found(grid, state(grid, vm=(1.0, 1.0, 1.0, 1.0, 1.1 - 1.5 * RELEASE_PU)), active=[key])


def test_many_buses_of_one_level_make_one_finding_that_names_the_worst(grid):
    high = found(grid, state(grid, vm=(1.0, 1.11, 1.13, 1.12, 1.0)))
    assert list(high) == ["now:voltage:high:10kV"]
    assert high["now:voltage:high:10kV"].element == "bus:2"


def test_levels_and_directions_are_told_apart(grid):
    assert set(found(grid, state(grid, vm=(1.0, 1.12, 0.88, 1.0, 0.87)))) == {
        "now:voltage:high:10kV",
        "now:voltage:low:10kV",
        "now:voltage:low:0.4kV",
    }


def test_a_dark_bus_is_unsupplied_and_not_low(grid):
    dark = town.engine().model(Topology(out_trafos=frozenset({1}))).grid
    keys = found(dark, state(dark, vm=(1.0, 1.0, 1.0, 1.0, np.nan)))
    assert list(keys) == ["now:unsupplied"]
    assert (keys["now:unsupplied"].priority, keys["now:unsupplied"].params) == (1, {"buses": 1})


def test_an_unknown_loading_raises_nothing(grid):
    assert found(grid, state(grid, line=(np.nan, 40.0))) == {}


def test_a_coming_overload_says_when_and_how_long(grid):
    finding = found(grid, state(grid), proof(line=(103.0, 40.0)))["ahead:overload:line:0"]
    assert (finding.priority, finding.at) == (3, town.NOW + 8 * QUARTER_HOUR)
    assert finding.params["hours"] == 0.25


def test_a_coming_overload_is_not_told_beside_the_present_one(grid):
    keys = found(grid, state(grid, line=(104.0, 40.0)), proof(line=(103.0, 40.0)))
    assert set(keys) == {"now:overload:line:0"}


def test_a_coming_overload_has_a_deadband_too(grid):
    key = "ahead:overload:trafo:1"
    assert key not in found(grid, state(grid), proof(trafo=(30.0, 99.0)))
    assert key in found(grid, state(grid), proof(trafo=(30.0, 99.0)), active=[key])


def test_lines_and_transformers_have_limits_of_their_own(grid):
    keys = found(grid, state(grid, line=(110.0, 40.0), trafo=(30.0, 110.0)), trafo=120.0)
    assert set(keys) == {"now:overload:line:0"}


def test_a_coming_voltage_is_for_the_journal(grid):
    finding = found(grid, state(grid), proof(vm=(1.0, 1.0, 1.0, 1.0, 0.89)))["ahead:voltage:low:0.4kV"]
    assert (finding.priority, finding.params["name"]) == (4, "Lime Street")


def test_a_power_flow_that_did_not_converge_is_said(grid):
    assert "engine:diverged" in found(grid, state(grid), proof(solved=False))


def test_without_a_look_ahead_the_present_is_watched_still(grid):
    assert set(found(grid, state(grid, line=(104.0, 40.0)), None)) == {"now:overload:line:0"}


def test_what_the_estimate_found_itself_is_passed_on(grid):
    seen = found(grid, state(grid, line=(104.0, 40.0)))["now:overload:line:0"]
    assert "x" in found(grid, replace(state(grid), findings=(replace(seen, key="x"),)))


def about(key: str, element: str = "trafo:2") -> Finding:
    return Finding(key, 2, "x", {}, element, town.NOW, town.NOW, "grid_operation")


def test_what_is_said_of_an_element_that_is_overloaded_now_hangs_below_that_overload():
    found = grouped([about("now:overload:trafo:2"), about("shortfall:trafo:2", "Street"), about("transformer:hot", "trafo:2")])
    assert [finding.parent for finding in found] == [None, "now:overload:trafo:2", "now:overload:trafo:2"]


def test_what_is_said_of_another_element_stands_by_itself():
    found = grouped([about("now:overload:trafo:2"), about("shortfall:trafo:12", "Hill"), about("now:unsupplied", "bus:2")])
    assert {finding.parent for finding in found} == {None}
