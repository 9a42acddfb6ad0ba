"""What crews found, for the register and the ranking: one result per order that came back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from dashboard.regie.work.store import OrderStore
from twin.contracts.work_order import Kept
from twin.maintenance.register.asset import Inspection


@dataclass(frozen=True)
class Result:
    """An order that came back.

    Attributes:
        order, asset, element, intervention, action: of the order. ``done``: whether the work was done.
        at: when it was reported; day: of the work, local, on the ranking's clock: a replayed run's year is not the report's.
        found: the finding, note: what else was said, the motive where the work was not done. ``score``: condition found, 1 as
            new to 5 close to failure; None when nobody judged it. ``photos``: how many. ``by``: who.
    """

    order: str
    asset: str
    element: str
    intervention: str
    action: str
    done: bool
    at: datetime
    day: date
    found: str
    note: str
    score: int | None
    photos: int
    by: str

    @property
    def inspection(self) -> Inspection | None:
        """The finding as the register keeps inspections; None when nobody judged the condition."""
        return None if self.score is None else Inspection(self.day, float(self.score))


def results(state: Path) -> list[Result]:
    """Every order of a run that was reported done or not done, in the order of issue.

    Raises:
        sqlite3.Error: when the store cannot be read.
    """
    return [found for kept in OrderStore(state).all() if (found := _result(kept)) is not None]


def _result(kept: Kept) -> Result | None:
    report, order = kept.report, kept.order
    if report is None:
        return None
    # what passed on the wall clock since the issue passed on the site's clock since the ranking
    at_site = order.as_of + (report.at - order.issued_at)
    return Result(
        order=order.id,
        asset=order.asset,
        element=order.element,
        intervention=order.intervention,
        action=order.action,
        done=report.state == "done",
        at=report.at,
        day=at_site.astimezone(ZoneInfo(order.timezone)).date(),
        found=report.found,
        note=report.note,
        score=report.score,
        photos=len(report.photos),
        by=report.by,
    )
