"""What the finders conclude from ticks made by hand, and laws of what a group of devices earned."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from made_tape import at, entry, tape

from scenarios.debrief.boxes_served import box_moments
from scenarios.debrief.contribution import contributions
from scenarios.debrief.limits import loading_moments
from scenarios.debrief.outages import Security, security_moments
from scenarios.debrief.peaks import peak_moments
from scenarios.debrief.telemetry import telemetry_moments
from scenarios.debrief.words import Words


def box(outcome="ok", service="fresh", fallback=None, problem=None):
    return {"outcome": outcome, "service": service, "fallback": fallback, "problems": [problem] if problem else []}


def test_a_box_that_serves_itself_is_no_moment():
    assert box_moments(tape(entry(0, boxes={"load": box()}), entry(1, boxes={"load": box("not_due", "held")}))) == []


def test_the_cause_of_a_fallback_is_the_failure_and_not_the_breaker_that_followed():
    failed = box("deadline", "fallback", "last_good", "no answer within 3 s")
    resting = box("breaker_open", "fallback", "constant", "not asked before tick 9")
    window = tape(*(entry(n, boxes={"load": one}) for n, one in enumerate([failed, resting, resting])))
    (moment,) = box_moments(window)
    assert (moment.change, moment.facts["breaker"], moment.value) == ("box_deadline", 2, 3)


def test_an_outage_that_a_scenario_declared_asks_for_no_repair():
    (moment,) = box_moments(tape(entry(0, boxes={"load": box("outage", "fallback", "constant")})))
    assert moment.change is None


def test_a_stretch_without_telemetry_lasts_from_its_first_to_the_end_of_its_last_quarter_hour():
    modes = ["normal", "forecast_only", "forecast_only", "degraded", "normal"]
    coverage = [1.0, 0.0, 0.0, 0.5, 1.0]
    rows = [entry(n, mode=m, coverage=c) for n, (m, c) in enumerate(zip(modes, coverage, strict=True))]
    blind, degraded = telemetry_moments(tape(*rows))
    assert (blind.kind, blind.begin, blind.end) == ("telemetry_blind", at(1), at(3))
    assert (degraded.kind, degraded.value) == ("telemetry_degraded", pytest.approx(50.0))


def compared(found, *, battery_mw=0.0, alone_factor=1.0):
    """The evening beside a town that did nothing: same grid, its loadings times a factor, its battery moved by us."""
    recalled = found.recalled
    alone = recalled.ours.copy(deep=True)
    for name in ("line_loading_percent", "trafo_loading_percent"):
        alone[name] = alone[name] * alone_factor
    steps = len(recalled.times)
    return replace(recalled, alone=alone, alone_net_mw=recalled.net_mw, moved_mw={"battery": np.full(steps, battery_mw)})


def test_a_group_that_moved_nothing_earned_nothing(found):
    earned = contributions(compared(found))["battery"]
    assert earned.percent_h == 0.0
    assert earned.chf == pytest.approx(0.0, abs=1e-9)


def test_a_battery_that_discharged_earned_its_energy_at_the_market_s_price_and_a_little_for_losses(found):
    recalled = compared(found, battery_mw=-0.005)
    lit = np.isfinite(recalled.ours["vm_pu"].values).all(axis=1)
    earned = contributions(recalled)["battery"]
    energy_chf = float(np.nansum(0.25 * 5.0 * recalled.price_chf_per_kwh[lit]))
    assert np.nansum(earned.energy_chf[lit]) == pytest.approx(energy_chf, rel=0.06)  # losses of a low-voltage feeder: 0 to 6 %
    assert np.nansum(earned.energy_chf[lit]) > energy_chf


def test_charging_costs_what_discharging_earned(found):
    charged, discharged = (contributions(compared(found, battery_mw=mw))["battery"].chf for mw in (0.002, -0.002))
    assert charged == pytest.approx(-discharged, rel=0.02)  # losses are quadratic: a hundredth of it at 2 kW


def security_found(**changes):
    one = {"margin_percent": np.array([8.0, -9.4]), "worst": ("trafo:0", "line:1"), "loaded": ("line:0", "trafo:0")}
    dark = {"dark": ("", ""), "before_mw": np.zeros(2), "after_mw": np.zeros(2)}
    return Security(np.array(["2016-01-25T16", "2016-01-25T17"], dtype="datetime64[s]"), **one | dark | changes)


def test_a_lost_margin_names_the_element_that_would_be_overloaded_and_the_outage_before_it(found):
    (moment,) = security_moments(security_found(), found.recalled)
    assert (moment.value, moment.subject, moment.change) == (-9.4, "trafo:0", "n1_short")
    assert moment.name == found.recalled.name("trafo:0")
    assert moment.facts["outage"] == found.recalled.name("line:1")
    words = Words.of(found, "en")
    assert words.what(moment).endswith(f"% on {moment.name}, had {moment.facts['outage']} failed")
    assert all(name in words.change(moment) for name in (moment.name, moment.facts["outage"]))


def test_what_only_doing_nothing_would_have_overloaded_is_told_as_avoided(found):
    factor = 1.2 * 100.0 / np.nanmax(found.recalled.ours["trafo_loading_percent"].values)
    moments = loading_moments(compared(found, alone_factor=factor))
    avoided = [moment for moment in moments if moment.kind == "overload_avoided" and moment.subject == "trafo:0"]
    assert avoided[0].facts["alone_percent"] == pytest.approx(120.0)
    assert not [moment for moment in moments if moment.kind == "overload"]


def test_an_overload_asks_for_the_power_that_was_too_much(found):
    highest = float(np.nanmax(found.recalled.ours["trafo_loading_percent"].values))
    limits = replace(found.recalled.limits, trafo_percent=0.8 * highest)
    (moment,) = [m for m in loading_moments(replace(found.recalled, limits=limits)) if m.kind == "overload"]
    through = np.abs(found.recalled.ours["trafo_p_hv_mw"].values[:, 0])
    assert moment.facts["excess_kw"] == pytest.approx(1000.0 * 0.2 * through.max(), rel=0.05)  # a fifth of what went through


def test_a_lowered_peak_is_worth_what_the_months_charge_came_to_and_not_more():
    """6.5 CHF/kW: 1,000 kW less in this quarter hour, of which 400 kW count, for an earlier hour drew 3.6 MW."""
    recalled = SimpleNamespace(
        net_mw=np.array([1.0, 3.0]),
        alone_net_mw=np.array([1.0, 4.0]),
        site=SimpleNamespace(dispatchable=()),
        moved_mw={},
        price_chf_per_kwh=np.array([0.1, 0.2]),
        times=np.array(["2016-01-25T17:00", "2016-01-25T17:15"], dtype="datetime64[s]"),
        parts=SimpleNamespace(root="town", kpi_facts=SimpleNamespace(peak_chf_per_kw_month=6.5)),
    )
    (peak,) = peak_moments(recalled, {"economic": {"difference": {"peak_chf": -6.5 * 400.0}}})
    assert (peak.kind, peak.value, peak.facts["saved_kw"]) == ("peak_lowered", 3.0, pytest.approx(1000.0))
    assert peak.facts["saved_chf"] == pytest.approx(2600.0)
