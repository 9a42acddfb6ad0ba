"""What a run was asked for: windows, refusals, directories."""

import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.domain.problems import BadInput
from twin.live.options import Options, check_ports, first_as_of, state_directory, window_of
from twin.live.screens import Screens
from twin.wiring import Window

PLAIN = Options("demo", None, None, "90", True, "127.0.0.1", 8050, "127.0.0.1", 8080, None, False)
SITE = SimpleNamespace(name="demo", timezone="Europe/Zurich")


def started(start: str | None, now: str = "2026-06-17T09:50:30+00:00") -> datetime:
    return window_of(replace(PLAIN, start=start), SITE, datetime.fromisoformat(now)).start


def refused(**changes) -> list[str]:
    with pytest.raises(BadInput) as error:
        replace(PLAIN, **changes).check()
    return [problem.place for problem in error.value.problems]


def test_without_start_it_is_this_iso_week_weekday_and_time_of_day_in_2016():
    # 17 June 2026 is Wednesday of week 25; 11:50 in Zurich
    start = started(None)
    assert start == datetime(2016, 6, 22, 9, 45, tzinfo=UTC)
    assert start.isocalendar()[1:] == (25, 3)


@given(st.datetimes(datetime.fromisoformat("2024-01-01"), datetime.fromisoformat("2034-12-31"), timezones=st.just(UTC)))
def test_every_moment_has_a_place_in_the_simulated_year(now):
    start = window_of(PLAIN, SITE, now).start
    assert start.astimezone(ZoneInfo("Europe/Zurich")).isocalendar().year == 2016
    assert start.timestamp() % 900 == 0


def test_week_53_is_simulated_as_week_52():
    assert started(None, "2026-12-30T12:00:00+00:00").isocalendar()[:2] == (2016, 52)


def test_a_date_begins_at_local_midnight():
    assert started("2016-06-15") == datetime(2016, 6, 14, 22, tzinfo=UTC)
    assert started("2016-01-15") == datetime(2016, 1, 14, 23, tzinfo=UTC)


def test_a_start_without_offset_is_local_and_one_with_offset_is_not():
    assert started("2016-06-15T06:00") == started("2016-06-15T06:00+02:00") == started("2016-06-15T04:00+00:00")


@pytest.mark.parametrize(("day", "hours"), [("2016-03-27", 23), ("2016-10-30", 25)])
def test_a_clock_change_day_lasts_from_midnight_to_midnight(day, hours):
    tomorrow = (datetime.fromisoformat(day) + timedelta(days=1)).date().isoformat()
    assert started(tomorrow) - started(day) == timedelta(hours=hours)


def test_the_first_tick_comes_when_its_quarter_hour_is_complete():
    start = started("2016-06-15T06:00+02:00")
    assert first_as_of(Window(start, 96)) == start + timedelta(minutes=15)


@pytest.mark.parametrize("speed", ["0", "-1", "fast", "nan", "inf", "90001"])
def test_a_speed_that_cannot_be_run_is_refused(speed):
    assert refused(speed=speed) == ["--speed"]


@pytest.mark.parametrize("start", ["yesterday", "2016-13-01", "2016-06-15T06:07", "0001-01-01", "9999-12-31T23:45"])
def test_a_start_that_is_no_quarter_hour_is_refused(start):
    assert refused(start=start) == ["--start"]


def test_every_fault_is_told_at_once():
    assert refused(speed="0", ticks=0, start="x", port=0, public_port=70000) == [
        "--speed",
        "--ticks",
        "--start",
        "--port",
        "--public-port",
    ]


def test_both_screens_on_one_port_are_refused():
    assert refused(port=8050, public_port=8050) == ["--public-port"]


@pytest.mark.parametrize("speed", ["max", "90", "900", "0.5"])
def test_a_possible_speed_passes(speed):
    replace(PLAIN, speed=speed).check()


def test_full_speed_has_no_factor():
    assert replace(PLAIN, speed="max").factor is None


def test_options_survive_the_way_to_the_loop():
    assert Options.from_text(PLAIN.to_text()) == PLAIN


def test_the_state_is_named_after_site_and_window(monkeypatch):
    monkeypatch.setenv("REGIE_STATE", "/var/lib/regie")
    asked = replace(PLAIN, ticks=96)
    start = datetime(2016, 6, 15, tzinfo=UTC)
    assert str(state_directory(asked, SITE, start)) == "/var/lib/regie/demo-20160615T0000Z-96"
    assert str(state_directory(PLAIN, SITE, None)) == "/var/lib/regie/demo"


def test_two_windows_have_two_states():
    start = datetime(2016, 6, 15, tzinfo=UTC)
    assert state_directory(replace(PLAIN, ticks=96), SITE, start) != state_directory(replace(PLAIN, ticks=97), SITE, start)


def test_an_asked_for_state_is_taken_as_it_is():
    assert str(state_directory(replace(PLAIN, state="here"), SITE, None)) == "here"


def test_a_port_in_use_is_one_clear_line():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(BadInput) as error:
            check_ports(replace(PLAIN, port=port, public_port=port + 1 if port < 65535 else port - 1))
    assert str(error.value).startswith(f"--port: 127.0.0.1:{port} cannot be used")
    assert "\n" not in str(error.value)


def test_the_citizens_page_is_published_without_the_regie(tmp_path):
    commands = Screens.of(replace(PLAIN, public_host="0.0.0.0"), tmp_path).commands
    host = {name: words[words.index("--host") + 1] for name, words in commands.items()}
    assert host == {"regie": "127.0.0.1", "public": "0.0.0.0"}


def test_a_published_regie_leaves_the_citizens_page_where_it_is(tmp_path):
    commands = Screens.of(replace(PLAIN, host="10.0.0.5"), tmp_path).commands
    assert "10.0.0.5" in commands["regie"]
    assert "10.0.0.5" not in commands["public"]


def test_each_screens_port_is_tried_on_its_own_address():
    with pytest.raises(BadInput) as error:
        check_ports(replace(PLAIN, port=port_that_is_free(), public_host="192.0.2.1"))  # TEST-NET-1: no machine has it
    assert [problem.place for problem in error.value.problems] == ["--public-port"]


def port_that_is_free() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_without_screens_no_port_matters():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        check_ports(replace(PLAIN, web=False, port=taken.getsockname()[1]))
