"""What a reader of the journal must know to label its arrays: written once by the loop, beside the snapshots."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict

FILE = "history.json"


class Provided(BaseModel):
    """One output of a box as the journal keeps it: of forecasts the first day, median and outer quantiles.

    Attributes:
        elements: its last dimension; none for a signal without elements. ``quantiles``: levels kept, none without a band.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    elements: tuple[str, ...]
    quantiles: tuple[float, ...]
    step_s: int


class HistoryFacts(BaseModel):
    """Labels of a journal's arrays, in their order.

    Attributes:
        columns: (signal, element) of the measured row of every tick. ``indices``: of the estimated grid, by table.
        provided: by box instance and signal.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    columns: tuple[tuple[str, str], ...]
    indices: Mapping[str, tuple[int, ...]]
    provided: Mapping[str, Mapping[str, Provided]]
