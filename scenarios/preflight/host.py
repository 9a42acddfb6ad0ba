"""The machine before air: disk, lock, clock, load, ports. Nothing is written where a régie is on air."""

from __future__ import annotations

import ctypes
import math
import os
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from scenarios.preflight.line import Line, caution, go, no_go
from twin.live.options import port_problem
from twin.regie.journal import FREE_MINIMUM_BYTES

_DAY, _WEEK = 96, 672
_SLOW_S = 0.1
"""A commit waits for the disk once per tick: slower than this, and it shows."""
_MOST_OFFSET_S = 1.0
"""A quarter hour's meter values are told apart by far more; orders that expire are not."""
_STA_UNSYNC = 0x0040
_STA_NANO = 0x2000


def nearest(path: Path) -> Path:
    """``path``, or the nearest folder above it that exists."""
    return next(folder for folder in (path.absolute(), *path.absolute().parents) if folder.exists())


def disk(state: Path, tick_bytes: int, *, on_air: bool) -> list[Line]:
    """Room for what the journal will need, and whether the disk takes a write for good.

    Args:
        tick_bytes: what one tick adds to the journal.
    """
    folder = nearest(state)
    free = shutil.disk_usage(folder).free
    day, week = (FREE_MINIMUM_BYTES + steps * tick_bytes for steps in (_DAY, _WEEK))
    value, limit = f"{_size(free)} free in {folder}", f"{_size(day)} for a day, {_size(week)} for a week"
    remedy = "free space, or choose another --state"
    room = no_go("disk", value, limit, remedy) if free < day else go("disk", value, limit)
    if day <= free < week:
        room = caution("disk", value, limit, remedy)
    if on_air:
        return [room, go("disk write", "not tried: a régie is on air there", "a durable write")]
    return [room, _durable(folder)]


def _durable(folder: Path) -> Line:
    """Write a page and wait until the disk has it; the file is removed again."""
    probe = folder / f".preflight-{os.getpid()}"
    limit = f"a durable write within {1000 * _SLOW_S:.0f} ms"
    begun = time.monotonic()
    try:
        with probe.open("wb") as file:
            file.write(bytes(1 << 20))
            file.flush()
            os.fsync(file.fileno())
        took_s = time.monotonic() - begun
    except OSError as error:
        value = f"{folder}: {error.strerror or error}"
        return no_go("disk write", value, limit, "free space, correct its rights, or choose another --state")
    finally:
        with suppress(OSError):
            probe.unlink(missing_ok=True)
    value = f"1 MiB in {1000.0 * took_s:.0f} ms"
    if took_s > _SLOW_S:
        return caution("disk write", value, limit, "use a disk that is not shared or not worn")
    return go("disk write", value, limit)


def lock(state: Path, *, on_air: bool) -> Line:
    """Whether somebody writes the state directory, and who."""
    limit = "one writer, and none yet"
    if not on_air:
        return go("state lock", f"free: {state}", limit)
    holder = holder_of(state / "lock")
    who = "another régie" if holder is None else f"process {holder}"
    return no_go("state lock", f"{state} is on air, held by {who}", limit, "stop that run, or choose another --state")


def holder_of(path: Path) -> int | None:
    """Id of the process that holds an flock on ``path``; None when the kernel does not say."""
    with suppress(OSError, ValueError):
        inode = path.stat().st_ino
        for line in Path("/proc/locks").read_text(encoding="ascii").splitlines():
            fields = line.split()
            if "FLOCK" in fields and fields[5].rsplit(":", 1)[-1] == str(inode):
                return int(fields[4])
    return None


def clock(timezone: str, now: datetime) -> list[Line]:
    """Synchronised, steady, and in a time zone whose next clock change is known."""
    return [_synchronised(), _steady(), _zone(timezone, now)]


class _Timex(ctypes.Structure):
    """``struct timex`` of Linux (adjtimex(2))."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("constant", ctypes.c_long),
        ("precision", ctypes.c_long),
        ("tolerance", ctypes.c_long),
        ("rest", ctypes.c_byte * 256),
    )


@dataclass(frozen=True)
class Discipline:
    """What the kernel says of its clock. ``offset_s``: to be corrected yet. ``error_s``: it is at most that far off."""

    synchronised: bool
    offset_s: float
    error_s: float


def discipline() -> Discipline | None:
    """The kernel's clock discipline, read without rights; None where it does not tell."""
    told = _Timex()
    if ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(told)) < 0:
        return None
    unit = 1e-9 if told.status & _STA_NANO else 1e-6
    return Discipline(not told.status & _STA_UNSYNC, unit * told.offset, 1e-6 * told.maxerror)


