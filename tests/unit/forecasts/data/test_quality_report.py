from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from metered import stamps, town

from forecasts.data.quality import DataQuality, Fault, FaultLog
from forecasts.data.reading import read_series
from forecasts.data.spec import SeriesSpec


@pytest.fixture
def report(csv_file: Callable[..., Path], spec: Callable[..., SeriesSpec]) -> DataQuality:
    values = town(7 * 96)
    values[100:130] = 150.0
    rows = [[stamp, value, ""] for stamp, value in zip(stamps("2019-01-07", 7 * 96), values, strict=True)]
    return read_series(spec(csv_file(rows, header="time,kw,sun"), weather_map={"ghi_w_m2": "sun"})).quality


def test_the_report_is_plain_json(report: DataQuality) -> None:
    read = json.loads(json.dumps(report.to_json()))
    assert (read["from"], read["to"]) == ("2019-01-07T00:00:00+00:00", "2019-01-14T00:00:00+00:00")
    assert read["degraded"] is True
    assert read["share_missing"] == pytest.approx(30 / 672, abs=1e-6)
    assert read["weather"]["ghi_w_m2"]["dropped"] is True


def test_a_fault_counts_all_and_shows_the_first_twenty(report: DataQuality) -> None:
    fault = report.to_json()["faults"]["stuck"]
    assert fault["count"] == 30
    assert fault["rows"] == list(range(102, 122))
    assert fault["places"][0] == "feeder.csv:102"
    assert fault["stamps"][0] == "2019-01-08T01:00:00+00:00"


def test_the_lines_say_span_missing_faults_weather_and_what_degrades(report: DataQuality) -> None:
    assert report.lines() == [
        "672 rows of feeder.csv: 2019-01-07 00:00 to 2019-01-14 00:00 UTC, every 15 min.",
        "4.46 % of the values are missing, at most 7.5 h in a row.",
        "30 values repeat one measurement for hours; they count as missing (rows 102, 103, 104, 105, 106, 107, ...).",
        "Weather ghi_w_m2 from 'sun': holds no value; left out.",
        "Degraded: 7.0 days of history, less than 8: only the simplest experts can answer.",
        "Degraded: weather ghi_w_m2 is left out, no value to use.",
        "Degraded: no weather is left; experts go without it.",
    ]


def test_a_fault_that_no_text_explains_cannot_be_noted() -> None:
    with pytest.raises(KeyError):
        FaultLog().note("oddity", np.array([1]))


def test_rows_of_several_files_are_named_with_their_file() -> None:
    fault = Fault("spike", 2, (("a.csv", 5), ("b.csv", 7)))
    assert "a.csv:5, b.csv:7" in fault.line(name_files=True)
