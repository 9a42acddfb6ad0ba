"""The box on a site with a plant that may be curtailed and a ripple group: what it proposes can be ordered."""

import dataclasses

import numpy as np
import pytest

from twin.boxes.flexibility.box import FlexibilityBox
from twin.boxes.flexibility.horizon import QUARTERS
from twin.contracts.synthetic import SyntheticSite
from twin.contracts.validation import Premises, judge

SITE = SyntheticSite(rows=15 * 96)  # the fortnight that the box looks back on


@pytest.fixture(scope="module")
def box():
    return FlexibilityBox({}, SITE.context("flexibility"))


def priced(price_chf_per_kwh, **said):
    """The site's view at day-ahead prices that begin with these quarter hours; ``said``: by signal, what stands now."""
    view = SITE.view()
    ahead = dict(view.ahead)
    price = ahead["price_chf_per_kwh"].copy(deep=True)
    price.values[: len(price_chf_per_kwh)] = price_chf_per_kwh
    ahead["price_chf_per_kwh"] = price
    for signal, value in said.items():
        ahead[signal] = ahead[signal].copy(data=np.full(ahead[signal].shape, value))
    return dataclasses.replace(view, ahead=ahead)


def proposed(report, device):
    return next((proposal for proposal in report.proposals if proposal.device == device), None)


def kept_promises(box, report, view):
    return judge(box.card, report, view.as_of, Premises.of(SITE.context("flexibility"))).problems == ()


NEGATIVE = [-0.3] * 8
DEAR = [2.0] * 4 + [0.05] * 12


@pytest.fixture(scope="module")
def noon(box):
    view = priced(NEGATIVE)
    return view, *box.step(view, None, None)


@pytest.fixture(scope="module")
def scarce(box):
    view = priced(DEAR)
    return view, *box.step(view, None, None)


def test_plant_is_curtailed_while_its_power_costs_and_within_what_it_could_give(box, noon):
    view, report, _ = noon
    proposal = proposed(report, "pv_12")
    assert kept_promises(box, report, view)
    could = proposal.unconstrained_p_mw
    assert (could[:8] < 0.0).all()
    assert (proposal.p_mw >= could - 1e-9).all()
    assert (proposal.p_mw <= 1e-9).all()
    assert proposal.p_mw[0] > could[0] + 1e-3


def test_plant_whose_free_energy_is_used_up_feeds_in_where_curtailing_would_cost_more(box):
    # 20 CHF/MWh are paid beyond what is free, and 10 are lost by feeding in
    report, _ = box.step(priced([-0.01] * QUARTERS, device_curtailed_mwh=29.0), None, None)
    assert proposed(report, "pv_12") is None


def test_group_is_blocked_in_the_dear_hour_and_draws_nothing_meanwhile(box, scarce):
    view, report, _ = scarce
    proposal = proposed(report, "pumps")
    assert kept_promises(box, report, view)
    # ripple control knows two powers: none, and what the thermostats ask for
    assert proposal.p_mw[0] == pytest.approx(0.0, abs=1e-9)
    assert proposal.unconstrained_p_mw[0] > 0.01
    assert (proposal.p_mw >= -1e-9).all()
    assert (proposal.p_mw <= 0.06 + 1e-9).all()


def test_block_is_no_longer_than_agreed_and_what_it_withheld_comes_back(scarce):
    _, report, _ = scarce
    proposal = proposed(report, "pumps")
    blocked = proposal.p_mw < 1e-9
    assert blocked[:4].all()
    assert not blocked[4]
    assert proposal.p_mw[4] > proposal.unconstrained_p_mw[4]


def test_group_without_calls_is_left_alone(box):
    report, _ = box.step(priced(DEAR, device_calls_left=0.0, device_block_left_h=0.0), None, None)
    assert proposed(report, "pumps") is None


def test_what_a_block_withheld_is_remembered_for_the_next_quarter_hour(scarce):
    from twin.boxes.flexibility.tick.remembered import Remembered

    view, report, state = scarce
    asked, own = Remembered.at(view.as_of, state).asked["pumps"]
    assert asked == pytest.approx(0.0, abs=1e-9)
    assert own == pytest.approx(proposed(report, "pumps").unconstrained_p_mw[0])