def _synchronised() -> Line:
    found, limit = discipline(), f"synchronised, at most {_MOST_OFFSET_S:g} s off"
    remedy = "start chrony or systemd-timesyncd, and see timedatectl"
    if found is None:
        return caution("clock", "the kernel does not tell", limit, remedy)
    if not found.synchronised:
        return caution("clock", "not synchronised to anything", limit, remedy)
    value = f"synchronised, offset {1000.0 * found.offset_s:.1f} ms, error at most {1000.0 * found.error_s:.0f} ms"
    if max(abs(found.offset_s), found.error_s) > _MOST_OFFSET_S:
        return caution("clock", value, limit, remedy)
    return go("clock", value, limit)


def _steady() -> Line:
    """Wall clock against monotonic clock over a fifth of a second: a step shows that something turns it."""
    wall, steady = time.time(), time.monotonic()
    time.sleep(0.2)
    drift_s = (time.time() - wall) - (time.monotonic() - steady)
    value, limit = f"wall clock moved {1000.0 * drift_s:+.2f} ms against the monotonic one", "less than 10 ms in 0.2 s"
    if abs(drift_s) > 0.01:
        return no_go("clock steps", value, limit, "find what sets the clock (a hypervisor, a second time service) and stop it")
    return go("clock steps", value, limit)


def _zone(timezone: str, now: datetime) -> Line:
    limit = "a zone whose clock changes are known"
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError):
        return no_go("time zone", f"{timezone!r} is unknown", limit, "install tzdata, or correct [site] timezone")
    try:
        data = version("tzdata")
    except PackageNotFoundError:
        data = "of the system"
    return go("time zone", f"{timezone}, now {now.astimezone(zone).strftime('%H:%M %Z')}, tzdata {data}", limit)


def load(tick_s: float, deadline_s: float, need_bytes: int) -> list[Line]:
    """Cores, memory and what the rehearsed tick took of them.

    Args:
        tick_s: wall time of a tick. ``need_bytes``: memory of this process and of everything it started.
    """
    cores = len(os.sched_getaffinity(0))
    waiting = os.getloadavg()[0]
    value, limit = f"a tick took {tick_s:.1f} s, load {waiting:.1f} on {cores} cores", f"a tick within {deadline_s:g} s"
    remedy = "end what else runs here, or give the machine more cores"
    if tick_s > deadline_s:
        speed = no_go("load", value, limit, remedy)
    elif tick_s > 0.5 * deadline_s or waiting > cores:
        speed = caution("load", value, f"{limit}, load below {cores}", remedy)
    else:
        speed = go("load", value, limit)
    available = available_bytes()
    value, limit = f"{_size(available)} available, {_size(need_bytes)} used by the rehearsed tick", "as much again"
    remedy = "end what else uses memory, or add some: a box that finds none is ended"
    if available < need_bytes // 4:
        return [speed, no_go("memory", value, limit, remedy)]
    return [speed, caution("memory", value, limit, remedy) if available < need_bytes else go("memory", value, limit)]


def available_bytes() -> int:
    """Memory that can be had without swapping."""
    for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
        if line.startswith("MemAvailable:"):
            return 1024 * int(line.split()[1])
    return 0


def used_bytes(pids: list[int]) -> int:
    """Resident memory of some processes, what they share counted in proportion where the kernel says so."""
    total = 0
    for pid in pids:
        with suppress(OSError, ValueError, StopIteration):
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
            total += 1024 * int(next(line for line in lines if line.startswith("Pss:")).split()[1])
    return total


def ports(wanted: dict[str, tuple[str, int]]) -> list[Line]:
    """Whether the screens can listen where they are asked to, by the flag's name."""
    found = []
    for name, (host, port) in wanted.items():
        problem = port_problem(name, host, port)
        label, limit = f"port {port}", "free"
        found.append(
            go(label, f"{host}:{port} is free", limit)
            if problem is None
            else no_go(label, problem.value, limit, problem.remedy or f"choose another {name}")
        )
    return found


def _size(count: float) -> str:
    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(count) < 1024.0 or unit == "GiB":
            return f"{math.floor(count)} B" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024.0
    raise AssertionError
