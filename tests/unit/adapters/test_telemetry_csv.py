import random
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from twin.adapters.csv_rows import read_rows
from twin.adapters.telemetry_csv import CsvTelemetry
from twin.contracts.ports import Telemetry
from twin.domain.channels import parse_channel
from twin.domain.grid import NORMAL
from twin.domain.problems import BadInput

CHANNELS = tuple(parse_channel(name) for name in ("line.0.p_mw", "bus.4.vm_pu", "switch.7.closed", "trafo.2.tap_pos"))
START = datetime(2024, 5, 1, 0, 0, tzinfo=UTC)
HEADER = "time,channel,value,known_time"


def stamp(step, minutes=0):
    return (START + timedelta(minutes=15 * step + minutes)).isoformat()


def day_of_rows():
    rows = [f"{stamp(step)},line.0.p_mw,{1 + step / 10},," for step in range(12)]
    rows += [f"{stamp(step)},bus.4.vm_pu,1.0{step:02d},{stamp(step, 15)}" for step in range(12)]
    rows.append(f"{stamp(3)},line.0.p_mw,9.5,{stamp(8)}")  # a late correction
    return [row.rstrip(",") if row.endswith(",,") else row for row in rows]


def telemetry(tmp_path, rows, *, timezone=None, header=HEADER, name="a.csv"):
    (tmp_path / name).write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return CsvTelemetry(
        CHANNELS, tmp_path, timezone=timezone, normal_closed={7: False}, normal_tap={2: 0}, tap_range={2: (-9.0, 9.0)}
    )


def as_tuples(readings):
    return list(zip(readings.channel, readings.valid_time_s, readings.known_time_s, readings.value, strict=True))


def test_it_is_a_telemetry(tmp_path):
    assert isinstance(telemetry(tmp_path, day_of_rows()), Telemetry)


def test_order_and_repetition_of_rows_change_nothing(tmp_path):
    rows = day_of_rows()
    tidy = telemetry(tmp_path, rows)
    shuffled = rows + rows[::3]
    random.Random(5).shuffle(shuffled)
    (tmp_path / "other").mkdir()
    messy = telemetry(tmp_path / "other", shuffled)
    for step in range(14):
        as_of = START + timedelta(minutes=15 * step)
        assert as_tuples(tidy.read(as_of)) == as_tuples(messy.read(as_of))
    assert messy.problems == ()


def test_nothing_is_read_before_it_was_known(tmp_path):
    source = telemetry(tmp_path, day_of_rows())
    for step in range(14):
        as_of = START + timedelta(minutes=15 * step)
        found = source.read(as_of)
        assert (found.known_time_s <= as_of.timestamp()).all()
        assert (found.valid_time_s < as_of.timestamp()).all()


def test_a_late_value_is_a_new_revision(tmp_path):
    source = telemetry(tmp_path, day_of_rows())
    source.read(START + timedelta(hours=1, minutes=45))
    late = source.read(START + timedelta(hours=2))
    assert (0, 9.5) in [(int(channel), value) for channel, value in zip(late.channel, late.value, strict=True)]


def test_history_ends_where_reading_begins(tmp_path):
    source = telemetry(tmp_path, day_of_rows())
    middle = START + timedelta(hours=1)
    before = as_tuples(source.history(START, middle))
    after = as_tuples(source.read(START + timedelta(hours=4)))
    assert not set(before) & set(after)
    assert len(before) + len(after) == 25


def test_a_row_from_the_future_is_kept_out_and_reported(tmp_path):
    source = telemetry(tmp_path, [f"{stamp(4)},line.0.p_mw,1.0,{stamp(2)}"])
    (fault,) = source.problems
    assert fault.place == "a.csv:2"
    assert "from the future" in fault.value
    assert len(source.read(START + timedelta(days=2)).value) == 0


