"""``regie remedies``: what would help most against a scenario's violations, as a table or as JSON."""

from __future__ import annotations

import json
import math
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scenarios.file.scenario import MOST_FUTURES
from scenarios.results.writable import folder_problems
from scenarios.risk.held import Held
from scenarios.risk.hosting.command import asked_buses
from scenarios.risk.hosting.grid import Added, HostingGrid
from scenarios.risk.remedies.broken import broken_elements
from scenarios.risk.remedies.devices import BatterySize, batteries, curtailments, reinforcements
from scenarios.risk.remedies.judge import Judge
from scenarios.risk.remedies.remedy import Remedy, order, worth
from scenarios.risk.remedies.switchings import Switchings
from scenarios.risk.remedies.worst_futures import worst_futures
from scenarios.risk.states import States, states_of
from scenarios.risk.target import Target, targets_of
from twin.domain.grid import NORMAL
from twin.domain.problems import BadInput, Problem, Problems
from twin.domain.whole_file import write_whole
from twin.engines.outages.closure_checks import RADIAL
from twin.live.progress import Progress
from twin.wiring import controls_of, limits_of, names_of

SHOWN_OF_A_KIND = 4
_LEAST = 1e-4
"""Reductions that count [%.h, MWh]."""


@dataclass(frozen=True)
class Asked:
    """The command's arguments."""

    scenario: str
    futures: int | None
    battery_kw: float
    battery_kwh: float
    out: Path | None
    json_line: bool


def remedies(asked: Asked) -> None:
    """Run the command.

    Raises:
        BadInput: with every fault of the flags, or of scenario and site; nothing is written.
        OSError: when the disk does not take the results.
    """
    _check(asked)
    with closing(Progress(sys.stderr)) as progress:
        results = [_result(target, asked, progress) for target in _scenarios(asked, progress)]
    for result in results:
        if asked.out is not None:
            asked.out.mkdir(parents=True, exist_ok=True)
            write_whole(
                asked.out / f"remedies-{result['scenario']}.json", json.dumps(result, indent=1, allow_nan=False).encode()
            )
        sys.stdout.write(f"{json.dumps(result, allow_nan=False)}\n" if asked.json_line else _table(result))


def _check(asked: Asked) -> None:
    problems = Problems()
    if asked.futures is not None and not 1 <= asked.futures <= MOST_FUTURES:
        problems.add("--futures", asked.futures, f"1 to {MOST_FUTURES}", "correct it, or leave it out")
    for name, value in (("--battery-kw", asked.battery_kw), ("--battery-kwh", asked.battery_kwh)):
        if not (math.isfinite(value) and value > 0.0):
            problems.add(name, value, "a finite number above 0", "state the battery's size")
    if asked.out is not None:
        problems.found += folder_problems("--out", asked.out)
    problems.raise_if_any()


def _scenarios(asked: Asked, progress: Progress) -> tuple[Target, ...]:
    targets = targets_of(asked.scenario, progress.step)
    if any(target.whole_year for target in targets):
        remedy = "name a scenario: regie scenario list shows them"
        raise BadInput([Problem(f"scenario {asked.scenario!r}", "a site", "a scenario, which has a window", remedy)])
    return targets


