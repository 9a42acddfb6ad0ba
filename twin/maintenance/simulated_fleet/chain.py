"""Régie's chain on the simulated fleet: alarms, gas gate, CNAIM health, consequence in CHF, knapsack for the same crew.

What the chain believes of every slot is the probability of a hidden defect. It rises with the failure rate of the asset's
health, falls with every look that finds nothing and with every week in which a sensor stays silent, and jumps at an alarm.
An action is worth the loss that it avoids on average; which ones are done is the knapsack's choice.

The chain knows the published averages (rates of the modes, P-F intervals, what an inspection finds), never an asset's own rate.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from twin.boxes.maintenance.risk.classes import CLASSES
from twin.boxes.maintenance.risk.cnaim import probability_of_failure
from twin.boxes.maintenance.risk.health import Evidence, health_score
from twin.boxes.maintenance.risk.interventions import Intervention
from twin.boxes.maintenance.risk.knapsack import Knapsack, Limits
from twin.maintenance.simulated_fleet.alarms import Ears, missed_by_classic
from twin.maintenance.simulated_fleet.characteristic import Answer, Characteristic
from twin.maintenance.simulated_fleet.desk import Desk, Job, job_of
from twin.maintenance.simulated_fleet.fleet import KINDS, WEEKS_A_YEAR, mode_index
from twin.maintenance.simulated_fleet.hazards import MODES, NORMAL_LIFE_H, Kind
from twin.maintenance.simulated_fleet.observations import ACTIONS, LED_FINDS, OIL_SAMPLES
from twin.maintenance.simulated_fleet.policies import LATEST_INSPECTION_WEEKS, hear

CLASS_OF = {Kind.MV_LV: "mv_lv_transformer", Kind.HV_MV: "hv_mv_transformer", Kind.CABLE: "mv_cable", Kind.HYDRO: "hydro_unit"}
PLAN_WEEKS = 4
"""The knapsack fills four weeks of the crew; it is asked again when they are over and when there is news."""
CANDIDATES = 60
"""Best ranked actions that the knapsack chooses from; the others are worth less per hour than a month's work."""
HEALTH_WEEKS = 52
OIL_FINDS = 0.7
"""Probability that a sample shows a developed internal defect, as the chain assumes it: ``finds`` of the demo's oil sample."""
AVERAGE_VISIBILITY = 0.75
"""Of a defect at a random moment of its P-F interval: half of the time growing into sight, then in full sight."""


