from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from twin.domain.grid import NORMAL
from twin.maintenance.ranking.calendar import (
    DARK,
    FORBIDDEN,
    FREE,
    HOLIDAY,
    LIMIT,
    N1,
    NIGHT,
    WEEKEND,
    free_window,
    normal_week,
    outage_hours,
    working_hours,
)
from twin.maintenance.ranking.outage_effects import NO_CLOSURE, planned_state

ZURICH = {"timezone": "Europe/Zurich", "country": "CH", "subdivision": "ZH"}


@pytest.fixture(scope="module")
def normal(engine, week, limits):
    return normal_week(engine, week, limits=limits)


@pytest.fixture(scope="module")
def out(engine, week, limits, normal):
    def hours(element, closure, **changes):
        given = {"at_risk_limit_mw": 10.0, "mobile_mw": 0.0, "limits": limits} | changes
        table, index = element.split(".")
        return outage_hours(engine, (table, int(index)), closure, week, normal, **given)

    return hours


def dark_load_mw(engine, week, outage, closure):
    """Load without supply in every hour, from who feeds whom alone."""
    model = engine.model(planned_state(outage, closure))
    gone = (model.grid.load_node < 0) & (engine.model(NORMAL).grid.load_node >= 0)
    return week.injections["load_p_mw"].to_numpy()[:, gone].sum(axis=1)


def test_no_hour_of_a_lonely_station_is_free(out, make, week):
    hours = out(make["stations"][0], NO_CLOSURE)
    assert (hours.why == DARK).all()
    working = np.full(week.hours, FREE)
    assert free_window(hours, working, week, make["table"]().calendar, duration_h=2.0)[0] is None


def test_a_mobile_set_frees_the_hours_that_it_can_carry(out, make):
    hours = out(make["stations"][0], NO_CLOSURE, mobile_mw=0.1)
    assert set(hours.dark_mw[hours.why == FREE].round(3)) == {0.04, 0.08}
    assert (hours.why[hours.dark_mw > 0.1] == DARK).all()


@pytest.mark.parametrize("at_risk_limit_mw", [10.0, 0.25, 0.1])
@pytest.mark.parametrize("duration_h", [1.0, 4.0, 9.0, 30.0])
def test_nobody_is_dark_in_any_hour_of_a_window(out, make, engine, week, at_risk_limit_mw, duration_h):
    calendar = make["table"]().calendar
    working = working_hours(week, calendar, **ZURICH)
    found = []
    for place, closure in ((1, make["tie"]), (1, NO_CLOSURE), (0, NO_CLOSURE)):
        element = make["stations"][place]
        hours = out(element, closure, at_risk_limit_mw=at_risk_limit_mw)
        window, _ = free_window(hours, working, week, calendar, duration_h=duration_h)
        if window is not None:
            first = round((datetime.fromisoformat(window.start) - week.start).total_seconds() / 3600)
            span = slice(first, first + round(window.hours))
            assert dark_load_mw(engine, week, ("trafo", int(element.split(".")[1])), closure)[span].max() == 0.0
            assert window.at_risk_mw <= at_risk_limit_mw
            found.append(element)
    assert set(found) <= {make["stations"][1]}  # only what hangs on the tie


def test_hours_in_which_n_minus_1_is_needed_are_avoided(out, make, week):
    # the neighbour feeds both stations meanwhile; its failure darkens 80 kW at night, 160 kW by day, 320 kW around noon
    hours = out(make["stations"][1], make["tie"], at_risk_limit_mw=0.2)
    noon = (np.arange(week.hours) % 24 >= 10) & (np.arange(week.hours) % 24 < 14)
    assert (hours.why[noon] == N1).all()
    assert (hours.why[~noon] == FREE).all()
    assert hours.further in {"trafo.3", "line.2"}  # in series: either of them darkens both


def test_hours_that_overload_the_neighbour_are_avoided(out, make, limits):
    strict = replace(limits, loading_percent=70.0)  # two stations at noon are about 330 kVA on 400
    hours = out(make["stations"][1], make["tie"], limits=strict)
    assert (hours.why[hours.loading_percent > 70.0] == LIMIT).all()
    assert (hours.loading_percent > 70.0).any()


def test_what_is_beyond_its_limit_anyway_forbids_nothing(engine, week, limits, make):
    strict = replace(limits, loading_percent=30.0)  # a station alone exceeds that at noon; the helper then stands at twice it
    normal = normal_week(engine, week, limits=strict)
    assert normal.excess.max() > 0.0
    found = outage_hours(engine, ("trafo", 1), NO_CLOSURE, week, normal, limits=strict, at_risk_limit_mw=10.0, mobile_mw=1.0)
    assert (found.why == FREE).all()  # the lonely station's outage relieves everything else


def test_nights_weekends_holidays_and_forbidden_days_are_not_worked(week, make):
    days = make["table"](
        calendar={
            "days": ["mon", "tue", "wed", "thu", "fri"],
            "hours": [7, 17],
            "holidays": False,
            "forbidden": [{"first": date(2016, 2, 3), "last": date(2016, 2, 3), "why": "market"}],
            "mobile_supply_mw": 0.0,
        }
    ).calendar
    why = working_hours(week, days, **ZURICH)
    local = [week.at(hour).astimezone(ZoneInfo("Europe/Zurich")) for hour in range(week.hours)]
    at = {(moment.day, moment.hour): reason for moment, reason in zip(local, why, strict=True)}
    assert (at[1, 7], at[1, 6], at[1, 17]) == (FREE, NIGHT, NIGHT)
    assert (at[3, 12], at[6, 12], at[7, 12]) == (FORBIDDEN, WEEKEND, WEEKEND)


def test_a_public_holiday_of_the_canton_is_kept(week, make):
    first_of_august = replace(week, start=week.start.replace(month=8, day=1))  # a Monday in 2016
    why = working_hours(first_of_august, make["table"]().calendar, **ZURICH)
    assert set(why[:20]) == {HOLIDAY}


def test_a_sunday_that_a_clock_change_shortens_has_23_hours(week, make):
    spring = replace(week, start=datetime(2016, 3, 26, 0, tzinfo=ZoneInfo("UTC")))  # clocks go forward on Sunday, 27 March
    every_hour = make["table"](
        calendar={"days": ["sat", "sun"], "hours": [0, 24], "holidays": True, "mobile_supply_mw": 0.0}
    ).calendar
    weekend = working_hours(spring, every_hour, **ZURICH)[:48]
    # Saturday from 01:00 local, then Sunday's 23 hours: Monday begins at 22 h UTC
    assert (weekend == FREE).tolist() == [True] * 46 + [False] * 2
