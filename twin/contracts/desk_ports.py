"""What the régie's web process reaches beyond its files: jobs, what-ifs, history, figures, holdings. `twin.web` wires them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from twin.contracts.privacy import Holdings

if TYPE_CHECKING:
    import xarray as xr

    from twin.contracts.publication import Drafts, HourFigure, PublicationFacts


class Unavailable(RuntimeError):
    """What was asked for cannot be had now; the message says why and what helps."""


class Jobs(Protocol):
    """Long ``regie`` commands in the work process (decision 14)."""

    folder: Path

    def ask(self, argv: Sequence[str]) -> str:
        """Queue ``regie`` with these words; returns the job's id.

        Raises:
            OSError: when the disk takes nothing.
        """
        ...

    def cancel(self, job: str) -> None:
        """Ask for a job's end."""
        ...

    def jobs(self) -> list[dict[str, Any]]:
        """Every job, oldest first, as `twin.work.listing.list_jobs` tells it.

        Raises:
            Unavailable: when the table cannot be read.
        """
        ...

    def log(self, job: str) -> str:
        """What a job has said so far, "" for nothing."""
        ...


class Previews(Protocol):
    """What-ifs on the warm compiled grid of the work process; nothing that is asked here reaches the loop."""

    def ask(self, question: Mapping[str, Any], timeout_s: float) -> Mapping[str, Any]:
        """Answer one question (`twin.contracts.preview`).

        Raises:
            BadInput: for a question with faults, all of them.
            Unavailable: when the work process does not answer in time.
        """
        ...


class History(Protocol):
    """What the journal holds, as labelled arrays."""

    def signals(self) -> Mapping[str, Mapping[str, Any]]:
        """Every signal's name -> its unit, dims and elements."""
        ...

    def read(self, start: datetime, end: datetime, signals: Sequence[str]) -> xr.Dataset:
        """Quarter hours with ``start <= time < end``, dims (time, element of the signal), units in attrs.

        No quarter hour between the first and the last is left out; NaN where nothing is known. ``quality``, dims (time,), holds
        the flags of the whole state.

        Raises:
            BadInput: unknown signals, a window that is empty or too long.
            Unavailable: when there is no journal to read.
        """
        ...

    def forecasts(self, start: datetime, end: datetime, instance: str) -> xr.Dataset:
        """What a box forecast in its own fresh answers with ``start <= issued_at < end``: the first day, median and band.

        Dims (issued_at, lead, quantile, element of the signal); ``lead`` [s] after ``issued_at`` labels the quarter hour.

        Raises:
            BadInput: an unknown box, a window that is empty or too long.
            Unavailable: when there is no journal to read.
        """
        ...


class Figures(Protocol):
    """What the journal gives for publication: months, years and hours, none of it approved."""

    def facts(self) -> PublicationFacts:
        """What the site says about its publication.

        Raises:
            Unavailable: while no loop has run here, or where the site has no public page.
        """
        ...

    def follow(self, limit: int) -> None:
        """Read at most ``limit`` records on, so that nothing is missed when the journal lets go what has had its time.

        Raises:
            Unavailable: when there is no journal to read.
        """
        ...

    def drafts(self, limit: int | None = None) -> Drafts:
        """Every month and year, read on from where the last call stopped.

        Args:
            limit: records of the journal that this call reads at most; None for all that there are.

        Raises:
            Unavailable: when there is no journal to read.
        """
        ...

    def hours(self, period: str) -> tuple[HourFigure, ...]:
        """The hours of a month, as far as the journal is read.

        Raises:
            Unavailable: when there is no journal to read.
        """
        ...


class Privacy(Protocol):
    """What of people the state directory holds."""

    def holdings(self, now: datetime) -> Holdings:
        """All of it at ``now``, of the wall clock.

        Raises:
            Unavailable: when a store cannot be read.
        """
        ...


@dataclass(frozen=True)
class Ports:
    """All of them; None where this process was started without. ``library``: folder of the packaged scenario files."""

    jobs: Jobs | None = None
    previews: Previews | None = None
    history: History | None = None
    figures: Figures | None = None
    library: Path | None = None
    privacy: Privacy | None = None
