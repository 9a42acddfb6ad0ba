"""Whether a box is asked in a tick, and why not: not due, held back, its breaker open, or a need that is not met."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import xarray as xr

from twin.contracts.frame import AsOfView, Frame
from twin.contracts.messages import Outcome
from twin.contracts.needs import AheadDigests, quality_of, seen_ahead, unmet
from twin.domain.time import to_epoch_s
from twin.regie.seat import Seat
from twin.regie.serving import Asked


@dataclass(frozen=True)
class Now:
    """One tick: its instant and number, whether an event made it, and what the boxes may see. ``digest``: of the frame."""

    as_of: datetime
    number: int
    event: bool
    frame: Frame
    digest: str


class Asking:
    """Decides it for every box of a site.

    Args:
        outages: when a rehearsal keeps an instance from answering, as (from, until) by name.
    """

    def __init__(self, outages: Mapping[str, Sequence[tuple[datetime, datetime]]]) -> None:
        self._outages = outages
        self._digests = AheadDigests()

    def look(self, seat: Seat, now: Now, known: Mapping[str, xr.DataArray]) -> Asked:
        """With outcome OK: it is to be asked.

        Args:
            known: signals known ahead so far, of the outside and of the boxes before it.
        """
        names = seen_ahead(seat.card, known)
        inputs = hashlib.sha256()
        for part in (now.digest, now.as_of.isoformat(), seat.artifact or "", seat.state_hash):
            inputs.update(part.encode() + b"\0")
        for name in names:
            inputs.update(self._digests.of(name, known[name]).encode())
        view = AsOfView(now.as_of, now.frame, known)
        asked = Asked(Outcome.OK, names, inputs.hexdigest(), quality_of(seat.card, view))
        if not _due(seat, now):
            return asked.ended(Outcome.NOT_DUE)
        out_until = [until for begin, until in self._outages.get(seat.name, ()) if begin <= now.as_of < until]
        if out_until:
            return asked.ended(Outcome.OUTAGE, f"held back by the scenario until {max(out_until).isoformat()}")
        if not seat.breaker.allows(now.number):
            return asked.ended(Outcome.BREAKER_OPEN, f"not asked before tick {seat.breaker.retry_tick}")
        missing = unmet(seat.card, view)
        return asked.ended(Outcome.UNMET_NEED, *missing) if missing else asked


def _due(seat: Seat, now: Now) -> bool:
    if now.event:
        return seat.card.on_event and not seat.shadow  # an event is for the screens at once
    return seat.good is None or to_epoch_s(now.as_of) % int(seat.card.cadence.total_seconds()) == 0
