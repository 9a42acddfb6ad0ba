"""A folder that a control system writes into while the régie is on air: what comes is telemetry as soon as it is there."""

import shutil
from datetime import UTC, datetime, timedelta

import pytest

from twin.adapters.telemetry_csv import CsvTelemetry
from twin.domain.channels import parse_channel

CHANNELS = tuple(parse_channel(name) for name in ("line.0.p_mw", "bus.4.vm_pu", "switch.7.closed"))
START = datetime(2024, 5, 1, 0, 0, tzinfo=UTC)
HEADER = "time,channel,value,known_time\n"


def at(step, seconds=0):
    return START + timedelta(minutes=15 * step, seconds=seconds)


def row(step, value, channel="line.0.p_mw", known=""):
    return f"{at(step).isoformat()},{channel},{value},{known and known.isoformat()}\n"


def source_of(folder):
    return CsvTelemetry(CHANNELS, folder, timezone=None, normal_closed={7: True}, normal_tap={}, tap_range={})


@pytest.fixture
def day(tmp_path):
    """A file with two quarter hours."""
    file = tmp_path / "telemetry" / "day.csv"
    file.parent.mkdir()
    file.write_text(HEADER + row(0, 1.0) + row(1, 1.1))
    return file


def append(file, text):
    with file.open("a") as stream:
        stream.write(text)


