"""The start of a window's futures: one tick of the whole loop at its first instant, and what a worker needs of the site.

All boxes run once, in their own processes, on weeks of telemetry, as they would on air: what futures are drawn from is what the
régie would have known and decided at that instant, and nothing later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import xarray as xr

from forecasts.futures.dependence import Dependence
from forecasts.quantiles import LEVELS
from scenarios.futures.change import unforeseen
from scenarios.futures.decided import Decided
from scenarios.futures.dependence import between_series, of_artifact
from scenarios.futures.player import Stage
from scenarios.futures.start import OUTSIDE, Start
from scenarios.futures.town import Town
from twin.adapters.prepared import Prepared
from twin.contracts.messages import Envelope, Service
from twin.domain.problems import BadInput, Problem
from twin.domain.time import QUARTER_HOUR
from twin.regie.effort import REHEARSED
from twin.regie.kpi import Account, figures
from twin.regie.tick import Moment, Tick
from twin.wiring import Window, Wired, controls_of, site_sha256, wire

if TYPE_CHECKING:
    from scenarios.rehearsal.rehearsal import Rehearsal

_SIGNALS = {"load": "load_forecast_p_mw", "pv": "pv_forecast_p_mw"}
_A_DAY = 96
Progress = Callable[[str, float], None]


@dataclass(frozen=True)
class Site:
    """A wired site: its town is there at once, its start after a tick of the loop."""

    town: Town
    _wired: Wired
    _window: Window
    _prepared: Prepared
    _artifacts: Path
    _key: str
    _progress: Progress

    def start(self, *, closed_loop: bool) -> Start:
        """Run the loop for one tick, in the main thread: the boxes' processes end with the thread that starts them.

        Args:
            closed_loop: boxes run again in every future, so the window may be longer than what is known at its start.

        Raises:
            BadInput: when it is longer, in open loop.
        """
        tick = _tick(self._wired, self._window.start, self._progress)
        return _start(self._wired, tick, self._window, self._prepared, self._artifacts, closed_loop=closed_loop)

    def stage(self, start: Start) -> Stage:
        """What a process needs that plays futures of that start."""
        return Stage(self._wired.site, self._wired.net, self._key, start)

    @property
    def figures(self) -> list[str]:
        """Names of a played future's figures, "economic.total_chf"."""
        named = figures(Account(share_known_mwh=1.0), self._wired.parts.kpi_facts)
        return [f"{group}.{name}" for group, values in named.items() for name in values]


@contextmanager
def wired_site(rehearsal: Rehearsal, progress: Progress) -> Iterator[Site]:
    """The rehearsal's site, wired for one tick at the window's start; every process of it has ended on leaving.

    Raises:
        BadInput: for a window without end.
    """
    ready, window = rehearsal.ready, rehearsal.window
    if window.ticks is None:
        raise BadInput([Problem(f"scenario {rehearsal.name!r}, window", "no end", "hours", "say how many hours it has")])
    with TemporaryDirectory(prefix="regie-futures-") as scratch:
        wired = wire(ready, Window(window.start - QUARTER_HOUR, 1), Path(scratch), progress, _unheard, effort=REHEARSED)
        try:
            yield Site(_town(wired), wired, window, ready.prepared(progress), Path(scratch) / "artifacts", ready.key, progress)
        finally:
            wired.parts.runner.stop()
            wired.parts.journal.close()


def _tick(wired: Wired, as_of: datetime, progress: Progress) -> Tick:
    progress("boxes", 0.0)
    wired.parts.runner.start()
    progress("history", 0.3)
    wired.loop.begin(as_of - QUARTER_HOUR)
    progress("first tick", 0.8)
    wired.loop.adopt_models(as_of)
    tick = wired.loop.tick(Moment(as_of))
    progress("first tick", 1.0)
    return tick


def _town(wired: Wired) -> Town:
    site, parts = wired.site, wired.parts
    return Town(
        net=wired.net,
        engine_name=site.about.engine,
        controls=controls_of(site, wired.net),
        estimator=parts.estimator,
        limits=wired.limits,
        devices=tuple(parts.devices),
        events=() if site.plant is None else site.plant.events,
    )


# ---------------------------------------------------------------------------------------------- what the tick left


