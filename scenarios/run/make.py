"""One rehearsal's results: played, or many futures of it; begun, gone on with, or there already."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from scenarios.play.figures import versions_of
from scenarios.play.play import play
from scenarios.results.folder import FUTURES
from scenarios.run.asked import Asked, Job

if TYPE_CHECKING:
    import xarray as xr


class Board(Protocol):
    """Who is told how far a rehearsal is."""

    def step(self, name: str, share: float) -> None:
        """A step of the preparation."""
        ...

    def ticks(self, done: int, total: int | None) -> None:
        """Quarter hours, or futures, that are done."""
        ...


def make(job: Job, asked: Asked, board: Board) -> Path:
    """The folder of finished results; what was made before of the same inputs is not made again.

    Raises:
        BadInput: for results of other inputs, and while another run makes them.
        JournalUnavailable, OSError: when the disk does not take them.
        KeyboardInterrupt: when told to end; the same call goes on where it was.
    """
    if job.target.finished and not job.target.problems():
        return job.target.final
    with job.target.under_way() as folder:
        if asked.futures is None:
            result = dict(play(job.rehearsal, folder, progress=board.step, ticks=board.ticks).result)
        else:
            result = _futures(job, asked, folder, board)
        return job.target.finish({**result, "other_grid": asked.grid, "inputs_sha256": dict(job.target.inputs)})


def _futures(job: Job, asked: Asked, folder: Path, board: Board) -> dict[str, Any]:
    from scenarios.futures.run import run_futures
    from scenarios.futures.store import open_futures
    from scenarios.risk.assess import risk_of
    from scenarios.risk.facts import risk_facts
    from scenarios.risk.outages import outages_of

    rehearsal, ready = job.rehearsal, job.rehearsal.ready
    made = run_futures(
        rehearsal,
        folder,
        n=asked.futures or 0,
        workers=asked.workers,
        cluster=asked.cluster,
        closed_loop=asked.closed_loop,
        progress=board,
    )
    board.step("risk", 0.9)
    facts = risk_facts(ready.site, ready.net, rehearsal.scenario.ensemble)
    with open_futures(folder / FUTURES) as futures:
        risk = risk_of(futures, facts)
        kpis = _mean(futures)
    if ready.site.telemetry.source == "plant":  # else nobody knows what each load draws
        risk["outages"] = outages_of(rehearsal, facts, board.step)
    return {
        "scenario": rehearsal.scenario.name,
        "title": rehearsal.scenario.about.title.model_dump(),
        "site": ready.site.name,
        "grid": ready.site.grid.code or Path(ready.site.grid.file or "").name,
        "timezone": ready.site.timezone,
        "start": rehearsal.window.start.isoformat(),
        "ticks": rehearsal.window.ticks,
        "seed": ready.site.seed,
        "mode": asked.mode,
        "versions": versions_of(rehearsal),
        "kpis": kpis,
        "futures": made,
        "risk": risk,
    }


def _mean(futures: xr.Dataset) -> dict[str, Any]:
    """KPI.md's figures on the mean of all played futures; empty in open loop, which plays none."""
    if "kpi" not in futures:
        return {}
    mean = futures["kpi"].mean("future")
    sides: dict[str, dict[str, dict[str, float]]] = {}
    for side, key in (("plan", "value"), ("do_nothing", "do_nothing")):
        for name in mean["figure"].values.tolist():
            group, _, figure = str(name).partition(".")
            sides.setdefault(group, {}).setdefault(key, {})[figure] = float(mean.sel(side=side, figure=name))
    return {group: _with_difference(found) for group, found in sides.items()}


def _with_difference(sides: Mapping[str, Mapping[str, float]]) -> dict[str, Any]:
    return {**sides, "difference": {name: own - sides["do_nothing"][name] for name, own in sides["value"].items()}}
