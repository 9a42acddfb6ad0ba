"""The ``regie`` command: arguments in, words or one JSON line out. Exit codes: 0 done, 1 failed, 2 refused input.

Imports stay inside the commands, so that help is there at once.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from twin.cli_access import register as register_access
from twin.cli_bench_public import register as register_bench_public
from twin.cli_bench_regie import register as register_bench_regie
from twin.cli_dispatch import register as register_dispatch
from twin.cli_expert import register as register_expert
from twin.cli_forecasts import register as register_forecasts
from twin.cli_jobs import register as register_jobs
from twin.cli_maintenance import register as register_maintenance
from twin.cli_preview import register as register_preview
from twin.cli_privacy import register as register_privacy
from twin.cli_public import public_app
from twin.cli_public import register as register_public
from twin.cli_public_figures import register as register_public_figures
from twin.cli_public_year import register as register_public_year
from twin.cli_rehearsal import register as register_rehearsal
from twin.cli_split import register as register_split
from twin.cli_tune import register as register_tune
from twin.cli_worth import register as register_worth

app = typer.Typer(
    name="regie",
    help="Régie: a digital twin of a local electricity grid, run like a live broadcast.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
site_app = typer.Typer(help="Check a site file, or list every signal it brings.", no_args_is_help=True)
box_app = typer.Typer(help="List the boxes, or try every promise of one.", no_args_is_help=True)
journal_app = typer.Typer(help="Verify the journal's chain.", no_args_is_help=True)
bench_app = typer.Typer(help="Measure this machine's engines against each other.", no_args_is_help=True)
app.add_typer(site_app, name="site")
app.add_typer(box_app, name="box")
app.add_typer(journal_app, name="journal")
app.add_typer(bench_app, name="bench")
register_access(app)
register_dispatch(app)
register_expert(app)
register_forecasts(app)
register_jobs(app)
register_maintenance(app)
register_preview(app)
register_public(app)
register_public_figures(public_app)
register_public_year(public_app)
register_privacy(app)
register_rehearsal(app)
register_tune(app)
register_split()
register_worth(app)

StateOption = Annotated[Path, typer.Option(help="State directory of a run.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one compact JSON line last.")]
SiteArgument = Annotated[str, typer.Argument(help="A packaged site (demo) or the path of a site file.")]


@app.command()
def live(  # noqa: PLR0917 - the flags of one command; Typer passes them by name
    site: Annotated[str | None, typer.Option(help="A packaged site or the path of a site file. Default: demo.")] = None,
    start: Annotated[
        str | None,
        typer.Option(help="First quarter hour, ISO 8601, local time unless it has an offset. Default: this week in 2016."),
    ] = None,
    ticks: Annotated[int | None, typer.Option(help="Quarter hours to run. Default: until stopped.")] = None,
    speed: Annotated[str, typer.Option(help="Grid seconds per second, or max. 90 is a quarter hour in 10 s.")] = "90",
    web: Annotated[bool, typer.Option("--web/--no-web", help="Serve the two screens.")] = True,
    host: Annotated[
        str, typer.Option(help="Address of the régie; elsewhere than on loopback it is read-only, unless it is encrypted.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port of the régie.")] = 8050,
    public_host: Annotated[
        str, typer.Option(help="Address of the citizens' page; 0.0.0.0 publishes it and leaves the régie where it is.")
    ] = "127.0.0.1",
    public_port: Annotated[int, typer.Option(help="Port of the citizens' page.")] = 8080,
    state: Annotated[
        str | None, typer.Option(help="State directory. Default: one per site and window below ./state or $REGIE_STATE.")
    ] = None,
    scenario: Annotated[
        str | None, typer.Option(help="A packaged scenario or drill, or its file, in place of site, start and ticks.")
    ] = None,
    tls_cert: Annotated[str | None, typer.Option(help="Certificate chain (PEM): the régie's address is encrypted.")] = None,
    tls_key: Annotated[str | None, typer.Option(help="Its private key (PEM).")] = None,
    data: Annotated[str | None, typer.Option(help="Folder of the published files that a site replays, as $REGIE_DATA.")] = None,
    json_line: JsonOption = False,
) -> None:
    """Put a site or a scenario on air: loop, boxes, both screens. The same command goes on where it was interrupted."""
    from twin.live.options import Options

    if scenario is not None and (site, start, ticks) != (None, None, None):
        _refuse(["--scenario: beside --site, --start or --ticks; expected it alone; its file says where and when"])
    screens = (web, host, port, public_host, public_port)
    options = Options(site or "demo", start, ticks, speed, *screens, state, json_line, scenario, tls_cert, tls_key)
    # The process on air holds nothing but the loop. What is imported stays, and looking for garbage meanwhile takes a seventh
    # of the time: `twin.live.on_air` begins with that once everything is there.
    main = "twin.live.on_air" if scenario is None else "scenarios.drill.on_air"
    code = f"import gc, sys; sys.modules['dask'] = None; gc.disable(); from {main} import main; sys.exit(main(sys.argv[1]))"
    if data is not None:  # every process of the run looks there, and the run is the same wherever that is
        os.environ["REGIE_DATA"] = str(Path(data).resolve())
    os.execv(  # noqa: S606 - a fresh interpreter, no shell: see above
        sys.executable, [sys.executable, "-c", code, options.to_text()]
    )


@app.command()
def status(state: StateOption, json_line: JsonOption = False) -> None:
    """Say what a state directory holds and whether a régie runs on it."""
    from twin.domain.problems import BadInput
    from twin.live.status import status_of

    try:
        found = status_of(state)
    except BadInput as error:
        _refuse(error.problems, error.exit_code)
    if json_line:
        _json(found)
        return
    wanted = found.pop("ticks_wanted")
    found["ticks"] = f"{found['ticks']} of {'until stopped' if wanted is None else wanted}"
    for key, value in found.items():
        typer.echo(f"{key:<16} {value}")


@site_app.command("check")
def site_check(site: SiteArgument, json_line: JsonOption = False) -> None:
    """List every fault of a site file, its grid and its telemetry folder at once; write nothing."""
    from twin.check import check_whole_site
    from twin.live.progress import Progress

    progress = Progress(sys.stderr)
    _, problems = check_whole_site(site, progress=progress.step)
    progress.close()
    if json_line:
        _json({"site": site, "problems": [vars(problem) for problem in problems]})
    elif not problems:
        typer.echo(f"{site}: no fault found")
    if problems:
        _refuse(() if json_line else problems)


@site_app.command("map")
def site_map(site: SiteArgument, json_line: JsonOption = False) -> None:
    """List every signal: where it comes from, who uses it, how old it may be, what is missing."""
    from twin.domain.problems import BadInput
    from twin.live.signal_map import as_lines, signal_map

    try:
        rows = signal_map(site)
    except BadInput as error:
        _refuse(error.problems)
    if json_line:
        _json({"site": site, "signals": rows})
        return
    for line in as_lines(rows):
        typer.echo(line)


@box_app.command("list")
def box_list(json_line: JsonOption = False) -> None:
    """List the installed boxes (entry points of group regie.boxes)."""
    from twin.contracts.resolve import known_boxes

    boxes = known_boxes()
    if json_line:
        _json({"boxes": boxes})
        return
    for name, target in boxes.items():
        typer.echo(f"{name:<16} {target}")


@box_app.command("check")
def box_check(
    box: Annotated[str, typer.Argument(help="MODULE:CLASS, or the name of an installed box.")],
    config: Annotated[str, typer.Option(help='The box\'s config as JSON, for example {"zone": "town"}.')] = "{}",
    json_line: JsonOption = False,
) -> None:
    """Try every promise of a box on a synthetic site; exit 1 when one is broken."""
    from twin.contracts.conformance import check_box
    from twin.domain.problems import BadInput

    try:
        settings = json.loads(config)
    except json.JSONDecodeError as error:
        typer.echo(f"regie: --config: {error}; write JSON", err=True)
        raise typer.Exit(2) from None
    if not isinstance(settings, dict):
        typer.echo(f"regie: --config: {config} is no JSON object; write for example {{}}", err=True)
        raise typer.Exit(2)
    try:
        results = check_box(box, settings)
    except BadInput as error:
        _refuse(error.problems)
    broken = [result for result in results if not result.ok]
    if json_line:
        _json({"box": box, "ok": not broken, "checks": [vars(result) for result in results]})
    else:
        for result in results:
            typer.echo(f"{'ok    ' if result.ok else 'BROKEN'} {result.name}{': ' + result.detail if result.detail else ''}")
    if broken:
        raise typer.Exit(1)


@journal_app.command("verify")
def journal_verify(state: StateOption, json_line: JsonOption = False) -> None:
    """Walk the journal's hash chain; a flipped bit, a deleted or an inserted tick is named and exits with 1."""
    from twin.domain.problems import BadInput
    from twin.regie.chain import verify

    try:
        records, head, problems = verify(state, datetime.now(UTC))
    except BadInput as error:
        _refuse(error.problems, error.exit_code)
    if json_line:
        _json({"records": records, "head": head, "problems": [vars(problem) for problem in problems]})
    else:
        for problem in problems:
            typer.echo(f"regie: {problem}", err=True)
        typer.echo(f"{records} records, head {head}, {'intact' if not problems else f'{len(problems)} faults'}")
    if problems:
        raise typer.Exit(1)


