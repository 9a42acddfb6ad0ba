"""What befell the boxes' host: a missed deadline, a process that died. It is an input of the tick, and so it is repeated."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from scenarios.replay.journalled import outcomes_of
from scenarios.replay.rerun import Stretch
from twin.contracts.messages import Outcome
from twin.domain.time import from_epoch_s
from twin.site import Site
from twin.site.rehearsed import BoxOutage

BEFALLEN = frozenset({Outcome.DEADLINE, Outcome.DIED, Outcome.MEMORY, Outcome.BREAKER_OPEN})
"""Outcomes that no replay brings about by itself; an exception is the box's own and comes again."""
_SECOND = timedelta(seconds=1)


def with_accidents(site: Site, stretch: Stretch, spared: Collection[str] = ()) -> Site:
    """The site in which boxes are out where they were on air; those in ``spared`` are others, to whom nothing happened."""
    if stretch.run is None:
        return site
    names = {box.name for box in site.boxes} - set(spared)
    out = [
        BoxOutage(box=name, at=from_epoch_s(record.as_of_s), until=from_epoch_s(record.as_of_s) + _SECOND)
        for record in stretch.run.records(stretch.begin, stretch.end)
        for name, outcome in outcomes_of(record).items()
        if name in names and outcome in BEFALLEN
    ]
    return site.model_copy(update={"box_outages": (*site.box_outages, *out)}) if out else site
