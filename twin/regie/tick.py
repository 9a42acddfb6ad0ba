"""One tick as a value: the moment, what was observed, and the finished tick that the views are composed from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
import xarray as xr

from twin.contracts.messages import Command, Envelope, State
from twin.contracts.ports import GridEvent, Readings
from twin.origin.traced import Traced
from twin.regie.commands import Refused
from twin.regie.memory import LoopMemory
from twin.regie.outcome import Result
from twin.regie.promotion import Trial
from twin.regie.raw import Intake

COMMAND_EVENT = "command"
"""The kind of an event tick that only carries what people asked for, or calls somebody because nobody did."""


@dataclass(frozen=True)
class Observation:
    """What came in up to ``as_of``.

    Attributes:
        raw, raw_quality: newest complete quarter hour after substitution, dims (channel,).
        rows: frame rows that are new or corrected: label (epoch s) -> (values, quality), ascending.
        signals: newest frame row by (signal, element).
        raw_rows: label -> raw row after substitution, dims (channel,), of each of ``rows``. ``written``: label -> channels
            whose value came after the quarter hour was observed for the first time.
    """

    readings: Readings
    intake: Intake
    raw: np.ndarray
    raw_quality: np.ndarray
    rows: Mapping[int, tuple[np.ndarray, np.ndarray]]
    signals: Mapping[tuple[str, str], float]
    flags: Mapping[tuple[str, str], int]
    raw_rows: Mapping[int, np.ndarray] = field(default_factory=dict)
    written: Mapping[int, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True)
class Moment:
    """When and why a tick happens. ``commands``: consumed in this tick; ``refused``: what else the queue held."""

    as_of: datetime
    event: GridEvent | None = None
    commands: Sequence[Command] = ()
    refused: Sequence[Refused] = ()


@dataclass(frozen=True)
class Frames:
    """What was observed: the live town and, beside it, the do-nothing twin."""

    live: Observation
    baseline: Observation | None


@dataclass(frozen=True)
class Tick:
    """A finished tick, for the views. ``lines``: what the running journal says of it. ``trials``: by shadow.

    Attributes:
        roles: of every box instance, those in reserve included.
        origin: of the electricity of the newest quarter hour; at events, of the one before it.
        baseline: the do-nothing twin's estimated grid; None where there is no such twin, and at events.
    """

    seq: int
    moment: Moment
    observation: Observation
    state: State
    envelopes: Mapping[str, Envelope]
    result: Result
    origin: Traced
    outside: Mapping[str, xr.DataArray]
    memory: LoopMemory
    lines: tuple[tuple[str, Mapping[str, object]], ...]
    trials: Mapping[str, Trial] = field(default_factory=dict)
    baseline: xr.Dataset | None = None
    roles: Mapping[str, str] = field(default_factory=dict)
    head: str = ""
    acked: bool = False
