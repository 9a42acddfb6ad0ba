"""The rooms of the régie's web application, in the order in which their panels are drawn."""

from __future__ import annotations

from dashboard.regie.api.room import ApiRoom
from dashboard.regie.decide.room import DecideRoom
from dashboard.regie.desk import Desk, Room
from dashboard.regie.pulse import PulseRoom


def rooms_of(desk: Desk) -> tuple[Room, ...]:
    """Every room, around one desk."""
    return (PulseRoom(desk), ApiRoom(desk), DecideRoom(desk),)