def test_every_bad_row_is_reported_with_file_and_line(tmp_path):
    rows = [
        f"{stamp(0)},line.0.p_mw,1.0,",
        f"{stamp(0)},line.99.p_mw,1.0,",
        "yesterday,line.0.p_mw,1.0,",
        "2024-05-01T00:15:00,line.0.p_mw,1.0,",
        f"{stamp(0, 5)},line.0.p_mw,1.0,",
        f"{stamp(1)},line.0.p_mw,much,",
        f"{stamp(2)},line.0.p_mw,inf,",
        f"{stamp(3)},bus.4.vm_pu,1.00,",
        f"{stamp(3)},bus.4.vm_pu,1.01,",
    ]
    source = telemetry(tmp_path, rows)
    places = [fault.place for fault in source.problems]
    assert places == [f"a.csv:{line}" for line in (3, 4, 5, 6, 7, 8)] + ["a.csv:10, a.csv:9"]
    assert all(fault.limit and fault.remedy for fault in source.problems)
    assert len(source.read(START + timedelta(days=1)).value) == 1  # contradicting rows are both left out


def test_an_empty_value_is_missing_not_zero(tmp_path):
    found = telemetry(tmp_path, [f"{stamp(0)},line.0.p_mw,,"]).read(START + timedelta(hours=1))
    assert np.isnan(found.value).tolist() == [True]


# ---------------------------------------------------------------------------------------------- clock changes


def at_change(*hours, channel="line.0.p_mw", first=0):
    return [f"2016-10-30T{hour},{channel},{first + i}" for i, hour in enumerate(hours)]


HOUR = ("02:00", "02:15", "02:30", "02:45")
BEGIN = int(datetime(2016, 10, 30, 0, 0, tzinfo=UTC).timestamp())  # 02:00 summer time


def local(tmp_path, rows):
    return telemetry(tmp_path, rows, timezone="Europe/Zurich", header="time,channel,value")


def steps_of_day(source):
    """Value -> quarter hours since 02:00 summer time."""
    found = source.read(datetime(2017, 1, 1, tzinfo=UTC))
    steps = (found.valid_time_s - BEGIN) // 900
    return dict(zip(found.value.astype(int).tolist(), steps.tolist(), strict=True))


def test_the_hour_that_spring_skips_does_not_exist(tmp_path):
    rows = ["2016-03-27T01:45:00,line.0.p_mw,1", "2016-03-27T02:00:00,line.0.p_mw,2", "2016-03-27T03:00:00,line.0.p_mw,3"]
    source = local(tmp_path, rows)
    assert [fault.place for fault in source.problems] == ["a.csv:3"]
    assert np.diff(source.read(datetime(2017, 1, 1, tzinfo=UTC)).valid_time_s).tolist() == [900]


def test_a_channel_that_runs_through_autumn_s_hour_twice_has_every_quarter_hour_once(tmp_path):
    source = local(tmp_path, at_change("01:45", *HOUR, *HOUR, "03:00"))
    assert source.problems == ()
    assert list(steps_of_day(source).values()) == list(range(-1, 9))


def test_channels_of_one_file_run_through_autumn_s_hour_each_for_itself(tmp_path):
    pairs = zip(at_change(*HOUR, *HOUR), at_change(*HOUR, *HOUR, channel="bus.4.vm_pu", first=100), strict=True)
    source = local(tmp_path, [row for pair in pairs for row in pair])
    assert source.problems == ()
    assert steps_of_day(source) == {first + i: i for first in (0, 100) for i in range(8)}


DOUBTFUL = {
    "one of eight is missing": (*HOUR, *HOUR[1:]),
    "the hour came once": HOUR,
    "every row is there twice": tuple(hour for hour in HOUR for _ in range(2)),
    "newest first": (*HOUR[::-1], *HOUR[::-1]),
    "a correction stands behind": (*HOUR, *HOUR, "03:00", "02:30"),
    "the hour once, and all rows once more": (*HOUR, "03:00", *HOUR, "03:00"),
}


