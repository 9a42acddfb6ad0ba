"""Previews as the régie's web process reaches them: one connection for each question, so that many may ask at once."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from twin.contracts.desk_ports import Unavailable
from twin.contracts.preview import read_question
from twin.domain.problems import BadInput, Problem

SOCKET = "preview.sock"
"""Below the ``jobs`` directory of a state."""
_PART = 1 << 16
_OFF_AIR = "nobody works on {jobs}: previews need a régie on air; start it with regie live --state {state}"
_LOST = "the preview process ended in the middle of the question; ask again in some seconds"
_LATE = "no answer within {timeout_s:g} s; after a start the grid takes some seconds to warm up, ask again"


class PreviewsOfState:
    """The previews of one state directory (`twin.contracts.desk_ports.Previews`)."""

    def __init__(self, state: Path) -> None:
        self._jobs = state.absolute() / "jobs"

    def ask(self, question: Mapping[str, Any], timeout_s: float) -> Mapping[str, Any]:
        """Answer one question, as `twin.contracts.preview.Answer` in plain values."""
        read_question(question)  # what can be refused here needs nobody
        until = time.monotonic() + timeout_s
        data = json.dumps({"question": dict(question), "until": until}).encode()
        try:
            message = json.loads(self._exchange(data, until, timeout_s))
        except ValueError as error:  # cut in the middle
            raise Unavailable(_LOST) from error
        if "refused" in message:
            raise BadInput(Problem(**problem) for problem in message["refused"])
        if "unavailable" in message:
            raise Unavailable(message["unavailable"])
        answer: Mapping[str, Any] = message["answer"]
        return answer

    def _exchange(self, data: bytes, until: float, timeout_s: float) -> bytes:
        parts = []
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line, address_of(self._jobs / SOCKET) as address:
                line.settimeout(timeout_s)
                line.connect(address)
                line.sendall(data)
                line.shutdown(socket.SHUT_WR)
                while part := line.recv(_PART):
                    parts.append(part)
                    line.settimeout(max(until - time.monotonic(), 0.001))
        except TimeoutError as error:
            raise Unavailable(_LATE.format(timeout_s=timeout_s)) from error
        except (FileNotFoundError, ConnectionRefusedError, BlockingIOError) as error:
            raise Unavailable(_OFF_AIR.format(jobs=self._jobs, state=self._jobs.parent)) from error
        except OSError as error:
            raise Unavailable(f"{_LOST} ({error.strerror or error})") from error
        return b"".join(parts)


@contextmanager
def address_of(path: Path) -> Iterator[str]:
    """A socket's address by its directory's descriptor: an address holds 108 bytes (unix(7)), a path may be longer."""
    directory = os.open(path.parent, os.O_PATH)
    try:
        yield f"/proc/self/fd/{directory}/{path.name}"
    finally:
        os.close(directory)