@bench_app.callback()
def bench() -> None:
    """Benchmarks of a source checkout."""


@bench_app.command("engines")
def bench_engines(
    grids: Annotated[str | None, typer.Option(help='Grids, with commas: "MV urban,demo". Default: all seven.')] = None,
    rounds: Annotated[int, typer.Option(min=1, help="Turns of every engine; figures are medians.")] = 5,
    quick: Annotated[bool, typer.Option("--quick", help="Short turns, few random steps, no year of the largest grid.")] = False,
    json_line: JsonOption = False,
) -> None:
    """Measure year replay, outages and estimation against pandapower, lightsim2grid and power-grid-model."""
    script = Path(__file__).resolve().parents[1] / "tests" / "benchmarks" / "engines.py"
    flags = ["--rounds", str(rounds)]
    flags += ["--grids", grids] if grids else []
    flags += [flag for flag, asked in (("--quick", quick), ("--json", json_line)) if asked]
    _run_script(script, flags)


@bench_app.command("forecasts")
def bench_forecasts(
    series: Annotated[str | None, typer.Option(help='Series, with commas: "NL 287,GEFCom PV 1". Default: all.')] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Four weeks scored instead of eight.")] = False,
    json_line: JsonOption = False,
) -> None:
    """Measure the forecasts on the measured series beside a checkout: skill, coverage, ticks, bad data, cost."""
    script = Path(__file__).resolve().parents[1] / "tests" / "benchmarks" / "forecast_skill.py"
    flags = ["--series", series] if series else []
    flags += [flag for flag, asked in (("--quick", quick), ("--json", json_line)) if asked]
    _run_script(script, flags)


