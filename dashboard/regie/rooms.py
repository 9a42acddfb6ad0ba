"""The rooms of the régie's web application, in the order in which their panels are drawn."""

from __future__ import annotations

from dashboard.regie.access.audit_room import AuditRoom
from dashboard.regie.access.second_room import SecondRoom
from dashboard.regie.analyst.room import AnalystRoom
from dashboard.regie.api.room import ApiRoom
from dashboard.regie.conducteur.room import ConducteurRoom
from dashboard.regie.decide.room import DecideRoom
from dashboard.regie.desk import Desk, Room
from dashboard.regie.grid.ahead import AheadRoom
from dashboard.regie.grid.room import WhatIfRoom
from dashboard.regie.inside.room import InsideRoom
from dashboard.regie.privacy.room import PrivacyRoom
from dashboard.regie.publishing.room import PublishingRoom
from dashboard.regie.pulse import PulseRoom
from dashboard.regie.rehearsal.room import RehearsalRoom
from dashboard.regie.shift.room import ShiftRoom
from dashboard.regie.switching.room import SwitchingRoom


def rooms_of(desk: Desk) -> tuple[Room, ...]:
    """Every room, around one desk."""
    switching = SwitchingRoom(desk)
    ahead = AheadRoom(desk)
    conducteur = ConducteurRoom(desk, switching.planned, switching.standing, ahead)
    shift = ShiftRoom(desk, switching.standing, conducteur.cues_of)
    return (
        PulseRoom(desk),
        SecondRoom(desk),
        AuditRoom(desk),
        PrivacyRoom(desk),
        switching,
        conducteur,
        shift,
        ApiRoom(desk),
        DecideRoom(desk),
        InsideRoom(desk),
        WhatIfRoom(desk),
        ahead,
        RehearsalRoom(desk, switching.draft),
        AnalystRoom(desk),
        PublishingRoom(desk),
    )
