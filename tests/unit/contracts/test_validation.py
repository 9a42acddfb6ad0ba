"""A report is held against its card, its devices and other forecasts of the same thing."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from twin.contracts.box import BoxCard, Provide
from twin.contracts.messages import Headline, Proposal, Report
from twin.contracts.synthetic import AS_OF, SyntheticSite
from twin.contracts.validation import Premises, disagreement, judge

PREMISES = Premises.of(SyntheticSite().context())
CARD = BoxCard("planner", "1", "o", needs=(), provides=(), constants={}, proposes=True, priority=100)
STEPS = np.zeros(96)
# battery_458 of the synthetic site: -0.1 .. 0.1 MW
PLAN = Proposal(
    device="battery_458",
    start=AS_OF,
    p_mw=STEPS,
    lower_mw=STEPS - 0.1,
    upper_mw=STEPS + 0.1,
    unconstrained_p_mw=STEPS,
    reference_p_mw=STEPS,
    priority=100,
    reason="price_spread",
    params={},
    value_chf=1.0,
    confidence=0.9,
)


def problems(*plans):
    return judge(CARD, Report({}, Headline("plan", 0.0, "kW"), proposals=plans), AS_OF, PREMISES).problems


@pytest.mark.parametrize(("p_mw", "fault"), [(0.0, False), (0.02, False), (0.01, True)])
def test_a_ripple_group_is_blocked_or_left_alone_and_nothing_between(p_mw, fault):
    bounds = {"lower_mw": STEPS, "upper_mw": STEPS + 0.06, "unconstrained_p_mw": STEPS + 0.02, "reference_p_mw": STEPS + 0.02}
    found = problems(replace(PLAN, device="pumps", p_mw=np.array([p_mw, *STEPS[1:]]), **bounds))
    assert any("the ripple group is blocked" in problem for problem in found) is fault


def test_a_plan_within_the_limits_of_its_device_passes():
    assert problems(PLAN) == ()


def test_a_plan_of_another_priority_than_the_cards_is_refused():
    assert problems(replace(PLAN, priority=-5)) == ("proposal for 'battery_458': priority=-5, its card says 100",)


def test_two_plans_for_one_device_are_refused():
    assert problems(PLAN, PLAN) == ("it proposes twice for ['battery_458'], expected one plan per device",)


@pytest.mark.parametrize("series", ["p_mw", "lower_mw", "upper_mw", "unconstrained_p_mw", "reference_p_mw"])
def test_no_series_of_a_plan_leaves_the_limits_of_its_device(series):
    wild = replace(PLAN, **{series: STEPS + 999.0})
    assert any(f"{series} 999 .. 999 MW, limits -0.1 .. 0.1" in problem for problem in problems(wild))


def test_a_plan_for_a_device_without_a_right_is_refused():
    devices = {name: {**device, "dispatchable": False} for name, device in PREMISES.devices.items()}
    report = Report({}, Headline("plan", 0.0, "kW"), proposals=(PLAN,))
    assert "no right of use" in judge(CARD, report, AS_OF, replace(PREMISES, devices=devices)).problems[0]


FORECASTER = BoxCard("load", "1", "o", (), (Provide("load_forecast_p_mw", quantiles=(0.1, 0.5, 0.9)),), {})


def forecast(**zones):
    labels = np.datetime64("2016-06-15T10:00", "ns") + np.arange(8) * np.timedelta64(15, "m")
    values = np.array(list(zones.values())) * np.ones((8, 3, len(zones)))
    output = xr.DataArray(
        values, {"time": labels, "quantile": [0.1, 0.5, 0.9], "zone": list(zones)}, ("time", "quantile", "zone")
    )
    return Report({"load_forecast_p_mw": output}, Headline("load", 1.0, "MW"))


def test_the_same_forecast_with_its_zones_in_another_order_agrees():
    ours, theirs = forecast(town=12.0, village=0.2), forecast(village=0.2, town=12.0)
    assert disagreement(FORECASTER, ours, theirs, against="the standby") == ()


def test_forecasts_are_compared_over_the_zones_that_both_have():
    ours = forecast(town=12.0)
    assert disagreement(FORECASTER, ours, forecast(village=0.2, town=12.0), against="the standby") == ()
    assert disagreement(FORECASTER, ours, forecast(village=12.0, town=40.0), against="the standby")
    assert disagreement(FORECASTER, ours, forecast(village=0.2), against="the standby") == ()
