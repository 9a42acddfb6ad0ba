"""The three figures: what is counted, what is counted once, and what counts as missing."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.contracts.devices import Acceptance, Device, Right, RightOfUse
from twin.origin.consumed import Consumed
from twin.regie.kpi import Account, KpiFacts, add, add_both, figures, kpis, of_grid, opened
from twin.regie.quarter_hour import Interval, Measured, measured

FACTS = KpiFacts(
    timezone="Europe/Zurich",
    peak_chf_per_kw_month=6.5,
    value_of_lost_load_chf_per_kwh=20.0,
    bus_low_pu=np.array([0.95, 0.9]),
    bus_high_pu=np.array([1.05, 1.1]),
    line_limit_percent=100.0,
    trafo_limit_percent=120.0,
)
NOON = datetime(2016, 6, 15, 10, tzinfo=UTC)


def grid(*, loss=0.02, vm=(1.0, 1.0), line=(50.0,), trafo=(60.0,)) -> xr.Dataset:
    return xr.Dataset(
        {
            "loss_mw": ((), loss),
            "vm_pu": ("bus", list(vm)),
            "line_loading_percent": ("line", list(line)),
            "trafo_loading_percent": ("trafo", list(trafo)),
        }
    )


EATEN = Consumed(1.5, 1.0, 0.1)


def quarter(label=NOON, *, consumed=EATEN, of=None, flexibility_chf=0.0, unsupplied_mw=0.0, **changes) -> Interval:
    of = grid() if of is None else of
    owed = {name: changes.pop(name) for name in ("curtailment_chf", "curtailed_mwh") if name in changes}
    there = replace(Measured(4.0, 2.0, 1.0, 0.0, 0.0, 0.2, {}, 0.0), **changes)
    return Interval(label, there, consumed, of_grid(of, FACTS), flexibility_chf, unsupplied_mw, **owed)


def counted(*intervals: Interval) -> Account:
    account = Account()
    for interval in intervals:
        account = add(account, interval, FACTS)
    return account


def test_import_costs_and_export_earns_the_markets_price():
    bought, sold = counted(quarter()), counted(quarter(net_p_mw=-4.0, pv_p_mw=8.0))
    assert figures(bought, FACTS)["economic"]["energy_chf"] == pytest.approx(1000.0 * 0.2)  # 4 MW, 15 min, 0.20 CHF/kWh
    assert figures(sold, FACTS)["economic"]["energy_chf"] == pytest.approx(-1000.0 * 0.2)


def test_losses_are_inside_the_import_and_not_added_again():
    little, much = counted(quarter(of=grid(loss=0.0))), counted(quarter(of=grid(loss=1.0)))
    assert figures(little, FACTS)["economic"] == figures(much, FACTS)["economic"]
    assert figures(much, FACTS)["grid"]["losses_mwh"] == 0.25


def test_curtailed_energy_and_its_compensation_are_figures_of_their_own():
    account = counted(quarter(curtailment_chf=2.0, curtailed_mwh=0.3), quarter(curtailment_chf=1.0, curtailed_mwh=0.2))
    assert figures(account, FACTS)["economic"]["curtailment_chf"] == 3.0
    assert figures(account, FACTS)["climate"]["curtailed_mwh"] == 0.5


def test_the_total_is_the_sum_of_its_parts():
    economic = figures(counted(quarter(flexibility_chf=3.0, curtailment_chf=2.0, unsupplied_mw=0.1)), FACTS)["economic"]
    assert economic["total_chf"] == pytest.approx(sum(v for k, v in economic.items() if k != "total_chf"))


def test_the_peak_is_the_highest_quarter_hour_of_the_month():
    account = counted(quarter(), quarter(net_p_mw=9.0), quarter(net_p_mw=5.0))
    assert figures(account, FACTS)["economic"]["peak_chf"] == pytest.approx(9000.0 * 6.5)


def test_peaks_of_two_local_months_are_both_paid():
    # 21:45 UTC on 31 August is still August in Zurich, 22:00 UTC is September
    august, september = datetime(2016, 8, 31, 21, 45, tzinfo=UTC), datetime(2016, 8, 31, 22, tzinfo=UTC)
    account = counted(quarter(label=august, net_p_mw=9.0), quarter(label=september, net_p_mw=5.0))
    assert (account.month, account.closed_peaks_kw, account.peak_kw) == ("2016-09", 9000.0, 5000.0)
    assert figures(account, FACTS)["economic"]["peak_chf"] == pytest.approx(14000.0 * 6.5)


def test_the_month_ends_by_the_winter_clock_after_the_clock_change():
    # 30 October 2016: back to CET, so October ends at 23:00 UTC and not at 22:00
    last, first = datetime(2016, 10, 31, 22, 45, tzinfo=UTC), datetime(2016, 10, 31, 23, tzinfo=UTC)
    assert counted(quarter(label=last)).month == "2016-10"
    assert counted(quarter(label=first)).month == "2016-11"


def test_both_hours_called_two_oclock_belong_to_the_same_month():
    begin = datetime(2016, 10, 30, tzinfo=UTC)
    account = counted(*(quarter(label=begin + i * timedelta(minutes=15)) for i in range(8)))
    assert (account.steps, account.closed_peaks_kw, account.peak_kw) == (8, 0.0, 4000.0)


def test_the_peak_before_the_window_counts_within_its_month_only():
    labels = [datetime(2016, 5, 31, 12, tzinfo=UTC), datetime(2016, 6, 2, tzinfo=UTC), datetime(2016, 6, 3, tzinfo=UTC)]
    account = opened(NOON, labels, [99.0, 7.0, math.nan], "Europe/Zurich")
    assert (account.month, account.peak_kw) == ("2016-06", 7000.0)


def test_an_unknown_quarter_hour_is_missing_and_not_zero():
    account = counted(quarter(), quarter(net_p_mw=math.nan))
    assert (account.steps, account.missing, account.import_mwh) == (2, 1, 1.0)


@pytest.mark.parametrize(
    "changes",
    [
        {"price_chf_per_kwh": math.nan},
        {"consumed": Consumed(1.5, math.nan, 0.1)},
        {"consumed": Consumed(1.5, 1.0, math.nan)},
    ],
)
def test_one_unknown_figure_does_not_take_the_losses_with_it(changes):
    account = counted(quarter(**changes))
    assert (account.missing, account.losses_mwh) == (1, 0.005)


def test_a_grid_that_was_not_solved_has_no_losses_and_is_missing():
    account = counted(quarter(of=grid(loss=math.nan)))
    assert (account.missing, account.losses_mwh, account.import_mwh) == (1, 0.0, 1.0)


def test_energy_not_served_counts_in_the_dark_when_no_meter_speaks():
    for net in (math.nan, 0.0):
        dark = quarter(net_p_mw=net, pv_p_mw=0.0, hydro_p_mw=0.0, unsupplied_mw=2.0)
        assert figures(counted(dark), FACTS)["economic"]["energy_not_served_chf"] == pytest.approx(500.0 * 20.0)


def test_a_town_in_the_dark_is_known_and_not_missing():
    assert counted(quarter(net_p_mw=0.0, pv_p_mw=0.0, hydro_p_mw=0.0)).missing == 0


def test_flexibility_is_paid_whatever_the_meters_say():
    assert counted(quarter(net_p_mw=math.nan, flexibility_chf=3.0)).flexibility_chf == 3.0


def test_voltage_is_counted_outside_each_bus_band_in_pu_hours():
    account = counted(quarter(of=grid(vm=(1.07, 0.88))))
    assert account.voltage_pu_h == pytest.approx(0.25 * (0.02 + 0.02))


def test_an_unsupplied_bus_violates_no_band():
    assert counted(quarter(of=grid(vm=(math.nan, 1.0)))).voltage_pu_h == 0.0


def test_overload_is_counted_above_each_limit_in_percent_hours():
    account = counted(quarter(of=grid(line=(110.0,), trafo=(119.0,))))
    assert account.overload_percent_h == pytest.approx(0.25 * 10.0)
    assert account.max_loading_percent == 119.0


def stored_chf(*contents: dict) -> float:
    account = counted(*(quarter(deliverable_mwh=content) for content in contents))
    return figures(account, FACTS)["economic"]["stored_energy_chf"]


def test_stored_energy_is_credited_at_the_mean_price():
    account = counted(quarter(deliverable_mwh={"a": 1.0}), quarter(deliverable_mwh={"a": 3.0}, price_chf_per_kwh=0.4))
    assert figures(account, FACTS)["economic"]["stored_energy_chf"] == pytest.approx(-2000.0 * 0.3)


def test_a_silent_battery_keeps_its_last_content_and_the_others_count_on():
    assert stored_chf({"a": 1.0, "b": 1.0}, {"b": 3.0}) == pytest.approx(-2000.0 * 0.2)


def test_a_battery_that_first_speaks_later_brings_no_gain_with_it():
    assert stored_chf({"a": 1.0}, {"a": 1.0, "b": 5.0}) == 0.0


@settings(deadline=None)
@given(st.dictionaries(st.text(min_size=1, max_size=4), st.floats(0.0, 2.0), min_size=2, max_size=8))
def test_the_order_of_the_batteries_changes_no_bit_of_the_account(content):
    charging = {"net_p_mw": 4.0, "storage_p_mw": 1.0, "deliverable_mwh": content}
    turned = {**charging, "deliverable_mwh": dict(reversed(content.items()))}
    one, other = (counted(quarter(), quarter(**changes)) for changes in (charging, turned))
    assert figures(one, FACTS) == figures(other, FACTS)


def test_the_account_says_what_its_own_batteries_wear():
    economic = figures(counted(quarter(wear_chf=2.0), quarter(net_p_mw=math.nan, wear_chf=3.0)), FACTS)["economic"]
    assert economic["wear_chf"] == 5.0


SILENT = {
    "meter": {"net_p_mw": math.nan},
    "grid": {"of": grid(loss=math.nan)},
    "share": {"consumed": Consumed(1.5, math.nan, 0.1)},
    "emissions": {"consumed": Consumed(1.5, 1.0, math.nan)},
    "consumption": {"consumed": Consumed(math.nan, math.nan, math.nan)},
}


@pytest.mark.parametrize("missed", SILENT.values(), ids=SILENT)
@pytest.mark.parametrize("turned", [False, True])
def test_what_one_side_missed_of_a_quarter_hour_is_no_difference(missed, turned):
    both = (quarter(**missed), quarter()) if turned else (quarter(), quarter(**missed))
    ours, theirs = add_both((Account(), Account()), both, FACTS)
    for kpi in kpis(ours, theirs, FACTS).values():
        assert set(kpi.difference.values()) == {0.0}


def test_the_share_of_a_window_is_weighted_by_what_was_consumed():
    climate = figures(counted(quarter(consumed=Consumed(3.0, 3.0, 0.1)), quarter(consumed=Consumed(1.0, 0.0, 0.5))), FACTS)[
        "climate"
    ]
    assert (climate["renewable_share"], climate["consumption_mwh"], climate["co2_t"]) == (0.75, 4.0, pytest.approx(0.6))


def test_share_and_emissions_are_each_of_the_consumption_in_which_they_are_known():
    nobody, no_share, no_co2 = Consumed(2.0, math.nan, math.nan), Consumed(4.0, math.nan, 0.4), Consumed(8.0, 2.0, math.nan)
    climate = figures(counted(*(quarter(consumed=c) for c in (EATEN, nobody, no_share, no_co2))), FACTS)["climate"]
    assert climate["consumption_mwh"] == 1.5 + 2.0 + 4.0 + 8.0
    assert (climate["share_known_mwh"], climate["renewable_share"]) == (9.5, pytest.approx(3.0 / 9.5))
    assert (climate["co2_known_mwh"], climate["co2_t"]) == (5.5, pytest.approx(0.5))


def test_the_share_of_a_window_without_consumption_is_absent():
    assert "renewable_share" not in figures(Account(), FACTS)["climate"]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.floats(-9.0, 9.0), st.floats(0.0, 9.0), st.floats(-1.0, 1.0)), max_size=8))
def test_equal_accounts_have_no_difference(quarters):
    account = counted(*(quarter(net_p_mw=n, pv_p_mw=p, storage_p_mw=s) for n, p, s in quarters))
    for kpi in kpis(account, account, FACTS).values():
        assert kpi.difference is not None
        assert set(kpi.difference.values()) <= {0.0}


def test_a_saving_is_a_negative_difference():
    ours, theirs = counted(quarter(net_p_mw=3.0)), counted(quarter(net_p_mw=4.0))
    assert kpis(ours, theirs, FACTS)["economic"].difference["total_chf"] < 0.0


def test_without_a_do_nothing_twin_there_is_no_difference():
    assert all(kpi.baseline is None and kpi.difference is None for kpi in kpis(Account(), None, FACTS).values())


def battery(name: str, of: Right = Right.OWN) -> Device:
    right = RightOfUse(of, Acceptance.AUTOMATIC, 0.04)
    return Device(name, "battery", name, "storage", 0, 0, "town", -1.0, 1.0, 2.0, 0.95, right)


def test_a_battery_delivers_its_content_less_the_losses_of_giving_it_back():
    signals = {("device_soc_percent", "a"): 50.0, ("device_soc_percent", "b"): math.nan}
    there = measured(signals, "town", [battery("a"), battery("b"), battery("c")])
    assert there.deliverable_mwh == {"a": pytest.approx(0.95)}


def test_half_the_wear_is_in_the_charge_and_half_in_the_discharge():
    for p_mw in (1.0, -1.0):
        signals = {("device_p_mw", "a"): p_mw, ("device_p_mw", "b"): p_mw}
        worn = measured(signals, "town", [battery("a"), battery("b", Right.CONTRACT)]).wear_chf
        assert worn == pytest.approx(1000.0 * 0.25 * 0.04 / 2.0)  # another owner's battery wears on his account


def test_what_a_site_does_not_have_is_zero_and_what_is_missing_is_unknown():
    there = measured({("zone_pv_p_mw", "town"): math.nan}, "town", [])
    assert there.hydro_p_mw == 0.0
    assert math.isnan(there.pv_p_mw)
    assert math.isnan(there.net_p_mw)
