"""A process that plays futures, one after the other: boxes and models of its start serve all of them.

A worker of Dask works in a thread, and the boxes' fork server ends with the thread that started it; so a worker that plays
futures has one of these below it and talks to it over its standard streams, in the main thread here. Everything that futures
have in common is done once: grid, boxes' processes, fits, nine weeks of past.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

import numpy as np
import xarray as xr

from scenarios.futures.sampled_site import sampled_site, truth_of
from scenarios.futures.start import Start
from scenarios.play.ticks import ticks_of
from twin.adapters.ready import Ready
from twin.domain.grid import Topology
from twin.regie import kpi
from twin.regie.effort import REHEARSED
from twin.regie.loop import Loop
from twin.regie.processes import die_with_parent
from twin.regie.quarter_hour import Both, Interval
from twin.regie.tick import Tick
from twin.site import Site
from twin.site.rules import PlantEvent
from twin.wiring import Window, Wired, wire


@dataclass(frozen=True)
class Stage:
    """What a player is made from; travels to it pickled."""

    site: Site
    net: Any
    key: str
    start: Start


@dataclass(frozen=True)
class Part:
    """One future to play: paths [MW], dims (series, time), and what happens to the plant."""

    paths: np.ndarray
    events: tuple[PlantEvent, ...]


@dataclass(frozen=True)
class Played:
    """What the régie saw of a played future, by side ("plan", "do_nothing").

    Attributes:
        grid: estimated ``vm_pu``, ``loading_percent`` (lines, transformers), ``load_p_mw``, ``sgen_p_mw``, ``storage_p_mw``,
            dims (time, element); ``loss_mw``, ``unsupplied_mw``, ``import_p_mw``, dims (time,).
        topology: of every quarter hour. ``figures``: KPI.md's by name, "economic.total_chf".
    """

    grid: tuple[Mapping[str, np.ndarray], ...]
    topology: tuple[tuple[Topology, ...], ...]
    figures: tuple[Mapping[str, float], ...]


def main() -> None:
    """Entry of ``python -c``: a `Stage` on standard input, then parts; `Played` ones on standard output."""
    die_with_parent(signal.SIGKILL, int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the client's Ctrl-C is for the client
    talk = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whoever prints must not speak into the answer
    stage = _heard(sys.stdin.buffer)
    with TemporaryDirectory(prefix="regie-player-") as scratch, _Player(stage, Path(scratch)) as player:
        while (part := _heard(sys.stdin.buffer)) is not None:
            pickle.dump(player.play(part), talk)
            talk.flush()


def _heard(stream: BinaryIO) -> Any:
    """The next message; None when the other end is closed."""
    try:
        return pickle.load(stream)  # from the worker that started this process
    except EOFError:
        return None


class _Player:
    def __init__(self, stage: Stage, scratch: Path) -> None:
        from twin.engines import make_engine

        self._stage, self._scratch = stage, scratch
        self._ready = Ready(stage.site, stage.net, make_engine(stage.site.about.engine, stage.net), stage.key, None)
        self._window = Window(stage.start.start, stage.start.steps)
        self._truth: dict[tuple[str, str], tuple[np.ndarray, np.ndarray]] = {}
        self._before: Wired | None = None
        self._count = 0

    def __enter__(self) -> _Player:
        return self

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            self._before.parts.runner.stop()

    def play(self, part: Part) -> Played:
        """One future; boxes and models are those of the one before."""
        stage, prepared = self._stage, self._ready.prepared(_unseen)
        if not self._truth:
            self._truth = truth_of(stage.site, stage.start, prepared, prepared.zones, stage.site.devices)
        site = sampled_site(stage.site, stage.start, prepared.zones, part.paths, self._truth, part.events)
        self._count += 1
        state = self._scratch / str(self._count)
        wired = wire(replace(self._ready, site=site), self._window, state, _unseen, _unheard, effort=REHEARSED)
        try:
            wired.parts.runner.start(after=None if self._before is None else self._before.parts.runner)
            if self._before is not None:
                self._before.parts.runner.stop()
            self._before = wired
            wired.loop.begin(self._window.start)
            return self._run(wired.loop, wired)
        finally:
            wired.parts.journal.close()

    def _run(self, loop: Loop, wired: Wired) -> Played:
        ticks: list[Tick] = []
        counted: list[Both] = []
        for tick in ticks_of(wired, self._window.start, self._window.ticks or 0):
            if tick.moment.event is None:
                ticks.append(tick)
                counted += [] if loop.newest is None else [loop.newest]
        found = kpi.kpis(loop.memory.ours, loop.memory.baseline, wired.parts.kpi_facts)
        sides = [[t.state.grid for t in ticks], [t.baseline if t.baseline is not None else t.state.grid for t in ticks]]
        grids = []
        for side, states in enumerate(sides):
            grids.append(_stacked(states) | {"import_p_mw": _import_p_mw([pair[side] for pair in counted])})
        topology = tuple(t.state.topology for t in ticks)
        values = [{name: one.value for name, one in found.items()}, {n: one.baseline or {} for n, one in found.items()}]
        return Played(tuple(grids), (topology, topology), tuple(map(_flat, values)))


def _stacked(states: Sequence[xr.Dataset]) -> dict[str, np.ndarray]:
    names = ("vm_pu", "load_p_mw", "sgen_p_mw", "storage_p_mw", "loss_mw", "unsupplied_mw")
    found = {name: np.stack([state[name].values for state in states]) for name in names}
    parts = ("line_loading_percent", "trafo_loading_percent")
    found["loading_percent"] = np.concatenate([np.stack([s[name].values for s in states]) for name in parts], axis=1)
    return found


def _import_p_mw(counted: Sequence[Interval | None]) -> np.ndarray:
    """Net import of every quarter hour [MW], dims (time,); NaN where the account does not know it."""
    return np.array([one.measured.net_p_mw if one is not None and one.priced else np.nan for one in counted])


def _flat(figures: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    return {f"{group}.{name}": float(value) for group, values in figures.items() for name, value in values.items()}


def _unseen(_step: str, _share: float) -> None:
    """Progress that nobody watches."""


def _unheard(_event: Mapping[str, Any]) -> None:
    """Durations and restarts of a played future are nobody's business."""
