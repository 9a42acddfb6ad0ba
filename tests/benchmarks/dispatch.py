"""The dispatch measured: what it earns, how long it takes, whether the wires carry it, and against peers and published answers.

Started by ``regie bench dispatch``. Times are wall clock, CPU time beside them.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from dispatch_month import Tally, ticked
from dispatch_opf import opf_gap
from dispatch_peers import peers
from dispatch_published import published
from dispatch_street import PATHS, street_of
from dispatch_ticks import Pace, pace
from dispatch_town import stressed_month
from dispatch_value import Outcome, knowing_a_day, nothing, on_paths, on_the_mean, perfect, rolled
from rich.console import Console
from rich.table import Table

QUICK = {"days": 3, "month_days": 2, "ticks": 12}
FULL = {"days": 14, "month_days": 30, "ticks": 48}
PATH_POLICY = f"{len(PATHS)}_paths"
SERIES, NOISY = 287, 307
"""The neighbourhood that is asked about; and one whose quarter hours differ from the forecast by a tenth of the year's peak."""
MARGIN_LEVEL = 0.75
"""Quantile of the load on which the month's peak is planned, as in the box."""
ASKED = {
    "captured_value": (">=", 0.80), "perfect_24h": (">=", 0.95), "p95_s_500": ("<=", 2.0), "p95_s_50": ("<=", 0.5),
    "ac_feasible_share": (">=", 0.99), "opf_gap": ("<=", 0.002),
}  # fmt: skip
Say = Callable[[str], object]


def value(days: int, series: int, say: Say, *, paths: bool) -> dict[str, Any]:
    """Captured value of every policy on one load; ten paths take some minutes, and only ``paths`` asks for them."""
    street = street_of(days=days, series=series)
    say(f"captured value on {street.source}, {days} days")
    none, best = nothing(street), perfect(street)
    policies = {
        "perfect_24h": knowing_a_day(),
        "mean": on_the_mean(),
        "mean_with_margin": on_the_mean(level=MARGIN_LEVEL),
    }
    if paths:
        policies[PATH_POLICY] = on_paths(shared=1)
    found: dict[str, Any] = {"load": street.source, "days": days, "saved_by_perfect_chf": none.chf - best.chf, "policies": {}}
    for name, order in policies.items():
        say(f"captured value: {name}")
        found["policies"][name] = _regret(none, best, rolled(street, order, every=1))
    found["peak_mw"] = {"nothing": none.peak_mw, "perfect": best.peak_mw}
    return found


def _regret(none: Outcome, best: Outcome, of: Outcome) -> dict[str, float]:
    return {
        "captured": (none.chf - of.chf) / (none.chf - best.chf), "regret_chf": of.chf - best.chf, "peak_mw": of.peak_mw,
        "missed_mwh": of.missed_mwh, "iterations": of.iterations,
    }  # fmt: skip


def month(days: int, say: Say) -> dict[str, Any]:
    """The stressed month."""
    tally = Tally()
    for number, tick in enumerate(ticked(stressed_month(days))):
        if number % 24 == 0:
            say(f"stressed month: day {number // 24 + 1} of {days}")
        tally.add(tick)
    return {**tally.figures(), "ac_feasible_share": tally.ac_feasible_share}


def speed(ticks: int, say: Say) -> dict[str, Any]:
    """Ticks of 500 and 50 devices, and the larger problem by other ways."""
    say("ticks of 50 and 500 devices")
    paces = {"50": pace(devices=50, buses=50, ticks=ticks), "500": pace(devices=500, buses=100, ticks=ticks)}
    by_group = pace(devices=500, buses=100, ticks=ticks, groups=True)
    say("the same linear programme by other ways")
    return {
        "ticks": {size: _pace(of) for size, of in paces.items()} | {"500 grouped": _pace(by_group)},
        "same_lp": {size: peers(of.problem) for size, of in paces.items()},
    }


def _pace(of: Pace) -> dict[str, Any]:
    return {
        "p95_s": of.p95("wall_s"), "p95_cpu_s": of.p95("cpu_s"), "median_cpu_s": float(np.median([s.cpu_s for s in of.spans])),
        "ticks": len(of.spans), "compiled": of.compiled, "planned_devices": max(of.groups), "iterations": max(of.iterations),
    }  # fmt: skip


