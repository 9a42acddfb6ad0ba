"""Customer baselines: which days they rest on, and how the day itself moves them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.boxes.flexibility.verify.customers import MONDAY, during, evening, town
from twin.boxes.flexibility.verify.baseline import baselines, complete_customers
from twin.boxes.flexibility.verify.events import Event
from twin.boxes.flexibility.verify.local_days import LocalDays
from twin.boxes.flexibility.verify.rule import Rule
from twin.domain.problems import BadInput

ZURICH = LocalDays("Europe/Zurich")
HIGH_4_OF_5 = Rule()
PLAIN = Rule(adjustment="none")
# Sums of a few hundred doubles around 1e-3 MW: rounding stays far below a nanowatt.
ROUNDING_MW = 1e-15


def only(power, event, rule=HIGH_4_OF_5, days=ZURICH, others=()):
    return baselines(power, [event, *others], rule=rule, days=days)[0]


def chosen(found, customer=0):
    return sorted(found.chosen.values[:, customer].astype("datetime64[D]").astype(str).tolist())


def test_a_baseline_of_customers_who_never_change_is_what_they_draw(flat):
    profile = only(flat, evening(30)).profile
    np.testing.assert_allclose(profile.baseline_mw, profile.metered_mw, atol=ROUNDING_MW)


def test_the_four_highest_of_the_last_five_business_days_are_chosen(flat):
    # The call is on Wednesday 1 February; of the five days before it, Friday 27 January is made the lowest.
    power = flat.copy()
    power[during(power, evening(25)).values] *= 0.5
    found = only(power, evening(30))
    assert chosen(found) == ["2023-01-25", "2023-01-26", "2023-01-30", "2023-01-31"]


def test_a_call_on_a_sunday_rests_on_weekends_and_holidays(flat):
    # Sunday 5 February; Wednesday 1 February counts as a holiday.
    days = LocalDays("Europe/Zurich", frozenset({date(2023, 2, 1)}))
    found = only(flat, evening(34), Rule(highest=5, adjustment="none"), days)
    assert chosen(found) == ["2023-01-22", "2023-01-28", "2023-01-29", "2023-02-01", "2023-02-04"]


def test_a_day_with_another_event_is_not_chosen(flat):
    found = only(flat, evening(30), Rule(highest=5, adjustment="none"), others=[evening(29)])
    assert "2023-01-31" not in chosen(found)


def test_a_day_with_a_missing_value_is_not_chosen_for_that_customer_alone(flat):
    power = flat.copy()
    power[during(power, evening(29)).values, 0] = np.nan
    found = only(power, evening(30), Rule(highest=5, adjustment="none"))
    assert ("2023-01-31" in chosen(found, 0), "2023-01-31" in chosen(found, 1)) == (False, True)


def test_an_additive_adjustment_removes_the_bias_of_a_hot_day(flat):
    power = flat.copy()
    hot = during(power, Event(MONDAY + timedelta(days=30), MONDAY + timedelta(days=31))).values
    power[hot] += 0.0005
    adjusted, plain = (only(power, evening(30), rule).profile for rule in (HIGH_4_OF_5, PLAIN))
    np.testing.assert_allclose(adjusted.baseline_mw, adjusted.metered_mw, atol=ROUNDING_MW)
    np.testing.assert_allclose(plain.baseline_mw, plain.metered_mw - 0.0005, atol=ROUNDING_MW)


@pytest.mark.parametrize(("hotter", "factor"), [(1.1, 1.1), (1.5, 1.2), (0.5, 0.8)])
def test_a_multiplicative_adjustment_is_capped_at_20_percent(flat, hotter, factor):
    power = flat.copy()
    power[during(power, Event(MONDAY + timedelta(days=30), MONDAY + timedelta(days=31))).values] *= hotter
    profile = only(power, evening(30), Rule(adjustment="multiplicative")).profile
    np.testing.assert_allclose(profile.baseline_mw, factor * profile.unadjusted_mw, rtol=1e-12)  # rounding


def test_the_adjustment_ends_before_a_notice_that_came_hours_before_the_start(flat):
    # Notice at 15 h UTC: the window is 11 h to 13 h; a rise at 14 h, once the customers know, moves nothing.
    event = evening(30, notice=MONDAY + timedelta(days=30, hours=15))
    power = flat.copy()
    power[during(power, Event(MONDAY + timedelta(days=30, hours=13), MONDAY + timedelta(days=30, hours=16))).values] += 0.001
    profile = only(power, event).profile
    np.testing.assert_allclose(profile.baseline_mw, profile.unadjusted_mw, atol=ROUNDING_MW)


@pytest.mark.parametrize(
    ("start", "first_monday", "day"),
    [(datetime(2023, 3, 27, 15, tzinfo=UTC), datetime(2023, 2, 20, tzinfo=UTC), "spring"),
     (datetime(2023, 10, 30, 16, tzinfo=UTC), datetime(2023, 9, 25, tzinfo=UTC), "autumn")],
)  # fmt: skip
def test_after_a_clock_change_days_before_it_are_matched_by_the_clock_on_the_wall(start, first_monday, day):
    power = town(noise=0.0, days=60, start=first_monday)
    wall_hour = ZURICH.wall_s(power.time.values) // 3600 % 24
    power[:] = (1e-3 * (1 + wall_hour))[:, None]
    profile = only(power, Event(start, start + timedelta(hours=2)), PLAIN).profile
    np.testing.assert_allclose(profile.baseline_mw, profile.metered_mw, atol=ROUNDING_MW)


def test_the_hour_that_autumn_shows_twice_is_metered_twice():
    # Sunday 29 October 2023, 02:00 to 03:00 local time, both runs: 00:00 to 02:00 UTC.
    power = town(noise=0.0, days=60, start=datetime(2023, 9, 4, tzinfo=UTC))
    start = datetime(2023, 10, 29, 0, tzinfo=UTC)
    event = Event(start, start + timedelta(hours=2))
    power[during(power, event).values] = np.array([[0.001], [0.002]])
    metered = only(power, event, PLAIN).profile.metered_mw[:2, 0]
    np.testing.assert_array_equal(metered, [0.001, 0.002])


def test_too_few_days_are_refused_with_how_many_there_were(flat):
    with pytest.raises(BadInput, match="3 days to choose from; expected 5 days of the same type within 45 days"):
        only(flat, evening(3))


def test_a_customer_without_a_value_on_the_event_day_is_refused_by_name_and_can_be_left_out(flat):
    power = flat.copy()
    power[during(power, evening(30)).values, 3] = np.nan
    with pytest.raises(BadInput, match="customers 'c3': no value in some hour on the event's day"):
        only(power, evening(30))
    assert power.customer.values[~complete_customers(power, [evening(30)], rule=HIGH_4_OF_5, days=ZURICH).values] == ["c3"]


def test_all_faults_of_the_calls_and_the_rule_are_shown_at_once(flat):
    wrong = [Event(MONDAY + timedelta(days=30, minutes=20), MONDAY + timedelta(days=30)), evening(900, called_mw=-1.0)]
    with pytest.raises(BadInput) as refused:
        baselines(flat, wrong, rule=Rule(highest=6, cap_percent=-5.0), days=ZURICH)
    said = "\n".join(map(str, refused.value.problems))
    for part in ("high 6 of 5", "-5 %", "an end after the start", "inside an interval", "outside the meters", "called_mw=-1"):
        assert part in said


def test_an_adjustment_within_another_call_is_refused(flat):
    noon = Event(MONDAY + timedelta(days=30, hours=12), MONDAY + timedelta(days=30, hours=13))
    with pytest.raises(BadInput, match="holds another call"):
        only(flat, evening(30), others=[noon])


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 10_000),
    shift=st.floats(-5e-3, 5e-3),
    highest=st.integers(1, 5),
    adjustment=st.sampled_from(["additive", "none"]),
)
def test_a_constant_load_more_is_in_the_baseline_as_in_the_meters(seed, shift, highest, adjustment):
    power = town(seed, days=30, customers=2)
    rule = Rule(highest=highest, adjustment=adjustment)
    here, there = (only(each, evening(28), rule).profile for each in (power, (power + shift).assign_attrs(units="MW")))
    np.testing.assert_allclose(there.baseline_mw, here.baseline_mw + shift, atol=1e-12)  # rounding of sums up to 6e-3


@settings(max_examples=25, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 10_000),
    scale=st.floats(0.01, 100.0),
    adjustment=st.sampled_from(["additive", "multiplicative", "none"]),
)
def test_a_baseline_scales_with_the_load(seed, scale, adjustment):
    power = town(seed, days=30, customers=2)
    rule = Rule(adjustment=adjustment)
    here, there = (only(each, evening(28), rule).profile for each in (power, (power * scale).assign_attrs(units="MW")))
    np.testing.assert_allclose(there.baseline_mw, here.baseline_mw * scale, rtol=1e-9)  # rounding
