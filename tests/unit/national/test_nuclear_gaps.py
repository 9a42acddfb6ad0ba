from __future__ import annotations

from datetime import date

import made_up
import numpy as np
import pytest

from twin.national.nuclear_gaps import nuclear_gaps
from twin.national.published import read_published
from twin.national.series import kinds_of, quarter_hours_of

KINDS = ("swiss_mix", "swiss_market", "swiss_production_day")


@pytest.fixture
def files(tmp_path):
    """Three days of 3200 MW, 76.8 GWh a day, 0.4 of 8000 MW."""
    return read_published(made_up.write(tmp_path, date(2019, 6, 1), 3), KINDS)


def _gaps(files) -> np.ndarray:
    return nuclear_gaps(files, files["swiss_mix"].start_s + 3600 * np.arange(72))


def test_stations_that_all_report_leave_no_gap(files) -> None:
    assert not _gaps(files).any()


def test_a_small_unit_that_trips_for_an_hour_is_no_gap_and_a_missing_large_station_is(files) -> None:
    files["swiss_market"].values["nuclear_mw"][[30, 40]] = 0.88 * 3200.0, 2 / 3 * 3200.0
    assert np.flatnonzero(_gaps(files)).tolist() == [40]


def test_a_mix_without_nuclear_power_is_a_gap_where_the_day_has_some(files) -> None:
    files["swiss_mix"].values["nuclear"][50] = 0.0
    assert np.flatnonzero(_gaps(files)).tolist() == [50]


def test_a_station_that_stops_for_days_is_no_gap(files) -> None:
    files["swiss_market"].values["nuclear_mw"][36:] = 2200.0
    files["swiss_production_day"].values["nuclear_gwh"][2:] = 64.8, 52.8, 52.8  # half a day, then without it
    assert not _gaps(files).any()


def test_where_no_day_is_published_nothing_is_known_to_be_missing(files) -> None:
    files["swiss_production_day"].values["nuclear_gwh"][:] = np.nan
    files["swiss_market"].values["nuclear_mw"][40] = 0.0
    assert not _gaps(files).any()


@pytest.mark.parametrize("name", ["swiss_renewable_share", "swiss_co2"])
def test_what_goes_on_air_is_missing_in_a_gap(tmp_path, name: str) -> None:
    files = read_published(made_up.write(tmp_path, date(2019, 6, 1), 3), kinds_of([name]))
    files["swiss_market"].values["nuclear_mw"][40] = 0.0
    _, values = quarter_hours_of(files, name)
    assert np.flatnonzero(np.isnan(values)).tolist() == [160, 161, 162, 163]
