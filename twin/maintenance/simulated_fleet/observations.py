"""What a utility can see of the simulated fleet: what a crew finds on a visit, what the gas says, what a sensor says.

A crew's eye is a table of probabilities, equal for every policy. The gas goes through the twin's own `diagnose`. The sensors'
alarms follow the operating characteristic of the twin's own watch, measured on that code (`characteristic`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from twin.boxes.maintenance.gas.diagnosis import Diagnosis, diagnose
from twin.boxes.maintenance.gas.limits import limits_for
from twin.boxes.maintenance.gas.sample import Sample
from twin.maintenance.simulated_fleet.fleet import mode_index
from twin.maintenance.simulated_fleet.hazards import Kind
from twin.maintenance.simulated_fleet.world import World

EPOCH = datetime(2026, 1, 5, tzinfo=UTC)
"""Week 0; any Monday would do."""


@dataclass(frozen=True)
class Action:
    """Something a crew can do at an asset without knowing of a defect.

    Attributes:
        kind: of asset. ``name``: of the action.
        hours: of the crew. ``chf``: material, laboratory, rent; wages apart.
        finds: mode -> probability of finding its defect, once half of the P-F interval is gone; proportional before.
        renews: mode that is as new afterwards, whatever its state; empty for none.
    """

    kind: Kind
    name: str
    hours: float
    chf: float
    finds: tuple[tuple[str, float], ...]
    renews: str = ""


ACTIONS: tuple[Action, ...] = (
    # Eye, ear and thermal camera at a station; the camera needs load, the eye sees oil and dust.
    Action(Kind.MV_LV, "inspect", 3.0, 60.0, (("cooling", 0.7), ("connection", 0.7), ("internal", 0.05))),
    Action(Kind.MV_LV, "oil_sample", 2.0, 300.0, ()),
    Action(Kind.HV_MV, "inspect", 8.0, 100.0, (("cooling", 0.7), ("bushing", 0.3), ("internal", 0.05), ("tap_changer", 0.1))),
    Action(Kind.HV_MV, "oil_sample", 3.0, 400.0, ()),
    # Bushing power factor and capacitance, winding resistance over all taps: the unit is switched off for a day.
    Action(Kind.HV_MV, "electrical_test", 24.0, 1_500.0, (("bushing", 0.8), ("internal", 0.3), ("tap_changer", 0.7))),
    Action(Kind.HV_MV, "overhaul_tap_changer", 48.0, 18_000.0, (), renews="tap_changer"),
    Action(Kind.CABLE, "diagnostic_test", 10.0, 800.0, (("joint", 0.6),)),
    Action(Kind.HYDRO, "inspect", 16.0, 500.0, (("bearing", 0.6), ("winding", 0.4))),
)
"""Probabilities and hours are assumptions, the same for every policy."""
OIL_SAMPLES = frozenset(at for at, action in enumerate(ACTIONS) if action.name == "oil_sample")
LED_FINDS = 0.9
"""Probability of finding the defect that an alarm spoke of: the crew knows what to look for, and brings the instrument."""
FULLY_VISIBLE_FROM = 0.5
"""Share of the P-F interval after which a defect is as visible as it gets."""

LIMITS = {Kind.MV_LV: limits_for("distribution", cautious=False), Kind.HV_MV: limits_for("power", cautious=False)}
BASE_GAS_PPM = {"h2": 15.0, "ch4": 8.0, "c2h6": 8.0, "c2h4": 6.0, "c2h2": 0.3, "co": 130.0, "co2": 1_500.0}
"""A sound transformer, well below typical values."""
FAULT_GAS_PPM: tuple[dict[str, float], ...] = (
    {"h2": 400.0, "ch4": 80.0, "c2h6": 8.0, "c2h4": 60.0, "c2h2": 120.0},  # D1, sparking
    {"h2": 500.0, "ch4": 150.0, "c2h6": 15.0, "c2h4": 220.0, "c2h2": 260.0},  # D2, arcing
    {"h2": 120.0, "ch4": 350.0, "c2h6": 220.0, "c2h4": 260.0},  # T2, 300 to 700 degC
    {"h2": 150.0, "ch4": 350.0, "c2h6": 110.0, "c2h4": 700.0, "c2h2": 10.0},  # T3, above 700 degC
)
"""Gas of an internal defect just before it fails, by kind of defect; it grows with the square of the share of the P-F interval
gone. Mixtures as the published ratios have them (IEC 60599:2015, table 1); amounts an assumption."""
LABORATORY_SPREAD = 0.10
"""Reproducibility between samples, relative (IEC 60567 asks for 15 to 30 % at 95 %)."""


def find(world: World, *, asset: int, at: int, led_to: set[int]) -> np.ndarray:
    """Slots whose defect the crew finds by action ``at`` of ACTIONS on this asset this week.

    ``led_to``: slots that an alarm names.
    """
    action, fleet = ACTIONS[at], world.fleet
    chance = {mode_index(action.kind, name): odds for name, odds in action.finds}
    mine = np.flatnonzero(fleet.slot_asset == asset)
    odds = np.array([chance.get(mode, 0.0) for mode in fleet.slot_mode[mine]])
    odds *= np.minimum(world.severity[mine] / FULLY_VISIBLE_FROM, 1.0)
    led = np.array([slot in led_to for slot in mine]) & (odds > 0.0)
    return mine[world.chances.luck[world.week, mine] < np.where(led, LED_FINDS, odds)]


def draw_oil(world: World, *, asset: int, internal: int, seed: int) -> Sample:
    """An oil sample of a transformer this week; ``internal`` is its slot of internal defects."""
    rng = np.random.default_rng([seed, 3, world.week, asset])
    grown = world.severity[internal] ** 2
    kind = int(world.of_this_defect(world.chances.shyness)[internal] * len(FAULT_GAS_PPM))
    noise = np.exp(LABORATORY_SPREAD * rng.standard_normal(len(BASE_GAS_PPM)))
    gases = {
        f"{gas}_ppm": float((base + grown * FAULT_GAS_PPM[kind].get(gas, 0.0)) * spread)
        for (gas, base), spread in zip(BASE_GAS_PPM.items(), noise, strict=True)
    }
    return Sample(at=date_of(world.week), **gases)


def read_oil(samples: list[Sample], kind: Kind) -> Diagnosis:
    """The twin's own diagnosis."""
    return diagnose(samples, limits=LIMITS[kind])


def date_of(week: int) -> datetime:
    """The Monday of a week."""
    return EPOCH + timedelta(weeks=week)
