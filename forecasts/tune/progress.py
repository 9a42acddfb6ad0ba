"""How far a search is, on standard error: a bar over the budget on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TextIO

from forecasts.tune.study import Progress

_LINE_EVERY_S = 30.0


class Bar:
    """A bar over ``seconds`` of wall time, as a context."""

    def __init__(self, stream: TextIO, seconds: float) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bars

        self._console = Console(file=stream, highlight=False)
        columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
        self._bars = Bars(*columns, console=self._console, transient=True, disable=not self._console.is_terminal)
        self._task = self._bars.add_task("judging the configuration as given", total=seconds)
        self._said = time.monotonic()

    def trial(self, progress: Progress) -> None:
        """A trial is done."""
        self._bars.update(self._task, completed=progress.seconds)
        self.words(f"trial {progress.trial} ({progress.chapter}), best {progress.ratio:.3f} of what was given")

    def words(self, text: str) -> None:
        """What is being done."""
        self._bars.update(self._task, description=text)
        if self._bars.disable and time.monotonic() - self._said > _LINE_EVERY_S:
            self._said = time.monotonic()
            self._console.print(text, soft_wrap=True)

    def __enter__(self) -> Bar:
        self._bars.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._bars.stop()
