from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from metered import plant, stamps, town

from forecasts.data.reading import Loaded, read_series
from forecasts.data.spec import SeriesSpec
from twin.domain.problems import BadInput
from twin.domain.quality import Quality

DAYS = 10
Spec = Callable[..., SeriesSpec]
Write = Callable[..., Path]


def _rows(days: int = DAYS, first: str = "2019-01-07", zone: str = "UTC") -> list[tuple[str, float]]:
    return list(zip(stamps(first, days * 96, zone=zone), town(days * 96).tolist(), strict=True))


def _same(one: Loaded, other: Loaded) -> None:
    assert one.series.start_s == other.series.start_s
    np.testing.assert_array_equal(one.series.values, other.series.values)


def test_a_clean_file_gives_its_values_in_mw_and_nothing_to_report(csv_file: Write, spec: Spec) -> None:
    loaded = read_series(spec(csv_file(_rows())))
    np.testing.assert_allclose(loaded.series.values, town(DAYS * 96) / 1000.0, rtol=1e-12)  # one rounding of a product
    assert loaded.series.start_s == int(datetime.fromisoformat("2019-01-07T00:00+00:00").timestamp())
    assert (loaded.series.step_s, loaded.series.kind, loaded.series.name) == (900, "load", "feeder")
    assert not loaded.series.quality.any()
    assert loaded.quality.faults == {}
    assert not loaded.quality.degraded


@pytest.mark.parametrize(("unit", "mw"), [("W", 1e-6), ("kW", 1e-3), ("MW", 1.0), ("Wh", 4e-6), ("kWh", 4e-3), ("MWh", 4.0)])
def test_units_become_mean_power_and_energies_of_a_quarter_hour_count_four_times(
    csv_file: Write, spec: Spec, unit: str, mw: float
) -> None:
    loaded = read_series(spec(csv_file(_rows()), unit=unit))
    np.testing.assert_allclose(loaded.series.values, town(DAYS * 96) * mw, rtol=1e-12)


def test_energies_of_an_hour_count_once(csv_file: Write, spec: Spec) -> None:
    values = town(DAYS * 24, per_day=24)
    path = csv_file(zip(stamps("2019-01-07", DAYS * 24, 60), values, strict=True))
    np.testing.assert_allclose(read_series(spec(path, unit="MWh")).series.values, values, rtol=1e-12)


def test_a_label_at_the_end_moves_the_series_one_step_back(csv_file: Write, spec: Spec) -> None:
    path = csv_file(_rows())
    start, end = (read_series(spec(path, label=label)).series.start_s for label in ("start", "end"))
    assert start - end == 900


def test_an_offset_in_the_file_wins_over_the_stated_zone(csv_file: Write, spec: Spec) -> None:
    path = csv_file([(f"{stamp}+00:00", value) for stamp, value in _rows()])
    _same(read_series(spec(path, timezone="America/New_York")), read_series(spec(csv_file(_rows(), name="b.csv"))))


def test_a_shift_moves_every_stamp(csv_file: Write, spec: Spec) -> None:
    path = csv_file(_rows())
    assert read_series(spec(path, shift_s=-3600)).series.start_s == read_series(spec(path)).series.start_s - 3600


@pytest.mark.parametrize(("first", "rows_of_change"), [("2019-03-27", 92), ("2019-10-23", 100)])
@pytest.mark.parametrize("label", ["start", "end"])
def test_wall_clock_files_run_through_both_clock_changes(
    csv_file: Write, spec: Spec, first: str, rows_of_change: int, label: str
) -> None:
    begin = pd.Timestamp(first, tz="Europe/Zurich")
    at = pd.date_range(begin, begin + pd.DateOffset(days=10), freq="15min", inclusive="left" if label == "start" else "right")
    values = town(len(at))
    path = csv_file(zip(at.strftime("%d.%m.%Y %H:%M"), values, strict=True))
    loaded = read_series(spec(path, label=label, timezone="Europe/Zurich"))
    assert len(at) == 9 * 96 + rows_of_change
    assert loaded.series.start_s == int(begin.timestamp())
    np.testing.assert_allclose(loaded.series.values * 1000.0, values)
    assert loaded.quality.faults == {}


