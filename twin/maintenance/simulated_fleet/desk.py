"""The maintenance office of the simulated fleet: what it knows, what its crew does this week, what that costs.

Every policy works through the same office: the same crew hours a week, the same budget a year, the same chances of finding
something. Only the order of the jobs differs, and which alarms are heard.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

from twin.boxes.maintenance.gas.diagnosis import Diagnosis
from twin.boxes.maintenance.gas.sample import Sample
from twin.boxes.maintenance.risk.consequence import Failure, UnitValues, consequence
from twin.maintenance.simulated_fleet.fleet import WEEKS_A_YEAR, Fleet, mode_index
from twin.maintenance.simulated_fleet.hazards import MODES, Kind
from twin.maintenance.simulated_fleet.observations import ACTIONS, OIL_SAMPLES, date_of, draw_oil, find, read_oil
from twin.maintenance.simulated_fleet.world import World

WAGE_CHF_PER_H = 110.0
UNIT_VALUES = UnitValues(
    lost_load_chf_per_mwh=15_000.0, interruption_chf=10.0, safety_chf=0.0, oil_chf_per_kg=0.0, pcb_chf_per_kg=0.0,
    gas_chf_per_kg=0.0,
)  # fmt: skip
"""Assumptions of the simulated utility; safety and oil in the ground are left out on purpose: they would flatter any policy
that avoids failures."""
PRODUCTION_CHF_PER_MWH = 80.0
SENSOR_CHF_PER_YEAR = 60.0
"""Of a thermometer at a station: 400 CHF over ten years, and its telemetry; charged to whoever listens to it."""


@dataclass(frozen=True)
class Job:
    """Something to do at an asset: an action of ACTIONS, or the correction of a slot's defect (``action`` -1).

    Attributes:
        hours, chf: of the crew; material and laboratory.
    """

    asset: int
    action: int
    slot: int
    hours: float
    chf: float


def job_of(asset: int, action: int) -> Job:
    """An action at an asset."""
    return Job(asset, action, -1, ACTIONS[action].hours, ACTIONS[action].chf)


def loss_chf(fleet: Fleet) -> np.ndarray:
    """What a failure of every slot costs [CHF], supply and production within, dims (slot,)."""
    asset = fleet.slot_asset
    hydro = fleet.of(Kind.HYDRO)[asset]
    repair = np.array([mode.fail_chf for mode in MODES])[fleet.slot_mode]
    repair = repair + np.where(hydro, (fleet.p_mw * fleet.restore_h)[asset] * PRODUCTION_CHF_PER_MWH, 0.0)
    nothing = dict.fromkeys(_LEFT_OUT, 0.0)
    return np.array(
        [
            consequence(
                Failure(
                    customers=fleet.customers[at],
                    unsupplied_before_mw=0.0 if wet else fleet.p_mw[at],
                    switching_h=fleet.restore_h[at],
                    restoring_h=fleet.restore_h[at],
                    repair_chf=cost,
                    **nothing,
                ),
                UNIT_VALUES,
            ).total_chf
            for at, wet, cost in zip(asset, hydro, repair, strict=True)
        ]
    )


_LEFT_OUT = (
    "unsupplied_after_mw", "repair_h", "second_mw", "second_per_year", "second_h", "dangerous_share", "oil_kg", "oil_share",
    "pcb", "gas_kg",
)  # fmt: skip


@dataclass
class Ledger:
    """What one policy did and suffered, the years that count only.

    Attributes:
        outages: unplanned failures by mode, index into MODES.
        customer_minutes: interrupted. ``failures_chf``: repair, energy not served, production lost.
        planned_chf: material and laboratory. ``sensors_chf``: of stations. ``wages_chf``: of the crew given.
        hours: worked, by week. ``jobs``: how many of each; ``needless``: corrections where nothing was wrong.
    """

    outages: np.ndarray = field(default_factory=lambda: np.zeros(len(MODES), dtype=np.int64))
    customer_minutes: float = 0.0
    failures_chf: float = 0.0
    planned_chf: float = 0.0
    sensors_chf: float = 0.0
    wages_chf: float = 0.0
    hours: list[float] = field(default_factory=list)
    jobs: dict[str, int] = field(default_factory=dict)
    needless: int = 0

    @property
    def total_outages(self) -> int:
        """Unplanned failures of all kinds."""
        return int(self.outages.sum())

    def outages_of(self, kind: Kind) -> int:
        """Unplanned failures of one kind."""
        return int(sum(count for mode, count in zip(MODES, self.outages, strict=True) if mode.kind is kind))

    @property
    def no_precursor(self) -> int:
        """Failures that nobody could see coming."""
        return int(sum(count for mode, count in zip(MODES, self.outages, strict=True) if not mode.has_precursor))

    @property
    def cost_chf(self) -> float:
        """Everything."""
        return self.failures_chf + self.planned_chf + self.sensors_chf + self.wages_chf


class Desk:
    """Knowledge and work of one office.

    Attributes:
        last_done: week of the last time, dims (action, asset). ``found``: slots known to be defective.
        alarmed: slots that an alarm names, until they were visited. ``checked``: those visited for it last week.
        visited: (asset, action) of last week's visits. ``failed``: slots that failed last week.
        samples, diagnoses: by transformer.
    """

    def __init__(self, world: World, *, crew_h: float, budget_chf: float, count_from: int, seed: int) -> None:
        self.world, self.fleet, self.seed = world, world.fleet, seed
        self.crew_h, self.budget_chf, self.count_from = crew_h, budget_chf, count_from
        rng = np.random.default_rng([seed, 4])
        self.last_done = -np.floor(rng.random((len(ACTIONS), world.fleet.count)) * 4 * WEEKS_A_YEAR).astype(np.int64)
        self.found: dict[int, int] = {}
        self.alarmed: set[int] = set()
        self.checked: set[int] = set()
        self.visited: list[tuple[int, int]] = []
        self.failed = np.zeros(0, dtype=np.int64)
        self.samples: dict[int, list[Sample]] = {}
        self.diagnoses: dict[int, Diagnosis] = {}
        self.ledger = Ledger()
        self.loss_chf = loss_chf(world.fleet)
        self._open: list[tuple[Job, float]] = []
        self._left_chf = 0.0

    @property
    def week(self) -> int:
        """Now."""
        return self.world.week

    @property
    def hours_promised(self) -> float:
        """Hours that jobs begun still need."""
        return sum(left for _, left in self._open)

    @property
    def left_chf(self) -> float:
        """Budget left this year."""
        return self._left_chf

    @property
    def now(self) -> datetime:
        """The Monday of this week."""
        return date_of(self.week)

    def under_way(self) -> list[int]:
        """Assets where something is begun."""
        return [job.asset for job, _ in self._open]

    def is_begun(self, slot: int) -> bool:
        """Whether its correction is under way."""
        return any(job.slot == slot for job, _ in self._open)

    def fixes(self) -> list[Job]:
        """Corrections of everything found, the dearest failure first."""
        begun = {job.slot for job, _ in self._open}
        slots = sorted((slot for slot in self.found if slot not in begun), key=lambda slot: (-self.loss_chf[slot], slot))
        return [self.fix_of(slot) for slot in slots]

    def fix_of(self, slot: int) -> Job:
        """The correction of one slot."""
        mode = MODES[self.fleet.slot_mode[slot]]
        return Job(int(self.fleet.slot_asset[slot]), -1, slot, mode.fix_h, mode.fix_chf)

    def work(self, jobs: list[Job]) -> None:
        """A week of the crew: what was begun first, then ``jobs`` in their order; a long one goes on next week.

        A job that the year's money does not reach is passed over.
        """
        if self.week % WEEKS_A_YEAR == 0:
            self._left_chf = self.budget_chf
        hours, self.visited, self.checked = self.crew_h, [], set()
        queue, waiting = self._open, iter(jobs)
        self._open = []
        while hours > 0.0:
            job, left = queue.pop(0) if queue else self._next(waiting)
            if job is None:
                break
            spent = min(left, hours)
            hours -= spent
            if spent < left:
                self._open.append((job, left - spent))
            else:
                self._finish(job)
        self._open += queue
        if self.week >= self.count_from:
            self.ledger.hours.append(self.crew_h - hours)
            self.ledger.wages_chf += self.crew_h * WAGE_CHF_PER_H

    def _next(self, waiting: Iterator[Job]) -> tuple[Job | None, float]:
        for job in waiting:
            if job.chf <= self._left_chf:
                self._left_chf -= job.chf
                if self.week >= self.count_from:
                    self.ledger.planned_chf += job.chf
                return job, job.hours
        return None, 0.0

    def _finish(self, job: Job) -> None:
        world, name = self.world, ACTIONS[job.action].name if job.action >= 0 else "fix"
        if self.week >= self.count_from:
            self.ledger.jobs[name] = self.ledger.jobs.get(name, 0) + 1
        if job.action < 0:
            self._mend(job)
            return
        self.last_done[job.action, job.asset] = self.week
        self.visited.append((job.asset, job.action))
        for slot in find(world, asset=job.asset, at=job.action, led_to=self.alarmed):
            self.found.setdefault(int(slot), self.week)
        self.checked |= self.alarmed & set(np.flatnonzero(self.fleet.slot_asset == job.asset).tolist())
        self.alarmed -= self.checked
        action = ACTIONS[job.action]
        if action.renews:
            self._renew(job.asset, mode_index(action.kind, action.renews))
        if job.action in OIL_SAMPLES:
            self._laboratory(job.asset, action.kind)

    def _mend(self, job: Job) -> None:
        mode = MODES[self.fleet.slot_mode[job.slot]]
        if self.week >= self.count_from and mode.has_precursor and self.world.severity[job.slot] == 0.0:
            self.ledger.needless += 1
        if mode.kind is Kind.MV_LV and mode.name in ("internal", "ageing"):
            self.world.replace(job.asset)
            self._forget(np.flatnonzero(self.fleet.slot_asset == job.asset))
        else:
            self.world.repair(np.array([job.slot]))
            self._forget(np.array([job.slot]))

    def _renew(self, asset: int, mode: int) -> None:
        slots = np.flatnonzero((self.fleet.slot_asset == asset) & (self.fleet.slot_mode == mode))
        self.world.repair(slots)
        self._forget(slots)

    def _laboratory(self, asset: int, kind: Kind) -> None:
        internal = int(
            np.flatnonzero((self.fleet.slot_asset == asset) & (self.fleet.slot_mode == mode_index(kind, "internal")))[0]
        )
        taken = self.samples.setdefault(asset, [])
        taken.append(draw_oil(self.world, asset=asset, internal=internal, seed=self.seed))
        told = read_oil(taken, kind)
        self.diagnoses[asset] = told
        if told.severity in ("act", "urgent"):
            self.found.setdefault(internal, self.week)

    def _forget(self, slots: np.ndarray) -> None:
        """What was known of these slots no longer holds: mended, or new."""
        for slot in slots:
            self.found.pop(int(slot), None)
            mode = MODES[self.fleet.slot_mode[slot]]
            if mode.name == "internal":
                self.samples.pop(int(self.fleet.slot_asset[slot]), None)
                self.diagnoses.pop(int(self.fleet.slot_asset[slot]), None)

    def live(self) -> None:
        """The week passes; failures are put right by the standby service, outside the crew's hours and budget."""
        counted = self.week >= self.count_from
        self.failed = self.world.live()
        self._forget(self.failed)
        begun = set(self.failed.tolist())
        self._open = [(job, left) for job, left in self._open if job.slot not in begun]
        if not counted:
            return
        for slot in self.failed:
            asset = self.fleet.slot_asset[slot]
            self.ledger.outages[self.fleet.slot_mode[slot]] += 1
            self.ledger.customer_minutes += float(self.fleet.customers[asset] * self.fleet.restore_h[asset] * 60.0)
            self.ledger.failures_chf += float(self.loss_chf[slot])
