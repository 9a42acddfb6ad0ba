"""``regie jobs``: long jobs of a state directory, worked on by the work process of the régie that is on air there."""

from __future__ import annotations

import json
import sqlite3
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

jobs_app = typer.Typer(help="List, start and cancel long jobs beside a régie that is on air.")

StateOption = Annotated[Path, typer.Option(help="State directory of a run.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one compact JSON line last.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(jobs_app, name="jobs")


@jobs_app.callback(invoke_without_command=True)
def jobs_list(
    context: typer.Context,
    state: Annotated[Path | None, typer.Option(help="State directory of a run.")] = None,
    json_line: JsonOption = False,
) -> None:
    """List fits and jobs: kind, state, progress, the end of the log."""
    if context.invoked_subcommand is not None:
        return
    if state is None:
        _refuse("--state is missing; give the state directory of a run")
    from twin.work.listing import list_jobs, works

    jobs = _jobs_of(state)
    try:
        found = list_jobs(jobs)
    except sqlite3.Error as error:
        _refuse(f"{jobs / 'jobs.sqlite'}: {error}; check its permissions")
    if json_line:
        _json({"jobs": found, "at_work": works(jobs)})
        return
    for job in found:
        _show(job)


@jobs_app.command("run")
def jobs_run(
    command: Annotated[list[str], typer.Argument(help="A regie command and its flags, after --.")],
    state: StateOption,
    json_line: JsonOption = False,
) -> None:
    """Queue a regie command as a job: niced, with a log, taken up again after a crash."""
    from twin.domain.problems import BadInput
    from twin.work.listing import works
    from twin.work.spool import ask_job

    jobs = _jobs_of(state)
    try:
        job = ask_job(jobs, command, cwd=Path.cwd(), now=datetime.now(UTC))
    except BadInput as error:
        _refuse(*error.problems)
    except OSError as error:
        _refuse(f"{jobs}: {error.strerror or error}; free space or choose another --state")
    at_work = works(jobs)
    if json_line:
        _json({"id": job, "at_work": at_work})
        return
    typer.echo(job)
    if not at_work:
        typer.echo(f"regie: nobody works on {state} now; the job begins when a régie is on air there", err=True)


@jobs_app.command("cancel")
def jobs_cancel(
    job: Annotated[str, typer.Argument(help="Its id, as listed.")], state: StateOption, json_line: JsonOption = False
) -> None:
    """End a job: it has five seconds to write down how far it came."""
    from twin.work.listing import list_jobs
    from twin.work.spool import ask_cancel

    jobs = _jobs_of(state)
    found = next((row for row in list_jobs(jobs) if row["id"] == job), None)
    if found is None:
        _refuse(f"job {job}: not among the jobs of {state}; regie jobs lists them")
    if found["kind"] != "command":
        _refuse(f"job {job}: a fit belongs to the loop, and ends by its own deadline; cancel jobs only")
    if found["ended_at"] is not None:
        _refuse(f"job {job}: it has ended ({found['state']}); nothing to cancel")
    ask_cancel(jobs, job, now=datetime.now(UTC))
    if json_line:
        _json({"id": job})


def _jobs_of(state: Path) -> Path:
    if not (state / "journal.sqlite").exists():
        _refuse(f"{state}: no journal.sqlite; give the --state of a run")
    return state.absolute() / "jobs"


def _show(job: dict[str, Any]) -> None:
    what = job["what"] if isinstance(job["what"], str) else " ".join(job["what"])
    share = "" if job["progress"] is None else f"{100.0 * job['progress']:.0f} %"
    typer.echo(f"{job['id']:<38} {job['kind']:<8} {job['state']:<12} {share:>6}  {what}")
    for line in job["tail"] or ([job["text"]] if job["text"] else []):
        typer.echo(f"    {line}")


def _refuse(*problems: object) -> NoReturn:
    for problem in problems:
        typer.echo(f"regie: {problem}", err=True)
    raise typer.Exit(2)


def _json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, separators=(",", ":"), allow_nan=False) + "\n")
