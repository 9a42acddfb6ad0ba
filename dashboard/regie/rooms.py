"""The rooms of the régie's web application, in the order in which their panels are drawn."""

from __future__ import annotations

from dashboard.regie.api.room import ApiRoom
from dashboard.regie.conducteur.room import ConducteurRoom
from dashboard.regie.decide.room import DecideRoom
from dashboard.regie.desk import Desk, Room
from dashboard.regie.pulse import PulseRoom
from dashboard.regie.rehearsal.room import RehearsalRoom
from dashboard.regie.switching.room import SwitchingRoom


def rooms_of(desk: Desk) -> tuple[Room, ...]:
    """Every room, around one desk."""
    switching = SwitchingRoom(desk)
    conducteur = ConducteurRoom(desk, switching.planned)
    return (PulseRoom(desk), switching, conducteur, ApiRoom(desk), DecideRoom(desk), RehearsalRoom(desk))
