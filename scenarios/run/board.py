"""Progress of several rehearsals on standard error, with the time left: bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, TextIO

from twin.live.progress import WORDS

_LINE_EVERY_S = 10.0


@dataclass
class Boards:
    """All rehearsals of a run. ``unit``: what is counted, "quarter hours" or "futures"."""

    stream: TextIO
    unit: str
    _bars: Any = field(default=None, init=False)

    def __enter__(self) -> Boards:
        if self.stream.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

            columns = (TextColumn("{task.description:<52}"), BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
            self._bars = Progress(*columns, console=Console(file=self.stream, highlight=False), transient=True)
            self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bars is not None:
            self._bars.stop()

    def of(self, name: str) -> Line:
        """The line of one rehearsal."""
        return Line(name, self.stream, self.unit, self._bars)


@dataclass
class Line:
    """One rehearsal's progress."""

    name: str
    stream: TextIO
    unit: str
    _bars: Any
    _task: Any = field(default=None, init=False)
    _said: tuple[str, float] = field(default=("", 0.0), init=False)
    _begun: tuple[int, float] | None = field(default=None, init=False)

    def step(self, name: str, share: float) -> None:
        """A step of the preparation."""
        words = WORDS.get(name, name)
        if self._bars is None:
            if words != self._said[0]:
                self._say(words)
        else:
            self._show(words, share, 1.0)

    def ticks(self, done: int, total: int | None) -> None:
        """So many are done; the time left follows from those of this run."""
        now = time.monotonic()
        if self._begun is None:
            self._begun = (done, now)
        if self._bars is not None:
            self._show(f"{done} of {total} {self.unit}", done, total)
        elif done == total or now - self._said[1] >= _LINE_EVERY_S:
            self._say(f"{done} of {total} {self.unit}{self._left(done, total, now)}")

    def _left(self, done: int, total: int | None, now: float) -> str:
        first, begun = self._begun or (done, now)
        if total is None or done <= first or done >= total:
            return ""
        return f", about {round((now - begun) / (done - first) * (total - done))} s left"

    def _show(self, words: str, done: float, total: float | None) -> None:
        if self._task is None:
            self._task = self._bars.add_task("", total=1.0)
        self._bars.update(self._task, description=f"{self.name}: {words}", completed=done, total=total)

    def _say(self, words: str) -> None:
        self._said = (words, time.monotonic())
        self.stream.write(f"{self.name}: {words}\n")
        self.stream.flush()
