"""``regie bench engines``: ours, pandapower, lightsim2grid and power-grid-model in one interleaved run, and the floor below.

    python tests/benchmarks/engines.py [--grids "MV urban,demo"] [--rounds 5] [--quick] [--json]

Engines take turns in several rounds; figures are medians of CPU time, so that a busy machine hits all alike. The tables go
to stderr; ``--json`` prints one compact line last.
"""

from __future__ import annotations

import argparse
import json
import logging
import math
import sys
import warnings
from typing import Any

import estimation
import floor
import fresh
import machine
import outages
import replay
import table
import targets
from nets import GRIDS, STEPS, Case, load_case
from own import own_model
from rich.console import Console

_ROUNDS = 5
_TURN_S, _QUICK_TURN_S = 0.6, 0.1
_RANDOM_STEPS, _QUICK_RANDOM_STEPS = 200, 20
_WIDTH = 160
"""Columns of a table that goes into a file."""


def main(arguments: list[str] | None = None) -> int:
    """Measure, show, print."""
    asked = _arguments(arguments)
    unknown = [grid for grid in asked.grids if grid not in GRIDS]
    if unknown:
        sys.stderr.write(f"regie: --grids: {', '.join(unknown)} unknown; write any of {', '.join(GRIDS)}, with commas\n")
        return 2
    warnings.simplefilter("ignore")  # pandas and pandapower about themselves
    logging.disable(logging.ERROR)
    console = Console(stderr=True)
    if not console.is_terminal:
        console = Console(stderr=True, width=_WIDTH)
    figures = measure(asked.grids, rounds=asked.rounds, quick=asked.quick, console=console)
    table.show(figures, console)
    if asked.json:
        sys.stdout.write(json.dumps(_plain(figures), separators=(",", ":"), allow_nan=False) + "\n")
    return 0


def measure(grids: list[str], *, rounds: int, quick: bool, console: Console) -> dict[str, Any]:
    """Every figure, as plain numbers and texts."""
    figures: dict[str, Any] = {
        "bench": "engines", "quick": quick, "rounds": rounds, "versions": machine.versions(), "machine": machine.description(),
        "replay": {}, "outages": {}, "estimation": {}, "floor": {},
    }  # fmt: skip
    rates = floor.measure_rates()
    figures["rates"] = vars(rates)
    steps, turn_s = (_QUICK_RANDOM_STEPS, _QUICK_TURN_S) if quick else (_RANDOM_STEPS, _TURN_S)
    for grid in grids:
        console.print(f"{grid} ...", style="dim")
        case = load_case(grid)
        found = replay.measure(case, rounds=rounds, turn_s=turn_s, random_steps=steps)
        figures["replay"][grid] = _with_ratios(found, replay.OURS, "us_per_step")
        figures["floor"][grid] = _floor(case, rates, found[replay.OURS])
        if grid in outages.GRIDS:
            figures["outages"][grid] = _with_ratios(outages.measure(case, rounds=rounds), "ours", "us_per_outage")
        if grid in estimation.GRIDS:
            figures["estimation"][grid] = estimation.measure(case, rounds=rounds)
    console.print("single figures ...", style="dim")
    figures["year"] = _year(figures["replay"].get("demo", {}).get(replay.OURS_QUANTILES))
    figures["live_outages"] = outages.live_state_ms(load_case("demo"), rounds)
    figures["start"] = fresh.second_start("demo")
    figures["memory"] = {"skipped": "left out by --quick"} if quick else fresh.in_fresh_process("year", targets.LARGE_GRID)
    return figures


def _with_ratios(engines: dict[str, dict[str, Any]], ours: str, unit: str) -> dict[str, dict[str, Any]]:
    """``ratio``: how many times faster ours is than each engine; above 1 is faster."""
    own = engines[ours].get(unit)
    for found in engines.values():
        if own and unit in found:
            found["ratio"] = found[unit] / own
    return engines


def _floor(case: Case, rates: floor.Rates, ours: dict[str, Any]) -> dict[str, Any]:
    if "us_per_step" not in ours:
        return floor.floor_of(case, rates)
    solved = own_model(case, "replay").solve(case.injections(slice(0, 96)))
    found = floor.floor_of(case, rates, float(solved["iterations"].mean()))
    return found | {"ours_over_floor": ours["us_per_step"] / found["floor_us"]}


def _year(ours: dict[str, Any] | None) -> dict[str, Any]:
    """The demo site's year from its time per step; a turn of ours is the whole year there, unless ``--quick``."""
    if ours is None:
        return {"skipped": "the demo grid is not among --grids"}
    if "us_per_step" not in ours:
        return {"skipped": ours["skipped"]}
    return {
        "seconds": ours["us_per_step"] * STEPS / 1e6,
        "states_per_s": 1e6 / ours["us_per_step"],
        "measured_steps": ours["steps"],
    }


def _plain(value: Any) -> Any:
    """JSON knows no infinity and no NaN: they become null."""
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="regie bench engines", description="Measure every engine against the others.")
    parser.add_argument("--grids", type=lambda text: [grid.strip() for grid in text.split(",")], default=list(GRIDS))
    parser.add_argument("--rounds", type=int, default=_ROUNDS)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