@bench_app.command("dispatch")
def bench_dispatch(
    quick: Annotated[bool, typer.Option("--quick", help="Days instead of a month.")] = False,
    json_line: JsonOption = False,
) -> None:
    """Measure the dispatch: captured value, ticks, a stressed month on the wires, peers, published cases."""
    script = Path(__file__).resolve().parents[1] / "tests" / "benchmarks" / "dispatch.py"
    _run_script(script, [flag for flag, asked in (("--quick", quick), ("--json", json_line)) if asked])


@bench_app.command("origin")
def bench_origin(json_line: JsonOption = False) -> None:
    """Measure what tracing the electricity's origin takes of a tick of the demo town, both sides, and of a late meter."""
    script = Path(__file__).resolve().parents[1] / "tests" / "benchmarks" / "origin.py"
    _run_script(script, ["--json"] if json_line else [])


@bench_app.command("maintenance")
def bench_maintenance(
    quick: Annotated[bool, typer.Option("--quick", help="Fewer transformers, months and repetitions.")] = False,
    json_line: JsonOption = False,
) -> None:
    """Measure maintenance: IEC 60076-7 against its oracle, injected faults, a simulated fleet, 1,000 transformers a tick."""
    script = Path(__file__).resolve().parents[1] / "tests" / "benchmarks" / "maintenance.py"
    _run_script(script, [flag for flag, asked in (("--quick", quick), ("--json", json_line)) if asked])


@bench_app.command("futures")
def bench_futures(
    quick: Annotated[bool, typer.Option("--quick", help="Fewer futures, no closed loop.")] = False,
    json_line: JsonOption = False,
) -> None:
    """Measure what futures of a day cost: against their number, against workers, open and closed loop."""
    script = Path(__file__).resolve().parents[1] / "tests" / "benchmarks" / "futures.py"
    _run_script(script, [flag for flag, asked in (("--quick", quick), ("--json", json_line)) if asked])


def _run_script(script: Path, flags: list[str]) -> None:
    if not script.is_file():
        typer.echo(f"regie: {script} is missing; benchmarks live in a source checkout: run this from one", err=True)
        raise typer.Exit(2)
    # One thread each, as every engine is measured on one core; a library reads this once, when it is loaded.
    threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
    os.execve(  # noqa: S606 - a fresh interpreter, no shell
        sys.executable, [sys.executable, str(script), *flags], {**os.environ, **threads}
    )


register_bench_public(bench_app, _run_script)
register_bench_regie(bench_app, _run_script)


def main() -> None:
    """Entry point of the console script."""
    app()


def _refuse(problems: Iterable[object], code: int = 2) -> Any:
    for problem in problems:
        typer.echo(f"regie: {problem}", err=True)
    raise typer.Exit(code)


def _json(value: Any) -> None:
    typer.echo(json.dumps(value, separators=(",", ":"), allow_nan=False, default=str))
