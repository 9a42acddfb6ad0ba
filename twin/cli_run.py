"""``regie run``: scenarios played, or many futures of them, against doing nothing."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from twin.cli_told import told_plainly

if TYPE_CHECKING:
    from scenarios.run.asked import Asked


_LONG = {
    "order_list", "element_titles", "violations", "violations_do_nothing", "n1", "n1_do_nothing", "risk", "title", "versions",
}  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(run)


def run(
    scenario: Annotated[list[str], typer.Argument(help="Packaged scenarios (regie scenario list), or scenario files.")],
    *,
    workers: Annotated[int, typer.Option(help="Rehearsals, or workers of futures, at once on this machine.")] = 1,
    cluster: Annotated[str | None, typer.Option(help="Address of a Dask scheduler that makes the futures instead.")] = None,
    futures: Annotated[int | None, typer.Option(help="Make so many futures instead of playing the window once.")] = None,
    closed_loop: Annotated[bool, typer.Option("--closed-loop", help="All boxes run again in every future.")] = False,
    grid: Annotated[str | None, typer.Option(help="Another grid for the sites: a SimBench code, or a pandapower JSON.")] = None,
    out: Annotated[str | None, typer.Option(help="Folder of the results. Default: ./runs/<scenario>-<digest>.")] = None,
    report: Annotated[str | None, typer.Option(help="Write the futures' risk as a page that works offline: one file.")] = None,
    lang: Annotated[str, typer.Option(help="Language of the page: de, fr, it, en.")] = "en",
    json_line: Annotated[bool, typer.Option("--json", help="Print one compact JSON line last.")] = False,
) -> None:
    """Rehearse: play scenarios on their sites and tell the figures against doing nothing; a run that ended early goes on."""
    from scenarios.run.asked import Asked
    from scenarios.run.table import lines, totals

    asked = Asked(tuple(scenario), workers, cluster, futures, closed_loop, out, grid, report, lang)
    results = _made(asked)
    if json_line:
        listed = [{**_short(result), "folder": str(folder)} for folder, result in results.items()]
        _json({"mode": asked.mode, "results": listed, "totals": totals(results.values())})
        return
    for line in lines(results):
        typer.echo(line)


def _made(asked: Asked) -> dict[Path, dict[str, Any]]:
    """Results, by their folder.

    Raises:
        typer.Exit: 2 for refused input, 1 when something failed on the way, 130 or 143 when told to end.
    """
    from scenarios.results.folder import RUN
    from scenarios.results.read import read_result, rehearsals_in
    from scenarios.risk.page import write_page
    from scenarios.run.asked import jobs_of, told
    from scenarios.run.board import Boards
    from scenarios.run.several import RunFailed, make_all
    from twin.domain.whole_file import write_whole

    unit = "quarter hours" if asked.futures is None else "futures"
    with told_plainly(goes_on=True, failures=(RunFailed,)), Boards(sys.stderr, unit) as boards:
        jobs = jobs_of(asked, boards.of("sites").step)
        out = jobs[0].target.out
        out.mkdir(parents=True, exist_ok=True)
        if not {job.rehearsal.name for job in jobs} < set(rehearsals_in(out)):  # a part of a run says nothing for the whole
            write_whole(out / RUN, json.dumps(told(asked, jobs), indent=1).encode())
        results = {folder: read_result(folder) for folder in make_all(jobs, asked, boards)}
        if asked.report is not None:
            write_page(list(results.values()), Path(asked.report), asked.lang)
        return results


def _short(result: dict[str, Any]) -> dict[str, Any]:
    """Without what only a file should hold: every order, every violation and every hour stand in ``result.json``."""
    short = {key: value for key, value in result.items() if key not in _LONG}
    return {**short, "violations": len(result["violations"])} if "violations" in result else short


def _json(value: Any) -> None:
    from twin.live.figures import one_line

    typer.echo(one_line(value))