def figures(size: dict[str, int], say: Say) -> dict[str, Any]:
    """Everything; the keys that are asked for first."""
    streets = [value(size["days"], series, say, paths=series == SERIES) for series in (SERIES, NOISY)]
    policies = streets[0]["policies"]
    wires, fast = month(size["month_days"], say), speed(size["ticks"], say)
    say("one step against pandapower's optimal power flow")
    steps = opf_gap()
    gaps = [step["gap"] for step in steps if step["gap"] is not None]
    say("published cases")
    cases = published()
    paths = policies[PATH_POLICY]
    return {
        "captured_value": paths["captured"], "perfect_24h": policies["perfect_24h"]["captured"],
        "p95_s_500": fast["ticks"]["500"]["p95_s"], "p95_s_50": fast["ticks"]["50"]["p95_s"],
        "ac_feasible_share": wires["ac_feasible_share"], "opf_gap": max(gaps) if gaps else None,
        "published_cases_passed": sum(bool(passed) for passed in cases.values()), "published_cases": len(cases),
        "regret_chf": paths["regret_chf"], "iterations": wires["iterations"], "linearisations": wires["linearisations"],
        "value": streets, "stressed_month": wires, **fast, "opf": steps, "published": cases,
    }  # fmt: skip


def show(found: dict[str, Any], console: Console) -> None:
    """Tables, each figure beside what is asked for."""
    table = Table(title="Dispatch", title_justify="left")
    for column in ("figure", "measured", "asked", "kept"):
        table.add_column(column, justify="left" if column == "figure" else "right")
    for name, (sense, asked) in ASKED.items():
        measured = found[name]
        if measured is None:
            table.add_row(name, "not measured", f"{sense} {asked}", "")
            continue
        kept = measured >= asked if sense == ">=" else measured <= asked
        table.add_row(name, f"{measured:.4f}", f"{sense} {asked}", "yes" if kept else "NO")
    passed, cases = found["published_cases_passed"], found["published_cases"]
    table.add_row("published cases", f"{passed} of {cases}", "all", "yes" if passed == cases else "NO")
    console.print(table)
    for street in found["value"]:
        console.print(_value_table(street))
    console.print(_lp_table(found))
    console.print("stressed month: " + ", ".join(f"{key} {of}" for key, of in found["stressed_month"].items()))


def _value_table(street: dict[str, Any]) -> Table:
    title = f"Captured value, {street['load']}, {street['days']} days ({street['saved_by_perfect_chf']:.0f} CHF to be saved)"
    table = Table(title=title, title_justify="left")
    for column in ("policy", "captured", "regret CHF", "peak MW", "missed MWh"):
        table.add_column(column, justify="left" if column == "policy" else "right")
    for name, of in street["policies"].items():
        cells = (f"{of['captured']:.3f}", f"{of['regret_chf']:.0f}", f"{of['peak_mw']:.4f}", f"{of['missed_mwh']:.4f}")
        table.add_row(name, *cells)
    return table


def _lp_table(found: dict[str, Any]) -> Table:
    table = Table(title="The same linear programme (CPU seconds)", title_justify="left")
    for column in ("devices", "way", "first answer", "next tick", "objective CHF"):
        table.add_column(column, justify="left" if column == "way" else "right")
    for size, ways in found["same_lp"].items():
        for name, of in ways.items():
            if "skipped" in of:
                table.add_row(size, name, of["skipped"], "", "")
            else:
                table.add_row(size, name, f"{of['first_s']:.3f}", f"{of['next_s']:.3f}", f"{of['objective_chf']:.4f}")
    return table


def main() -> int:
    """Run what the flags ask for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    flags = parser.parse_args()
    console = Console(stderr=flags.json)
    say = Console(stderr=True).print if sys.stderr.isatty() else lambda _text: None
    # A solver's banner must not stand before the JSON line: while it works, what it prints goes where complaints go.
    own = os.dup(1)
    os.dup2(2, 1)
    found = figures(QUICK if flags.quick else FULL, say)
    sys.stdout.flush()
    os.dup2(own, 1)
    show(found, console)
    if flags.json:
        sys.stdout.write(json.dumps(found, separators=(",", ":"), allow_nan=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
