"""Futures measured: cost against their number and against workers, and what would bound a hundred machines.

Started by ``regie bench futures``; the demo town's winter day. Seconds of the wall: workers share the cores with all else that
runs, so run it on an idle machine. ``--draw FILE`` writes the picture of docs/futures.md.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from futures_drawing import drawing
from rich.console import Console
from rich.table import Table

from scenarios.file.scenario import Ensemble, Scenario
from scenarios.futures import crew
from scenarios.futures.begin import Site, wired_site
from scenarios.futures.chances import Chances
from scenarios.futures.closed import ClosedSolver
from scenarios.futures.run import fill
from scenarios.futures.solve import FutureSolver
from scenarios.futures.start import Start
from scenarios.futures.store import FutureStore, Shape, chunked
from scenarios.rehearsal.rehearsal import Rehearsal
from twin.check import ready_site
from twin.wiring import Window

DAY = Window(datetime(2016, 1, 24, 23, 0, tzinfo=UTC), 96)
QUICK = {"numbers": (10, 100), "workers": (1, 2), "shared": 100, "tasks": 200}
FULL = {"numbers": (10, 100, 1000, 10_000), "workers": (1, 2, 3), "shared": 400, "tasks": 2000}
ASKED_FUTURES, ASKED_S = 1000, 30.0
PLAYED, PLAYED_S = 20, 300.0
Say = Callable[[str], object]


class _Silent:
    def step(self, name: str, share: float) -> None:
        """Nobody watches."""

    def ticks(self, done: int, of: int | None) -> None:
        """Nobody watches."""


def figures(size: Mapping[str, Any], *, closed: bool, say: Say) -> dict[str, Any]:
    """Everything; the figures that are asked for first."""
    ready = ready_site("demo")
    rehearsal = Rehearsal("bench", Scenario.model_construct(ensemble=Ensemble()), ready, DAY)
    say("the tick at the start")
    began = time.perf_counter()
    with wired_site(rehearsal, lambda *_: None) as site:
        start = site.start(closed_loop=closed)
        stage = site.stage(start), site.figures
    found: dict[str, Any] = {"start_s": time.perf_counter() - began}
    found["by_number"] = {}
    for n in size["numbers"]:
        say(f"{n} futures on two workers")
        found["by_number"][n] = _made(site, start, n, 2)
    found["by_workers"] = {}
    for workers in size["workers"]:
        say(f"{size['shared']} futures on {workers} workers")
        found["by_workers"][workers] = _made(site, start, size["shared"], workers)
    say("what a chunk, its writing and its task cost")
    found |= _parts(site, start, size["tasks"])
    if closed:
        say(f"{PLAYED} played futures on two workers")
        found["played"] = _made(site, start, PLAYED, 2, stage)
    asked = found["by_number"].get(ASKED_FUTURES)
    if asked is not None:
        found["asked"] = {
            "futures_s": asked["futures_s"],
            "with_start_s": asked["wall_s"] + found["start_s"],
            "at_most_s": ASKED_S,
        }
    return {"machine": {"cpus": os.cpu_count()}, **found}


def _made(site: Site, start: Start, n: int, workers: int, stage: tuple[Any, list[str]] | None = None) -> dict[str, float]:
    """Wall seconds: altogether, and without the workers' own start (their imports and compiled kernels)."""
    chances = Chances.of(Ensemble(), n, None)
    solver = FutureSolver(site.town, start, chances)
    work: crew.Work = solver if stage is None else ClosedSolver(solver, *stage)
    with TemporaryDirectory(prefix="regie-bench-") as folder:
        began, cpu_s = time.perf_counter(), _cpu_s()
        with crew.crew(workers, None) as client:
            crew.warm_up(client, site.town)
            here = client.scheduler_info(n_workers=-1)["workers"]
            client.gather([client.submit(os.getpid, workers=[worker], pure=False) for worker in here])  # behind the warm-up
            warm = time.perf_counter()
            fill(client, work, FutureStore(Path(folder), {"n": n}), n, _Silent(), {})
            filled = time.perf_counter()
        size = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
    wall_s = time.perf_counter() - began
    return {"wall_s": wall_s, "futures_s": filled - warm, "cpu_s": _cpu_s() - cpu_s, "megabytes": size / 1e6}


