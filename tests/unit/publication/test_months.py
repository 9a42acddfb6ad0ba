"""Figures of months, years and hours: energy over energy, on the town's own clock, with what is not known told."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.domain.problems import BadInput
from twin.publication.months import Totals, drafts_of, hours_of
from twin.publication.periods import Period, months_between
from twin.publication.quarters import Quarter, Quarters

ZURICH = "Europe/Zurich"
MIDNIGHT = datetime(2015, 12, 31, 23, tzinfo=UTC)
"""Of the new year in Zurich."""


def drafted(quarters, facts):
    """What a store that was told these quarter hours gives."""
    if not quarters:
        return drafts_of({}, None, facts)
    labels = [datetime.fromtimestamp(quarter.label_s, UTC) for quarter in quarters]
    periods = months_between(labels[0], labels[-1], facts.timezone)
    store = Quarters(None)
    store.take(store.run_of("t", "g", lambda _: "g", 0), enumerate(quarters), len(quarters), "h")
    bounds = [(period, int(period.start.timestamp()), int(period.end.timestamp())) for period in periods]
    totals = {period: Totals.of(store.between("t", start_s, end_s)) for period, start_s, end_s in bounds}
    return drafts_of(totals, labels[-1] + timedelta(minutes=15), facts)


@pytest.mark.parametrize(
    ("name", "quarters"), [("2016-01", 2976), ("2016-02", 2784), ("2016-03", 2972), ("2016-10", 2980), ("2016", 35136)]
)
def test_a_period_has_the_quarter_hours_of_the_local_clock(name, quarters):
    assert Period.of(name, ZURICH).quarters == quarters


@pytest.mark.parametrize("name", ["2016-13", "16-01", "2016-1", "", "2016-01-01", "9999", "0000-01"])
def test_what_is_no_month_and_no_year_is_refused(name):
    with pytest.raises(BadInput, match="a month or a year"):
        Period.of(name, ZURICH)


def test_months_follow_each_other_over_the_new_year():
    names = [period.name for period in months_between(MIDNIGHT - timedelta(days=40), MIDNIGHT, ZURICH)]
    assert names == ["2015-11", "2015-12", "2016-01"]


def test_a_quarter_hour_belongs_to_the_month_of_the_local_clock(quarter, facts):
    told = drafted([quarter(MIDNIGHT - timedelta(minutes=15)), quarter(MIDNIGHT)], facts())
    assert [(month.period, month.known) for month in told.months] == [("2015-12", 1), ("2016-01", 1)]


def test_the_share_of_a_month_is_energy_over_energy_and_no_mean_of_shares(quarter, facts):
    told = drafted([quarter(MIDNIGHT, 1.0, 1.0), quarter(MIDNIGHT + timedelta(minutes=15), 3.0, 0.0)], facts())
    assert told.months[0].share == 0.25
    assert told.months[0].consumption_mwh == 1.0


def test_a_month_without_data_between_two_others_is_told_as_unknown_and_not_as_zero(quarter, facts):
    told = drafted([quarter(MIDNIGHT), quarter(MIDNIGHT + timedelta(days=65))], facts())
    empty = told.months[1]
    assert (empty.period, empty.known, empty.coverage) == ("2016-02", 0, 0.0)
    assert (empty.consumption_mwh, empty.share, empty.co2_g_per_kwh, empty.parts) == (None, None, None, {})


def test_no_data_at_all_makes_no_month(facts):
    assert drafted([], facts()).months == ()


def test_nothing_consumed_is_known_and_has_no_share(facts):
    told = drafted([Quarter(int(MIDNIGHT.timestamp()), 0.0, None, None)], facts()).months[0]
    assert (told.known, told.consumption_mwh, told.share) == (1, 0.0, None)


def test_a_quarter_hour_of_unknown_origin_lowers_the_coverage_and_not_the_share(quarter, facts):
    known, unknown = quarter(MIDNIGHT, share=0.8), quarter(MIDNIGHT + timedelta(minutes=15), share=None, co2=None, parts={})
    told = drafted([known, unknown], facts()).months[0]
    assert (told.known, told.share) == (1, 0.8)


def test_what_the_privacy_rule_withholds_is_none_in_months_and_hours(quarter, facts):
    hidden = facts(powers_public=False, parts_public=False, co2_public=False, hours_public=False)
    quarters = [quarter(MIDNIGHT)]
    month, hour = drafted(quarters, hidden).months[0], hours_of(quarters, Period.of("2016-01", ZURICH), hidden)[0]
    assert (month.consumption_mwh, month.parts, month.co2_g_per_kwh, month.share) == (None, {}, None, 0.5)
    assert (hour.consumption_mwh, hour.parts, hour.co2_g_per_kwh, hour.share) == (None, {}, None, None)


def test_a_town_whose_share_may_not_be_told_drafts_how_much_is_known_and_nothing_else(quarter, facts):
    month = drafted([quarter(MIDNIGHT)], facts(share_public=False)).months[0]
    assert (month.known, month.share, month.consumption_mwh, month.co2_g_per_kwh, month.parts) == (1, None, None, None, {})


_QUARTERS = st.lists(
    st.builds(
        lambda step, p_mw, share, hydro: Quarter(
            int(MIDNIGHT.timestamp()) + 900 * step, p_mw, share, 40.0, {"hydro": hydro, "import": 1.0 - hydro}
        ),
        st.integers(0, 4 * 24 * 365),
        st.floats(0.0, 50.0) | st.none(),
        st.floats(0.0, 1.0) | st.none(),
        st.floats(0.0, 1.0),
    ),
    max_size=40,
    unique_by=lambda quarter: quarter.label_s,
).map(lambda found: sorted(found, key=lambda quarter: quarter.label_s))


@settings(max_examples=150, deadline=None)
@given(_QUARTERS)
def test_the_sum_of_the_months_is_the_year(quarters):
    year = Totals.of(quarters)
    parts = Totals()
    for number in range(0, len(quarters), 7):
        parts += Totals.of(quarters[number : number + 7])
    assert parts.known == year.known
    for name in ("consumption_mwh", "renewable_mwh", "emitted_kg"):
        # sums of forty floats in another order
        assert getattr(parts, name) == pytest.approx(getattr(year, name), rel=1e-12, abs=1e-12)


@settings(max_examples=150, deadline=None)
@given(_QUARTERS)
def test_parts_sum_to_one_and_shares_stay_between_nothing_and_all(quarters):
    totals = Totals.of(quarters)
    assert totals.share is None or 0.0 <= totals.share <= 1.0
    if totals.parts:
        # each is rounded to the same decimals as the share; only their floating-point sum is not exact
        assert sum(totals.parts.values()) == pytest.approx(1.0, abs=1e-12)


def test_every_hour_of_the_month_is_there_and_the_year_of_the_draft_is_its_months(quarter, facts):
    quarters = [quarter(MIDNIGHT + timedelta(minutes=15 * step), share=0.01 * (step % 100)) for step in range(4 * 24 * 60)]
    hours = hours_of(quarters, Period.of("2016-03", ZURICH), facts())
    assert len(hours) == 743
    assert hours[0].start == datetime(2016, 2, 29, 23, tzinfo=UTC)
    assert [hour.known for hour in hours[:1] + hours[-1:]] == [0, 0]
    drafts = drafted(quarters, facts())
    assert drafts.years[0].known == sum(month.known for month in drafts.months) == len(quarters)
    energies = [month.consumption_mwh for month in drafts.months]
    # each month is rounded to 0.1 MWh by itself
    assert drafts.years[0].consumption_mwh == pytest.approx(sum(energies), abs=0.05 * len(energies) + 0.05)


def test_the_repeated_hour_of_the_autumn_is_two_hours_in_utc(quarter, facts):
    first = datetime(2016, 9, 30, 22, tzinfo=UTC)
    hours = hours_of([quarter(first)], Period.of("2016-10", ZURICH), facts())
    assert len(hours) == 745
    assert len({hour.start for hour in hours}) == 745


def test_the_hours_of_a_town_half_an_hour_beside_utc_begin_in_its_month(quarter, facts):
    period = Period.of("2016-01", "Asia/Kolkata")
    hours = hours_of([quarter(period.start)], period, facts(timezone="Asia/Kolkata"))
    assert hours[0].start >= period.start
    assert hours[-1].start < period.end
    assert all(hour.start.minute == 0 for hour in hours)
