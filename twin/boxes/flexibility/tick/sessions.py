"""What every car would still lack by now had nobody ever held it back: the reference that its owner is paid against."""

from __future__ import annotations

from dataclasses import dataclass, replace

SAME_DEPARTURE_S = 3600
"""A departure that moves by less than an hour is the same visit, told more precisely."""
NEW_WISH_MWH = 5e-4
"""Half a kilowatt-hour more than before is a new wish: meters waver by less."""


@dataclass(frozen=True)
class Session:
    """One car's visit.

    Attributes:
        departure_s: epoch seconds. ``wanted_mwh``: what it asked for when it was last heard.
        missing_mwh: what it would still lack had it charged since its arrival.
        held: somebody has put its charging off during this visit.
    """

    departure_s: int
    wanted_mwh: float
    missing_mwh: float
    held: bool = False

    def after(self, energy_mwh: float) -> Session:
        """The visit later on, when the car left alone would have taken up ``energy_mwh`` more."""
        return replace(self, missing_mwh=max(self.missing_mwh - energy_mwh, 0.0))

    def planned(self, *, held: bool) -> Session:
        """The visit under a plan that puts its charging off now (``held``) or does not."""
        return replace(self, held=self.held or held)


def heard(before: Session | None, *, departure_s: int, required_mwh: float) -> Session:
    """The visit after the car spoke; one that nobody held back is where it says it is."""
    if before is None or not before.held or not _same(before, departure_s, required_mwh):
        return Session(departure_s, required_mwh, required_mwh)
    return Session(departure_s, required_mwh, min(before.missing_mwh, required_mwh), held=True)


def _same(before: Session, departure_s: int, required_mwh: float) -> bool:
    return abs(before.departure_s - departure_s) < SAME_DEPARTURE_S and required_mwh <= before.wanted_mwh + NEW_WISH_MWH
