"""The machine before air: real disks, locks, clocks and ports."""

import fcntl
import os
import resource
import signal
from datetime import UTC, datetime
from pathlib import Path

from scenarios.preflight.host import available_bytes, clock, discipline, disk, holder_of, load, lock, ports, used_bytes
from scenarios.preflight.line import Verdict

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def test_a_disk_without_room_for_a_day_is_no_go_and_without_room_for_a_week_a_caution(tmp_path):
    free = os.statvfs(tmp_path).f_bavail * os.statvfs(tmp_path).f_frsize
    for tick_bytes, verdict in ((1, Verdict.GO), (free // 300, Verdict.CAUTION), (free // 50, Verdict.NO_GO)):
        assert disk(tmp_path, tick_bytes, on_air=False)[0].verdict is verdict


def test_a_disk_that_takes_no_write_is_no_go_and_nothing_is_left_on_it(tmp_path):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
        _, write = disk(tmp_path, 1, on_air=False)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert write.verdict is Verdict.NO_GO
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_where_a_regie_is_on_air(tmp_path):
    os.utime(tmp_path, (0, 0))
    disk(tmp_path, 1, on_air=True)
    assert tmp_path.stat().st_mtime == 0.0


def test_a_directory_that_does_not_exist_yet_is_judged_by_the_one_above(tmp_path):
    room, write = disk(tmp_path / "deep" / "state", 1, on_air=False)
    assert {room.verdict, write.verdict} == {Verdict.GO}
    assert not (tmp_path / "deep").exists()


def test_a_held_lock_names_the_process_that_holds_it(tmp_path):
    with (tmp_path / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert holder_of(tmp_path / "lock") == os.getpid()
        line = lock(tmp_path, on_air=True)
    assert line.verdict is Verdict.NO_GO
    assert str(os.getpid()) in line.value
    assert holder_of(tmp_path / "lock") is None


def test_a_time_zone_that_nobody_knows_is_no_go():
    verdicts = {line.name: line.verdict for line in clock("Europe/Atlantis", NOW)}
    assert verdicts["time zone"] is Verdict.NO_GO
    assert {line.name: line.verdict for line in clock("Europe/Zurich", NOW)}["time zone"] is Verdict.GO


def test_the_kernel_tells_how_well_its_clock_is_kept():
    found = discipline()
    assert found is not None
    assert found.error_s >= 0.0
    assert abs(found.offset_s) < 1.0  # a kernel steers half a second at most


def test_a_tick_beyond_the_deadline_is_no_go_and_one_beyond_half_of_it_a_caution():
    verdicts = [load(tick_s, 10.0, 1)[0].verdict for tick_s in (11.0, 6.0)]
    assert verdicts == [Verdict.NO_GO, Verdict.CAUTION]


def test_memory_that_would_not_be_enough_is_no_go():
    available = available_bytes()
    assert load(0.1, 10.0, 8 * available)[1].verdict is Verdict.NO_GO
    assert load(0.1, 10.0, available // 4)[1].verdict is Verdict.GO


def test_a_process_that_ended_uses_no_memory():
    assert used_bytes([os.getpid()]) > 1 << 20
    assert used_bytes([2**22 + 1]) == 0  # beyond the largest process id


def test_a_port_that_somebody_listens_on_is_no_go(listening):
    (line,) = ports({"--port": ("127.0.0.1", listening)})
    assert line.verdict is Verdict.NO_GO
    assert str(listening) in line.value


def test_the_folder_of_the_probe_is_the_state_s_own(tmp_path):
    read_only = tmp_path / "state"
    read_only.mkdir()
    _, write = disk(read_only, 1, on_air=False)
    assert write.verdict is Verdict.GO
    assert list(Path(read_only).iterdir()) == []
