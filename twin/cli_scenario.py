"""``regie scenario``: what can be rehearsed, and every fault of a scenario's file."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twin.cli_scenario_journal import from_journal
from twin.cli_told import told_plainly

if TYPE_CHECKING:
    from scenarios.elsewhere.elsewhere import Elsewhere
    from scenarios.file.scenario import Scenario
    from twin.domain.problems import Problem
    from twin.live.progress import Progress

scenario_app = typer.Typer(help="List the scenarios that can be rehearsed, or check one's file.", no_args_is_help=True)

JsonOption = Annotated[bool, typer.Option("--json", help="Print one compact JSON line last.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(scenario_app, name="scenario")
    scenario_app.command("from-journal")(from_journal)


@scenario_app.command("list")
def scenario_list(json_line: JsonOption = False) -> None:
    """List the packaged scenarios: name, window, what each is called and teaches."""
    from scenarios.file.parts import library
    from scenarios.file.read import load_scenario

    with told_plainly():
        scenarios = [load_scenario(name) for name in library()]
    if json_line:
        _json({"scenarios": [_entry(scenario) for scenario in scenarios]})
        return
    for scenario in scenarios:
        window = f"{scenario.window.start:%Y-%m-%d %H:%MZ} + {scenario.window.hours:g} h"
        typer.echo(f"{scenario.name:<28} {window:<26} {scenario.about.title.en}")
        typer.echo(f"{'':<28} {scenario.about.teaches.en}")


@scenario_app.command("check")
def scenario_check(
    scenario: Annotated[list[str], typer.Argument(help="Packaged scenarios, or paths of scenario files.")],
    grid: Annotated[str | None, typer.Option(help="Another grid for the sites: a SimBench code, or a pandapower JSON.")] = None,
    json_line: JsonOption = False,
) -> None:
    """List every fault of scenarios, of what they extend and of the sites that they change, at once; write nothing."""
    from scenarios.elsewhere.elsewhere import elsewhere
    from twin.domain.problems import BadInput
    from twin.live.progress import Progress

    with told_plainly(), closing(Progress(sys.stderr)) as progress:
        there = None if grid is None else elsewhere(grid)
        found = {name: _problems(name, there, progress) for name in scenario}
    if json_line:
        listed = [{"scenario": name, "problems": [vars(p) for p in problems]} for name, problems in found.items()]
        _json({"scenarios": listed})
        if any(found.values()):
            raise typer.Exit(2)
        return
    for name, problems in found.items():
        if not problems:
            typer.echo(f"{name}: no fault found")
    every = dict.fromkeys(problem for problems in found.values() for problem in problems)
    if every:
        with told_plainly():
            raise BadInput(every)


def _problems(name: str, grid: Elsewhere | None, progress: Progress) -> tuple[Problem, ...]:
    from scenarios.file.parts import scenario_path
    from scenarios.file.read import read_scenario
    from scenarios.rehearsal.prepare import rehearsal_problems
    from twin.domain.problems import BadInput

    try:
        draft = read_scenario(scenario_path(name))
    except BadInput as refused:
        return refused.problems
    return rehearsal_problems(draft, grid=grid, progress=progress.step)


def _entry(scenario: Scenario) -> dict[str, Any]:
    return {
        "name": scenario.name,
        "title": scenario.about.title.model_dump(),
        "teaches": scenario.about.teaches.model_dump(),
        "sites": list(scenario.sites),
        "start": scenario.window.start.isoformat(),
        "hours": scenario.window.hours,
        "extends": list(scenario.compose.extends),
    }


def _json(line: dict[str, Any]) -> None:
    typer.echo(json.dumps(line, separators=(",", ":"), ensure_ascii=False))