@dataclass
class Regie:
    """The chain as a policy.

    Attributes:
        characteristic: of the watch, as measured. None: it has no ears (ranking alone).
    """

    characteristic: Characteristic | None
    listens: bool = True
    belief: np.ndarray = field(default_factory=lambda: np.zeros(0))
    _plan: list[Job] = field(default_factory=list)

    def week(self, desk: Desk) -> list[Job]:
        """Belief brought up to date, then the plan: corrections, duties, what the knapsack chose."""
        hear(desk)
        if not len(self.belief):
            self._prepare(desk)
        if desk.week % HEALTH_WEEKS == 0:
            self._assess(desk)
        news = self._believe(desk)
        if news or desk.week % PLAN_WEEKS == 0:
            self._plan = self._choose(desk)
        done = {(asset, action) for asset, action in desk.visited}
        self._plan = [job for job in self._plan if (job.asset, job.action) not in done]
        return [*desk.fixes(), *self._plan]

    def _prepare(self, desk: Desk) -> None:
        fleet = desk.fleet
        mode = fleet.slot_mode
        self.belief = np.zeros(len(mode))
        self._average = np.array([each.rate_percent / 100.0 / WEEKS_A_YEAR if each.has_precursor else 0.0 for each in MODES])[
            mode
        ]
        self._rate = self._average.copy()
        # Mean of the lognormal P-F interval.
        self._pf = np.array([max(each.pf_weeks, 1.0) * np.exp(each.pf_spread**2 / 2.0) for each in MODES])[mode]
        fix = np.array([each.fix_chf for each in MODES])[mode]
        # Found or not, the correction is paid; what is avoided is the failure that nothing else would have shown.
        self._gain = np.maximum(desk.loss_chf - fix, 0.0) * missed_by_classic(mode)
        self._ears = Ears(desk.world, self.characteristic) if self.characteristic else None
        self._finds = np.zeros((len(ACTIONS), len(mode)))
        for at, action in enumerate(ACTIONS):
            for name, odds in action.finds:
                self._finds[at, mode == mode_index(action.kind, name)] = odds * AVERAGE_VISIBILITY
            if at in OIL_SAMPLES:
                self._finds[at, mode == mode_index(action.kind, "internal")] = OIL_FINDS * AVERAGE_VISIBILITY
            if action.renews:
                self._finds[at, mode == mode_index(action.kind, action.renews)] = 1.0
        self._kind_of_action = np.array([KINDS.index(action.kind) for action in ACTIONS])

    def _assess(self, desk: Desk) -> None:
        """Health and failures per year of every asset in CNAIM's form; they move the average rates up and down."""
        fleet, world = desk.fleet, desk.world
        pof = np.zeros(fleet.count)
        for asset in range(fleet.count):
            kind = KINDS[fleet.kind[asset]]
            thermal = kind in (Kind.MV_LV, Kind.HV_MV)
            life_h = world.life_used[asset] * NORMAL_LIFE_H if thermal else np.nan
            of = CLASSES[CLASS_OF[kind]]
            told = Evidence(
                age_y=float(world.age_y[asset]), utilisation_percent=100.0 * float(fleet.peak_load[asset]), life_lost_h=life_h,
                life_observed_h=float(world.age_y[asset]) * WEEKS_A_YEAR * 168.0 if thermal else np.nan,
            )  # fmt: skip
            pof[asset] = probability_of_failure(health_score(of, told).score, k_percent=of.k_percent, c=of.c)
        for at in range(len(KINDS)):
            mine = fleet.kind == at
            pof[mine] /= pof[mine].mean() if mine.any() else 1.0
        self._rate = self._average * pof[fleet.slot_asset]

    def _believe(self, desk: Desk) -> bool:
        """A week's evidence; whether there is news that the plan must hear of."""
        q = self.belief
        q += self._rate * (1.0 - q)
        # A defect that was there would have failed meanwhile in this share of cases.
        gone = 1.0 / self._pf
        q *= (1.0 - gone) / (1.0 - gone * q)
        for asset, action in desk.visited:
            mine = np.flatnonzero(desk.fleet.slot_asset == asset)
            odds = np.where(self._checked(desk, action, mine), LED_FINDS, self._finds[action, mine])
            q[mine] *= (1.0 - odds) / (1.0 - odds * q[mine])
        q[desk.failed] = 0.0
        q[list(desk.found)] = 0.0  # no longer hidden
        return self._listen(desk) or bool(desk.failed.size)

    def _listen(self, desk: Desk) -> bool:
        if self._ears is None:
            return False
        news, q = False, self.belief
        for rung, answer in self._ears.listen():
            watched = self._ears.vibration if answer is self._ears.answers[-1][1] else self._ears.thermal
            silent = np.setdiff1d(watched, rung)
            heard = _weekly(answer, self._pf)
            q[silent] *= (1.0 - heard[silent]) / (1.0 - heard[silent] * q[silent])
            odds = q[rung] / np.maximum(1.0 - q[rung], 1e-9) * heard[rung] / max(answer.false_per_asset_week, 1e-9)
            q[rung] = odds / (1.0 + odds)
            desk.alarmed |= set(rung.tolist())
            news |= rung.size > 0
        return news

    def _checked(self, desk: Desk, action: int, slots: np.ndarray) -> np.ndarray:
        """Whether an alarm led the crew to look for just this."""
        return np.isin(slots, list(desk.checked)) & (self._finds[action, slots] > 0.0)

    def _odds(self, desk: Desk, at: int) -> np.ndarray:
        """Probability that action ``at`` finds a defect that is there, dims (slot,)."""
        odds = self._finds[at].copy()
        led = [slot for slot in desk.alarmed if odds[slot] > 0.0]
        odds[led] = LED_FINDS
        return odds

    def _choose(self, desk: Desk) -> list[Job]:
        """Duties first, then the knapsack over four weeks of the crew."""
        fleet, duty = desk.fleet, []
        begun = desk.under_way()
        value = np.zeros((len(ACTIONS), fleet.count))
        for at in range(len(ACTIONS)):
            np.add.at(value[at], fleet.slot_asset, self._odds(desk, at) * self.belief * self._gain)
        candidates = []
        for at, action in enumerate(ACTIONS):
            mine = np.flatnonzero((fleet.kind == self._kind_of_action[at]) & ~np.isin(np.arange(fleet.count), begun))
            late = desk.week - desk.last_done[at, mine]
            if action.name == "inspect":
                duty += [job_of(int(asset), at) for asset in mine[late >= LATEST_INSPECTION_WEEKS]]
            if at in OIL_SAMPLES:
                duty += [job_of(int(asset), at) for asset in mine if self._sample_due(desk, int(asset))]
            worth = mine[value[at, mine] > action.chf]
            candidates += [(float(value[at, asset]), int(asset), at) for asset in worth]
        duties = {job.asset for job in duty}
        candidates = [each for each in candidates if each[1] not in duties]
        candidates.sort(key=lambda each: (-(each[0] - ACTIONS[each[2]].chf) / ACTIONS[each[2]].hours, each[1], each[2]))
        promised = desk.hours_promised + sum(job.hours for job in (*desk.fixes(), *duty))
        chosen = self._knapsack(candidates[:CANDIDATES], PLAN_WEEKS * desk.crew_h - promised, desk.left_chf)
        return [*duty, *chosen]

    def _sample_due(self, desk: Desk, asset: int) -> bool:
        """The gas diagnosis says when it wants the next sample; only where it is not content."""
        told = desk.diagnoses.get(asset)
        return told is not None and told.severity == "watch" and desk.now >= told.next_sample

    def _knapsack(self, candidates: list[tuple[float, int, int]], hours: float, money_chf: float) -> list[Job]:
        if hours <= 0.0 or not candidates:
            return []
        offered = [
            Intervention(
                id=f"{place:03d}", asset=str(asset), action=ACTIONS[at].name, cost_chf=ACTIONS[at].chf,
                crew_h=ACTIONS[at].hours, risk_avoided_chf=worth, horizon_y=1,
            )
            for place, (worth, asset, at) in enumerate(candidates)
        ]  # fmt: skip
        limits = Limits(crew_h=hours, budget_chf=max(money_chf, 0.0), skill_h={}, spares={})
        names = Knapsack(offered, limits).solve() or ()
        taken = sorted(int(name) for name in names)  # the candidates' order is that of worth per hour
        return [job_of(candidates[place][1], candidates[place][2]) for place in taken]


def _weekly(answer: Answer, pf_weeks: np.ndarray) -> np.ndarray:
    """Probability that a hidden defect raises this alarm in a given week, dims (slot,)."""
    return np.minimum(answer.found / pf_weeks, 1.0)
