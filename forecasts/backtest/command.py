"""``regie backtest`` from flags to exit code: 0 done, 1 failed or stopped, 2 refused."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from forecasts.backtest.bar import Bar
from forecasts.backtest.flags import Flags, jobs_of
from forecasts.backtest.job import Job
from forecasts.backtest.options import BacktestOptions
from forecasts.backtest.parallel import Outcome, run_jobs
from forecasts.backtest.result import BacktestResult
from forecasts.backtest.run import run_job
from forecasts.backtest.shown import experts_table, verdict
from twin.domain.problems import BadInput, Problems
from twin.site.files import cache_folder

DONE, FAILED, REFUSED = 0, 1, 2


@dataclass(frozen=True)
class Output:
    """What is written where, and with how many processes.

    Attributes:
        report: HTML file, or None. ``workers``: processes at most; None: one per core.
        state: folder of all runs' blocks; None: below the cache folder.
    """

    json_line: bool = False
    report: Path | None = None
    workers: int | None = None
    state: Path | None = None


def backtest(flags: Flags, options: BacktestOptions, output: Output) -> int:
    """Run it; words go to standard error and figures to standard output. Returns the exit code."""
    problems = Problems()
    jobs = jobs_of(flags, options, output.state or cache_folder() / "backtest", problems)
    _check(output, problems)
    if problems:
        return _refuse(BadInput(problems))
    try:
        with Bar(sys.stderr, jobs) as bar:
            outcomes, results = _run(jobs, output, bar)
    except KeyboardInterrupt:
        _say("stopped; the blocks that were done are kept: the same command goes on from there")
        return FAILED
    except OSError as error:
        _say(f"{error.filename or jobs[0].base}: {error.strerror or error}; make room or permit it: the same command goes on")
        return FAILED
    code = max((_tell(outcome, output.json_line) for outcome in outcomes), default=DONE)
    if output.report is not None and results:
        from forecasts.report.write import write_report

        write_report(results, output.report)
        _say(f"report: {output.report}")
    if output.json_line:
        found = [outcome.summary for outcome in outcomes if outcome.summary is not None]
        if found:
            sys.stdout.write(json.dumps(found[0] if len(jobs) == 1 else found, separators=(",", ":"), allow_nan=False) + "\n")
    return code


def _check(output: Output, problems: Problems) -> None:
    if output.report is not None and not output.report.parent.is_dir():
        problems.add("--report", output.report, "a file in a folder that exists", "create the folder first")
    if output.workers is not None and output.workers < 1:
        problems.add("--workers", output.workers, "1 or more", "leave it out for one per core")


def _run(jobs: Sequence[Job], output: Output, bar: Bar) -> tuple[list[Outcome], list[BacktestResult]]:
    """Outcomes of all jobs; results only where something more than their summary is wanted of them."""
    results: list[BacktestResult] = []
    if len(jobs) > 1:
        workers = min(len(jobs), output.workers or os.cpu_count() or 1)
        outcomes = run_jobs(jobs, workers, bar.step)
        if output.report is not None:
            # Every block is on disk by now: what is left is to weigh them again.
            results = [run_job(outcome.job, lambda _: None) for outcome in outcomes if outcome.summary is not None]
        return outcomes, results
    job = jobs[0]
    try:
        result = run_job(job, lambda step: bar.step(job, step))
    except BadInput as error:
        return [Outcome(job, error=error)], []
    return [Outcome(job, result.summary, result.quality)], [result]


def _tell(outcome: Outcome, quiet: bool) -> int:
    """Show one outcome; its exit code."""
    if isinstance(outcome.error, BadInput):
        return _refuse(outcome.error)
    if outcome.error is not None:
        _say(str(outcome.error))
        return FAILED
    summary = outcome.summary or {}
    for problem in summary["problems"]:
        _say(f"{problem['place']}: {problem['value']}; expected {problem['limit']}; {problem['remedy']}")
    if not quiet:
        from rich.console import Console

        console = Console(highlight=False)
        for line in outcome.quality:
            console.print(line, soft_wrap=True, markup=False)
        console.print(experts_table(summary))
        console.print(verdict(summary), soft_wrap=True, markup=False)
    return DONE


def _refuse(error: BadInput) -> int:
    for problem in error.problems:
        _say(str(problem))
    return error.exit_code


def _say(text: str) -> None:
    sys.stderr.write(f"regie: {text}\n")