@pytest.mark.parametrize("hours", DOUBTFUL.values(), ids=DOUBTFUL)
def test_stamps_that_could_be_either_are_refused_and_the_rest_is_read(tmp_path, hours):
    source = local(tmp_path, at_change("01:45", *hours))
    refused = [fault for fault in source.problems if "the clock shows twice" in fault.value]
    assert len(refused) == sum(hour in HOUR for hour in hours)
    assert all(fault.remedy == "give an offset" for fault in refused)
    assert set(steps_of_day(source).values()) <= {-1, 8}


def test_an_hour_that_two_files_share_is_refused_until_it_has_offsets(tmp_path):
    (tmp_path / "b.csv").write_text("\n".join(["time,channel,value", *at_change(*HOUR, first=4), ""]), encoding="utf-8")
    assert len(local(tmp_path, at_change(*HOUR)).problems) == 8
    offsets = [row.replace(",line", "+02:00,line", 1) for row in at_change(*HOUR)]
    later = [row.replace(",line", "+01:00,line", 1) for row in at_change(*HOUR, first=4)]
    (tmp_path / "b.csv").write_text("\n".join(["time,channel,value", *later, ""]), encoding="utf-8")
    source = local(tmp_path, offsets)
    assert source.problems == ()
    assert steps_of_day(source) == {i: i for i in range(8)}


def test_a_known_time_that_the_clock_shows_twice_is_never_guessed(tmp_path):
    rows = ["2016-10-30T00:30:00,line.0.p_mw,1,2016-10-30T02:05:00", "2016-10-30T00:45:00,line.0.p_mw,2,2016-10-30T02:05:00"]
    source = telemetry(tmp_path, rows, timezone="Europe/Zurich")
    assert [fault.place for fault in source.problems] == ["a.csv:2", "a.csv:3"]
    assert all("known_time 2016-10-30T02:05:00" in fault.value and "give an offset" in fault.value for fault in source.problems)


# ---------------------------------------------------------------------------------------------- switches and taps


@pytest.mark.parametrize(
    ("row", "limit"),
    [
        ("switch.7.closed,0.001", "0 (open) or 1 (closed)"),
        ("switch.7.closed,-1", "0 (open) or 1 (closed)"),
        ("trafo.2.tap_pos,60", "-9 to 9"),
        ("trafo.2.tap_pos,2000", "-9 to 9"),
    ],
)
def test_a_position_that_cannot_be_changes_no_topology_and_raises_no_event(tmp_path, row, limit):
    source = telemetry(tmp_path, [f"{stamp(0)},{row}"])
    assert [fault.place for fault in source.problems] == ["a.csv:2"]
    assert limit in source.problems[0].limit
    assert source.topology(START + timedelta(days=1)) == NORMAL
    assert source.next_event(START, START + timedelta(days=1)) is None
    assert len(source.read(START + timedelta(days=1)).value) == 0


def test_a_tap_outside_its_channel_s_own_range_is_refused(tmp_path):
    narrow = (parse_channel("trafo.2.tap_pos", minimum=-3.0, maximum=3.0),)
    (tmp_path / "a.csv").write_text(f"time,channel,value\n{stamp(0)},trafo.2.tap_pos,5\n", encoding="utf-8")
    source = CsvTelemetry(narrow, tmp_path, timezone=None, normal_closed={}, normal_tap={2: 0}, tap_range={2: (-9.0, 9.0)})
    assert [fault.limit for fault in source.problems] == ["-3 to 3, the channel's range"]


def test_switch_and_tap_rows_make_topology_and_event(tmp_path):
    rows = [f"{stamp(0)},switch.7.closed,0", f"{stamp(4)},switch.7.closed,1,{stamp(5, 3)}", f"{stamp(4)},trafo.2.tap_pos,1"]
    source = telemetry(tmp_path, rows)
    assert source.topology(START + timedelta(hours=1)).closed_switches == frozenset()
    later = source.topology(START + timedelta(hours=2))
    assert later.closed_switches == {7}
    assert later.tap_pos == {(2, 1)}
    event = source.next_event(START, START + timedelta(hours=2))
    assert (event.element, event.detail) == ("switch.7", {"closed": True})
    assert event.at == START + timedelta(minutes=78)
    assert source.next_event(event.at, START + timedelta(hours=2)) is None