def test_the_leap_day_has_its_rows(csv_file: Write, spec: Spec) -> None:
    loaded = read_series(spec(csv_file(_rows(first="2020-02-25"))))
    assert len(loaded.series.values) == DAYS * 96
    assert loaded.quality.share_missing == 0.0


def test_a_file_that_ignores_summer_time_is_degraded_and_says_how_to_state_it(csv_file: Write, spec: Spec) -> None:
    loaded = read_series(spec(csv_file(_rows(first="2019-03-27")), timezone="Europe/Zurich"))
    assert loaded.quality.count("clock_absent") == 4
    assert any("Etc/GMT-1" in note for note in loaded.quality.notes)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(DAYS * 96)), twice=st.lists(st.integers(0, DAYS * 96 - 1), max_size=20))
def test_rows_in_any_order_some_twice_give_the_same_series(
    csv_file: Write, spec: Spec, order: list[int], twice: list[int]
) -> None:
    rows = _rows()
    mixed = read_series(spec(csv_file([rows[i] for i in [*order, *twice]], name="mixed.csv")))
    _same(mixed, read_series(spec(csv_file(rows))))
    assert mixed.quality.count("repeated") == len(twice)
    assert mixed.quality.count("contradicting") == 0


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(DAYS * 96)))
def test_wall_clock_rows_of_autumn_in_any_order_give_the_same_series(csv_file: Write, spec: Spec, order: list[int]) -> None:
    clock = stamps("2019-10-22T22:00", DAYS * 96, zone="Europe/Zurich")
    smooth = np.round(200.0 + 50.0 * np.sin(np.arange(DAYS * 96) / 30.0), 3)
    rows = list(zip(clock, smooth, strict=True))
    in_order = read_series(spec(csv_file(rows), timezone="Europe/Zurich"))
    mixed = read_series(spec(csv_file([rows[i] for i in order], name="mixed.csv"), timezone="Europe/Zurich"))
    _same(mixed, in_order)


def test_late_rows_are_sorted_in_and_counted_with_their_lines(csv_file: Write, spec: Spec) -> None:
    rows = _rows()
    late = [*rows[:100], *rows[104:200], *rows[100:104], *rows[200:]]
    loaded = read_series(spec(csv_file(late)))
    _same(loaded, read_series(spec(csv_file(rows, name="b.csv"))))
    assert loaded.quality.faults["out_of_order"].rows == tuple(("feeder.csv", line) for line in range(198, 202))


def test_a_file_with_the_newest_row_first_is_read_backwards(csv_file: Write, spec: Spec) -> None:
    loaded = read_series(spec(csv_file(_rows()[::-1])))
    _same(loaded, read_series(spec(csv_file(_rows(), name="b.csv"))))
    assert loaded.quality.faults == {}


def test_a_contradicting_row_yields_to_the_later_one_and_leaves_a_mark(csv_file: Write, spec: Spec) -> None:
    rows = _rows()
    loaded = read_series(spec(csv_file([*rows[:51], (rows[50][0], rows[50][1] + 3.0), *rows[51:]])))
    assert loaded.series.values[50] * 1000.0 == pytest.approx(rows[50][1] + 3.0)
    assert loaded.quality.faults["contradicting"].rows == (("feeder.csv", 52),)
    assert loaded.series.quality[50] == Quality.QUESTIONABLE


@pytest.mark.parametrize("final_first", [True, False])
def test_a_final_row_beats_a_preliminary_one_wherever_it_stands(csv_file: Write, spec: Spec, final_first: bool) -> None:
    rows = [(stamp, value, "E") for stamp, value in _rows()]
    other = [(stamp, value + 5.0, "F") for stamp, value, _ in rows[96:192]]
    written = [*rows, *other] if final_first else [*other, *rows]
    loaded = read_series(spec(csv_file(written, header="time,kw,status")))
    np.testing.assert_allclose(loaded.series.values * 1000.0, town(DAYS * 96))
    assert loaded.quality.count("superseded") == 96


