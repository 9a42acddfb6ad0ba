"""Many futures of a rehearsal: begun once, shared among workers, on disk chunk by chunk; a killed run goes on where it was."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from scenarios.futures import crew
from scenarios.futures.begin import wired_site
from scenarios.futures.chances import Chances
from scenarios.futures.closed import ClosedSolver
from scenarios.futures.solve import FutureSolver
from scenarios.futures.start import Start
from scenarios.futures.store import FutureStore, Shape, chunked
from twin.domain.pack import UnpackError
from twin.domain.problems import BadInput, Problem
from twin.domain.whole_file import write_whole
from twin.wiring import site_sha256

if TYPE_CHECKING:
    from scenarios.rehearsal.rehearsal import Rehearsal

START = "futures_start.pack"
"""What all futures begin with, beside them."""


class Progress(Protocol):
    """Who is told how far it is: `twin.live.progress.Progress`."""

    def step(self, name: str, share: float) -> None:
        """Before the first future."""
        ...

    def ticks(self, done: int, of: int | None) -> None:
        """Futures that are on disk."""
        ...


def run_futures(
    rehearsal: Rehearsal,
    folder: Path,
    *,
    n: int,
    workers: int,
    cluster: str | None,
    closed_loop: bool,
    progress: Progress,
    seed: int | None = None,
) -> dict[str, Any]:
    """Make ``folder/futures.zarr`` (`scenarios.futures.schema`), or what is missing of it.

    Args:
        folder: of the rehearsal's results. ``n``: futures. ``workers``: processes on this machine.
        cluster: address of a Dask scheduler that serves instead. ``closed_loop``: play every future.
        seed: of all draws; the scenario's own unless given.

    Returns:
        For ``result.json``: ``n``, ``seed``, ``mode``, ``chunks``, ``made`` (chunks of this run), ``start_sha256``, what was
        ``decided`` at the start, the ``chances``, and seconds: ``start_s``, ``futures_s``, ``wall_s``.

    Raises:
        BadInput: for no futures or workers, a cluster that does not answer, a window that is too long, other futures there.
        crew.Lost: when a chunk cannot be made.
    """
    if n < 1:
        raise BadInput([Problem("--futures", str(n), "at least 1", "ask for one or more")])
    began = time.monotonic()
    chances = Chances.of(rehearsal.scenario.ensemble, n, seed)
    store = FutureStore(folder, _asked(rehearsal, n, chances, closed_loop=closed_loop))
    with crew.crew(workers, cluster) as client:
        folder.mkdir(parents=True, exist_ok=True)
        known = _known(folder / START, rehearsal)
        with wired_site(rehearsal, progress.step) as site:
            crew.warm_up(client, site.town)  # while the boxes have their tick
            start = site.start(closed_loop=closed_loop) if known is None else known
        write_whole(folder / START, start.to_bytes())
        solver = FutureSolver(site.town, start, chances)
        work: crew.Work = ClosedSolver(solver, site.stage(start), site.figures) if closed_loop else solver
        ready = time.monotonic()
        made = fill(client, work, store, n, progress, {"site": rehearsal.ready.site.name, "scenario": rehearsal.name})
    ended = time.monotonic()
    return {
        "n": n,
        "mode": work.mode,
        "chunks": len(chunked(n, work.at_once)),
        "made": made,
        "start_sha256": start.sha256,
        "decided": start.decided,
        "chances": chances.meta(),
        "start_s": ready - began,
        "futures_s": ended - ready,
        "wall_s": ended - began,
    }


def fill(client: Any, work: crew.Work, store: FutureStore, n: int, progress: Progress, attrs: Mapping[str, Any]) -> int:
    """Make every chunk of ``n`` futures that is not on disk; returns how many that were."""
    if store.finished:
        return 0
    start, chances, chunks = work.start, work.chances, chunked(n, work.at_once)
    told = {"mode": work.mode, "seed": chances.seed, "n1_every": chances.n1_every, "start_sha256": start.sha256}
    store.open(Shape(start.times, work.town.elements(), chunks, work.figures), start.outside, {**attrs, **told})
    done = store.done()
    missing = {number: numbers for number, numbers in enumerate(chunks) if number not in done}
    count = n - sum(map(len, missing.values()))
    progress.ticks(count, n)
    key = hashlib.sha256(f"{work.mode}/{start.sha256}/{chances}".encode()).hexdigest()
    if missing:
        for number, values in crew.results(client, work, missing, key):
            store.write(number, chunks[number], values)
            count += len(chunks[number])
            progress.ticks(count, n)
    store.finish()
    return len(missing)


def _asked(rehearsal: Rehearsal, n: int, chances: Chances, *, closed_loop: bool) -> dict[str, Any]:
    """Everything that the futures follow from."""
    return {
        "site_sha256": site_sha256(rehearsal.ready.site),
        "start": rehearsal.window.start.isoformat(),
        "steps": rehearsal.window.ticks,
        "n": n,
        "mode": "closed_loop" if closed_loop else "futures",
        "regie": version("regie"),
        **chances.meta(),
    }


def _known(path: Path, rehearsal: Rehearsal) -> Start | None:
    """The start that an earlier run left, if it is of this site and window."""
    try:
        start = Start.from_bytes(path.read_bytes())
    except (OSError, UnpackError, KeyError, ValueError, TypeError):
        return None
    window = rehearsal.window
    same = (site_sha256(rehearsal.ready.site), window.start, window.ticks) == (start.site_sha256, start.start, start.steps)
    return start if same else None
