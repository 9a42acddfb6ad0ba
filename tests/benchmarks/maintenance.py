"""Maintenance measured: IEC 60076-7 against its oracle, the watch on injected faults, and the whole chain on a simulated fleet.

Started by ``regie bench maintenance``. Figures of the fleet come from years that never were: 'simulated fleet' stands beside
each of them.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from maintenance_thermal import ageing_error_pct, hotspot_error_k, ms_per_1000
from rich.console import Console
from rich.table import Table

from twin.maintenance.evaluate.trial import FIRST_SEED, run_trial
from twin.maintenance.simulated_fleet.chain import Regie
from twin.maintenance.simulated_fleet.characteristic import BUDGET, Answer, Characteristic, measure
from twin.maintenance.simulated_fleet.hazards import MODES, PURPOSE, Kind
from twin.maintenance.simulated_fleet.policies import BEST_FOR_COST, BEST_FOR_OUTAGES, Hindsight, Policy, Reactive, Rota
from twin.maintenance.simulated_fleet.trial import BASE, Interval, Result, Setting, compare

QUICK = {"seeds": 5, "less": 0, "watched": 30, "trials": 1}
FULL = {"seeds": 30, "less": 8, "watched": 100, "trials": 4}
"""Seeds of the comparison and of each case beside it, transformers under the watch, seeds of the fault trial."""
BESIDE: dict[str, Setting] = {
    "no station has a thermometer": replace(BASE, coverage=0.0),
    "every station has a thermometer": replace(BASE, coverage=1.0),
    "half as many failures with a precursor": replace(BASE, precursor_share=0.5),
}
YEARLY = (
    "total_outages", "no_precursor", "customer_minutes", "cost_chf", "failures_chf", "planned_chf", "sensors_chf", "wages_chf",
)  # fmt: skip
TELEMETRY, THERMAL = "simulated telemetry", "IEC 60076-7"
ASKED: dict[str, tuple[str, float, str]] = {
    "hotspot_error_k": ("<=", 0.1, THERMAL),
    "ageing_error_pct": ("<=", 3.0, THERMAL),
    "ms_per_1000": ("<=", 100.0, "CPU of a tick"),
    "found_6k": (">=", 0.80, TELEMETRY),
    "lead_h_median": (">=", 48.0, TELEMETRY),
    "false_alarms_asset_month": ("<=", 0.1, TELEMETRY),
    "stuck_h": ("<=", 6.0, TELEMETRY),
    "outages_avoided_pct": (">=", 25.0, PURPOSE),
    "cost_avoided_pct": (">=", 10.0, PURPOSE),
}
Say = Callable[[str], object]


def figures(size: dict[str, int], say: Say) -> dict[str, Any]:
    """Everything; the keys that are asked for first."""
    say("IEC 60076-7 against its oracle")
    thermal = {"hotspot_error_k": hotspot_error_k(), "ageing_error_pct": ageing_error_pct()}
    say("a tick of 1,000 transformers")
    thermal["ms_per_1000"] = ms_per_1000()
    say("injected faults")
    faults = run_trial(range(FIRST_SEED, FIRST_SEED + size["trials"])).figures()
    say("operating characteristic of the watch")
    watch = measure(count=size["watched"], seed=0, budget=BUDGET)
    fleet = simulated(size, watch, say)
    asked = {name: thermal.get(name, faults.get(name, fleet.get(name))) for name in ASKED}
    return {**asked, **fleet, "watch": _watch(watch), "injected": faults}


def simulated(size: dict[str, int], watch: Characteristic, say: Say) -> dict[str, Any]:
    """The comparison, its cases beside it, and how the fleet fails."""
    start = time.process_time()
    policies: dict[str, Callable[[], Policy]] = {
        "reactive": Reactive,
        "rota, best for outages": lambda: Rota(BEST_FOR_OUTAGES),
        "rota, best for cost": lambda: Rota(BEST_FOR_COST),
        "regie": lambda: Regie(watch),
        "hindsight": Hindsight,
    }
    base = compare(policies, BASE, seeds=range(size["seeds"]), say=say)
    against = {name: policies[name] for name in (*ROTAS, "regie")}
    beside = {}
    for name, setting in BESIDE.items():
        if size["less"] and not base.stopped:
            say(name)
            beside[name] = _judged(compare(against, setting, seeds=range(size["less"]), say=say))
    return {
        **_judged(base), "purpose": PURPOSE, "stopped": base.stopped, "seeds": len(base.ledgers["regie"]), "years": BASE.years,
        "crew_h_per_week": BASE.crew_h, "thermometers_at_stations": BASE.coverage, "beside": beside,
        "policies": {name: _policy(base, name) for name in policies}, "cpu_s": time.process_time() - start,
    }  # fmt: skip


ROTAS = ("rota, best for outages", "rota, best for cost")


def _judged(result: Result) -> dict[str, Any]:
    """Each figure against the rota that is best at it, the strictest reading; and both against either rota."""
    against = {
        rota: {
            f"{name}_avoided_{part}": value
            for name, figure in (("outages", "total_outages"), ("cost", "cost_chf"), ("customer_minutes", "customer_minutes"))
            for part, value in _told(result.avoided(figure, against=rota)).items()
        }
        for rota in ROTAS
    }
    strictest = {name: against[rota][name] for rota, prefix in zip(ROTAS, ("outages", "cost"), strict=True)
                 for name in against[rota] if name.startswith(prefix)}  # fmt: skip
    return {**strictest, "against": against}


def _told(avoided: Interval) -> dict[str, Any]:
    return {"pct": avoided.value, "ci": [avoided.low, avoided.high]}


def _policy(result: Result, name: str) -> dict[str, Any]:
    ledgers, years = result.ledgers[name], BASE.years * len(result.ledgers[name])
    return {
        **{f"{figure}_per_year": result.per_year(name, figure) for figure in YEARLY},
        "hours_per_week": sum(sum(ledger.hours) for ledger in ledgers) / sum(len(ledger.hours) for ledger in ledgers),
        "needless_per_year": sum(ledger.needless for ledger in ledgers) / years,
        "outages_per_year": {kind.value: sum(ledger.outages_of(kind) for ledger in ledgers) / years for kind in Kind},
        "by_mode": {
            f"{mode.kind.value} {mode.name}": float(sum(ledger.outages[at] for ledger in ledgers)) / years
            for at, mode in enumerate(MODES)
        },
    }  # fmt: skip


def _watch(watch: Characteristic) -> dict[str, Any]:
    def told(answer: Answer) -> dict[str, float | None]:
        middle = answer.grown[len(answer.grown) // 2] if answer.grown else None
        return {"found": answer.found, "severity_median": middle, "false_alarms_asset_month": answer.false_per_asset_month}

    return {"every_alarm": told(watch.every), "strong_alarms": told(watch.strong), "budget_asset_month": watch.budget}


def show(found: dict[str, Any], console: Console) -> None:
    """Tables, each figure beside what is asked for and what it is a figure of."""
    table = Table(title="Maintenance", title_justify="left")
    for column in ("figure", "measured", "95 % interval", "asked", "kept", "of"):
        table.add_column(column, justify="left" if column in ("figure", "of") else "right")
    for name, (sense, asked, of) in ASKED.items():
        measured, interval = found[name], found.get(name.replace("_pct", "_ci")) if of == PURPOSE else None
        if measured is None:
            table.add_row(name, "not measured", "", f"{sense} {asked:g}", "NO", of)
            continue
        kept = measured >= asked if sense == ">=" else measured <= asked
        between = f"{interval[0]:.1f} to {interval[1]:.1f}" if interval else ""
        table.add_row(name, f"{measured:.4g}", between, f"{sense} {asked:g}", "yes" if kept else "NO", of)
    console.print(table)
    console.print(_policies(found))
    console.print(_cases({f"against the {rota}": of for rota, of in found["against"].items()} | found["beside"]))
    if found["stopped"]:
        console.print(f"[bold]stopped after {found['seeds']} seeds[/bold]: the figures of the {PURPOSE} rest on those")


def _policies(found: dict[str, Any]) -> Table:
    head = f"{PURPOSE}: {found['seeds']} seeds x {found['years']} years, {found['crew_h_per_week']:g} crew hours a week each"
    table = Table(title=head, title_justify="left")
    for column in ("policy", "outages a year", "without a sign", "kCHF a year", "of failures", "planned", "hours a week"):
        table.add_column(column, justify="left" if column == "policy" else "right")
    for name, of in found["policies"].items():
        money = (f"{of[f'{part}_per_year'] / 1e3:.0f}" for part in ("cost_chf", "failures_chf", "planned_chf"))
        seen = (f"{of['total_outages_per_year']:.2f}", f"{of['no_precursor_per_year']:.2f}")
        table.add_row(name, *seen, *money, f"{of['hours_per_week']:.1f}")
    return table


def _cases(cases: dict[str, Any]) -> Table:
    table = Table(title=f"{PURPOSE}: what Régie avoids, other readings and other cases", title_justify="left")
    for column in ("case", "outages avoided %", "95 % interval", "cost avoided %", "95 % interval"):
        table.add_column(column, justify="left" if column == "case" else "right")
    for name, of in cases.items():
        cells = []
        for figure in ("outages", "cost"):
            low, high = of[f"{figure}_avoided_ci"]
            cells += [f"{of[f'{figure}_avoided_pct']:.1f}", f"{low:.1f} to {high:.1f}"]
        table.add_row(name, *cells)
    return table


def main() -> int:
    """Run what the flags ask for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    flags = parser.parse_args()
    say = Console(stderr=True).print if sys.stderr.isatty() else lambda _text: None
    try:
        found = figures(QUICK if flags.quick else FULL, say)
    except KeyboardInterrupt:
        sys.stderr.write("regie bench maintenance: cancelled before there was a figure\n")
        return 130
    show(found, Console(stderr=flags.json))
    if flags.json:
        sys.stdout.write(json.dumps(found, separators=(",", ":"), allow_nan=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