def read(source, step):
    """(quarter hour, value, seconds from the start until it was known) of what is read at the end of a quarter hour."""
    found = source.read(at(step))
    rows = zip(found.valid_time_s, found.value, found.known_time_s, strict=True)
    return [
        ((int(valid) - at(0).timestamp()) // 900, float(value), int(known - at(0).timestamp())) for valid, value, known in rows
    ]


def test_a_row_that_is_appended_is_read_in_the_tick_in_which_it_became_known(day):
    source = source_of(day.parent)
    assert len(read(source, 2)) == 2
    append(day, row(2, 1.2))
    assert read(source, 3) == [(2, 1.2, 2700)]
    assert read(source, 4) == []


def test_a_line_that_is_half_written_waits_for_its_end(day):
    source = source_of(day.parent)
    read(source, 2)
    whole = row(2, 12.75)
    append(day, whole[:-4])
    assert read(source, 3) == []
    append(day, whole[-4:])
    assert read(source, 4) == [(2, 12.75, 2701)]


def test_a_last_line_without_its_end_is_reported_at_start(day):
    append(day, row(2, 12.75).rstrip("\n"))
    (fault,) = source_of(day.parent).problems
    assert (fault.place, fault.remedy) == ("day.csv:4", "end the line; until then it waits")


def test_a_row_that_comes_after_its_tick_is_known_right_after_that_tick_however_often_somebody_looked(day):
    seldom, often = source_of(day.parent), source_of(day.parent)
    for source in (seldom, often):
        read(source, 3)
    append(day, row(2, 1.2))
    for second in range(2700, 3600, 60):
        often.next_event(at(3), at(0, second + 1))
    assert read(seldom, 4) == read(often, 4) == [(2, 1.2, 2701)]


@pytest.mark.parametrize("looked_between", [True, False])
@pytest.mark.parametrize("corrected", [4.0, 6.0])
def test_the_last_word_on_a_late_reading_counts_however_often_somebody_looked(day, looked_between, corrected):
    source = source_of(day.parent)
    read(source, 3)
    append(day, row(2, 5.0))
    if looked_between:
        source.next_event(at(3), at(3, 60))
    append(day, row(2, corrected))
    assert read(source, 4) == [(2, corrected, 2701)]


def test_a_late_row_keeps_the_known_time_that_its_file_states(day):
    source = source_of(day.parent)
    read(source, 3)
    append(day, row(1, 1.3, known=at(2, 60)))
    assert read(source, 4) == [(1, 1.3, 1860)]


def test_a_new_file_is_read(day):
    source = source_of(day.parent)
    read(source, 2)
    (day.parent / "next.csv").write_text(HEADER + row(2, 1.2))
    assert read(source, 3) == [(2, 1.2, 2700)]


def test_a_breaker_in_a_new_file_is_an_event_at_the_instant_in_which_it_was_known(day):
    source = source_of(day.parent)
    read(source, 3)
    assert source.next_event(at(3), at(4)) is None
    (day.parent / "breaker.csv").write_text(HEADER + row(2, 0, "switch.7.closed", known=at(3, 420)))
    event = source.next_event(at(3), at(4))
    assert (event.at, event.element, event.detail) == (at(3, 420), "switch.7", {"closed": False})
    assert source.next_event(event.at, at(4)) is None
    source.read(event.at)
    assert source.topology(event.at).open_switches == {7}


def test_an_older_position_that_comes_later_moves_no_breaker(day):
    source = source_of(day.parent)
    append(day, row(2, 1, "switch.7.closed"))
    read(source, 3)
    append(day, row(1, 0, "switch.7.closed"))
    assert source.next_event(at(3), at(4)) is None
    read(source, 4)
    assert not source.topology(at(4)).open_switches


@pytest.mark.parametrize("by", ["renaming", "writing over it"])
def test_a_file_that_is_written_again_with_more_rows_gives_only_these(day, by):
    source = source_of(day.parent)
    read(source, 2)
    text = day.read_text() + row(2, 1.2)
    other = day if by == "writing over it" else day.with_suffix(".new")
    other.write_text(text)
    other.replace(day)
    assert read(source, 3) == [(2, 1.2, 2700)]


@pytest.mark.parametrize("more", [0, 1])
def test_a_file_that_is_another_is_read_anew_and_corrects_what_it_said(day, more):
    source = source_of(day.parent)
    read(source, 2)
    other = day.with_suffix(".new")
    other.write_text(HEADER + row(0, 3.0) + more * (row(1, 3.1) + row(2, 3.2)))
    other.replace(day)
    assert read(source, 3) == [(0, 3.0, 1801), *more * [(1, 3.1, 1801), (2, 3.2, 2700)]]


def test_a_row_that_its_file_no_longer_has_when_it_becomes_due_is_not_read(day):
    append(day, row(2, 9.9))
    source = source_of(day.parent)
    read(source, 2)
    day.write_text(HEADER + row(2, 1.2))
    assert read(source, 3) == [(2, 1.2, 2700)]


def test_a_bad_row_on_air_is_reported_and_the_others_are_read(day, caplog):
    source = source_of(day.parent)
    read(source, 2)
    append(day, row(2, "much") + row(2, 1.0, "bus.4.vm_pu") + row(2, 0.5, "switch.7.closed"))
    (day.parent / "odd.csv").write_text("time;channel;value\n")
    assert read(source, 3) == [(2, 1.0, 2700)]
    assert "3 telemetry rows left out, the first: day.csv:4: value 'much'" in caplog.text
    append(day.parent / "odd.csv", "1;2;3\n")
    caplog.clear()
    assert read(source, 4) == []
    assert caplog.text == ""


def test_a_folder_that_goes_is_said_once_and_read_on_when_it_is_back(day, caplog):
    source = source_of(day.parent)
    read(source, 2)
    away = day.parent.with_name("away")
    shutil.move(day.parent, away)
    assert read(source, 3) == read(source, 4) == []
    assert caplog.text.count("cannot be read") == 1
    shutil.copytree(away, day.parent)
    append(day, row(2, 1.2))
    assert read(source, 5) == [(2, 1.2, 3601)]
    assert "is read again" in caplog.text


def test_after_a_restart_the_rows_come_in_the_same_ticks_with_the_same_known_times(day):
    undisturbed, killed = source_of(day.parent), source_of(day.parent)
    for source in (undisturbed, killed):
        read(source, 2)
    checkpoint = killed.checkpoint()
    append(day, row(0, 1.5) + row(2, 1.2))
    (day.parent / "next.csv").write_text(HEADER + row(0, 1.6, "bus.4.vm_pu"))
    killed.next_event(at(2), at(2, 60))
    again = source_of(day.parent)
    again.restore(checkpoint)
    assert read(again, 3) == read(undisturbed, 3) == [(0, 1.5, 1801), (0, 1.6, 1801), (2, 1.2, 2700)]
    assert again.checkpoint() == undisturbed.checkpoint()


def test_what_was_read_is_held_whatever_the_folder_shows_after_a_restart(day):
    first = source_of(day.parent)
    append(day, row(1, 0, "switch.7.closed"))
    read(first, 2)
    other = day.with_name("other.csv")
    other.write_text(HEADER + row(2, 1.2))
    day.unlink()
    again = source_of(day.parent)
    again.restore(first.checkpoint())
    assert again.topology(at(2)).open_switches == {7}
    assert read(again, 3) == [(2, 1.2, 2700)]


def test_rows_that_were_read_are_not_kept(day):
    source = source_of(day.parent)
    for step in range(2, 400):
        append(day, row(step, 1.0) + row(step, step % 2, "switch.7.closed"))
        assert len(read(source, step + 1)) >= 2
    assert len(source._rows) <= 4