def test_reading_goes_on_from_a_checkpoint(tmp_path):
    first, second = telemetry(tmp_path, day_of_rows()), telemetry(tmp_path, day_of_rows())
    first.read(START + timedelta(hours=1))
    second.restore(first.checkpoint())
    as_of = START + timedelta(hours=3)
    assert as_tuples(first.read(as_of)) == as_tuples(second.read(as_of))


def test_a_file_without_the_columns_is_refused(tmp_path):
    with pytest.raises(BadInput, match="add channel, value"):
        telemetry(tmp_path, ["1,2"], header="time,p")


def test_rows_of_another_encoding_size_or_age_are_reported_and_the_rest_is_read(tmp_path):
    good = f"{stamp(0)},line.0.p_mw,1.0"
    bad = [
        f"{stamp(1)},Z\xfcrich,1.0",
        f"{stamp(2)},line.0.p_mw,1_000",
        "0001-01-01T00:00:00+00:00,line.0.p_mw,1.0",
        "9999-12-31T23:45:00-05:00,line.0.p_mw,1.0",
        f"{stamp(3)},line.0.p_mw,{'9' * 200_000}",
    ]
    (tmp_path / "a.csv").write_bytes("\n".join(["time,channel,value", *bad, good, ""]).encode("latin-1"))
    rows, problems = read_rows(tmp_path, {"line.0.p_mw": 0}, None)
    assert [row.value for row in rows] == [1.0]
    assert len(problems) == len(bad)


def test_a_file_in_utf_16_is_refused_in_one_line(tmp_path):
    (tmp_path / "a.csv").write_text("time,channel,value\n", encoding="utf-16")
    with pytest.raises(BadInput, match="columns"):
        read_rows(tmp_path, {"line.0.p_mw": 0}, None)


# ---------------------------------------------------------------------------------------------- rows that say something else


def refused(tmp_path, *rows, header="time,channel,value", name="a.csv"):
    (tmp_path / name).write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    found, problems = read_rows(tmp_path, {"line.0.p_mw": 0}, None)
    assert found == []
    return [str(problem) for problem in problems]


@pytest.mark.parametrize("value", ["1,75", '"1,75"'])
def test_a_decimal_comma_is_refused_and_never_read_as_a_whole_number(tmp_path, value):
    [fault] = refused(tmp_path, f"{stamp(0)},line.0.p_mw,{value}")
    assert "a decimal point, not a comma" in fault


def test_a_row_cut_off_before_its_value_is_refused_and_not_missing(tmp_path):
    [fault] = refused(tmp_path, f"{stamp(0)},line.0.p_mw")
    assert "ends before its value" in fault


def test_empty_fields_behind_the_last_column_are_no_fault(tmp_path):
    (tmp_path / "a.csv").write_text(f"time,channel,value\n{stamp(0)},line.0.p_mw,1.5,,\n", encoding="utf-8")
    rows, problems = read_rows(tmp_path, {"line.0.p_mw": 0}, None)
    assert [row.value for row in rows] == [1.5]
    assert problems == ()


def test_a_column_that_is_there_twice_is_refused(tmp_path):
    with pytest.raises(BadInput, match="column 'value' 2 times; expected every column once"):
        refused(tmp_path, f"{stamp(0)},line.0.p_mw,1.0,2.0", header="time,channel,value,value")


def test_a_file_with_semicolons_is_refused_with_what_to_write_instead(tmp_path):
    with pytest.raises(BadInput, match="fields separated by ';'; expected fields separated by ','; write CSV with commas"):
        refused(tmp_path, f"{stamp(0)};line.0.p_mw;1,75", header="time;channel;value")


def test_a_file_named_in_capitals_is_read_too(tmp_path):
    [fault] = refused(tmp_path, f"{stamp(0)},line.0.p_mw,much", name="DAY.CSV")
    assert fault.startswith("DAY.CSV:2: value 'much'")
