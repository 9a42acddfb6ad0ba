"""Difference in differences: the control group takes off what met everybody, and the interval is honest."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from tests.unit.boxes.flexibility.verify.customers import MONDAY, during, evening, town
from twin.boxes.flexibility.verify.difference import comparable_customers, difference_in_differences
from twin.boxes.flexibility.verify.events import Event
from twin.boxes.flexibility.verify.intervals import difference_of_means
from twin.boxes.flexibility.verify.local_days import LocalDays
from twin.domain.problems import BadInput

ZURICH = LocalDays("Europe/Zurich")


def groups(power):
    half = power.sizes["customer"] // 2
    return power.isel(customer=slice(0, half)), power.isel(customer=slice(half, None))


def test_a_shock_that_meets_everybody_is_no_effect_and_a_shed_is_found(flat):
    event = evening(50)
    power = flat.copy()
    power[during(power, event).values] += 0.0008
    power[during(power, event).values, :6] -= 0.0003
    total = difference_in_differences(*groups(power), [event], days=ZURICH).total
    # 6 customers x 0.3 kW, for 4 h: sums of doubles.
    assert float(total.shed_mw) == pytest.approx(0.0018, rel=1e-9)
    assert float(total.shed_mwh) == pytest.approx(0.0072, rel=1e-9)


def test_without_any_effect_the_interval_holds_zero_at_its_stated_rate():
    held = 0
    for seed in range(60):
        total = difference_in_differences(*groups(town(seed)), [evening(50), evening(57)], days=ZURICH).total
        held += float(total.shed_low_mwh) <= 0.0 <= float(total.shed_high_mwh)
    assert held >= 52  # 60 draws at 95 %: fewer have a probability of 0.3 %, and the seeds are fixed


def test_groups_that_drifted_apart_before_the_call_are_shown():
    power = town(5)
    treated, control = groups(power)
    growing = treated + 2e-5 * np.arange(treated.sizes["time"])[:, None] / 24
    before, total = (difference_in_differences(each, control, [evening(50)], days=ZURICH).total for each in (treated, growing))
    # 6 customers x 0.02 kW a day more than without the drift: sums of doubles.
    assert float(total.pre_trend_mw_per_day - before.pre_trend_mw_per_day) == pytest.approx(1.2e-4, rel=1e-9)
    assert float(total.pre_trend_p) < 0.05


def test_parallel_groups_pass_the_trend_test_about_nineteen_times_in_twenty():
    flagged = sum(
        float(difference_in_differences(*groups(town(seed)), [evening(50)], days=ZURICH).total.pre_trend_p) < 0.05
        for seed in range(60)
    )
    assert flagged <= 8  # 60 draws at 5 %: more have a probability of 0.4 %, and the seeds are fixed


def test_welchs_interval_of_unequal_groups_is_the_one_of_an_independent_implementation():
    from scipy.stats import ttest_ind

    rng = np.random.default_rng(1)
    first, second = rng.normal(20.8, 2.8, 15), rng.normal(23.7, 1.5, 9)
    ours, theirs = difference_of_means(first, second), ttest_ind(first, second, equal_var=False)
    assert ours.p_value == pytest.approx(theirs.pvalue, rel=1e-9)
    assert ours.interval(0.9) == pytest.approx(tuple(theirs.confidence_interval(0.9)), rel=1e-9)


def test_all_faults_of_both_groups_are_shown_at_once(flat):
    treated, control = groups(flat)
    gone = treated.copy()
    gone[during(gone, evening(50)).values, 2] = np.nan
    with pytest.raises(BadInput) as refused:
        difference_in_differences(gone, control.isel(customer=[0]), [evening(50)], days=ZURICH)
    said = "\n".join(map(str, refused.value.problems))
    assert "control group: one customer" in said
    assert "treated group: event 2023-02-21T16:00Z: customers 'c2' lack values" in said


def test_a_customer_in_both_groups_is_refused(flat):
    with pytest.raises(BadInput, match="customers 'c0' are treated too"):
        difference_in_differences(flat.isel(customer=slice(0, 3)), flat.isel(customer=[0, 5]), [evening(50)], days=ZURICH)


def test_customers_that_were_silent_for_most_of_the_days_before_cannot_be_compared(flat):
    power = flat.copy()
    before = Event(MONDAY + timedelta(days=36), MONDAY + timedelta(days=48))
    power[during(power, before).values, 4] = np.nan
    known = comparable_customers(power, [evening(50)], days=ZURICH)
    assert known.customer.values[~known.values].tolist() == ["c4"]