def _start(wired: Wired, tick: Tick, window: Window, prepared: Prepared, artifacts: Path, *, closed_loop: bool) -> Start:
    parts, steps = wired.parts, int(window.ticks or 0)
    champions = [e for e in tick.envelopes.values() if e.role == "champion" and e.service is not Service.ABSENT]
    forecasts = _forecasts(champions, [zone.name for zone in parts.zones if zone.boundary])
    moved = Decided.of(wired, tick, champions)
    if not closed_loop:
        _check_horizon(steps, forecasts, moved, window)
    changed = unforeseen(wired.site, prepared, parts.zones, window)
    dependences = [
        of_artifact(None if e.artifact is None else artifacts / e.artifact, zone) for (_, zone), (e, _) in forecasts.items()
    ]
    series = tuple(forecasts)
    correlation = between_series(parts.runner.frame().frame(), series)
    cap = wired.site.grid.overlay.pv.cap_kw_per_kwp or 1.0
    ceilings = {zone.name: cap * zone.pv_kwp / 1000.0 for zone in parts.zones}
    observed = tick.observation.raw
    fixed = {sgen: float(observed[channel]) for sgen, channel in parts.fixed_sgens.items()}
    return Start(
        start=window.start,
        site_sha256=site_sha256(wired.site),
        series=series,
        quantiles=np.stack([_as_far(_quantiles(output), steps) for _, output in forecasts.values()]),
        ceiling_mw=np.array([ceilings[zone] if kind == "pv" else np.inf for kind, zone in series]),
        world=np.stack([changed.zone(kind, zone) for kind, zone in series]),
        dependence=Dependence.joined(dependences, correlation) if len(series) > 1 else dependences[0],
        slot=_slot(window.start, parts.kpi_facts.timezone),
        devices=tuple(moved.alone),
        device_alone_mw=_as_far(moved.paths(moved.alone), steps).T,
        device_planned_mw=_as_far(moved.paths(moved.planned), steps).T,
        fixed_sgen_p_mw={index: p_mw * changed.sgen(index) for index, p_mw in fixed.items() if not np.isnan(p_mw)},
        outside={name: changed.outside(name, _outside(tick.outside, name, steps)) for name in OUTSIDE},
        decided=moved.told | {"artifacts": {e.instance: e.artifact for e in champions if e.artifact is not None}},
    )


def _forecasts(champions: Sequence[Envelope], zones: Sequence[str]) -> dict[tuple[str, str], tuple[Envelope, xr.DataArray]]:
    """By (kind, zone), who forecasts it and what: every zone with a balance.

    Raises:
        BadInput: naming every zone whose load nobody forecasts.
    """
    found: dict[tuple[str, str], tuple[Envelope, xr.DataArray]] = {}
    for kind, signal in _SIGNALS.items():
        for zone in zones:
            for envelope in champions:
                output = envelope.report.outputs.get(signal)
                if output is not None and zone in output.coords["zone"].values:
                    found.setdefault((kind, zone), (envelope, output.sel(zone=zone)))
    missing = [zone for zone in zones if ("load", zone) not in found]
    if missing:
        limit, remedy = "a box that forecasts its load", "add a load box for it, or take boundary away"
        raise BadInput(Problem(f"zone {zone!r}", "no load forecast", limit, remedy) for zone in missing)
    return found


def _quantiles(output: xr.DataArray) -> np.ndarray:
    """A forecast at `LEVELS` [MW], ascending, dims (time, quantile); a box that gives fewer levels is read off between."""
    given = np.atleast_1d(output["quantile"].values) if "quantile" in output.dims else np.array([0.5])
    values = output.values.reshape(len(output["time"]), len(given)).astype(float)
    return np.sort(np.stack([np.interp(LEVELS, given, row) for row in values]), axis=1)


def _as_far(path: np.ndarray, steps: int) -> np.ndarray:
    """That many quarter hours, dims (time, ...); beyond its end a forecast's last day comes again."""
    while len(path) < steps:
        path = np.concatenate([path, path[-_A_DAY:]])
    return path[:steps]


def _check_horizon(steps: int, forecasts: Mapping[Any, tuple[Envelope, xr.DataArray]], moved: Decided, window: Window) -> None:
    covered = {f"{kind} forecast of {zone!r}": len(output["time"]) for (kind, zone), (_, output) in forecasts.items()}
    if moved.steps is not None:
        covered["plan"] = moved.steps
    short = {what: n for what, n in covered.items() if n < steps}
    if short:
        value = f"{steps / 4:g} h from {window.start.isoformat()}"
        remedy = "choose a shorter window, or add --closed-loop: the boxes then run again in every future"
        raise BadInput(Problem(f"window, {what}", value, f"{n / 4:g} h", remedy) for what, n in short.items())


def _slot(as_of: datetime, timezone: str) -> int:
    """Quarter hours since local midnight."""
    local = as_of.astimezone(ZoneInfo(timezone))
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    return int((as_of - midnight.astimezone(as_of.tzinfo)) / QUARTER_HOUR)


def _outside(outside: Mapping[str, xr.DataArray], name: str, steps: int) -> np.ndarray:
    path = np.full(steps, np.nan)
    if name in outside:
        known = outside[name].values[:steps]
        path[: len(known)] = known
    return path


def _unheard(_event: Mapping[str, Any]) -> None:
    """Durations and restarts before the first future are nobody's business."""
