"""The work process: below the loop, dying with it; what it does is niced, may be killed at any moment and is done again.

It reads what others ask for as files, writes only in its own directory, and changes nothing in the loop: a model comes into
force at the tick that the loop fixed, whatever else a job finds is for a person to adopt.
"""

from __future__ import annotations

import fcntl
import json
import os
import select
import shutil
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from twin.regie.processes import adopt_orphans, children, die_with_parent, end_children, kill
from twin.work.commands import Commands
from twin.work.previews import Previews
from twin.work.spool import LOCK
from twin.work.table import JobTable

if TYPE_CHECKING:
    from twin.work.fits import Fits

_LOOK_S = 0.5
"""How long a job that somebody asks for on the command line may lie before it is seen."""


def slots() -> int:
    """Fits at a time: all cores but the loop's."""
    return max(1, len(os.sched_getaffinity(0)) - 1)


def main() -> None:
    """Entry of ``python -c``; directory, doorbell and parent are its JSON argument (`twin.regie.work.WorkProcess`)."""
    order = json.loads(sys.argv[1])
    die_with_parent(signal.SIGKILL, order["parent"])
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the loop ends it, by its doorbell
    adopt_orphans()
    jobs = Path(order["jobs"])
    with (jobs / LOCK).open("w") as lock, socket.socket(fileno=order["bell"]) as bell:
        fcntl.flock(lock, fcntl.LOCK_EX)  # waits until the last job of a killed predecessor is gone
        shutil.rmtree(jobs / "run", ignore_errors=True)
        (jobs / "run").mkdir()
        table = JobTable(jobs)
        previews = Previews(jobs)
        _serve(jobs, table, Commands(jobs, table, lock.fileno()), previews, bell, order["preload"])
        table.close()
        shutil.rmtree(jobs / "run", ignore_errors=True)


def _serve(
    jobs: Path, table: JobTable, commands: Commands, previews: Previews, bell: socket.socket, preload: Sequence[str]
) -> None:
    """Look at fits, commands and previews until the loop closes its end of the bell."""

    def tell(refused: Mapping[str, str]) -> None:
        with suppress(OSError):  # a loop that hears nothing looks by itself
            bell.send(json.dumps(refused).encode())

    fits: Fits | None = None
    while True:
        if fits is None and any((jobs / "fits").glob("*.ask")):
            from twin.work.fits import Fits  # numpy, xarray and the boxes' contract: only where something is to be fitted

            fits = Fits(jobs / "fits", jobs / "run", table, preload, tell, slots=slots())
        patience_s = _LOOK_S if fits is None else min(_LOOK_S, fits.look())
        commands.look()
        previews.look()
        _end_strays({*commands.pids(), *previews.pids(), *(() if fits is None else fits.pids())})
        listen = [bell, *commands.descriptors(), *previews.descriptors(), *(() if fits is None else fits.descriptors())]
        readable, _, _ = select.select(listen, [], [], max(0.0, patience_s))
        if bell in readable and _closed(bell):
            break
    if fits is not None:
        fits.end()
    commands.end()
    previews.end()
    end_children()


def _closed(bell: socket.socket) -> bool:
    """Read one message; True when the loop has closed its end, with or without having read ours."""
    try:
        return not bell.recv(4096)
    except ConnectionResetError:
        return True


def _end_strays(ours: set[int]) -> None:
    """What a guard or a fork server that was killed has left behind comes here, and is ended here."""
    for pid in children() - ours:
        kill(pid)
        with suppress(ChildProcessError):
            os.waitpid(pid, 0)
