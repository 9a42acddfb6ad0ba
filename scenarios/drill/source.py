"""A drill and the run that it was drawn from, held against each other."""

from __future__ import annotations

from dataclasses import dataclass

from scenarios.file.scenario import Drill, Scenario
from scenarios.replay.journalled import Journalled, journalled, said_gone
from scenarios.replay.on_air_site import site_on_air
from scenarios.replay.relived import Moment
from scenarios.replay.rerun import Stretch
from twin.adapters.ready import Ready
from twin.domain.problems import BadInput, Problem, Problems
from twin.wiring import Progress, Window


@dataclass(frozen=True)
class Drilled:
    """A drill that can be played.

    Attributes:
        ready: the site that was on air. ``run``: that it was drawn from.
    """

    scenario: Scenario
    ready: Ready
    run: Journalled

    @property
    def window(self) -> Window:
        """The hours to decide in."""
        return Window(self.scenario.window.start, self.scenario.window.ticks)

    @property
    def moment(self) -> Moment:
        """Where the run is taken up."""
        return Moment(self.run, self.scenario.window.start, self.scenario.window.end)

    @property
    def stretch(self) -> Stretch:
        """The hours, without what people asked for in them on air."""
        return Stretch(self.ready, self.scenario.window.start, self.scenario.window.ticks, (), self.run)


def drilled(scenario: Scenario, progress: Progress) -> Drilled:
    """The drill that ``scenario`` is.

    Raises:
        BadInput: when it is none, its run is not there, or is not the one that was sealed.
    """
    drill = scenario.drill
    if drill is None:
        value, remedy = "is no drill", "make one: regie scenario from-journal STATE --at HOUR"
        raise BadInput([Problem(str(scenario.file), value, "a scenario with a table [drill]", remedy)])
    run = journalled(scenario.file.parent / drill.state)
    _check_seal(scenario, drill, run)
    site = None if drill.scenario is not None else _beside(scenario)
    return Drilled(scenario, site_on_air(run, site, _named(scenario, drill.scenario), progress), run)


def _check_seal(scenario: Scenario, drill: Drill, run: Journalled) -> None:
    problems, window = Problems(), scenario.window
    if window.start < run.earliest:
        value = f"from {window.start.isoformat()}: {said_gone(run)}"
        limit = f"hours from {run.earliest.isoformat()} on, with all before them that boxes see"
        problems.add(scenario.place("window", "start"), value, limit, "draw a drill of younger hours")
        problems.raise_if_any()
    for key, moment, wanted in (("head", window.start, drill.head), ("seal", window.end, drill.seal)):
        found = run.head_at(moment)
        if found != wanted:
            value = f"the journal in {drill.state} has {found[:12] or 'nothing'} at {moment.isoformat()}"
            problems.add(scenario.place("drill", key), value, wanted[:12], "another run, or altered: restore it, or draw anew")
    problems.raise_if_any()


def _beside(scenario: Scenario) -> str:
    """The drill's one site: a packaged one, or a file beside the drill's."""
    return str(_named(scenario, scenario.sites[0]))


def _named(scenario: Scenario, name: str | None) -> str | None:
    """A file beside the drill's where there is one, else a packaged name."""
    if name is None:
        return None
    beside = scenario.file.parent / name
    return str(beside) if name.endswith(".toml") and beside.is_file() else name
