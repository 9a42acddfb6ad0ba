"""Supervision: one process per box, one question at a time, a deadline on the monotonic clock, SIGKILL when it passes.

The channel is looked at before the clock, so an answer that arrived while the host slept is an answer. The end of a process
is seen through its pidfd, because a grandchild that holds the channel would hide its closing.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twin.contracts.messages import Outcome
from twin.regie.forkserver import ForkServer, ForkServerDown
from twin.regie.worker_main import MAX_MESSAGE, MAX_RESULT

_DEATH_S = 2.0


@dataclass(frozen=True)
class Answer:
    """What came of one question.

    Attributes:
        text: why not, for every outcome but OK. ``data``: the bytes of report and state, ``sizes`` of each (None = no state).
        wall_s: from the question to the answer, or to the verdict.
    """

    outcome: Outcome
    text: str = ""
    message: Mapping[str, Any] | None = None
    data: bytes = b""
    wall_s: float = 0.0


@dataclass(frozen=True)
class SharedFiles:
    """Descriptors every worker of a run gets, and the capacity of the frame in rows."""

    frame: int
    frame_rows: int
    ahead: int


class Worker:
    """One box's process, restarted as often as needed.

    Args:
        description: from `twin.contracts.description.box_description`. ``memory_mb``: beyond the preloaded libraries.
        scratch: its own directory for temporary files. ``nice``: 0 for the tick's boxes, more for training.
    """

    def __init__(
        self, name: str, description: bytes, files: SharedFiles, *, memory_mb: int, scratch: Path, nice: int = 0
    ) -> None:
        self.name = name
        self.starts = 0
        self.ready = False
        self.pid = 0
        self._description = description
        self._files = files
        self._memory_mb = memory_mb
        self._scratch = scratch
        self._nice = nice
        self._channel: socket.socket | None = None
        self._pidfd = -1
        self._request = -1
        self._result = -1
        self._sequence = 0

    @property
    def alive(self) -> bool:
        """True while a process is there, ready or not."""
        return self._channel is not None

    def start(self, server: ForkServer) -> None:
        """Fork a process; it builds the box meanwhile and reports when it is ready.

        Raises:
            ForkServerDown: when there is no server to ask.
        """
        self.end()
        # New files for every process: a dying one cannot write into its successor's.
        self._request, self._result = os.memfd_create("regie-request"), os.memfd_create("regie-result")
        os.pwrite(self._request, self._description, 0)
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        order = {
            "init": len(self._description),
            "rows": self._files.frame_rows,
            "memory_mb": self._memory_mb,
            "nice": self._nice,
            "scratch": str(self._scratch),
        }
        descriptors = [theirs.fileno(), self._files.frame, self._files.ahead, self._request, self._result]
        with theirs:
            try:
                self.pid, self._pidfd = server.fork(order, descriptors)
            except ForkServerDown:
                ours.close()
                self._close_files()
                raise
        self._channel = ours
        self.ready = False
        self.starts += 1

    def end(self) -> None:
        """Kill the process, and wait until the kernel confirms its end. The fork server ends what it leaves behind."""
        if self._channel is None:
            return
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        select.select([self._pidfd], [], [], _DEATH_S)
        self._channel.close()
        os.close(self._pidfd)
        self._close_files()
        self._channel, self._pidfd, self.ready = None, -1, False

    def send(self, message: Mapping[str, Any], state: bytes | None) -> None:
        """Put a question; ``state`` travels in the request file."""
        self._sequence += 1
        if state is not None:
            os.pwrite(self._request, state, 0)
        size = None if state is None else len(state)
        # A channel that is closed shows at once as a dead process in `gather`.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._checked_channel().send(json.dumps({**message, "seq": self._sequence, "state": size}).encode())

    def receive(self) -> Answer | None:
        """The next message if one is there; ``ready`` is noted on the way. None: nothing yet."""
        while True:
            try:
                data = self._checked_channel().recv(MAX_MESSAGE)
            except BlockingIOError:
                return None
            except ConnectionResetError:
                data = b""
            if not data:
                return Answer(Outcome.DIED, "its process ended")
            answer = self._understand(data)
            if answer is not None:
                return answer

    def dead(self) -> bool:
        """True when the process has ended."""
        return bool(select.select([self._pidfd], [], [], 0)[0])

    def wait(self, timeout_s: float) -> None:
        """Until there is something to look at, or the time is over."""
        select.select(self.filenos(), [], [], timeout_s)

    def filenos(self) -> tuple[int, int]:
        """Channel and pidfd, to wait for."""
        return self._checked_channel().fileno(), self._pidfd

    def _understand(self, data: bytes) -> Answer | None:
        try:
            message = json.loads(data)
            if message.get("ready") and not self.ready:
                self.ready = True
                return None
            if "error" in message:
                outcome = Outcome.MEMORY if message["error"] == "memory" else Outcome.EXCEPTION
                return Answer(outcome, str(message["text"]))
            if message["seq"] != self._sequence:
                return Answer(Outcome.DIED, "it answered a question that was not asked")
            size = int(message.get("report") or 0) + int(message.get("state") or 0)
            if not 0 <= size <= MAX_RESULT:
                return Answer(Outcome.DIED, f"it announced {size} bytes, limit {MAX_RESULT}")
            return Answer(Outcome.OK, message=message, data=os.pread(self._result, size, 0))
        except Exception as error:  # noqa: BLE001 - a box that found the channel may write anything: its process is not trusted
            return Answer(Outcome.DIED, f"it sent something that is no message ({type(error).__name__})")

    def _checked_channel(self) -> socket.socket:
        if self._channel is None:
            raise RuntimeError(f"worker {self.name!r} has no process")
        return self._channel

    def _close_files(self) -> None:
        for descriptor in (self._request, self._result):
            os.close(descriptor)


@dataclass
class Question:
    """One request to one worker; ``limit_s`` runs from when the worker is ready, and waiting for that may take as long."""

    worker: Worker
    message: Mapping[str, Any]
    state: bytes | None
    limit_s: float
    asked_at: float = 0.0
    sent: bool = False

    def begin(self, now: float) -> None:
        """Start the clock; send when the worker is ready."""
        self.asked_at = now
        if self.worker.ready:
            self.worker.send(self.message, self.state)
            self.sent = True

    def look(self, now: float) -> Answer | None:
        """The channel first, then the process, then the clock."""
        answer = self.worker.receive()
        if answer is None and not self.sent and self.worker.ready:
            self.begin(now)
        if answer is None and self.worker.dead():
            # It may have answered between the two looks.
            answer = self.worker.receive() or Answer(Outcome.DIED, "its process ended")
        if answer is None and now - self.asked_at >= self.limit_s:
            answer = self._too_late()
        if answer is None:
            return None
        return Answer(answer.outcome, answer.text, answer.message, answer.data, now - self.asked_at)

    def wait(self) -> None:
        """Until there is something to look at, at the latest its deadline."""
        self.worker.wait(max(0.0, self.asked_at + self.limit_s - time.monotonic()))

    def _too_late(self) -> Answer:
        if self.sent:
            return Answer(Outcome.DEADLINE, f"no answer within deadline_s={self.limit_s:g}")
        return Answer(Outcome.DIED, f"its process was not ready within {self.limit_s:g} s")


def gather(questions: Sequence[Question]) -> dict[str, Answer]:
    """Put all questions at once and wait for each until its answer or its deadline; by name of the worker.

    A worker that answered anything but OK is ended before this returns: its memory is not to be trusted, and the next
    process is only milliseconds away.
    """
    answers: dict[str, Answer] = {}
    poller = select.poll()
    waiting: dict[int, Question] = {}
    now = time.monotonic()
    for question in questions:
        if not question.worker.alive:
            answers[question.worker.name] = Answer(Outcome.DIED, "it has no process: the fork server is starting again")
            continue
        question.begin(now)
        for descriptor in question.worker.filenos():
            poller.register(descriptor, select.POLLIN)
            waiting[descriptor] = question
    open_questions = [q for q in questions if q.worker.name not in answers]
    looked_at = open_questions
    while open_questions:
        now = time.monotonic()
        due = [q for q in open_questions if now - q.asked_at >= q.limit_s]
        for question in {id(q): q for q in [*looked_at, *due]}.values():
            answer = question.look(now)
            if answer is None:
                continue
            answers[question.worker.name] = answer
            open_questions.remove(question)
            for descriptor in question.worker.filenos():
                poller.unregister(descriptor)
                del waiting[descriptor]
            if answer.outcome is not Outcome.OK:
                question.worker.end()
        if open_questions:
            left = min(q.asked_at + q.limit_s for q in open_questions) - time.monotonic()
            ready = poller.poll(max(0.0, left) * 1000.0 + 1.0)
            looked_at = list({id(waiting[fd]): waiting[fd] for fd, _ in ready}.values())
    return answers
