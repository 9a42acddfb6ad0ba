"""Real file systems in trouble: full, read-only, and failing under the writer."""

import array
import fcntl
import os
import shutil
import subprocess

import numpy as np
import pytest

from twin.regie.chain import verify
from twin.regie.journal import FREE_MINIMUM_BYTES, Journal, JournalUnavailable

IDENTITY = {"site": "demo", "start": "2016-06-15T00:00:00+00:00", "ticks": 96}
MIB = 1 << 20
EXT4_IOC_SHUTDOWN = 0x8004587D  # include/uapi/linux/ext4.h: _IOR('X', 125, __u32)
NO_LOG_FLUSH = 2


def mounted(*arguments) -> None:
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    done = subprocess.run(["mount", *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"this machine mounts nothing: {done.stderr.strip()}")


@pytest.fixture
def small_disk(tmp_path):
    """A tmpfs of 48 MiB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted("-t", "tmpfs", "-o", "size=48m", "tmpfs", place)
    yield place
    subprocess.run(["umount", "-l", place], check=True)


@pytest.fixture
def failing_disk(tmp_path):
    """An ext4 file system in a file."""
    if shutil.which("mkfs.ext4") is None:
        pytest.skip("mkfs.ext4 is not installed")
    image, place = tmp_path / "image", tmp_path / "disk"
    place.mkdir()
    with image.open("wb") as file:
        file.truncate(64 * MIB)
    subprocess.run(["mkfs.ext4", "-q", image], check=True)
    mounted("-o", "loop", image, place)
    yield place
    subprocess.run(["umount", "-l", place], check=False)


def commit(journal: Journal, number: int, size: int = 10) -> str:
    noise = np.random.default_rng(number).random(size)
    return journal.commit("regular", 900 * number, {"n": number}, {"noise": noise}, {"n": number}, {})


def fill(place, leave: int):
    """Take all but ``leave`` bytes away."""
    ballast = place / "ballast"
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(place).free - leave)
    return ballast


def test_little_space_is_no_acknowledgement_and_freed_space_is(small_disk):
    journal = Journal(small_disk / "state", IDENTITY)
    commit(journal, 0)
    ballast = fill(small_disk, MIB)
    head = journal.head
    for _ in range(3):
        with pytest.raises(JournalUnavailable, match="MiB free"):
            commit(journal, 1)
    assert (journal.head, journal.acked) == (head, 1)
    ballast.unlink()
    commit(journal, 1)
    journal.close()
    assert verify(small_disk / "state") == (2, journal.head, [])


def test_a_full_disk_in_the_middle_of_a_commit_leaves_nothing_of_it(small_disk):
    journal = Journal(small_disk / "state", IDENTITY)
    commit(journal, 0)
    ballast = fill(small_disk, FREE_MINIMUM_BYTES + MIB)
    head = journal.head
    with pytest.raises(JournalUnavailable, match="full"):
        commit(journal, 1, size=2 * MIB)  # 16 MiB of noise into 9 MiB and the reserve
    assert (journal.head, journal.acked) == (head, 1)
    ballast.unlink()
    commit(journal, 1, size=2 * MIB)
    journal.close()
    assert verify(small_disk / "state") == (2, journal.head, [])


def test_the_reserve_is_given_up_when_space_is_short_and_taken_again_afterwards(small_disk):
    journal = Journal(small_disk / "state", IDENTITY)
    reserve = small_disk / "state" / "journal.reserve"
    assert reserve.stat().st_size == 4 * MIB
    ballast = fill(small_disk, MIB)
    with pytest.raises(JournalUnavailable):
        commit(journal, 0)
    assert not reserve.exists()
    ballast.unlink()
    commit(journal, 0)
    assert reserve.stat().st_size == 4 * MIB
    journal.close()


def test_the_head_after_trouble_is_that_of_a_run_without(small_disk, tmp_path):
    troubled, calm = Journal(small_disk / "state", IDENTITY), Journal(tmp_path / "calm", IDENTITY)
    for number in range(4):
        ballast = fill(small_disk, MIB)
        with pytest.raises(JournalUnavailable):
            commit(troubled, number)
        ballast.unlink()
        commit(troubled, number)
        commit(calm, number)
    assert troubled.head == calm.head
    troubled.close()
    calm.close()


def test_a_full_disk_takes_no_new_journal_and_says_so(small_disk):
    fill(small_disk, 0)
    with pytest.raises(JournalUnavailable, match="state"):
        Journal(small_disk / "state", IDENTITY)


def test_a_read_only_file_system_takes_no_journal_and_says_so(small_disk):
    filled = Journal(small_disk / "state", IDENTITY)
    commit(filled, 0)
    filled.close()
    mounted("-o", "remount,ro", small_disk)
    with pytest.raises(JournalUnavailable, match="Read-only file system"):
        Journal(small_disk / "state", IDENTITY)
    mounted("-o", "remount,rw", small_disk)
    again = Journal(small_disk / "state", IDENTITY)
    assert again.acked == 1
    again.close()


def test_a_file_system_that_fails_under_the_writer_is_no_acknowledgement(failing_disk):
    state = failing_disk / "state"
    journal = Journal(state, IDENTITY)
    commit(journal, 0)
    acknowledged = journal.head
    handle = os.open(failing_disk, os.O_RDONLY)
    try:
        fcntl.ioctl(handle, EXT4_IOC_SHUTDOWN, array.array("I", [NO_LOG_FLUSH]))  # every write is an I/O error from here on
    except OSError as error:
        pytest.skip(f"this kernel does not shut a file system down: {error}")
    finally:
        os.close(handle)
    for _ in range(3):
        with pytest.raises(JournalUnavailable):
            commit(journal, 1)
    assert (journal.head, journal.acked) == (acknowledged, 1)
    journal.close()
    # Repaired: mounted again, the acknowledged tick is there, the other is not.
    subprocess.run(["umount", failing_disk], check=True)
    image = failing_disk.parent / "image"
    mounted("-o", "loop", image, failing_disk)
    again = Journal(state, IDENTITY)
    assert (again.head, again.acked) == (acknowledged, 1)
    commit(again, 1)
    again.close()
    assert verify(state)[2] == []
