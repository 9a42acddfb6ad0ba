"""Freeing an asset for work: others are supplied first, nobody goes dark, and what is not proven says why."""

import copy

import pandapower as pp
import pytest
import xarray as xr

from twin.engines import make_engine
from twin.maintenance.work_orders.switching import switching

NOW = xr.Dataset()
TIE = 9


@pytest.fixture
def plan(town, engine):
    def planned(element, *, mobile_mw=0.2, net=None, **options):
        on = engine if net is None else make_engine("batch", net)
        grid = town if net is None else net
        return switching(grid, element, engine=on, injections=NOW, at=None, mobile_mw=mobile_mw, **options)

    return planned


@pytest.fixture
def changed(town):
    """The town with another fact."""

    def made(table, index, column, value):
        net = copy.deepcopy(town)
        if column not in net[table]:
            net[table][column] = True
        net[table].loc[index, column] = value
        return net

    return made


def moves(plan):
    return [(step.code, step.indices[0]) for step in plan.steps if step.code in ("close_tie", "open", "close", "open_tie")]


def codes(plan):
    return [step.code for step in plan.steps]


def test_a_line_is_freed_after_the_tie_has_closed_and_nobody_is_dark(plan):
    # line 2 feeds buses 4 and 5; the far end opens first, the breaker of the supply last
    found = plan("line.2")
    assert moves(found)[:3] == [("close_tie", 9), ("open", 5), ("open", 4)]
    assert all(step.state.unsupplied_mw == 0.0 for step in found.steps if step.state is not None)
    assert (found.proven, found.reason) == (True, "")


def test_the_way_back_is_the_way_there_reversed(plan):
    there = [("close_tie", 9), ("open", 5), ("open", 4)]
    opposite = {"close_tie": "open_tie", "open": "close"}
    found = moves(plan("line.2"))
    assert found == there + [(opposite[code], switch) for code, switch in reversed(there)]


def test_the_five_safety_rules_stand_between_opening_and_work(plan):
    found = codes(plan("line.2"))
    last_open = max(i for i, code in enumerate(found) if code == "open")
    assert found[last_open + 1 :][:5] == ["lock", "dead", "earth", "cover", "work"]
    assert found[found.index("work") + 1 :][:3] == ["uncover", "unearth", "unlock"]
    assert (found[0], found[-1]) == ("report", "report_back")


def test_a_transformer_opens_at_its_low_side_first_and_its_customers_hang_on_the_mobile_supply(plan):
    found = plan("trafo.1")
    assert moves(found)[:2] == [("open", 13), ("open", 12)]
    mobile = next(step for step in found.steps if step.code == "mobile_on")
    # one load of 0.1 MW
    assert mobile.p_mw == pytest.approx(0.1)
    assert codes(found).index("mobile_on") < codes(found).index("open")
    assert found.proven


def test_customers_beyond_what_the_mobile_supply_carries_are_no_proof(plan):
    found = plan("trafo.1", mobile_mw=0.05)
    mobile = next(step for step in found.steps if step.code == "mobile_on")
    assert [said.code for said in mobile.objections] == ["mobile_small"]
    assert (found.proven, found.reason) == (False, "dark")


def test_where_no_switch_separates_customers_from_the_work_it_is_said_to(plan):
    found = plan("trafo.2", mobile_mw=5.0)
    mobile = next(step for step in found.steps if step.code == "mobile_on")
    assert "in_zone" in [said.code for said in mobile.objections]
    assert not found.proven


def test_a_switch_that_stands_open_at_the_work_is_locked_too(plan):
    # line 4 ends at the open tie; beyond it bus 5 is live
    found = plan("line.4")
    assert next(step for step in found.steps if step.code == "lock").indices == (8, 9)


def test_a_switch_under_work_isolates_nothing_itself(plan):
    # switch 2 stands between bus 2 and line 1
    assert 2 not in [switch for _, switch in moves(plan("switch.2", mobile_mw=5.0))]


def test_a_disconnector_opens_last_and_without_current(plan, changed):
    # the high side is a disconnector: opened after the breaker it still breaks the transformer's own current
    found = plan("trafo.1", net=changed("switch", 12, "type", "DS"))
    assert moves(found)[:2] == [("open", 13), ("open", 12)]
    step = next(step for step in found.steps if step.indices == (12,) and step.code == "open")
    assert [said.code for said in step.objections] == ["off_load"]
    assert (found.proven, found.reason) == (False, "objection")


def test_a_tie_that_is_not_permitted_stays_open_and_somebody_would_be_dark(plan, changed):
    net = changed("switch", TIE, "permitted", False)
    found = plan("line.2", net=net)
    assert "close_tie" not in codes(found)
    # buses 4 and 5 with 0.6 and 0.4 MW
    assert next(step for step in found.steps if step.code == "mobile_on").p_mw == pytest.approx(1.0)
    assert found.reason == "dark"


def test_a_tie_that_overloads_a_line_is_no_proof(plan, changed):
    # 0.02 kA carry 0.35 MVA at 10 kV; the far feeder hands over 1 MW
    found = plan("line.2", net=changed("line", 4, "max_i_ka", 0.02))
    assert (found.proven, found.reason) == (False, "limit")
    assert not all(step.state.holds for step in found.steps if step.state is not None)


def test_a_generator_has_its_own_device_and_no_proof(plan, town):
    net = copy.deepcopy(town)
    pp.create_sgen(net, 4, 0.2, name="Hydro")
    found = plan("sgen.0", net=net)
    assert (found.proven, found.reason, codes(found)[1]) == (False, "not_in_grid", "own_switch")
    assert found.steps[1].at == ("Bus 4",)


@pytest.mark.parametrize("element", ["", "trafo.99", "machine.1"])
def test_what_is_not_in_the_grid_still_gets_the_safety_rules(plan, element):
    found = plan(element)
    assert found.reason == "not_in_grid"
    assert {"lock", "dead", "earth", "cover"} <= set(codes(found))


def test_the_grid_file_is_left_as_it_was(town, plan):
    before = town.switch.copy()
    plan("line.2")
    assert before.equals(town.switch)
