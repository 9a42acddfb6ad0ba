"""The mobilised share on customers whose truth is known: what was shed is found, nothing is not, and the interval is honest."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.boxes.flexibility.verify.customers import during, evening, town
from twin.boxes.flexibility.verify.baseline import baselines
from twin.boxes.flexibility.verify.local_days import LocalDays
from twin.boxes.flexibility.verify.mobilised import mobilised, shared_errors
from twin.boxes.flexibility.verify.rule import Rule
from twin.domain.problems import BadInput

ZURICH = LocalDays("Europe/Zurich")


def shed(power, event, mw, *, rebound_mw=0.0):
    """The same customers, each of whom sheds ``mw`` during the call and draws ``rebound_mw`` more in the two hours after."""
    power = power.copy()
    power[during(power, event).values] -= mw
    power[during(power, event, after_h=2.0).values] += rebound_mw
    return power


def test_a_known_shed_and_its_rebound_are_found_exactly_where_nothing_else_changes(flat):
    event = evening(50, called_mw=0.006)
    total = mobilised(shed(flat, event, 0.0003, rebound_mw=0.0002), [event], rule=Rule(), days=ZURICH).total
    # 12 customers x 0.3 kW x 4 h of 6 kW x 4 h, and 12 x 0.2 kW x 2 h: sums of doubles, so to 1e-9 of a percent.
    assert float(total.delivered_mwh) == pytest.approx(0.0144, rel=1e-9)
    assert float(total.share_corrected_percent) == pytest.approx(60.0, rel=1e-9)
    assert float(total.rebound_mwh) == pytest.approx(0.0048, rel=1e-9)


def test_a_shed_adds_exactly_its_energy_to_what_the_same_noisy_customers_show_without_one():
    event = evening(50, called_mw=0.006)
    power = town(1)
    without, with_it = (
        mobilised(each, [event], rule=Rule(), days=ZURICH).total for each in (power, shed(power, event, 0.0003))
    )
    for name in ("delivered_mwh", "corrected_mwh", "low_mwh", "high_mwh"):
        assert float(with_it[name] - without[name]) == pytest.approx(0.0144, rel=1e-9)  # rounding


@pytest.mark.parametrize("days", [[50], [36, 37, 50]])
def test_without_any_effect_the_interval_holds_zero_at_its_stated_rate(days):
    held = 0
    for seed in range(30):
        total = mobilised(town(seed), [evening(day) for day in days], rule=Rule(), days=ZURICH).total
        held += float(total.low_mwh) <= 0.0 <= float(total.high_mwh)
    # 30 draws at 95 %: fewer than 25 has a probability of 0.3 %. Seeds are fixed, so it is no lottery.
    assert held >= 25


def test_at_half_confidence_the_interval_misses_zero_about_every_other_time():
    held = 0
    for seed in range(40):
        total = mobilised(town(seed), [evening(50)], rule=Rule(), days=ZURICH, confidence=0.5).total
        held += float(total.low_mwh) <= 0.0 <= float(total.high_mwh)
    assert 12 <= held <= 28  # 40 draws at 50 %: outside has a probability of 0.7 %


def test_choosing_the_highest_days_is_biased_and_the_placebo_days_show_it():
    said, left = [], []
    for seed in range(30):
        total = mobilised(town(seed), [evening(50)], rule=Rule(highest=1, adjustment="none"), days=ZURICH).total
        said.append(float(total.delivered_mwh))
        left.append(float(total.corrected_mwh))
    error = np.std(left) / np.sqrt(30)
    assert np.mean(said) > 3 * error
    assert abs(np.mean(left)) < 3 * error  # three standard errors


def test_events_in_a_row_rest_on_the_same_days_and_err_together():
    found = baselines(town(2), [evening(36), evening(37), evening(66)], rule=Rule(highest=5), days=ZURICH)
    # Five of five days in common: 1/5 of a day's variance, of 1 + 1/5 in all; and none in common a month later.
    np.testing.assert_allclose(shared_errors(found), [[1, 1 / 6, 0], [1 / 6, 1, 0], [0, 0, 1]], atol=1e-12)


def test_a_rebound_is_looked_for_only_until_the_next_call(flat):
    first, second = evening(50), evening(50)
    second = type(first)(first.end.replace(hour=22), first.end.replace(hour=23))
    events = mobilised(flat, [first, second], rule=Rule(adjustment="none"), days=ZURICH).events
    np.testing.assert_array_equal(events.rebound_h, [2.0, 4.0])


def test_without_a_called_power_there_is_energy_and_no_share(flat):
    total = mobilised(flat, [evening(50)], rule=Rule(), days=ZURICH).total
    assert np.isnan(total.share_corrected_percent)
    assert np.isfinite(total.delivered_mwh)


def test_too_few_days_to_learn_the_error_on_are_refused_with_their_number(flat):
    with pytest.raises(BadInput, match="4 days without a call to learn the baseline's error on; expected at least 5"):
        mobilised(flat.isel(time=slice(0, 24 * 14)), [evening(11)], rule=Rule(), days=ZURICH)


def test_a_day_on_which_one_customer_in_twelve_is_silent_still_counts_as_a_placebo():
    power = town(3)
    quiet = power.copy()
    quiet[during(power, evening(60)).values, 0] = np.nan
    kept, all_there = (mobilised(each, [evening(50)], rule=Rule(), days=ZURICH).total for each in (quiet, power))
    assert float(kept.placebo_days) == float(all_there.placebo_days)
