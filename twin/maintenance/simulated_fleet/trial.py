"""The whole chain judged on the simulated fleet: the same years under each policy, the difference with its interval."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from twin.maintenance.simulated_fleet.desk import SENSOR_CHF_PER_YEAR, Desk, Ledger
from twin.maintenance.simulated_fleet.fleet import BASE_COUNTS, BASE_COVERAGE, WEEKS_A_YEAR, draw_fleet
from twin.maintenance.simulated_fleet.hazards import PURPOSE, Kind
from twin.maintenance.simulated_fleet.policies import Policy
from twin.maintenance.simulated_fleet.world import World, draw_chances

Say = Callable[[str], object]


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What is simulated; the base case unless said otherwise.

    Attributes:
        counts: assets by kind. ``coverage``: share of stations with a thermometer.
        precursor_share: factor, see `draw_fleet`.
        years: that count. ``warm_up_y``: lived before, under the same policy.
        crew_h: hours of crew a week. ``budget_chf``: material and laboratory a year.
    """

    counts: dict[Kind, int]
    coverage: float
    precursor_share: float
    years: int
    warm_up_y: int
    crew_h: float
    budget_chf: float


BASE = Setting(
    counts=BASE_COUNTS, coverage=BASE_COVERAGE, precursor_share=1.0, years=4, warm_up_y=1, crew_h=24.0, budget_chf=300_000.0
)
"""A crew of two for a day and a half a week: what a rota of four to five years and a year for substations takes."""


def lived(policy: Policy, setting: Setting, *, seed: int) -> Ledger:
    """One policy, one seed."""
    fleet = draw_fleet(counts=setting.counts, coverage=setting.coverage, precursor_share=setting.precursor_share, seed=seed)
    weeks, count_from = (setting.years + setting.warm_up_y) * WEEKS_A_YEAR, setting.warm_up_y * WEEKS_A_YEAR
    world = World(fleet, draw_chances(fleet, weeks=weeks, seed=seed))
    desk = Desk(world, crew_h=setting.crew_h, budget_chf=setting.budget_chf, count_from=count_from, seed=seed)
    for _ in range(weeks):
        desk.work(policy.week(desk))
        desk.live()
    if policy.listens:
        stations = int((fleet.sensor & fleet.of(Kind.MV_LV)).sum())
        desk.ledger.sensors_chf = stations * SENSOR_CHF_PER_YEAR * setting.years
    return desk.ledger


@dataclass(frozen=True)
class Interval:
    """Estimate and 95 % bootstrap interval over seeds [%]."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Result:
    """What came out; every figure is of a simulated fleet.

    Attributes:
        setting: what was simulated. ``ledgers``: policy -> one per seed.
        stopped: whether it was cancelled before all seeds were done.
        purpose: "simulated fleet".
    """

    setting: Setting
    ledgers: dict[str, list[Ledger]]
    stopped: bool
    purpose: str = PURPOSE

    def per_year(self, policy: str, figure: str) -> float:
        """Mean of a ledger's figure per year."""
        return float(np.mean([getattr(ledger, figure) for ledger in self.ledgers[policy]])) / self.setting.years

    def avoided(self, figure: str, *, policy: str = "regie", against: str) -> Interval:
        """Share of ``figure`` that ``policy`` avoids of what there is under ``against``, paired by seed [%].

        A ratio of sums, so that a year with few outages does not weigh as much as one with many.
        """
        mine, theirs = (
            np.array([getattr(ledger, figure) for ledger in self.ledgers[name]], dtype=float) for name in (policy, against)
        )
        rng = np.random.default_rng(0)
        rows = rng.integers(0, len(mine), (RESAMPLES, len(mine)))
        ratios = 100.0 * (1.0 - mine[rows].sum(axis=1) / theirs[rows].sum(axis=1))
        low, high = np.quantile(ratios, [0.025, 0.975])
        return Interval(100.0 * (1.0 - float(mine.sum() / theirs.sum())), float(low), float(high))


RESAMPLES = 4000


def compare(policies: Mapping[str, Callable[[], Policy]], setting: Setting, *, seeds: Sequence[int], say: Say) -> Result:
    """Every policy through every seed.

    Ctrl-C ends it after the seeds that are complete.

    Args:
        policies: name -> maker; a policy has memory, so each seed has its own.
        setting: what is simulated. ``seeds``: of fleets and chances. ``say``: told of progress.
    """
    ledgers: dict[str, list[Ledger]] = {name: [] for name in policies}
    for place, seed in enumerate(seeds):
        say(f"{PURPOSE}: seed {place + 1} of {len(seeds)}")
        try:
            row = {name: lived(make(), setting, seed=seed) for name, make in policies.items()}
        except KeyboardInterrupt:
            if not place:
                raise
            return Result(setting, ledgers, stopped=True)
        for name, ledger in row.items():
            ledgers[name].append(ledger)
    return Result(setting, ledgers, stopped=False)
