"""A box in a process of its own, asked from outside: whatever it does there, an answer comes, or the reason why none did."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

import numpy as np

from twin.domain.lean import lean_main
from twin.domain.pack import UnpackError, pack, unpack

_CODE = lean_main("twin.contracts.conformance_child")


class NoAnswer(Exception):
    """What was asked for did not come; says why."""


class BoxProcess:
    """One fresh process that makes one box and answers; a time-out ends it.

    Questions and answers lie in two files, their sizes travel on the standard streams: what the box forks may hold those
    open, and a pipe that nobody reads any more would block whoever writes into it.

    Args:
        hash_seed: of its strings; where two processes have two, an answer that follows the order of a set of names shows.
    """

    def __init__(self, hash_seed: int) -> None:
        self._question, self._answer, self._errors = (os.memfd_create(f"regie-{name}") for name in ("ask", "answer", "errors"))
        files = (self._question, self._answer)
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(str(Path(entry or ".").absolute()) for entry in sys.path),
            "PYTHONHASHSEED": str(hash_seed),
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
        }
        self._process = subprocess.Popen(
            [sys.executable, "-c", _CODE, *map(str, files)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=environment,
            pass_fds=files,
            start_new_session=True,
        )
        self._end_fd = os.pidfd_open(self._process.pid)

    def ask(
        self, facts: Mapping[str, Any], arrays: Mapping[str, np.ndarray], *, limit_s: float
    ) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """The answer to one question; see `twin.contracts.conformance_child`.

        Raises:
            NoAnswer: when the process ended instead, or has not answered within ``limit_s`` [wall s].
        """
        question = pack(facts, arrays)
        os.pwrite(self._question, question, 0)
        with suppress(BrokenPipeError):  # ended between two questions: the wait below says how
            os.write(_stream(self._process.stdin).fileno(), b"%d\n" % len(question))
        told = _stream(self._process.stdout).fileno()
        ready, _, _ = select.select([told, self._end_fd], [], [], limit_s)
        if not ready:
            self.end()
            raise NoAnswer(f"gave no answer within {limit_s:g} s")
        try:
            # A few bytes, written at once: where there is anything to read, there is all of it.
            return unpack(os.pread(self._answer, int(os.read(told, 32)), 0)) if told in ready else unpack(b"")
        except (ValueError, UnpackError):
            raise NoAnswer(self._epitaph()) from None

    def end(self) -> None:
        """End the process with all that it left behind in its session."""
        if self._end_fd < 0:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for descriptor in (self._end_fd, self._question, self._answer, self._errors):
            os.close(descriptor)
        self._end_fd = -1
        _stream(self._process.stdin).close()
        _stream(self._process.stdout).close()

    def _epitaph(self) -> str:
        with suppress(subprocess.TimeoutExpired):  # a box may have written into the channel instead
            self._process.wait(1.0)
        words = [f"its process gave no answer, exit status {self._process.returncode}"]
        end = os.lseek(self._errors, 0, os.SEEK_END)
        words += os.pread(self._errors, 1000, max(0, end - 1000)).decode(errors="replace").strip().splitlines()[-1:]
        self.end()
        return ": ".join(words)


def _stream(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise RuntimeError("the process was started without this stream")
    return stream
