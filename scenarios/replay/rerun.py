"""One window run again: boxes, proof, dispatch and plant, without screens, on a scratch state that is gone afterwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from scenarios.play.order_life import order_list
from scenarios.play.series import write_series
from scenarios.play.tape import Tape
from scenarios.play.ticks import Answer, Told, ticks_of
from scenarios.play.violations import violations
from scenarios.replay.journalled import Journalled
from scenarios.replay.pinball import Pinball
from scenarios.replay.relived import Moment, wired_at
from scenarios.results.folder import SERIES, STATE
from scenarios.results.read import open_series
from twin.adapters.ready import Ready
from twin.contracts.messages import Kpi, Recommendation
from twin.domain.time import QUARTER_HOUR
from twin.regie import kpi
from twin.regie.effort import PLAYED
from twin.site import Site
from twin.wiring import Progress, Window, Wired, wire

AGAIN = replace(PLAYED, checks=False)
"""All boxes are asked, as on air; the reference power flow looked over the proofs there."""
Ticks = Callable[[int, int | None], None]


@dataclass(frozen=True)
class Stretch:
    """What is run again.

    Attributes:
        ready: the site that was on air. ``begin``: start of the first quarter hour. ``ticks``: how many.
        told: what people asked for. ``answer``: who answers besides.
        run: the journal that the window lies in; None: nothing of it was ever on air.
    """

    ready: Ready
    begin: datetime
    ticks: int
    told: Sequence[Told] = ()
    run: Journalled | None = None
    answer: Answer | None = None

    @property
    def end(self) -> datetime:
        """Instant of its last tick."""
        return self.begin + self.ticks * QUARTER_HOUR


@dataclass(frozen=True)
class Rerun:
    """What a window came to.

    Attributes:
        kpis: the three figures (`twin.regie.kpi`). ``pinball_mw``: of every forecast, by instance.
        orders: how many reached each state. ``order_list``, ``violations``: see `scenarios.play`.
        setpoints: of every quarter hour, by device [MW]. ``recommendations``: all that were made, as they ended.
    """

    kpis: Mapping[str, Kpi]
    pinball_mw: Mapping[str, float]
    orders: Mapping[str, int]
    order_list: Sequence[Mapping[str, Any]] = field(repr=False)
    violations: Sequence[Mapping[str, Any]] = field(repr=False)
    setpoints: Sequence[Mapping[str, float]] = field(repr=False)
    recommendations: Sequence[Recommendation] = field(repr=False)


def rerun(stretch: Stretch, site: Site, progress: Progress, ticks: Ticks) -> Rerun:
    """Run ``stretch`` with the boxes of ``site``.

    Raises:
        BadInput: when a town cannot be brought to where it was (`scenarios.replay.relived`).
        JournalUnavailable: when the disk does not take the run.
        KeyboardInterrupt: when told to end; nothing is left behind.
    """
    begin = stretch.begin
    with TemporaryDirectory(prefix="regie-again-") as scratch:
        state = Path(scratch) / STATE
        wired = _wired(stretch, site, state, progress)
        try:
            progress("boxes", 0.0)
            wired.parts.runner.start()
            progress("history", 0.5)
            wired.loop.begin(begin)
            progress("on air", 1.0)
            watch = _followed(wired, stretch, ticks)
            pinball_mw = watch.pinball.mean_mw(stretch.end, wired.parts.runner.frame().frame())
            figures = kpi.kpis(wired.loop.memory.ours, wired.loop.memory.baseline, wired.parts.kpi_facts)
        finally:
            wired.parts.runner.stop()
            wired.parts.journal.close()
        progress("figures", 0.9)
        return _told(wired, state, figures, pinball_mw, watch)


def _wired(stretch: Stretch, site: Site, state: Path, progress: Progress) -> Wired:
    ready, window = replace(stretch.ready, site=site), Window(stretch.begin, stretch.ticks)
    if stretch.run is None:
        return wire(ready, window, state, progress, _unheard, effort=AGAIN)
    moment = Moment(stretch.run, stretch.begin, stretch.end)
    return wired_at(moment, ready, window, state, progress, _unheard, effort=AGAIN)


@dataclass
class _Watch:
    """What is followed while a run goes on."""

    pinball: Pinball = field(default_factory=Pinball)
    setpoints: list[Mapping[str, float]] = field(default_factory=list)
    recommendations: dict[str, Recommendation] = field(default_factory=dict)


def _followed(wired: Wired, stretch: Stretch, ticks: Ticks) -> _Watch:
    watch, frame = _Watch(), wired.parts.runner.frame()
    for tick in ticks_of(wired, stretch.begin, stretch.ticks, stretch.told, stretch.answer):
        watch.recommendations |= {item.id: item for item in tick.result.decision.recommendations}
        if tick.moment.event is None:
            watch.pinball.add(tick.moment.as_of, tick.envelopes, frame.frame())
            watch.setpoints.append(dict(tick.result.decision.setpoints))
            ticks(len(watch.setpoints), stretch.ticks)
    return watch


def _told(wired: Wired, state: Path, figures: Mapping[str, Kpi], pinball_mw: Mapping[str, float], watch: _Watch) -> Rerun:
    """With what only the journal knows."""
    tape = Tape(state, wired)
    write_series(tape, state.parent / SERIES)
    with open_series(state.parent) as series:
        broken = violations(series, "plan", limits=wired.limits, names=wired.names)
    counts, listed = wired.loop.memory.decision.order_counts, order_list(tape)
    return Rerun(figures, pinball_mw, dict(counts), listed, broken, watch.setpoints, tuple(watch.recommendations.values()))


def _unheard(_event: Mapping[str, Any]) -> None:
    """Durations and restarts of a replay are nobody's business."""
