"""The trial behind the bench: faults injected by seed into simulated telemetry, and what the watch makes of them.

Definitions. The main fault takes the cooling down linearly over 14 days until the mean excess of the top-oil is +6 K at the
asset's usual load. It counts as *found* when the rule "hotter" raises an alarm after the fault began and before
14 days at full size have passed. Its *lead* is the time from that first alarm to the moment it reaches its full 6 K; a
fault that is not found has a lead of minus 14 days and stays in the median. The same fault with a sudden onset has no
lead but a *delay*, from onset to alarm. *False alarms* are alarms of any rule on assets without a fault, and on the others
before theirs begins, per month watched after learning. A stuck sensor's time runs from the first repeated value to the alarm.

All figures are of simulated telemetry. The ambient is known: the station's thermometer, not the air at the tank.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from twin.boxes.maintenance.watch.budget import MONTH_S
from twin.boxes.maintenance.watch.state import WatchSettings
from twin.maintenance.evaluate.faults import DAY_S, Fault, FaultKind, inject
from twin.maintenance.evaluate.replay import Alarm, Replayed, replay
from twin.maintenance.evaluate.simulated import MODEL, SimulatedFleet, simulated_fleet
from twin.maintenance.evaluate.telemetry import Telemetry, modelled_top_oil

GROWTH_DAYS = 14.0
DAYS, FIRST_DAY, LAST_DAY = 130, 40, 95
"""Length of a run, and between which days faults begin: four weeks are learnt, and five are left for each fault."""
FIRST_SEED = 101
"""Seeds to report begin here; the constants of the watch were settled on lower ones."""
_EPOCH_S = 1_672_531_200
"""1 January 2023, UTC; each seed starts in another month."""
_PATIENCE_S = 14 * DAY_S
_MIX: tuple[tuple[str, FaultKind, int, float, float], ...] = (
    ("cooling", "cooling", 16, 6.0, GROWTH_DAYS),
    ("sudden", "cooling", 6, 6.0, 0.0),
    ("contact", "contact", 4, 6.0, GROWTH_DAYS),
    ("drift", "drift", 4, 4.0, GROWTH_DAYS),
    ("drift", "drift", 4, -4.0, GROWTH_DAYS),
    ("stuck", "stuck", 8, 0.0, 0.0),
    ("spike", "spike", 4, 12.0, 0.0),
    ("swap", "swap", 4, 0.0, 0.0),
)
"""Group, kind, assets of 70, size [K], growth [days]; the other 20 stay healthy."""
ASSETS = 70
_EXPECTED = {
    "cooling": "cooling", "sudden": "cooling", "contact": "contact", "drift": "sensor_drift",
    "stuck": "sensor_stuck", "spike": "sensor_spike", "swap": "sensor_swapped",
}  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """What became of one injected fault.

    Attributes:
        group: of the mix. ``fault``: as injected. ``alarm``: the first one that counts, or None.
    """

    seed: int
    group: str
    fault: Fault
    alarm: Alarm | None

    @property
    def delay_h(self) -> float:
        """From onset to alarm [h]; infinite when it was not found."""
        return np.inf if self.alarm is None else (self.alarm.raised_s - self.fault.start_s) / 3600.0

    @property
    def lead_h(self) -> float:
        """From alarm to full size [h]; minus 14 days when it was not found."""
        return ((self.fault.full_s - self.alarm.raised_s) if self.alarm else -_PATIENCE_S) / 3600.0

    @property
    def named(self) -> bool:
        """Whether the proposed cause is the true one."""
        verdict = self.alarm.verdict if self.alarm else None
        return verdict is not None and verdict.kind == _EXPECTED[self.group]


@dataclass(frozen=True)
class Trial:
    """Every injected fault with its outcome, and what healthy assets cost in false alarms."""

    outcomes: tuple[Outcome, ...]
    false_alarms: int
    months: float

    def of(self, group: str) -> tuple[Outcome, ...]:
        """Outcomes of one group of the mix."""
        return tuple(outcome for outcome in self.outcomes if outcome.group == group)

    def found(self, group: str) -> float:
        """Share found."""
        return float(np.mean([outcome.alarm is not None for outcome in self.of(group)]))

    def named(self, group: str) -> float:
        """Share of those found whose proposed cause is the true one; NaN when none was found."""
        named = [outcome.named for outcome in self.of(group) if outcome.alarm is not None]
        return float(np.mean(named)) if named else float("nan")

    def delay_h(self, group: str, percent: float = 50.0) -> float:
        """A percentile of the delay [h], faults that were not found counted as infinite."""
        delays = np.sort([outcome.delay_h for outcome in self.of(group)])
        return float(delays[min(len(delays) - 1, int(np.ceil(percent / 100.0 * len(delays))) - 1)])

    def figures(self) -> dict[str, Any]:
        """The bench's keys and, beneath them, what they do not say; infinite delays as None."""
        leads = [outcome.lead_h for outcome in self.of("cooling")]
        groups = list(dict.fromkeys(outcome.group for outcome in self.outcomes))
        return {
            "found_6k": self.found("cooling"),
            "lead_h_median": float(np.median(leads)),
            "false_alarms_asset_month": self.false_alarms / self.months,
            "stuck_h": _finite(self.delay_h("stuck")),
            "lead_h_p10": float(np.percentile(leads, 10.0)),
            "sudden_delay_h": _finite(self.delay_h("sudden")),
            "stuck_h_p90": _finite(self.delay_h("stuck", 90.0)),
            "asset_months": self.months,
            "faults": {
                group: {"count": len(self.of(group)), "found": self.found(group), "named": _finite(self.named(group))}
                for group in groups
            },
        }


