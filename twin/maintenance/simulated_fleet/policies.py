"""What the utility does week by week without the twin: nothing ahead, a fixed rota, or what only hindsight could."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from twin.maintenance.simulated_fleet.alarms import classic_alarms
from twin.maintenance.simulated_fleet.desk import Desk, Job, job_of
from twin.maintenance.simulated_fleet.fleet import WEEKS_A_YEAR, mode_index
from twin.maintenance.simulated_fleet.hazards import AGEING, Kind
from twin.maintenance.simulated_fleet.observations import ACTIONS

LATEST_INSPECTION_WEEKS = 5 * WEEKS_A_YEAR
"""Every station is looked at at least this often, whatever the policy: an owner's duty, and an assumption."""
NEVER = 10**6


class Policy(Protocol):
    """What decides the week's jobs."""

    listens: bool
    """Whether it pays for sensors at stations."""

    def week(self, desk: Desk) -> list[Job]:
        """This week's jobs in order; the crew takes what its hours reach."""


def hear(desk: Desk) -> None:
    """What ordinary instruments show counts as found, for every policy."""
    for slot in classic_alarms(desk.world):
        desk.found.setdefault(int(slot), desk.week)


@dataclass
class Reactive:
    """Repairs what the protection reports, and otherwise what has failed: the floor."""

    listens: bool = False

    def week(self, desk: Desk) -> list[Job]:
        """Only corrections."""
        hear(desk)
        return desk.fixes()


@dataclass(frozen=True)
class Cycles:
    """A rota.

    Attributes:
        weeks: cycle of every action of ACTIONS [weeks]; NEVER for none.
        by_worth: shortens the cycle of those whose failure costs more, as (mean / cost) to this power; 0: one cycle for all.
        by_age: likewise for older ones.
    """

    weeks: tuple[int, ...]
    by_worth: float
    by_age: float


BEST_FOR_COST = Cycles((208, NEVER, 26, 104, NEVER, NEVER, NEVER, 13), by_worth=0.5, by_age=1.0)
"""The rota with the lowest cost in the base case, found by `twin.maintenance.simulated_fleet.tuning.tune` on seeds
90,000 to 90,079, which no comparison uses."""
BEST_FOR_OUTAGES = Cycles((208, 260, 260, NEVER, NEVER, NEVER, 156, 26), by_worth=0.5, by_age=1.0)
"""The rota with the fewest outages, found likewise."""


@dataclass
class Rota:
    """Time-based maintenance: cycles by kind, age and criticality; overdue ones first, findings before all."""

    cycles: Cycles = BEST_FOR_OUTAGES
    listens: bool = False
    _due_after: np.ndarray = field(default_factory=lambda: np.zeros(0))
    _worth: np.ndarray = field(default_factory=lambda: np.zeros(0))

    def week(self, desk: Desk) -> list[Job]:
        """Corrections, then what is due."""
        hear(desk)
        if not len(self._due_after):
            self._prepare(desk)
        late = (desk.week - desk.last_done) / self._due_after
        late = np.where(late >= 1.0, late, 0.0)
        action, asset = np.nonzero(late)
        order = np.lexsort((asset, action, -(late * self._worth)[action, asset]))
        return [*desk.fixes(), *(job_of(int(asset[at]), int(action[at])) for at in order)]

    def _prepare(self, desk: Desk) -> None:
        fleet, count = desk.fleet, desk.fleet.count
        worth = np.zeros(count)
        np.maximum.at(worth, fleet.slot_asset, desk.loss_chf)
        self._due_after = np.full((len(ACTIONS), count), float(NEVER))
        self._worth = np.ones((len(ACTIONS), count))
        for at, action in enumerate(ACTIONS):
            mine = fleet.of(action.kind)
            if not mine.any():
                continue
            ratio = (worth[mine].mean() / worth[mine]) ** self.cycles.by_worth
            ratio *= (fleet.age_y[mine].mean() / fleet.age_y[mine]) ** self.cycles.by_age
            cycle = self.cycles.weeks[at] * np.clip(ratio, 0.5, 2.0)
            if action.name == "inspect":
                cycle = np.minimum(cycle, LATEST_INSPECTION_WEEKS)
            self._due_after[at, mine] = cycle
            # What is late at a dear asset goes first, per hour it takes.
            self._worth[at, mine] = worth[mine] / action.hours


@dataclass
class Hindsight:
    """Knows every defect and when it will fail: what the same crew could do at best. The ceiling, out of anybody's reach."""

    listens: bool = False

    def week(self, desk: Desk) -> list[Job]:
        """Defects in the order in which they would fail, those that need long soonest; worn paper just before it gives way."""
        world, fleet = desk.world, desk.fleet
        open_ = np.flatnonzero(np.isfinite(world.started) & (world.interval > 0.0))
        weeks_left = world.started[open_] + world.interval[open_] - world.week
        for slot in open_:
            desk.found.setdefault(int(slot), desk.week)
        order = {int(slot): left for slot, left in zip(open_, weeks_left, strict=True)}
        jobs = sorted(desk.fixes(), key=lambda job: (order.get(job.slot, 0.0) - job.hours / desk.crew_h, job.slot))
        worn = np.flatnonzero(fleet.slot_mode == mode_index(Kind.MV_LV, AGEING))
        soon = worn[(world.hazard + 8.0 * world.rate() >= world.of_this_defect(world.chances.patience))[worn]]
        return [*jobs, *(desk.fix_of(int(slot)) for slot in soon if not desk.is_begun(int(slot)))]
