"""The state directory of a run on air: whether it can be one, and what is said when its disk fails."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from twin.domain.problems import BadInput, Problem

_FULL = (errno.ENOSPC, errno.EDQUOT)


def check_state(state: Path) -> None:
    """Refuse a path that can be no state directory, before anything starts on it.

    Raises:
        BadInput: a file, or a place where this user may not write.
        OSError: when the disk has no room for it.
    """
    limit, remedy = "a directory that can be written", "choose another --state"
    try:
        state.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        if error.errno in _FULL:
            raise
        raise BadInput([Problem(f"--state {state}", error.strerror or str(error), limit, remedy)]) from error
    if not os.access(state, os.W_OK | os.X_OK):
        raise BadInput([Problem(f"--state {state}", "cannot be written", limit, remedy)])


def of_the_disk(error: OSError) -> Problem:
    """What the operating system refused, in one line."""
    full = error.errno in _FULL
    limit = "room for the state" if full else "a machine that carries the run"
    remedy = "free space, then start again" if full else "repair it, then start again"
    return Problem(str(error.filename or "the state directory"), error.strerror or str(error), limit, remedy)