def test_preliminary_rows_without_a_final_one_count_and_are_questionable(csv_file: Write, spec: Spec) -> None:
    rows = [(stamp, value, "F" if i >= 900 else "E") for i, (stamp, value) in enumerate(_rows())]
    loaded = read_series(spec(csv_file(rows, header="time,kw,state"), status_column="state"))
    assert loaded.quality.count("preliminary") == 60
    assert np.flatnonzero(loaded.series.quality == Quality.QUESTIONABLE).tolist() == list(range(900, 960))


def test_five_minutes_are_averaged_to_quarter_hours_and_a_missing_third_is_said(csv_file: Write, spec: Spec) -> None:
    values = town(DAYS * 288, per_day=288)
    rows = list(zip(stamps("2019-01-07", len(values), 5), values, strict=True))
    del rows[301]
    loaded = read_series(spec(csv_file(rows)))
    assert (loaded.series.step_s, loaded.quality.file_step_s) == (900, 300)
    expected = values.reshape(-1, 3).mean(axis=1)
    expected[100] = (values[300] + values[302]) / 2.0
    np.testing.assert_allclose(loaded.series.values * 1000.0, expected)
    assert loaded.quality.count("partly_measured") == 1
    assert loaded.series.quality[100] == Quality.ESTIMATED


def test_intervals_across_whole_hours_keep_their_energy(csv_file: Write, spec: Spec) -> None:
    values = town(DAYS * 24, per_day=24)
    loaded = read_series(spec(csv_file(zip(stamps("2019-01-07T00:45", len(values), 60), values, strict=True))))
    assert loaded.series.start_s % 3600 == 0
    np.testing.assert_allclose(loaded.series.values * 1000.0, 0.75 * values[:-1] + 0.25 * values[1:])
    assert (loaded.series.quality == Quality.ESTIMATED).all()
    assert loaded.quality.degraded


def test_a_few_stamps_beside_the_grid_are_left_out_with_their_lines(csv_file: Write, spec: Spec) -> None:
    rows = _rows()
    rows[30] = ("2019-01-07 07:37", rows[30][1])
    loaded = read_series(spec(csv_file(rows)))
    assert loaded.quality.faults["off_grid"].rows == (("feeder.csv", 32),)
    assert np.isnan(loaded.series.values[30])


def test_a_loggers_seconds_do_not_matter(csv_file: Write, spec: Spec) -> None:
    rows = [(f"{stamp}:{i % 7:02d}", value) for i, (stamp, value) in enumerate(_rows())]
    loaded = read_series(spec(csv_file(rows)))
    _same(loaded, read_series(spec(csv_file(_rows(), name="b.csv"))))


def test_one_mistyped_year_does_not_make_a_grid_of_decades(csv_file: Write, spec: Spec) -> None:
    rows = _rows()
    rows[400] = (rows[400][0].replace("2019", "2091"), rows[400][1])
    loaded = read_series(spec(csv_file(rows)))
    assert len(loaded.series.values) == DAYS * 96
    assert loaded.quality.faults["stray"].rows == (("feeder.csv", 402),)


def test_gaps_stay_missing_and_are_flagged(csv_file: Write, spec: Spec) -> None:
    rows = _rows()
    del rows[200:208]
    rows[300] = (rows[300][0], "n/a")
    loaded = read_series(spec(csv_file(rows)))
    assert np.flatnonzero(np.isnan(loaded.series.values)).tolist() == [*range(200, 208), 308]
    assert np.flatnonzero(loaded.series.quality == Quality.INVALID).tolist() == [*range(200, 208), 308]
    assert (loaded.quality.count("missing"), loaded.quality.count("empty_value")) == (8, 1)
    assert loaded.quality.longest_gap_h == 2.0


def test_placeholders_are_missing(csv_file: Write, spec: Spec) -> None:
    rows = _rows()
    rows[200:210] = [(stamp, -9999) for stamp, _ in rows[200:210]]
    loaded = read_series(spec(csv_file(rows), unit="W"))
    assert loaded.quality.faults["placeholder"].rows == tuple(("feeder.csv", line) for line in range(202, 212))
    assert np.flatnonzero(np.isnan(loaded.series.values)).tolist() == list(range(200, 210))


