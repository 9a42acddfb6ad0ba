"""The preview process: warm, below the work process, answering one connection after the other; it writes nothing.

A connection carries one question and its answer, each a JSON document up to the end of the stream (``shutdown``). Short
questions go before long ones, which yield between their parts. Who asks says until when it waits (``until``, on the monotonic
clock, which all processes of a machine share): what is late is not begun, and not ended. To the work process it tells when it
must have said something again, so that a hang is noticed there.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import socket
import sys
import time
from collections import deque
from collections.abc import Generator, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twin.contracts.desk_ports import Unavailable
from twin.contracts.preview import LookAhead, OrderCheck, read_question
from twin.domain.pack import UnpackError
from twin.domain.problems import BadInput
from twin.preview.answers import Answers
from twin.preview.kit import read_kit
from twin.preview.warm import WarmGrid
from twin.regie.processes import die_with_parent

_WAITING = 16
"""Questions in hand; who comes later is told so at once."""
_QUESTION_BYTES = 65_536
_READ_S, _WRITE_S = 1.0, 2.0
_PART_S = 60.0
"""Longest a part of an answer may take: the first imports and compiles for three seconds of CPU, on a loaded machine too."""
_LONG = (LookAhead, OrderCheck)
_LOOK_S, _ATTENTIVE_S = 1.0, 120.0
"""How often a new tick is looked for, and how long after the last question: who asks once asks again."""
_ENDED = object()


@dataclass
class _Asked:
    connection: socket.socket
    work: Generator[None, None, Any]
    until: float
    is_long: bool


def main() -> None:
    """Entry of ``python -c``; the jobs directory, the listening socket, the watch and the parent are its JSON argument."""
    order = json.loads(sys.argv[1])
    die_with_parent(signal.SIGKILL, order["parent"])
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the work process ends it
    os.nice(order["nice"])
    jobs = Path(order["jobs"])
    with socket.socket(fileno=order["door"]) as door, socket.socket(fileno=order["watch"]) as watch:
        door.setblocking(False)
        try:
            answers: Answers | Unavailable = Answers(WarmGrid(read_kit(jobs)), jobs.parent)
        except (OSError, UnpackError, BadInput, KeyError) as error:
            answers = Unavailable(f"no grid to preview on ({error}); start the régie again on this state directory")
        gc.collect()
        gc.freeze()  # a collection through pandapower's objects takes a tenth of a second
        _Server(door, watch, answers).serve()


class _Server:
    def __init__(self, door: socket.socket, watch: socket.socket, answers: Answers | Unavailable) -> None:
        self._door, self._watch, self._answers = door, watch, answers
        self._asked: deque[_Asked] = deque()
        self._warming: Iterator[None] = iter(())
        self._last_asked = time.monotonic()

    def serve(self) -> None:
        """Until the work process closes its end of the watch."""
        self._tell(None)
        idle_s = 0.0
        while True:
            readable, _, _ = select.select([self._door, self._watch], [], [], 0.0 if self._asked else idle_s)
            if self._watch in readable:
                return
            if self._door in readable:
                self._accept()
                idle_s = 0.0
            elif self._asked:
                self._part(self._next())
            else:
                idle_s = 0.0 if self._warm() else _LOOK_S

    def _accept(self) -> None:
        try:
            connection, _ = self._door.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        connection.settimeout(_READ_S)
        self._last_asked = time.monotonic()
        try:
            message = _read(connection)
            question = read_question(message["question"])
            until = float(message["until"])
        except BadInput as refused:
            _say(connection, _refusal(refused))
            return
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            why = f"the question cannot be read ({type(error).__name__}); twin/work/preview_port.py shows how to ask"
            _say(connection, {"unavailable": why})
            return
        if isinstance(self._answers, Unavailable):
            _say(connection, {"unavailable": str(self._answers)})
        elif len(self._asked) >= _WAITING:
            _say(connection, {"unavailable": f"{_WAITING} questions wait already; ask again in some seconds"})
        else:
            self._asked.append(_Asked(connection, self._answers.work(question), until, isinstance(question, _LONG)))

    def _next(self) -> _Asked:
        """The first short one, else the long ones in turn."""
        found = next((asked for asked in self._asked if not asked.is_long), self._asked[0])
        self._asked.remove(found)
        return found

    def _part(self, asked: _Asked) -> None:
        """One part of one answer."""
        if time.monotonic() > asked.until:
            _say(asked.connection, {"unavailable": "not answered in time; ask again, or wait longer for it"})
            return
        self._tell(_PART_S)
        try:
            next(asked.work)
        except StopIteration as ended:
            _say(asked.connection, {"answer": ended.value.model_dump(mode="json")})
        except BadInput as refused:
            _say(asked.connection, _refusal(refused))
        except Unavailable as error:
            _say(asked.connection, {"unavailable": str(error)})
        except Exception as error:  # noqa: BLE001 - whatever a question meets: the next one is answered all the same
            _say(asked.connection, {"unavailable": f"the preview failed ({type(error).__name__}: {error}); report it"})
            sys.excepthook(type(error), error, error.__traceback__)
        else:
            self._asked.append(asked)
        self._tell(None)

    def _warm(self) -> bool:
        """A part of what the next question needs, while nobody asks and somebody did; False when there is nothing to do."""
        if isinstance(self._answers, Unavailable) or time.monotonic() - self._last_asked > _ATTENTIVE_S:
            return False
        self._tell(_PART_S)
        try:
            worked = next(self._warming, _ENDED) is None
            if not worked and self._answers.is_behind():
                self._warming, worked = self._answers.warm(), True
        except (Unavailable, BadInput):
            worked = False
        self._tell(None)
        return worked

    def _tell(self, within_s: float | None) -> None:
        """Tell the work process by when it hears again; None: nothing is under way."""
        with suppress(OSError):
            self._watch.send(json.dumps({"until": None if within_s is None else time.monotonic() + within_s}).encode())


def _read(connection: socket.socket) -> dict[str, Any]:
    data = b""
    while part := connection.recv(_QUESTION_BYTES):
        data += part
        if len(data) > _QUESTION_BYTES:
            raise ValueError("too long")
    message = json.loads(data)
    if not isinstance(message, dict):
        raise TypeError("no object")
    return message


def _say(connection: socket.socket, message: Mapping[str, Any]) -> None:
    """Answer and hang up; who has gone hears nothing."""
    with connection, suppress(OSError):
        connection.settimeout(_WRITE_S)
        connection.sendall(json.dumps(message, separators=(",", ":"), allow_nan=False).encode())


def _refusal(refused: BadInput) -> dict[str, Any]:
    return {"refused": [vars(problem) for problem in refused.problems]}
