from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from forecasts.data.stamps import read_stamps


def _seconds(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp())


def _read(*texts: object) -> tuple[list[int], list[bool]]:
    stamps = read_stamps(np.array(texts, dtype=object))
    assert stamps.found.all()
    return stamps.seconds.tolist(), stamps.zoned.tolist()


@pytest.mark.parametrize(
    "text",
    [
        "2019-02-01T00:15",
        "2019-02-01 00:15:00",
        "2019-02-01 00:15:00.000",
        "01.02.2019 00:15",
        "1.2.2019 0:15",
        "01.02.19 00:15:00",
        "2019/02/01 00:15",
        "20190201 00:15",
        "201902010015",
        "01/02/2019 00:15",
    ],
)
def test_ways_to_write_one_wall_clock_stamp_mean_the_same(text: str) -> None:
    assert _read(text) == ([_seconds(2019, 2, 1, 0, 15)], [False])


@pytest.mark.parametrize(
    "text",
    [
        "2019-02-01T00:15+01:00",
        "2019-01-31T23:15Z",
        "2019-01-31 23:15:00+00:00",
        "01.02.2019 00:15+01:00",
        "1548976500",
        "2019-02-01 00:15 CET",
    ],
)
def test_an_offset_or_epoch_seconds_make_a_stamp_utc(text: str) -> None:
    assert _read(text) == ([_seconds(2019, 1, 31, 23, 15)], [True])


def test_hour_24_is_the_end_of_its_day() -> None:
    assert _read("20120401 24:00", "2012-04-01 24:00")[0] == [_seconds(2012, 4, 2)] * 2


def test_hour_25_is_no_stamp() -> None:
    assert not read_stamps(np.array(["2012-04-01 25:00"], dtype=object)).found.any()


def test_leap_day_is_a_day() -> None:
    assert _read("29.02.2020 12:00")[0] == [_seconds(2020, 2, 29, 12)]


def test_leap_day_of_a_common_year_is_no_stamp() -> None:
    assert not read_stamps(np.array(["29.02.2019 12:00"], dtype=object)).found.any()


def test_slashes_are_month_first_where_a_second_figure_above_twelve_says_so() -> None:
    assert _read("02/01/2019 00:15", "02/13/2019 00:15")[0][0] == _seconds(2019, 2, 1, 0, 15)


def test_slashes_of_few_days_are_read_so_that_days_run_faster_than_months() -> None:
    texts = [f"01/{day:02d}/2019 00:00" for day in range(1, 11)]
    assert np.diff(_read(*texts)[0]).tolist() == [86_400] * 9


def test_milliseconds_are_told_from_seconds_by_their_size() -> None:
    stamps = read_stamps(np.array([1_548_976_500_000, 1_548_977_400_000]))
    assert stamps.zoned.all()
    assert stamps.seconds.tolist() == [_seconds(2019, 1, 31, 23, 15), _seconds(2019, 1, 31, 23, 30)]


@pytest.mark.parametrize("numbers", [[1, 2, 3], [24.0, 1.0, 2.0], [43466.0, 43467.0]])
def test_hours_rows_and_spreadsheet_days_are_no_times(numbers: list[float]) -> None:
    assert not read_stamps(np.array(numbers)).found.any()


def test_empty_cells_are_not_unreadable_ones() -> None:
    stamps = read_stamps(np.array(["", None, float("nan"), "soon"], dtype=object))
    assert stamps.empty.tolist() == [True, True, True, False]
    assert not stamps.found.any()
