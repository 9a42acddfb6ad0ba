"""A task in a process of its own that may hang, grow or crash: whoever asked has an answer or a reason by the deadline.

What crosses the boundary are bytes in anonymous files, nothing that could be executed; the task is named as "module:function".
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import os
import resource
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Kind = Literal["answer", "deadline", "memory", "died"]

_PR_SET_PDEATHSIG = 1  # prctl(2)
# Threads and mapped files reserve address space that nobody uses: the data limit is the true one, this one only stops a
# runaway mapping.
_ADDRESS_SPACE_SLACK = 2 * 2**30
_OUT_OF_MEMORY = 77
_NO_MEMORY = ("bad_alloc", "MemoryError", "Cannot allocate memory", "failed to map segment", "Memory allocation")
"""What is said where no MemoryError comes through: C++ aborts, an error was wrapped, the loader finds no room for a library."""
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
_TOLD = 4096


@dataclass(frozen=True)
class Outcome:
    """How a task ended.

    Attributes:
        kind: "answer"; or "deadline", "memory" (its limit was reached), "died" (it crashed or was killed).
        answer: what it returned, empty for none. ``told``: the end of what it wrote to standard error.
        seconds: wall clock, start of the process included.
    """

    kind: Kind
    answer: bytes = b""
    told: str = ""
    seconds: float = 0.0


def run_guarded(task: str, payload: bytes, *, deadline_s: float, memory_mb: int) -> Outcome:
    """Run ``task`` on ``payload`` in a fresh interpreter; it is gone when this returns, and when the caller's thread is.

    Args:
        task: "package.module:function" from bytes to bytes.
        deadline_s: wall clock from here until it is killed [s]; the interpreter's start is part of it.
        memory_mb: what it may allocate beyond a bare interpreter [MiB].

    Raises:
        OSError: when no process can be started.
    """
    begun = time.monotonic()
    given, answer, told = (os.memfd_create(name, os.MFD_CLOEXEC) for name in ("payload", "answer", "told"))
    try:
        _write(given, payload)
        code = _ended(_start(task, given, answer, told, memory_mb), deadline_s)
        text = os.pread(told, _TOLD, max(os.fstat(told).st_size - _TOLD, 0)).decode(errors="replace")
        kind = _kind(code, text)
        found = os.pread(answer, os.fstat(answer).st_size, 0) if kind == "answer" else b""
        return Outcome(kind, found, text.strip(), time.monotonic() - begun)
    finally:
        for descriptor in (given, answer, told):
            os.close(descriptor)


def serve(task: str, given: int, answer: int, memory_mb: int, parent: int) -> None:
    """In the child: take limits upon itself, run the task, leave."""
    _die_with(parent)
    _limit_memory(memory_mb)
    try:
        module, _, name = task.partition(":")
        result = getattr(importlib.import_module(module), name)(os.pread(given, os.fstat(given).st_size, 0))
        _write(answer, result)
    except MemoryError:
        os._exit(_OUT_OF_MEMORY)
    sys.stderr.flush()
    os._exit(0)  # nothing is left to tidy up, and a library's exit handlers must not hang either


def _start(task: str, given: int, answer: int, told: int, memory_mb: int) -> subprocess.Popen[bytes]:
    call = f"serve({task!r}, {given}, {answer}, {memory_mb}, {os.getpid()})"
    return subprocess.Popen(
        [sys.executable, "-P", "-c", f"from {__name__} import serve; {call}"],
        stdin=subprocess.DEVNULL,
        stdout=told,
        stderr=told,
        pass_fds=(given, answer),
        start_new_session=True,
        env={**os.environ, **dict.fromkeys(_ONE_THREAD, "1")},
    )


def _ended(process: subprocess.Popen[bytes], deadline_s: float) -> int | None:
    """Exit status, None where the deadline came first; nothing of its session is left."""
    try:
        return process.wait(deadline_s)
    except subprocess.TimeoutExpired:
        return None
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _kind(code: int | None, told: str) -> Kind:
    if code is None:
        return "deadline"
    if code == 0:
        return "answer"
    return "memory" if code == _OUT_OF_MEMORY or any(words in told for words in _NO_MEMORY) else "died"


def _die_with(parent: int) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent:
        os._exit(1)


def _limit_memory(memory_mb: int) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    status = dict(line.split(":", 1) for line in lines if ":" in line)
    for limit, field, slack in ((resource.RLIMIT_DATA, "VmData", 0), (resource.RLIMIT_AS, "VmSize", _ADDRESS_SPACE_SLACK)):
        bound = int(status[field].split()[0]) * 1024 + memory_mb * 2**20 + slack
        resource.setrlimit(limit, (bound, bound))


def _write(descriptor: int, data: bytes) -> None:
    # pwrite, not a mapping: with no memory left it raises, where a store into a mapped page would be a SIGBUS.
    view, offset = memoryview(data), 0
    while offset < len(data):
        offset += os.pwrite(descriptor, view[offset:], offset)
