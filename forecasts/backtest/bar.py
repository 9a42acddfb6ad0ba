"""How far a backtest is, on standard error: a bar with the time left on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Sequence
from types import TracebackType
from typing import TextIO

from forecasts.backtest.job import Job, Step

_LINE_EVERY_S = 30.0


class Bar:
    """One bar for all jobs, as a context; every job counts the same."""

    def __init__(self, stream: TextIO, jobs: Sequence[Job]) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        self._console = Console(file=stream, highlight=False)
        self._share = dict.fromkeys((job.key for job in jobs), 0.0)
        self._parts = {job.key: self._parts_of(job) for job in jobs}
        self._told: set[tuple[tuple[str, str], str]] = set()
        self._words = "reading"
        self._said = time.monotonic()
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
        )
        self._bars = Progress(*columns, console=self._console, transient=True, disable=not self._console.is_terminal)
        self._task = self._bars.add_task(self._words, total=1.0)

    @staticmethod
    def _parts_of(job: Job) -> list[str]:
        from forecasts.backtest.peers import installed
        from forecasts.backtest.run import EXPERTS

        return [EXPERTS, *(installed() if job.options.peers else ())]

    def step(self, job: Job, step: Step) -> None:
        """A block of a job is done."""
        parts = self._parts[job.key]
        if step.kept and (job.key, step.what) not in self._told:
            self._told.add((job.key, step.what))
            self._console.print(f"{job.title}: {step.kept} blocks of {step.what} are kept from an earlier run", soft_wrap=True)
        self._share[job.key] = (parts.index(step.what) + step.done / step.total) / len(parts)
        self._words = f"{job.title}: {step.what} {step.done} of {step.total}"
        done = sum(self._share.values()) / len(self._share)
        self._bars.update(self._task, completed=done, description=self._words)
        if self._bars.disable and time.monotonic() - self._said > _LINE_EVERY_S:
            self._said = time.monotonic()
            self._console.print(f"{100 * done:.0f} % {self._words}", soft_wrap=True)

    def __enter__(self) -> Bar:
        self._bars.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._bars.stop()
