"""``regie run``: scenarios played, or many futures of them, against doing nothing."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from pathlib import Path

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
    json_line: Annotated[bool, typer.Option("--json", help="Print one compact JSON line last.")] = False,
) -> None:
    """Rehearse: play scenarios on their sites and tell the figures against doing nothing; a run that ended early goes on."""
    from scenarios.results.read import read_result
    from scenarios.run.asked import Asked
    from scenarios.run.table import lines, totals

    asked = Asked(tuple(scenario), workers, cluster, futures, closed_loop, out, grid)
    folders = _made(asked)
    results = {folder: read_result(folder) for folder in folders}
    if json_line:
        listed = [{**_short(result), "folder": str(folder)} for folder, result in results.items()]
        _json({"mode": asked.mode, "results": listed, "totals": totals(results.values())})
        return
    for line in lines(results):
        typer.echo(line)


def _made(asked: Asked) -> list[Path]:
    """Folders of results.

    Raises:
        typer.Exit: 2 for refused input, 1 when something failed on the way, 130 or 143 when told to end.
    """
    from scenarios.run.asked import jobs_of, told
    from scenarios.run.board import Boards
    from scenarios.run.several import RunFailed, make_all
    from twin.contracts.ports import SourceFailed
    from twin.domain.problems import BadInput
    from twin.regie.journal import JournalUnavailable
    from twin.regie.whole_file import write_whole

    with _told_to_end() as ended:
        try:
            with Boards(sys.stderr, "quarter hours" if asked.futures is None else "futures") as boards:
                jobs = jobs_of(asked, boards.of("sites").step)
                out = jobs[0].target.out
                out.mkdir(parents=True, exist_ok=True)
                write_whole(out / "run.json", json.dumps(told(asked, jobs), indent=1).encode())
                return make_all(jobs, asked, boards)
        except BadInput as error:
            for problem in error.problems:
                typer.echo(f"regie: {problem}", err=True)
            raise typer.Exit(error.exit_code) from None
        except KeyboardInterrupt:
            typer.echo("regie: told to end; the same command goes on where it was", err=True)
            raise typer.Exit(128 + (ended[-1] if ended else signal.SIGINT)) from None
        except (JournalUnavailable, SourceFailed, RunFailed, OSError) as error:
            typer.echo(f"regie: {error}", err=True)
            raise typer.Exit(1) from None


@contextmanager
def _told_to_end() -> Iterator[list[int]]:
    """SIGTERM ends like Ctrl-C; what is told tells the signals. A second one does not disturb the ending."""
    heard: list[int] = []

    def end(number: int, _frame: FrameType | None) -> None:
        heard.append(number)
        if len(heard) == 1:
            raise KeyboardInterrupt

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield heard
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _short(result: dict[str, Any]) -> dict[str, Any]:
    """Without what only a file should hold: every order, every violation and every hour stand in ``result.json``."""
    short = {key: value for key, value in result.items() if key not in _LONG}
    return {**short, "violations": len(result["violations"])} if "violations" in result else short


def _json(value: Any) -> None:
    from twin.live.figures import one_line

    typer.echo(one_line(value))
