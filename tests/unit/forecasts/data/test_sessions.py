from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from forecasts.data.sessions import read_sessions
from forecasts.data.spec import SeriesSpec
from twin.domain.problems import BadInput

Spec = Callable[..., SeriesSpec]
Write = Callable[..., Path]


def _sessions(spec: Spec, path: Path, **stated: object) -> SeriesSpec:
    return spec(path, time_column="came", value_column="kwh", unit="kWh", **stated)


def test_a_session_charges_at_constant_power_to_the_end_of_its_last_minute(csv_file: Write, spec: Spec) -> None:
    path = csv_file([("2022-05-01 10:05", "2022-05-01 10:34", 10.0)], header="came,left,kwh")
    load = read_sessions(_sessions(spec, path), departure_column="left").series
    np.testing.assert_allclose(load.values * 1000.0, [20.0 * 10 / 15, 20.0, 20.0 * 5 / 15])


def test_cars_side_by_side_add_up(csv_file: Write, spec: Spec) -> None:
    path = csv_file([("2022-05-01 10:00", "2022-05-01 10:14", 5.0)] * 2, header="came,left,kwh")
    assert read_sessions(_sessions(spec, path), departure_column="left").series.values * 1000.0 == pytest.approx([40.0])


def test_a_session_of_the_doubled_autumn_hour_is_left_out(csv_file: Write, spec: Spec) -> None:
    rows = [("2022-10-30 02:10", "2022-10-30 02:40", 7.0), *[("2022-10-30 10:00", "2022-10-30 10:29", 5.0)] * 30]
    loaded = read_sessions(
        _sessions(spec, csv_file(rows, header="came,left,kwh"), timezone="Europe/Zurich"), departure_column="left"
    )
    assert loaded.series.values.sum() / 4.0 * 1000.0 == pytest.approx(150.0)
    assert loaded.quality.faults["impossible_session"].rows == (("feeder.csv", 2),)


def test_sessions_that_end_before_they_begin_are_refused_with_their_rows(csv_file: Write, spec: Spec) -> None:
    path = csv_file([("2022-05-01 10:00", "2022-05-01 09:00", 5.0)] * 3, header="came,left,kwh")
    with pytest.raises(BadInput, match=r"feeder.csv:2, feeder.csv:3, feeder.csv:4: 3 of 3 sessions cannot be"):
        read_sessions(_sessions(spec, path), departure_column="left")


def test_a_power_is_no_energy_of_a_session(csv_file: Write, spec: Spec) -> None:
    path = csv_file([("2022-05-01 10:00", "2022-05-01 10:30", 5.0)], header="came,left,kwh")
    with pytest.raises(BadInput, match="a session has an energy"):
        read_sessions(spec(path, time_column="came", value_column="kwh"), departure_column="left")
