"""A drill's hours four or five times: as they were decided, by the plan alone, with the future known, and by nobody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pydantic import TypeAdapter

from scenarios.drill.source import Drilled
from scenarios.drill.truth import with_oracles
from scenarios.replay.accidents import with_accidents
from scenarios.replay.journalled import Journalled, journalled, said_gone
from scenarios.replay.rerun import Rerun, Stretch, Ticks, rerun
from twin.contracts.messages import Command, Kpi, Recommendation
from twin.domain.problems import BadInput, Problem, Problems
from twin.domain.time import QUARTER_HOUR
from twin.regie.tick import Tick
from twin.wiring import Progress, site_sha256

_KPIS = TypeAdapter(Mapping[str, Kpi])
_RECOMMENDATIONS = TypeAdapter(tuple[Recommendation, ...])
BY = "régie alone"


@dataclass(frozen=True)
class Side:
    """How the hours came out under one way of deciding.

    Attributes:
        kpis: the three figures. ``setpoints``: of every quarter hour, by device. ``recommendations``: all there were, as they
            ended. ``pinball_mw``: of every forecast; empty where nobody measured it.
    """

    kpis: Mapping[str, Kpi]
    setpoints: Sequence[Mapping[str, float]]
    recommendations: Sequence[Recommendation]
    pinball_mw: Mapping[str, float]


@dataclass(frozen=True)
class Sides:
    """All of a drill. ``own``: as played, or where nobody played it, as on air. ``hindsight``: with the future known."""

    own: Side
    plan: Side
    hindsight: Side


def sides(drill: Drilled, played: Path | None, progress: Progress, ticks: Ticks) -> Sides:
    """Play what has to be played of ``drill``.

    Args:
        played: state directory of somebody's run of it; None: what was decided on air.

    Raises:
        BadInput: when ``played`` is no finished run of this drill; and as `scenarios.replay.rerun.rerun`.
    """
    run = None if played is None else _played(drill, played)
    site, alone = with_accidents(drill.ready.site, drill.stretch), replace(drill.stretch, answer=accept_everything)
    own = _journalled(run) if run is not None else _rerun(_as_on_air(drill), site, progress, ticks)
    plan = _rerun(alone, site, progress, ticks)
    with TemporaryDirectory(prefix="regie-truth-") as folder:
        knowing = with_accidents(with_oracles(drill, Path(folder), progress), drill.stretch)
        return Sides(own, plan, _rerun(alone, knowing, progress, ticks))


def accept_everything(tick: Tick) -> list[Command]:
    """The régie alone: whatever it recommends is accepted at once."""
    as_of, first = tick.moment.as_of, tick.memory.command_offset + 1
    waiting = [item.id for item in tick.result.decision.recommendations if item.state == "open"]
    return [Command(first + i, "accept", target, BY, as_of, as_of + QUARTER_HOUR) for i, target in enumerate(waiting)]


def _as_on_air(drill: Drilled) -> Stretch:
    return replace(drill.stretch, told=drill.run.told(drill.moment.begin, drill.moment.end))


def _rerun(stretch: Stretch, site: Any, progress: Progress, ticks: Ticks) -> Side:
    found: Rerun = rerun(stretch, site, progress, ticks)
    return Side(found.kpis, found.setpoints, found.recommendations, found.pinball_mw)


def _played(drill: Drilled, state: Path) -> Journalled:
    """Somebody's run of the drill.

    Raises:
        BadInput: when it is another run, or not at its end.
    """
    run, problems, place = journalled(state), Problems(), f"--played {state}"
    if run.site_sha256 != site_sha256(drill.ready.site) or run.start != drill.moment.begin:
        value = f"another run: {run.site} from {run.start.isoformat()}"
        limit, remedy = f"the drill's, from {drill.moment.begin.isoformat()}", "give the --state of regie live --scenario"
        problems.add(place, value, limit, remedy)
    elif run.gone:
        problems.add(place, said_gone(run), "all of what was played", "play the drill again")
    elif run.ticks < drill.stretch.ticks:
        problems.add(place, f"{run.ticks} quarter hours", f"all {drill.stretch.ticks}", "play it to its end: start it again")
    problems.raise_if_any()
    return run


def _journalled(run: Journalled) -> Side:
    """What a played run's journal tells."""
    setpoints, kpis, recommendations = list[Mapping[str, float]](), dict[str, Any](), dict[str, Recommendation]()
    for record in run.records():
        recommendations |= {item.id: item for item in _RECOMMENDATIONS.validate_python(record.meta["recommendations"])}
        if record.kind == "regular":
            setpoints.append(record.meta["setpoints"])
            kpis = record.meta["kpis"]
    if not kpis:
        raise BadInput([Problem(str(run.state), "no figures", "a played run", "play it to its end")])
    return Side(_KPIS.validate_python(kpis), setpoints, tuple(recommendations.values()), {})
