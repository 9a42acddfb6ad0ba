from dataclasses import replace

import numpy as np
import pytest

from twin.regie.kpi import Account, KpiFacts, figures
from twin.regie.money import capex_deferred_chf_per_year, operator_view, split

FACTS = KpiFacts("Europe/Zurich", 6.5, 15.0, np.zeros(1), np.ones(1), 100.0, 100.0)
ACCOUNT = Account(
    priced=4, energy_chf=300.0, wear_chf=2.0, flexibility_chf=20.0, curtailment_chf=5.0, unsupplied_mwh=0.1, peak_kw=1000.0,
    losses_chf=8.0, price_sum=0.4, opening_mwh={"battery": 1.0}, deliverable_mwh={"battery": 2.0},
)  # fmt: skip


def test_whose_money_it_is_adds_up_to_the_total():
    parts = split(ACCOUNT, FACTS)
    assert sum(parts.values()) == pytest.approx(figures(ACCOUNT, FACTS)["economic"]["total_chf"])
    assert parts["flexibility_revenue_chf"] == 25.0
    assert parts["energy_not_served_chf"] == pytest.approx(1500.0)


def test_the_operator_pays_for_losses_peak_and_flexibility():
    view = operator_view(ACCOUNT, FACTS)
    assert view == {"losses_chf": 8.0, "peak_chf": 6500.0, "payments_chf": 25.0, "total_chf": 6533.0}


def test_no_investment_is_deferred_where_the_site_states_no_annuity():
    assert capex_deferred_chf_per_year(ACCOUNT, ACCOUNT, FACTS) is None


def test_a_lower_peak_defers_so_many_annuities():
    facts = replace(FACTS, reinforcement_chf_per_kw_year=40.0)
    assert capex_deferred_chf_per_year(ACCOUNT, replace(ACCOUNT, peak_kw=1200.0), facts) == pytest.approx(200.0 * 40.0)
