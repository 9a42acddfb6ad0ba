"""One writer per state directory: an flock, which the kernel gives back however its holder ends."""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from twin.domain.problems import BadInput, Problem

LOCK = "lock"
"""Its file in a state directory."""


def take_lock(directory: Path) -> Any:
    """The open lock file; closing it gives the directory back.

    Raises:
        BadInput: when another régie runs on it.
    """
    file = (directory / LOCK).open("w")
    try:
        _take(file)
    except OSError:
        file.close()
        remedy = "stop it (regie status shows it) or use another --state"
        raise BadInput([Problem(str(directory), "in use by another régie", "one writer", remedy)]) from None
    os.set_inheritable(file.fileno(), False)
    return file


def is_held(lock: Path) -> bool:
    """Whether somebody holds the lock file ``lock`` just now; nobody holds one that is not there."""
    try:
        with lock.open("r") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _take(file: Any) -> None:
    """A ``regie status`` that looks at the lock just now holds it for a moment, a régie for good."""
    for _ in range(5):
        with suppress(BlockingIOError):
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        time.sleep(0.02)
    return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