def _result(target: Target, asked: Asked, progress: Progress) -> dict[str, Any]:
    ready = target.ready
    site, net = ready.site, ready.net
    grid = ready.engine.model(NORMAL).grid
    judge = Judge(ready.engine, Held(grid, limits_of(site, grid)), controls_of(site, net))
    numbers: list[int] = []
    if asked.futures is None or target.rehearsal is None:
        states = states_of(ready, target.start, target.end, progress.step)
    else:
        states, numbers = worst_futures(target.rehearsal, judge, asked.futures, progress.step)
    before, excess = judge.look(states)
    size = BatterySize(asked.battery_kw, asked.battery_kwh)
    chf = site.kpi.value_of_lost_load_chf_per_kwh
    found, tried = [], 0
    if len(before.bad):
        for remedy in _tried(target, judge, states, excess, size, progress):
            tried += 1
            progress.step(f"remedies: {remedy.kind}", 0.5)
            told = worth(remedy, before, chf)
            if max(told["reduction"].values()) > _LEAST and _net_gain(told):
                found.append(told)
    names = names_of(site, net)
    ranked = sorted(found, key=order)
    for told in ranked:
        told["names"] = [names[one] for one in told["what"].split() if one in names]
    return {
        "scenario": target.name,
        "site": site.name,
        "start": target.start.isoformat(),
        "end": target.end.isoformat(),
        "futures": asked.futures,
        "worst_futures": numbers,
        "quarter_hours": len(states),
        "violated": len(before.bad),
        "value_of_lost_load_chf_per_kwh": chf,
        "before": before.figures(),
        "tried": tried,
        "remedies": ranked,
    }


def _tried(
    target: Target, judge: Judge, states: States, excess: Any, size: BatterySize, progress: Progress
) -> Iterator[Remedy]:
    ready = target.ready
    before = judge.harm(states)
    switchings = Switchings(ready.net, judge, states, before, RADIAL)
    broken = broken_elements(ready.net, judge.held, excess, switchings.topology)
    yield from switchings.closures()
    yield from switchings.moves(broken)
    yield from switchings.taps()
    buses = asked_buses(ready, (), None, progress)
    hosting = HostingGrid(ready.net, ready.site.about.engine, buses, Added("car"), judge.held.limits, judge.controls)
    yield from batteries(hosting, judge, states, before, size)
    yield from curtailments(judge, states, before, ready.site)
    yield from reinforcements(ready.net, judge, states, broken, ready.site)


def _net_gain(told: dict[str, Any]) -> bool:
    """Whether it brings more than it breaks elsewhere: supply, or less beyond limits without losing supply."""
    reduction = told["reduction"]
    lost = min(reduction["unserved_mwh"], reduction["unsolved"]) < -_LEAST
    return not lost and (max(reduction["unserved_mwh"], reduction["unsolved"], told["reduction_percent_h"]) > _LEAST)


def _table(result: dict[str, Any]) -> str:
    """The best of each kind; the JSON holds them all."""
    before = result["before"]
    told_before = f"overload {before['overload_percent_h']:.2f} %.h, voltage {before['voltage_percent_h']:.3f} %.h"
    lines = [
        f"{result['scenario']}: {result['violated']} of {result['quarter_hours']} quarter hours break a limit",
        f"{told_before}, unserved {before['unserved_mwh']:.3f} MWh; {result['tried']} remedies tried",
        f"{'remedy':<10} {'what':<24} {'amount':>16} {'%.h less':>9} {'%.h each':>9} {'MWh':>8} {'CHF less':>9} {'costs':>9}",
    ]
    shown: Counter[str] = Counter()
    for told in result["remedies"]:
        shown[told["kind"]] += 1
        if shown[told["kind"]] <= SHOWN_OF_A_KIND:
            lines.append(_line(told))
    hidden = [f"{count - SHOWN_OF_A_KIND} more {kind}" for kind, count in shown.items() if count > SHOWN_OF_A_KIND]
    return "\n".join([*lines, *([f"and {', '.join(hidden)}: see --json"] if hidden else [])]) + "\n"


def _line(told: dict[str, Any]) -> str:
    amount = f"{told['amount']:.4g} {told['unit']}"
    cost = f"{told['cost_chf']:.0f}" if "cost_chf" in told else ""
    refused = f"  refused: {told['refusals'][0]}" if told["refusals"] else ""
    return (
        f"{told['kind']:<10} {told['what'][:24]:<24} {amount:>16} {told['reduction_percent_h']:>9.2f} "
        f"{told.get('reduction_percent_h_per_unit', 0.0):>9.3g} {told['reduction']['unserved_mwh']:>8.3f} "
        f"{told['avoided_chf']:>9.0f} {cost:>9}{refused}"
    )
