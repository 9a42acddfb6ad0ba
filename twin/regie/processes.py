"""Processes that must not outlive each other: what Linux offers for it (prctl(2), PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER).

Imports nothing but the standard library, so that a process which only watches another one stays small.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


def die_with_parent(number: int, parent: int) -> None:
    """Let the kernel send ``number`` when the parent ends; leave at once if it has ended already.

    Raises:
        OSError: when the kernel refuses.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent:
        os._exit(1)


def adopt_orphans() -> None:
    """Become the parent of whatever a descendant leaves behind, also of what made its own session."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def children() -> set[int]:
    """Ids of this process's children, zombies included."""
    mine = os.getpid()
    try:
        return {int(pid) for pid in Path(f"/proc/self/task/{mine}/children").read_text(encoding="ascii").split()}
    except FileNotFoundError:  # a kernel without CONFIG_PROC_CHILDREN
        return {int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit() and _parent(entry) == mine}


def kill(pid: int) -> None:
    """SIGKILL, if it is still there."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def end_children() -> None:
    """Kill until no descendant is left: those of a killed process come to the one that adopts orphans and are next."""
    while left := children():
        for pid in left:
            kill(pid)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(-1, 0)


def _parent(entry: Path) -> int:
    try:
        # The name in parentheses may itself hold blanks and parentheses; state and parent follow the last one.
        return int((entry / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1])
    except OSError:
        return 0
