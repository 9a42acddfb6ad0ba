"""Every kind of file is read as it is published, and every defect that is known of it is met."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from twin.national.kinds import KINDS
from twin.national.published import Published, read_published


def _of(real, kind: str) -> Published:
    return read_published(real(KINDS[kind].files), [kind])[kind]


def _utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> int:
    return int(datetime(year, month, day, hour, minute, tzinfo=UTC).timestamp())


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_kind_is_read_on_its_own_grid(real, kind: str) -> None:
    read = _of(real, kind)
    assert read.step_s == KINDS[kind].step_s
    # The largest holes: 400 hours of temperature in seven years, a day at either end of a carrier.
    assert all(np.isfinite(values).mean() > 0.99 for values in read.values.values())


def test_the_city_s_load_is_labelled_by_the_end_of_its_quarter_hour_on_the_local_clock(real) -> None:
    load = _of(real, "zurich_load")
    assert load.start_s == _utc(2018, 12, 31, 23)  # "2019-01-01T00:15"
    assert load.at("load_mw", np.array([load.start_s]))[0] == pytest.approx(65_900.149402 * 0.004)


def test_final_rows_of_june_2020_win_over_the_preliminary_ones_beside_them(real) -> None:
    load = _of(real, "zurich_load")
    assert load.faults["superseded"] == 13 * 96
    at = np.array([_utc(2020, 6, 17, 22)])  # "2020-06-18T00:15": 62155.413678 F, 62163.743670 E
    assert load.at("load_mw", at)[0] == pytest.approx(62_163.743670 * 0.004)


@pytest.mark.parametrize(("first", "hours"), [(_utc(2019, 3, 30, 23), 23), (_utc(2019, 10, 26, 22), 25)])
def test_the_city_s_load_runs_through_both_clock_changes_without_a_gap(real, first: int, hours: int) -> None:
    quarters = first + 900 * np.arange(4 * hours)
    load = _of(real, "zurich_load").at("load_mw", quarters)
    assert np.isfinite(load).all()
    assert np.abs(np.diff(load)).max() < 40.0  # MW in a quarter hour; an hour misplaced would jump by more at 6 in the morning


def test_hours_of_no_delivery_at_low_voltage_are_missing_and_bins_begin_a_quarter_hour_early(real) -> None:
    delivery = _of(real, "zurich_delivery")
    assert delivery.faults["implausible"] == 23
    assert np.isnan(delivery.at("ne7_mw", np.array([_utc(2017, 12, 31, 12)]))).all()
    assert delivery.start_s == _utc(2014, 12, 31, 22, 45)


def test_a_renewable_peak_of_13_8_gw_between_2_7_and_2_6_is_a_spike(real) -> None:
    market = _of(real, "swiss_market")
    assert market.faults["implausible"] == 1
    assert market.faults["no_stamp"] == 5  # the second header row of five files


def test_the_national_load_s_doubled_october_hour_is_two_hours(real) -> None:
    load = _of(real, "swiss_load")
    doubled = load.at("end_use_mw", _utc(2019, 10, 27) + 900 * np.arange(8))
    assert np.isfinite(doubled).all()
    assert not load.faults


def test_daily_use_counts_days_of_universal_time(real) -> None:
    files = read_published(real(KINDS["swiss_load"].files, KINDS["swiss_use_day"].files), ["swiss_load", "swiss_use_day"])
    days = _utc(2019, 1, 2) + 86_400 * np.arange(360)
    published = files["swiss_use_day"].at("end_use_gwh", days)

    def within_rounding(shift_h: int) -> float:
        quarters = days[:, None] + 900 * np.arange(96) - 3600 * shift_h
        ours = files["swiss_load"].at("end_use_mw", quarters).sum(axis=1) / 4000.0
        return float(np.mean(np.abs(ours - published) <= 0.51))  # published in whole GWh

    assert within_rounding(0) > 0.9
    assert max(within_rounding(-1), within_rounding(1)) < 0.8
