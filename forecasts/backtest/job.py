"""One series to backtest: what the file is, how it is rehearsed, and where its blocks are kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from forecasts.backtest.options import BacktestOptions
from forecasts.data.spec import SeriesSpec


@dataclass(frozen=True)
class Job:
    """A series, and how it is rehearsed; ``base`` is the folder of all runs."""

    spec: SeriesSpec
    options: BacktestOptions
    base: Path

    @property
    def title(self) -> str:
        """What progress and messages call it."""
        return f"{Path(self.spec.path.partition(',')[0]).name} {self.spec.value_column}"

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from the other series of a command."""
        return self.spec.path, self.spec.value_column

    def to_text(self) -> str:
        """For a process of its own."""
        return json.dumps({"spec": asdict(self.spec), "options": asdict(self.options), "base": str(self.base)})

    @classmethod
    def from_text(cls, text: str) -> Job:
        """Inverse of `to_text`."""
        given = json.loads(text)
        return cls(SeriesSpec(**given["spec"]), BacktestOptions(**given["options"]), Path(given["base"]))


@dataclass(frozen=True)
class Step:
    """How far a job is: ``done`` of ``total`` blocks of ``what`` ("experts" or a peer's name); ``kept`` came from disk."""

    what: str
    done: int
    total: int
    kept: int = 0


OnStep = Callable[[Step], None]
