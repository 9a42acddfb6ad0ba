"""Between the work process and a job: when the one goes, so does the other, with everything that it started.

A job may start processes of its own, which no signal of the kernel reaches when the work process is killed. The guard adopts
and ends them. It imports nothing but the standard library: it waits as long as the job runs.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys

from twin.regie.processes import adopt_orphans, die_with_parent, end_children

_CALL = "import sys; from twin.cli import main; sys.argv[0] = 'regie'; main()"
_GRACE_S = 5.0
"""For a job that is asked to end: to write down how far it came."""


def main() -> None:
    """Run one ``regie`` command; its words are the JSON argument. Exits as the command did, with 128 + n for a signal.

    Standard input is held by the work process: a byte asks the job to end, its closing ends it at once.
    """
    words = json.loads(sys.argv[1])
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    adopt_orphans()
    mine = os.getpid()
    job = subprocess.Popen(
        [sys.executable, "-c", _CALL, *words],
        stdin=subprocess.DEVNULL,
        preexec_fn=lambda: _as_job(mine),  # noqa: PLW1509 - one thread here
    )
    _watch(job)
    if job.poll() is None:
        job.kill()
    code = job.wait()
    end_children()
    sys.exit(code if code >= 0 else 128 - code)


def _as_job(guard: int) -> None:
    """In the child, before exec: signals as a command expects them, and no life after the guard's."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    die_with_parent(signal.SIGKILL, guard)


def _watch(job: subprocess.Popen[bytes]) -> None:
    """Until the job has ended, or must."""
    held, ended = sys.stdin.fileno(), os.pidfd_open(job.pid)
    readable, _, _ = select.select([held, ended], [], [])
    if ended not in readable and os.read(held, 1):
        job.terminate()
        select.select([held, ended], [], [], _GRACE_S)
