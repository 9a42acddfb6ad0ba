"""What was asked for, and what it comes to: one job for each rehearsal, refused as a whole before anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from scenarios.elsewhere.elsewhere import Elsewhere, elsewhere
from scenarios.file.parts import scenario_path
from scenarios.file.read import read_scenario
from scenarios.file.scenario import MOST_FUTURES
from scenarios.rehearsal.prepare import rehearsal_problems, rehearsals
from scenarios.rehearsal.rehearsal import Rehearsal
from scenarios.results.folder import Target
from scenarios.results.inputs import file_sha256, together, value_sha256
from scenarios.results.read import rehearsals_in
from scenarios.results.writable import file_problems, folder_problems, language_problems
from twin.domain.problems import BadInput, Problem, Problems
from twin.wiring import Progress, site_sha256

RUNS = Path("runs")
"""Where results go that nobody gave a place."""


@dataclass(frozen=True)
class Asked:
    """The flags of ``regie run``.

    Attributes:
        scenarios: packaged names or files. ``out``: folder of results; None chooses one by scenario and inputs.
        grid: another one on which the sites are put: a SimBench code or a pandapower JSON.
        report: page of the futures' risk to be written, in the language ``lang``; None writes none.
        workers: processes on this machine. ``cluster``: address of a Dask scheduler. ``futures``: None plays the window once.
    """

    scenarios: tuple[str, ...]
    workers: int = 1
    cluster: str | None = None
    futures: int | None = None
    closed_loop: bool = False
    out: str | None = None
    grid: str | None = None
    report: str | None = None
    lang: str = "en"

    @property
    def mode(self) -> str:
        """As ``result.json`` names it."""
        return "played" if self.futures is None else "closed_loop" if self.closed_loop else "futures"

    def problems(self) -> list[Problem]:
        """Flags that cannot be."""
        problems = Problems()
        if self.workers < 1:
            problems.add("--workers", self.workers, "at least 1", "leave it out for one")
        if self.futures is not None and not 1 <= self.futures <= MOST_FUTURES:
            problems.add("--futures", self.futures, f"1 to {MOST_FUTURES}", "leave it out to play the window once")
        if self.futures is None:
            told = {
                "--closed-loop": self.closed_loop,
                "--cluster": self.cluster is not None,
                "--report": self.report is not None,
            }
            for flag in (flag for flag, given in told.items() if given):
                problems.add(flag, "without --futures", "futures to make", "give --futures, or leave it out")
        if self.out == "":
            problems.add("--out", "nothing", "a folder, or a place for one", "leave it out for one below ./runs")
        elif self.out is not None:
            problems.found += folder_problems("--out", Path(self.out))
        if self.report is not None:
            problems.found += [*language_problems(self.lang), *file_problems("--report", Path(self.report))]
        if self.cluster is not None and self.futures is not None:
            problems.found += _cluster_problems(self.cluster)
        return problems.found


@dataclass(frozen=True)
class Job:
    """One rehearsal to be made. ``scenario``: as it was asked for."""

    scenario: str
    rehearsal: Rehearsal
    target: Target


def jobs_of(asked: Asked, progress: Progress) -> tuple[Job, ...]:
    """Everything that ``asked`` comes to; nothing is written.

    Raises:
        BadInput: with every fault of all flags and scenarios, and of results of other inputs that stand in the way.
    """
    problems, ready = Problems(asked.problems()), list[tuple[str, Rehearsal]]()
    grid = None if asked.grid is None else problems.tried(partial(elsewhere, asked.grid))
    for name in asked.scenarios:
        made = problems.tried(partial(_rehearsals, name, grid, progress))
        ready += [(name, rehearsal) for rehearsal in made or ()]
    names = [rehearsal.name for _, rehearsal in ready]
    for twice in sorted({name for name in names if names.count(name) > 1}):
        files = " and ".join(str(rehearsal.scenario.file) for _, rehearsal in ready if rehearsal.name == twice)
        problems.add(twice, f"asked for twice: {files}", "every scenario once", "leave one out, or give it another name")
    problems.raise_if_any()
    inputs = {rehearsal.name: inputs_of(rehearsal, asked) for _, rehearsal in ready}
    out = Path(asked.out) if asked.out is not None else RUNS / f"{_title(names)}-{together(inputs)[:8]}"
    jobs = tuple(Job(name, rehearsal, Target(out, rehearsal.name, inputs[rehearsal.name])) for name, rehearsal in ready)
    problems.found += _other_run(out, names)
    problems.found += [problem for job in jobs for problem in job.target.problems()]
    problems.raise_if_any()
    return jobs


def _other_run(out: Path, names: Sequence[str]) -> list[Problem]:
    """A folder that says of itself which rehearsals it holds, and does not mean these."""
    there = rehearsals_in(out)
    if not there or set(names) <= set(there):
        return []
    value = f"{out} holds a run of {', '.join(there)}"
    return [Problem("--out", value, "one run a folder", "choose another --out, or remove it")]


def inputs_of(rehearsal: Rehearsal, asked: Asked) -> dict[str, Any]:
    """All that a rehearsal's results follow from: for ``inputs.json``, and ``inputs_sha256`` of ``result.json``."""
    site, scenario = rehearsal.ready.site, rehearsal.scenario
    return {
        "scenario": value_sha256(scenario.model_dump(mode="json", by_alias=True, exclude={"file"})),
        "scenario_file": file_sha256(scenario.file),
        "site": site_sha256(site),
        "site_file": file_sha256(site.file),
        "grid": rehearsal.ready.key if site.grid.file is None else file_sha256(site.beside(site.grid.file)),
        "start": rehearsal.window.start.isoformat(),
        "ticks": rehearsal.window.ticks,
        "mode": asked.mode,
        "futures": asked.futures,
        "regie": version("regie"),
    }


def told(asked: Asked, jobs: tuple[Job, ...]) -> dict[str, Any]:
    """For ``run.json``: what was asked, and the rehearsals that it came to."""
    flags = asdict(replace(asked, out=None, report=None))
    return {**flags, "regie": version("regie"), "rehearsals": [job.rehearsal.name for job in jobs]}


def _rehearsals(name: str, grid: Elsewhere | None, progress: Progress) -> tuple[Rehearsal, ...]:
    draft = read_scenario(scenario_path(name))
    if draft.problems:
        raise BadInput(rehearsal_problems(draft, grid=grid, progress=progress))
    return rehearsals(draft.scenario, grid=grid, progress=progress)


def _title(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]}+{len(names) - 1}"


def _cluster_problems(address: str) -> tuple[Problem, ...]:
    """A cluster that does not answer."""
    from scenarios.futures.crew import crew

    try:
        with crew(1, address):
            return ()
    except BadInput as refused:
        return refused.problems
