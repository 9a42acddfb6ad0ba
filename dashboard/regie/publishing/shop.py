"""The outlet as the web process keeps it: written after every deed, when an embargo runs out, and whenever a file is lost."""

from __future__ import annotations

import threading
from datetime import datetime

from dashboard.regie.standing import Standing
from twin.contracts.desk_ports import Figures, Unavailable
from twin.contracts.publication import HourFigure, PublicationFacts
from twin.publication.kept_hours import KeptHours
from twin.publication.outlet import Outlet, files_of
from twin.publication.standing import Published, Revision


class Shop:
    """What lies in the outlet of one state directory.

    Attributes:
        fault: why the files are not as the book says, "" while they are. ``lost``: approved months whose hours nobody has any
            more: their table is left out.
    """

    def __init__(self, standing: Standing[Published], figures: Figures, kept: KeptHours, outlet: Outlet) -> None:
        self._standing = standing
        self._figures = figures
        self._kept = kept
        self._outlet = outlet
        self._made: tuple[int, bool, PublicationFacts] | None = None
        self._lock = threading.Lock()
        self.fault = ""
        self.lost: tuple[str, ...] = ()

    def keep(self, now: datetime, *, patient: bool = True) -> None:
        """Make the files what the book says at ``now`` (wall clock); what the disk does not take is told by `fault`.

        Args:
            patient: wait for whoever writes already; without, it is left to them.

        Raises:
            sqlite3.Error: when the book cannot be read.
        """
        if not self._lock.acquire(blocking=patient):
            return
        try:
            self._follow(now)
        except (OSError, Unavailable) as error:
            self.fault = str(error)
        finally:
            self._lock.release()

    def _follow(self, now: datetime) -> None:
        published = self._standing.now()
        if published.last_at is None and self._made is None:
            return  # nothing was ever approved here
        facts, embargo = self._figures.facts(), published.embargo_at(now)
        made = (self._standing.last(), embargo is None, facts)
        if made == self._made and self._outlet.intact():
            return
        lost: list[str] = []

        def hours_of(revision: Revision) -> tuple[HourFigure, ...] | None:
            found = self._hours(revision)
            lost.extend([] if found is not None else [revision.figure.period])
            return found

        hides = embargo is not None or not facts.share_public
        self._outlet.keep(files_of(published, facts, now, hours_of), hides=hides)
        self._made, self.fault, self.lost = made, "", tuple(lost)

    def _hours(self, revision: Revision) -> tuple[HourFigure, ...] | None:
        assert revision.hours is not None
        try:
            return self._kept.find(revision.hours, lambda: self._figures.hours(revision.figure.period))
        except Unavailable:  # the file is lost, and there is no journal to make it anew from
            return None
