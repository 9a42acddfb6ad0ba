"""Which alarms ring at the simulated utility this week: those any plant has, and those of the twin's watch."""

from __future__ import annotations

import numpy as np

from twin.maintenance.simulated_fleet.characteristic import Answer, Characteristic
from twin.maintenance.simulated_fleet.fleet import mode_index
from twin.maintenance.simulated_fleet.hazards import Kind
from twin.maintenance.simulated_fleet.world import World

CLASSIC: tuple[tuple[Kind, str, float, float], ...] = (
    (Kind.HV_MV, "cooling", 0.8, 0.5),
    (Kind.HV_MV, "internal", 0.9, 0.3),
    (Kind.HYDRO, "bearing", 0.8, 0.5),
    (Kind.HYDRO, "winding", 0.8, 0.3),
)
"""(kind, mode, severity from which, share of defects that show): oil thermometer, Buchholz relay and machine protection, which
every policy hears and takes for a finding; an assumption. The rest passes from hidden to failed."""
HYDRO_ANSWER = Answer(tuple(np.linspace(0.2, 0.8, 61).tolist()), 0.9, 0.5 * 0.1 * 7.0 / 30.44)
"""Of the vibration monitor: nine defects in ten, between a fifth and four fifths of the P-F interval, at its budget of 0.1
false alarms a machine (two slots) and month; an assumption, since defects of small units' bearings differ widely."""
AGAIN_WEEKS = 4
"""An alarm that still stands is heard again after this time."""


def classic_alarms(world: World) -> np.ndarray:
    """Slots whose late signs the ordinary protection and instruments show this week."""
    severity, sign, found = world.severity, world.of_this_defect(world.chances.late_sign), []
    for kind, name, late, share in CLASSIC:
        slots = np.flatnonzero(world.fleet.slot_mode == mode_index(kind, name))
        found.append(slots[(severity[slots] >= late) & (sign[slots] < share)])
    return np.concatenate(found)


def missed_by_classic(slot_mode: np.ndarray) -> np.ndarray:
    """Share of defects that ordinary protection does not show before they fail, dims (slot,)."""
    missed = np.ones(len(slot_mode))
    for kind, name, _, share in CLASSIC:
        missed[slot_mode == mode_index(kind, name)] = 1.0 - share
    return missed


class Ears:
    """The twin's watch on all sensors, by its operating characteristic.

    Attributes:
        slots: that a sensor watches, dims (heard,). ``strong_false``, ``weak_false``: alarms per sound asset and week.
    """

    def __init__(self, world: World, characteristic: Characteristic) -> None:
        fleet = world.fleet
        self.world = world
        self.thermal = np.flatnonzero(
            (fleet.slots_of(Kind.MV_LV, "cooling") | fleet.slots_of(Kind.HV_MV, "cooling")) & fleet.sensor[fleet.slot_asset]
        )
        self.vibration = np.flatnonzero(fleet.slots_of(Kind.HYDRO, "bearing") | fleet.slots_of(Kind.HYDRO, "winding"))
        self.answers = (
            (self.thermal, characteristic.every),
            (self.thermal, characteristic.strong),
            (self.vibration, HYDRO_ANSWER),
        )
        self._quiet_until = np.zeros((len(self.answers), len(fleet.slot_asset)), dtype=np.int64)

    def listen(self) -> list[tuple[np.ndarray, Answer]]:
        """New alarms of this week: slots, and the answer they come from."""
        world, heard = self.world, []
        signal, shyness = world.chances.signal[world.week], world.of_this_defect(world.chances.shyness)
        severity = world.severity
        for place, (slots, answer) in enumerate(self.answers):
            grown = (severity[slots] > 0.0) & (severity[slots] >= answer.severity_at_alarm(shyness[slots]))
            # The strong alarms' share of false ones lies within that of all alarms: one draw serves both.
            rings = (grown | (signal[slots] < answer.false_per_asset_week)) & (self._quiet_until[place, slots] <= world.week)
            rung = slots[rings]
            self._quiet_until[place, rung] = world.week + AGAIN_WEEKS
            heard.append((rung, answer))
        return heard