def test_faults_of_values_name_lines_and_stamps(csv_file: Write, spec: Spec) -> None:
    rows = _rows()
    rows[500] = (rows[500][0], 250_000.0)
    fault = read_series(spec(csv_file(rows))).quality.faults["spike"]
    assert (fault.rows, fault.stamps) == ((("feeder.csv", 502),), ("2019-01-12T05:00:00+00:00",))


def test_a_units_row_and_empty_rows_are_no_measurements(csv_file: Write, spec: Spec) -> None:
    loaded = read_series(spec(csv_file([("", "kW"), ("", ""), *_rows()])))
    _same(loaded, read_series(spec(csv_file(_rows(), name="b.csv"))))
    assert loaded.quality.faults["no_stamp"].rows == (("feeder.csv", 2), ("feeder.csv", 3))


def test_files_of_several_years_are_one_series(csv_file: Write, spec: Spec) -> None:
    rows = _rows()
    first, second = csv_file(rows[:500], name="a.csv"), csv_file(rows[480:], name="b.csv")
    _same(read_series(spec(f"{second},{first}")), read_series(spec(csv_file(rows))))


def test_rows_are_chosen_by_another_column(csv_file: Write, spec: Spec) -> None:
    rows = [(stamp, value * zone, zone) for stamp, value in _rows() for zone in (1, 2, 3)]
    loaded = read_series(spec(csv_file(rows, header="time,kw,zone"), where={"zone": "2"}))
    np.testing.assert_allclose(loaded.series.values * 500.0, town(DAYS * 96))


def test_rows_without_dates_are_read_from_a_stated_start(tmp_path: Path, spec: Spec) -> None:
    path = tmp_path / "home.parquet"
    pd.DataFrame({"hour": np.arange(240) % 24 + 1, "kw": town(240, per_day=24)}).to_parquet(path)
    start = datetime.fromisoformat("2019-01-07T00:00+01:00")
    loaded = read_series(spec(path, time_column="", starts_at=start, every_s=3600))
    assert loaded.series.start_s == int(start.timestamp())
    assert len(loaded.series.values) == 240


def test_less_than_eight_days_are_read_and_degraded(csv_file: Write, spec: Spec) -> None:
    loaded = read_series(spec(csv_file(_rows(days=7))))
    assert loaded.quality.degraded
    assert "7.0 days of history" in loaded.quality.notes[0]


def test_an_implausible_magnitude_is_read_and_degraded(csv_file: Write, spec: Spec) -> None:
    loaded = read_series(spec(csv_file([(stamp, value * 1000.0) for stamp, value in _rows()]), unit="MW"))
    assert "check the unit" in loaded.quality.notes[0]


def test_a_stretch_in_another_unit_is_missing_and_degraded(csv_file: Write, spec: Spec) -> None:
    rows = [(stamp, value * (1000.0 if 288 <= i < 384 else 1.0)) for i, (stamp, value) in enumerate(_rows())]
    loaded = read_series(spec(csv_file(rows)))
    assert loaded.quality.faults["wrong_unit"].rows[0] == ("feeder.csv", 290)
    assert loaded.quality.count("wrong_unit") == 96
    assert "96 values from 2019-01-10T00:00:00+00:00 on are in another unit" in loaded.quality.notes[0]


def _refused(stated: SeriesSpec) -> str:
    with pytest.raises(BadInput) as refused:
        read_series(stated)
    return str(refused.value)


def test_everything_wrong_with_what_is_stated_is_said_at_once(spec: Spec) -> None:
    said = _refused(
        spec("/nowhere/a.csv", kind="Load", unit="kwh", label="middle", timezone="Europe/Zuerich", country="XX", latitude=470.0)
    )
    for part in ("'Load'", "did you mean 'kWh'?", "'middle'", "'Europe/Zuerich'", "'XX'", "--lat: 470", "no such file"):
        assert part in said


