"""Fits: each asked for by files, made in a process of its own below a fork server, answered by files.

The machinery is that of the tick's boxes (`twin.regie.workers`): a deadline on the monotonic clock, a memory limit, one thread
a library, SIGKILL. What is running is known to this process alone; what is to be done stands in the files.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from twin.contracts.messages import Outcome
from twin.regie.fit_files import FitAnswer, FitAsk, get_ask, open_asks, put_answer
from twin.regie.forkserver import ForkServer, ForkServerDown
from twin.regie.workers import Question, SharedFiles, Worker
from twin.work.table import JobTable

_SOON_S = 0.02
_NICE = 10
_IDLE_S = 60.0
"""How long the warm libraries (some hundred MB) are kept when nothing is to be fitted."""


class Fits:
    """Runs them, earliest effect first, at most ``slots`` at a time.

    Args:
        folder: of the files. ``scratch``: for temporary files. ``preload``: modules imported once, before the first fit.
        tell: called when there are new answers, with the reason for each fit whose answer the disk does not take yet.
    """

    def __init__(
        self,
        folder: Path,
        scratch: Path,
        table: JobTable,
        preload: Sequence[str],
        tell: Callable[[Mapping[str, str]], None],
        *,
        slots: int,
    ) -> None:
        self._folder = folder
        self._scratch = scratch
        self._table = table
        self._preload = tuple(preload)
        self._tell = tell
        self._slots = slots
        self._running: dict[str, tuple[FitAsk, Question]] = {}
        self._answers: dict[str, FitAnswer] = {}
        self._server: ForkServer | None = None
        self._needed = 0.0
        # A worker maps a frame; a fit reads its history from a file, so one empty page serves them all.
        page = os.memfd_create("regie-no-frame")
        os.ftruncate(page, os.sysconf("SC_PAGE_SIZE"))
        self._files = SharedFiles(page, 0, page)

    def descriptors(self) -> list[int]:
        """What becomes readable when a fit has something to say or its process ends."""
        return [number for _, question in self._running.values() for number in question.worker.filenos()]

    def pids(self) -> list[int]:
        """Its child: the fork server, parent of all others."""
        return [] if self._server is None else [self._server.pid]

    def look(self) -> float:
        """Answer what has ended and start what can be; never waits. Returns the seconds until it wants to look again."""
        now = time.monotonic()
        for name in list(self._running):
            self._follow(name, now)
        self._answer()
        wanted = [name for name in open_asks(self._folder) if name not in self._running and name not in self._answers]
        for name in wanted[: max(0, self._slots - len(self._running))]:
            if not self._begin(name):
                return _SOON_S  # the fork server is importing
        if self._running or wanted:
            self._needed = now
        elif self._server is not None and now - self._needed > _IDLE_S:
            self._server.close()
            self._server = None
        return min((q.asked_at + q.limit_s - now for _, q in self._running.values()), default=_IDLE_S)

    def end(self) -> None:
        """End every process; what had no answer is made again by the next one."""
        for _, question in self._running.values():
            question.worker.end()
        if self._server is not None:
            self._server.close()

    def _begin(self, name: str) -> bool:
        """False when there is no fork server to begin it yet."""
        ask = get_ask(self._folder, name)
        if ask is None:
            return True
        scratch = self._scratch / f"{ask.instance}.fit"
        worker = Worker(
            f"{ask.instance}.fit", ask.description, self._files, memory_mb=ask.memory_mb, scratch=scratch, nice=_NICE
        )
        try:
            server = self._live_server()
            if not server.ready():
                return False
            with suppress(sqlite3.Error):  # a record of it: no reason not to fit
                self._table.begin_fit(name, ask.instance)
            worker.start(server)
        except ForkServerDown:
            return False
        message = {"op": "fit", "as_of_s": ask.as_of_s, "history": ask.history, "seed": ask.seed}
        question = Question(worker, message, None, ask.deadline_s)
        question.begin(time.monotonic())
        self._running[name] = ask, question
        return True

    def _follow(self, name: str, now: float) -> None:
        ask, question = self._running[name]
        answer = question.look(now)
        withdrawn = not (self._folder / f"{name}.ask").is_file()
        if answer is None and not withdrawn:
            return
        question.worker.end()
        del self._running[name]
        shutil.rmtree(self._scratch / f"{ask.instance}.fit", ignore_errors=True)
        state, text = "interrupted", ""
        if answer is not None and not withdrawn:
            model = answer.data if answer.outcome is Outcome.OK else None
            self._answers[name] = FitAnswer(answer.outcome, answer.text, answer.wall_s, model)
            state, text = "done" if model is not None else "failed", answer.text
        with suppress(sqlite3.Error):
            self._table.end(name, state, text)

    def _answer(self) -> None:
        refused = {}
        for name, answer in self._answers.items():
            if (self._folder / f"{name}.ask").is_file():
                try:
                    put_answer(self._folder, name, answer)
                except OSError as error:
                    refused[name] = str(error)
        if self._answers:
            self._answers = {name: answer for name, answer in self._answers.items() if name in refused}
            self._tell(refused)

    def _live_server(self) -> ForkServer:
        """The fork server, a new one if there is none."""
        if self._server is not None and not self._server.alive():
            self._server.close()
            self._server = None
        if self._server is None:
            self._server = ForkServer(self._preload, self._scratch)
        return self._server