def run_trial(seeds: Sequence[int], *, alarms_per_asset_month: float = 0.1) -> Trial:
    """The trial over some seeds, 70 assets and 130 days each (some seconds a seed).

    Args:
        seeds: each draws weather, loads, assets and faults anew, and starts in another month.
        alarms_per_asset_month: budget given to the watch.
    """
    outcomes: list[Outcome] = []
    false_alarms, months = 0, 0.0
    for seed in seeds:
        start_s = _EPOCH_S + (seed % 12) * 30 * DAY_S
        fleet = simulated_fleet(seed=seed, assets=ASSETS, days=DAYS, start_s=start_s)
        planned = planned_faults(seed, start_s)
        replayed = _replayed(fleet, tuple(fault for _, fault in planned), alarms_per_asset_month)
        outcomes += [Outcome(seed, group, fault, _first(replayed, fault)) for group, fault in planned]
        wrong, watched = _healthy(replayed, {fault.asset: fault.start_s for _, fault in planned}, start_s)
        false_alarms, months = false_alarms + wrong, months + watched
    return Trial(tuple(outcomes), false_alarms, months)


def planned_faults(seed: int, start_s: int) -> list[tuple[str, Fault]]:
    """Group and fault, one per asset from the first on, begins drawn from the seed; both of a swap begin at once."""
    random = np.random.default_rng([seed, 1])
    planned: list[tuple[str, Fault]] = []
    for group, kind, count, size_k, growth_days in _MIX:
        for number in range(count):
            asset = len(planned)
            begin_s = start_s + int(random.uniform(FIRST_DAY, LAST_DAY) * 96) * 900
            other = -1
            if kind == "swap":
                other = asset + 1 if number % 2 == 0 else asset - 1
                begin_s = begin_s if number % 2 == 0 else planned[-1][1].start_s
            planned.append((group, Fault(asset, kind, begin_s, size_k=size_k, growth_days=growth_days, other=other)))
    return planned


def _replayed(fleet: SimulatedFleet, faults: tuple[Fault, ...], budget: float) -> Replayed:
    told = fleet.telemetry
    ill_c = inject(told.top_oil_c, faults, labels_s=told.labels_s, rise_k=fleet.rise_k, load_factor=told.load_factor)
    ill_c = np.where(ill_c == told.top_oil_c, ill_c, np.round(ill_c / fleet.resolution_k) * fleet.resolution_k)
    ill = Telemetry(told.start_s, told.step_s, told.load_factor, told.ambient_c, ill_c)
    return replay(ill, modelled_top_oil(MODEL, ill), WatchSettings(alarms_per_asset_month=budget))


_RULES = {"stuck": ("stuck",), "spike": ("spike",), "cooling": ("hotter",), "contact": ("hotter",)}


def _first(replayed: Replayed, fault: Fault) -> Alarm | None:
    """The first alarm that counts as finding the fault."""
    rules = _RULES.get(fault.kind, ("hotter", "colder"))
    if fault.kind == "drift":
        rules = ("hotter",) if fault.size_k > 0.0 else ("colder",)
    last_s = fault.full_s + _PATIENCE_S
    return next(
        (
            alarm
            for alarm in replayed.alarms
            if alarm.asset == fault.asset and alarm.rule in rules and fault.start_s <= alarm.raised_s <= last_s
        ),
        None,
    )


def _healthy(replayed: Replayed, begin_s: dict[int, int], start_s: int) -> tuple[int, float]:
    """False alarms after learning, and months watched without a fault."""
    end_s = start_s + DAYS * DAY_S
    wrong, months = 0, 0.0
    for asset in range(replayed.watch.count):
        watched_from_s = end_s - replayed.watched_s[asset]
        until_s = begin_s.get(asset, end_s)
        months += max(0.0, until_s - watched_from_s) / MONTH_S
        wrong += sum(alarm.asset == asset and watched_from_s <= alarm.raised_s < until_s for alarm in replayed.alarms)
    return wrong, months


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
