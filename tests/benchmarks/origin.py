"""What a tick's origin costs on the demo site: tracing both sides, and a late meter that restates four days.

Started by ``regie bench origin``. The town is the demo's own, solved by AC power flow at a share of its loads and plants; the
frame's rows are its sums. Processor time of one process, the best of many.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable

import numpy as np
import xarray as xr

from twin.adapters.town_facts import town_facts
from twin.check import ready_site
from twin.domain.grid import NORMAL
from twin.origin.book import KEPT, Book
from twin.origin.town import Town

_ROUNDS = 30


def best_ms(work: Callable[[], object], rounds: int = _ROUNDS) -> float:
    """Least processor time of a call."""
    spent = []
    for _ in range(rounds):
        begun = time.process_time()
        work()
        spent.append(time.process_time() - begun)
    return 1000.0 * min(spent)


def measure() -> dict[str, float]:
    """The figures of the JSON line."""
    ready = ready_site("demo")
    prepared = ready.prepared(lambda _step, _share: None)
    net, site, grid = ready.net, ready.site, ready.engine.model(NORMAL).grid
    facts = town_facts(site, prepared.zones, grid.storage.tolist())
    powers = {
        "load_p_mw": (("load",), 0.35 * net.load["p_mw"].to_numpy()),
        "load_q_mvar": (("load",), 0.1 * net.load["p_mw"].to_numpy()),
        "sgen_p_mw": (("sgen",), 0.4 * net.sgen["p_mw"].to_numpy()),
        "storage_p_mw": (("storage",), np.where(np.arange(len(grid.storage)) % 2, 0.004, -0.003)),
    }
    want = ("vm_pu", "va_degree", "source_p_mw")
    found = ready.engine.model(NORMAL).solve(xr.Dataset(powers), want=want).isel(time=0)
    scaled = {
        f"{table}_p_mw": ((table,), powers[f"{table}_p_mw"][1] * getattr(grid, f"{table}_scaling"))
        for table in ("load", "sgen", "storage")
    }
    state = found.assign(scaled)
    row = _row(site.layout().columns, state, facts.root)
    town, columns = Town(facts), site.layout().columns
    town.pattern(grid, state)  # compiled once for a topology, outside of what a tick takes
    pattern = town.pattern(grid, state)

    def tick() -> None:
        for _ in ("ours", "the do-nothing twin's"):
            Book(facts, columns).write(0, town.pattern(grid, state), row)

    book = Book(facts, columns)
    for i in range(KEPT):
        book.write(900 * i, pattern, row)
    late = [row * factor for factor in (1.0, 1.01)]

    def restate() -> None:
        late.reverse()
        book.restate({0: late[0]})

    return {
        "nodes": grid.nodes,
        "sources": len(facts.sources),
        "tick_ms": round(best_ms(tick), 2),
        "trace_ms": round(best_ms(lambda: town.pattern(grid, state)), 2),
        "restate_ms": round(best_ms(restate, 5), 1),
    }


def _row(columns: tuple[tuple[str, str], ...], state: xr.Dataset, root: str) -> np.ndarray:
    """A row of the frame in which this state could have been metered."""
    net, made = float(state["source_p_mw"].sum()), float(state["sgen_p_mw"].sum())
    values = dict.fromkeys(columns, 0.0)
    values |= {("zone_net_p_mw", root): net, ("zone_pv_p_mw", root): 0.9 * made, ("zone_hydro_p_mw", root): 0.1 * made}
    values |= {(signal, element): 0.003 for signal, element in columns if signal == "device_p_mw" and "battery" in element}
    values |= {(signal, element): 40.0 for signal, element in columns if signal == "device_soc_percent"}
    values |= {("zone_load_p_mw", zone): 0.1 for signal, zone in columns if signal == "zone_load_p_mw" and zone != root}
    values |= {("import_renewable_share", ""): 0.6, ("import_co2_g_per_kwh", ""): 100.0}
    return np.array([values[column] for column in columns])


def main() -> None:
    """Print the figures, or one JSON line of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    figures = measure()
    if parser.parse_args().json:
        sys.stdout.write(json.dumps(figures, separators=(",", ":")) + "\n")
        return
    sys.stdout.writelines(f"{name:12} {value:g}\n" for name, value in figures.items())


if __name__ == "__main__":
    main()