def test_irregular_stamps_are_refused_with_their_lines(csv_file: Write, spec: Spec) -> None:
    rows = [
        (f"{stamp[:-2]}{int(stamp[-2:]) + (7 if i % 10 == 3 else 0):02d}", value) for i, (stamp, value) in enumerate(_rows())
    ]
    said = _refused(spec(csv_file(rows)))
    assert "feeder.csv:5, feeder.csv:15" in said
    assert "96 of 960 stamps are irregular" in said


def test_stamps_with_and_without_offset_in_one_file_are_refused_with_the_few(csv_file: Write, spec: Spec) -> None:
    rows = [(f"{stamp}{'+01:00' if i in {7, 9} else ''}", value) for i, (stamp, value) in enumerate(_rows())]
    said = _refused(spec(csv_file(rows)))
    assert "2 stamps with an offset among others (feeder.csv:9, feeder.csv:11)" in said


def test_a_file_of_nothing_but_the_doubled_hour_is_refused(csv_file: Write, spec: Spec) -> None:
    rows = [("2019-10-27 02:00", 5.0), ("2019-10-27 02:15", 6.0), ("2019-10-27 02:30", 7.0)]
    said = _refused(spec(csv_file(rows), timezone="Europe/Zurich"))
    assert "every row is of an hour that the clock shows twice or never" in said


def test_unreadable_stamps_are_refused_with_their_lines(csv_file: Write, spec: Spec) -> None:
    said = _refused(spec(csv_file([(f"day {i}", 1.0) for i in range(30)])))
    assert "feeder.csv:2, feeder.csv:3" in said
    assert "'day 0'" in said


def test_two_steps_in_one_file_are_refused(csv_file: Write, spec: Spec) -> None:
    rows = [*zip(stamps("2019-01-01", 144, 60), town(144), strict=True), *_rows()]
    assert "every 60 min from 2019-01-01 00:00 on" in _refused(spec(csv_file(rows)))


def test_daily_figures_are_refused_with_a_remedy(csv_file: Write, spec: Spec) -> None:
    rows = zip(stamps("2019-01-01", 60, 1440), town(60), strict=True)
    assert "export them by the hour or quarter hour" in _refused(spec(csv_file(rows)))


def test_several_series_below_each_other_are_refused_with_a_remedy(csv_file: Write, spec: Spec) -> None:
    rows = [(stamp, value * zone, zone) for stamp, value in _rows() for zone in (1, 2, 3)]
    assert "choose the rows of one series" in _refused(spec(csv_file(rows, header="time,kw,zone")))


def test_a_condition_that_no_row_meets_is_refused_with_what_there_is(csv_file: Write, spec: Spec) -> None:
    rows = [(stamp, value, 1) for stamp, value in _rows()]
    assert "one of 1" in _refused(spec(csv_file(rows, header="time,kw,zone"), where={"zone": "7"}))


@pytest.mark.parametrize(
    ("cell", "fault"), [("", "no value in any row"), ("off", "no number, such as 'off'"), (5.0, "constant")]
)
def test_series_without_anything_to_learn_are_refused(csv_file: Write, spec: Spec, cell: object, fault: str) -> None:
    assert fault in _refused(spec(csv_file([(stamp, cell) for stamp, _ in _rows()])))


def test_an_empty_file_is_refused(tmp_path: Path, spec: Spec) -> None:
    path = tmp_path / "a.csv"
    path.touch()
    assert "a.csv: empty" in _refused(spec(path))


def test_a_plant_in_kw_said_to_be_in_mw_is_refused_by_its_capacity(csv_file: Write, spec: Spec) -> None:
    path = csv_file(zip(stamps("2019-06-01", DAYS * 96), plant(DAYS * 96), strict=True))
    assert read_series(spec(path, kind="pv", capacity_mw=0.05)).series.capacity_mw == 0.05
    assert "times the capacity of 0.05 MW" in _refused(spec(path, kind="pv", unit="MW", capacity_mw=0.05))


def test_a_plant_counted_as_a_consumer_is_refused(csv_file: Write, spec: Spec) -> None:
    path = csv_file(zip(stamps("2019-06-01", DAYS * 96), -plant(DAYS * 96), strict=True))
    assert "generation is negative" in _refused(spec(path, kind="pv"))
