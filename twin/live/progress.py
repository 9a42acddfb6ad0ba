"""Progress on standard error: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

from typing import TextIO

WORDS = {
    "simbench_load": "loading the published grid (the first time only)",
    "grid": "correcting and overlaying the grid",
    "profiles": "preparing a year of profiles",
    "zones": "finding what each zone holds",
    "store": "storing the prepared site",
    "ready": "site ready",
    "boxes": "starting the boxes",
    "history": "nine weeks of telemetry, first models",
    "on air": "on air",
    "figures": "reading series and figures from the journal",
    "risk": "adding the futures up",
}
"""What a step is called."""
_TICKS_PER_LINE = 96


class Progress:
    """Steps of preparation, then ticks."""

    def __init__(self, stream: TextIO) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bars

        self._console = Console(file=stream, highlight=False)
        self._bars: Bars | None = None
        self._last = ""
        if self._console.is_terminal:
            columns = (TextColumn("{task.description:<48}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
            self._bars = Bars(*columns, console=self._console, transient=True)
            self._bars.start()
            self._task = self._bars.add_task("starting", total=1.0)

    def step(self, name: str, share: float) -> None:
        """A step of the preparation begins or goes on; ``share`` of all of it is done."""
        words = WORDS.get(name, name)
        if self._bars is not None:
            self._bars.update(self._task, description=words, completed=share)
        elif words != self._last:
            self.say(words)
        self._last = words

    def ticks(self, done: int, total: int | None) -> None:
        """So many regular ticks are done."""
        if self._bars is not None:
            self._bars.update(self._task, description=f"on air, tick {done}", completed=done, total=total or done + 1)
        elif done % _TICKS_PER_LINE == 0:
            self.say(f"tick {done}" + (f" of {total}" if total else ""))

    def say(self, line: str) -> None:
        """A line that stays."""
        self._console.print(line, soft_wrap=True)

    def close(self) -> None:
        """Take the bar away."""
        if self._bars is not None:
            self._bars.stop()
            self._bars = None
