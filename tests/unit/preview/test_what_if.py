"""What-ifs on two feeders with an open tie: supply, rings, short-circuit, N-1, redispatch."""

import numpy as np
import pytest
from hamlet_now import FEEDER, TIE, Desk, hamlet_kit, tick

from twin.contracts.preview import read_question
from twin.domain.grid import Topology

CUT = {"switch": FEEDER, "closed": False}
RING = {"switch": TIE, "closed": True}


def test_nothing_changed_is_the_present(ask):
    found = ask(kind="what_if")
    assert found.after == found.before
    assert (found.kpi.chf, found.kpi.grid_percent, found.kpi.co2_kg) == (0.0, 0.0, 0.0)


def test_the_hamlet_is_radial_and_fed_from_one_place(ask):
    now = ask(kind="what_if").before
    assert (now.radial, now.parts, now.dark_islands, now.unsupplied_mw) == (True, 1, 0, 0.0)


def test_an_opened_feeder_leaves_its_houses_dark(ask):
    found = ask(kind="what_if", switch=[CUT])
    assert found.after.unsupplied_buses == (6, 7, 8)
    assert found.after.unsupplied_mw == pytest.approx(3 * 0.012)
    assert found.after.dark_islands == 1
    assert found.objections[0].code == "unsupplied"


def test_a_closed_tie_makes_a_ring_and_the_ring_speaks_against_it(ask):
    found = ask(kind="what_if", switch=[RING])
    assert not found.after.radial
    assert "second_way" in [o.code for o in found.objections]
    assert found.closings[0].joins_live


def test_a_ring_that_is_opened_again_elsewhere_leaves_nobody_dark(ask):
    found = ask(kind="what_if", switch=[RING, CUT])
    assert found.after.unsupplied_buses == ()
    assert found.after.radial


def test_closing_a_ring_raises_the_short_circuit_current(ask):
    closing = ask(kind="what_if", switch=[RING]).closings[0]
    assert closing.ikss_max_ka > closing.ikss_before_max_ka > 0.0


def test_a_what_if_is_the_engines_own_power_flow(ask, desk):
    topology = Topology(open_switches=frozenset({FEEDER}))
    flow = desk._warm.engine.model(topology).solve(desk._warm.injections(desk._warm.powers(desk.present))).isel(time=0)
    found = np.array([np.nan if v is None else v for v in ask(kind="what_if", switch=[CUT]).after.values.vm_pu])
    np.testing.assert_allclose(found, flow["vm_pu"].values, rtol=0.0, atol=1e-8)


def test_next_outages_are_the_engines_contingencies(ask, desk):
    model = desk._warm.engine.model(desk.present.topology)
    injections = desk._warm.injections(desk._warm.powers(desk.present))
    expected = float(model.contingencies(injections, desk._warm.outages)["n1_margin_percent"][0])
    assert ask(kind="what_if").before.n1_margin_percent == pytest.approx(expected, abs=1e-8)


def test_a_feeding_battery_lowers_the_import_by_what_it_feeds(ask):
    found = ask(kind="what_if", redispatch=[{"device": "battery", "p_mw": -0.008}])
    assert found.after.import_p_mw - found.before.import_p_mw == pytest.approx(-0.010, rel=0.05)  # 2 kW charging before; losses
    assert found.kpi.chf == pytest.approx(1000.0 * 0.2 * (found.after.import_p_mw - found.before.import_p_mw))


def test_dark_customers_are_no_saving_of_greenhouse_gas(ask):
    kpi = ask(kind="what_if", switch=[CUT]).kpi
    assert kpi.co2_kg is None
    assert "lost_load" in kpi.not_covered
    assert kpi.chf > 0.0


def test_closing_the_feeder_brings_its_houses_back_with_what_was_forecast_for_them(ask):
    dark = tick(Topology(open_switches=frozenset({FEEDER})))
    found = ask(dark, kind="what_if", switch=[{"switch": FEEDER, "closed": True}])
    assert found.before.unsupplied_mw == pytest.approx(0.036)
    assert found.after.unsupplied_mw == 0.0
    assert found.after.import_p_mw - found.before.import_p_mw == pytest.approx(0.036, rel=0.05)


def test_a_line_out_of_service_is_drawn_open(ask):
    assert ask(kind="what_if", outages=[{"table": "line", "index": 6}]).after.values.open_lines == (6, 7)


def test_a_transformer_brought_back_supplies_again(ask):
    out = tick(Topology(out_trafos=frozenset({0})))
    found = ask(out, kind="what_if", outages=[{"table": "trafo", "index": 0, "out": False}])
    assert found.before.unsupplied_mw == pytest.approx(0.072)
    assert found.after.unsupplied_mw == 0.0


def test_an_overload_names_element_value_and_limit(ask):
    heavy = tick(load_p_mw=0.07)
    overload = next(o for o in ask(heavy, kind="what_if").objections if o.code == "overload")
    assert (overload.element, overload.limit, overload.unit, overload.existed) == ("line 1", 100.0, "%", True)
    assert overload.value > 100.0


def test_a_disconnector_neither_makes_nor_breaks_a_load(kit):
    desk = Desk(tick(), hamlet_kit(disconnector=True))
    work = desk.work(read_question({"kind": "what_if", "switch": [RING, CUT]}))
    with pytest.raises(StopIteration) as ended:
        next(work)
    codes = [(o.code, o.element) for o in ended.value.value.objections]
    assert ("disconnector", "switch 0") in codes
    assert ("disconnector", "switch 1") in codes


def test_a_switch_that_stands_there_already_is_said(ask):
    found = ask(kind="what_if", switch=[{"switch": FEEDER, "closed": True}])
    assert [o.code for o in found.objections] == ["already_so"]


def test_an_old_state_says_so(ask):
    found = ask(tick(overdue=True), kind="what_if")
    assert found.stale
    assert "stale" in found.quality


def test_an_answer_is_a_what_if_and_says_on_what_it_rests(ask):
    found = ask(kind="what_if")
    assert (found.what_if, found.tick) == (True, 7)
    assert found.engine.startswith("batch ")
    assert found.ms > 0.0