def _cpu_s() -> float:
    """Of this process and of all that have ended below it."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _parts(site: Site, start: Start, tasks: int) -> dict[str, float]:
    """What Amdahl needs: CPU of a future, wall of writing one chunk and of one empty task, all in this process."""
    chances = Chances.of(Ensemble(), ASKED_FUTURES, None)
    solver, chunks = FutureSolver(site.town, start, chances), chunked(ASKED_FUTURES, FutureSolver.at_once)
    solver.solve(chunks[0])
    began = time.process_time()
    values = solver.solve(chunks[1])
    future_s = (time.process_time() - began) / len(chunks[1])
    with TemporaryDirectory(prefix="regie-bench-") as folder:
        store = FutureStore(Path(folder), {})
        store.open(Shape(start.times, site.town.elements(), chunks), start.outside, {})
        began = time.perf_counter()
        for number in range(10):
            store.write(number, chunks[number], values)
        write_s = (time.perf_counter() - began) / 10
    megabytes = sum(array.nbytes for array in values.values()) / 1e6
    with crew.crew(1, None) as client:
        client.gather(client.map(abs, range(-10, 0)))
        began = time.perf_counter()
        client.gather(client.map(abs, range(tasks)))
        task_s = (time.perf_counter() - began) / tasks
    return {
        "future_cpu_s": future_s,
        "write_chunk_s": write_s,
        "write_mb_per_s": megabytes / write_s,
        "chunk_megabytes": megabytes,
        "task_s": task_s,
    }


def show(found: Mapping[str, Any], console: Console) -> None:
    """For people."""
    table = Table(
        "futures", "workers", "wall s", "of it futures s", "CPU s", "ms per future", "MB", title="A day of the demo town"
    )
    rows = [(n, 2, one) for n, one in found["by_number"].items()]
    rows += [("shared", workers, one) for workers, one in found["by_workers"].items()]
    for n, workers, one in rows:
        each = "" if n == "shared" else f"{1000.0 * one['futures_s'] / int(n):.1f}"
        table.add_row(
            str(n),
            str(workers),
            f"{one['wall_s']:.1f}",
            f"{one['futures_s']:.1f}",
            f"{one['cpu_s']:.1f}",
            each,
            f"{one['megabytes']:.1f}",
        )
    console.print(table)
    console.print(f"start {found['start_s']:.1f} s; a future {1000.0 * found['future_cpu_s']:.1f} ms of CPU; a chunk")
    console.print(f"is written in {1000.0 * found['write_chunk_s']:.0f} ms ({found['write_mb_per_s']:.0f} MB/s); ")
    console.print(f"an empty task takes {1000.0 * found['task_s']:.2f} ms")
    if "played" in found:
        console.print(f"{PLAYED} played futures: {found['played']['wall_s']:.0f} s (asked: {PLAYED_S:.0f})")
    if "asked" in found:
        asked = found["asked"]
        console.print(
            f"1,000 futures: {asked['futures_s']:.1f} s, with start {asked['with_start_s']:.1f} s (asked: {ASKED_S:.0f})"
        )


def main() -> None:
    """Parse, measure, print; the JSON is one compact last line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer futures and workers")
    parser.add_argument("--closed", action="store_true", help="play twenty futures, too: some minutes")
    parser.add_argument("--draw", type=Path, help="write the picture")
    parser.add_argument("--json", action="store_true", help="print one compact JSON line last")
    asked = parser.parse_args()
    console = Console(stderr=asked.json)
    found = figures(QUICK if asked.quick else FULL, closed=asked.closed, say=lambda what: console.print(f"[dim]{what} ...[/]"))
    show(found, console)
    if asked.draw is not None:
        asked.draw.write_text(drawing(found), encoding="utf-8")
    if asked.json:
        sys.stdout.write(json.dumps(found, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
