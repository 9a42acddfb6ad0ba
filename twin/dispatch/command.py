"""``regie dispatch plan`` from arguments to exit code: 0 a plan, 1 bad input, 3 rules served instead of a plan."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dashboard.format import LANGUAGES
from twin.boxes.flexibility.document.last import read_last
from twin.boxes.flexibility.document.read import Draft, read_document
from twin.boxes.flexibility.guard import run_guarded
from twin.dispatch.sources import read_profile
from twin.dispatch.task import order_of, without_process
from twin.domain.problems import BadInput, Problem, Problems

PLANNED, REFUSED, RULES = 0, 1, 3
TASK = "twin.dispatch.task:plan"


@dataclass(frozen=True)
class Output:
    """What is written where.

    Attributes:
        report: HTML file, or None. ``language``: of table and report.
    """

    json_line: bool = False
    report: Path | None = None
    language: str = "en"


def plan(path: Path, output: Output) -> int:
    """Plan a document; words go to standard error and figures to standard output. Returns the exit code."""
    try:
        _check(output)
        answer = answered(read_document(path, profile=read_profile))
    except BadInput as error:
        for problem in error.problems:
            _say(str(problem))
        return REFUSED
    if output.json_line:
        sys.stdout.write(json.dumps(answer, separators=(",", ":"), allow_nan=False) + "\n")
    else:
        from twin.dispatch.table import show

        show(answer, output.language)
    if output.report is not None:
        from twin.dispatch.report import write_report

        try:
            write_report(answer, output.report, output.language)
        except OSError as error:
            _say(f"--report: {output.report}; cannot be written ({error.strerror}); choose another file")
            return REFUSED
        _say(f"report: {output.report}")
    return exit_code(answer)


def exit_code(answer: Mapping[str, Any]) -> int:
    """0 for a plan; 3 where rules serve, or where the wires of not a single step are known."""
    unknown = answer["grid"] is not None and len(answer["grid"]["plan"]["diverged"]) == len(answer["hours"])
    return PLANNED if answer["rung"] == "ok" and not unknown else RULES


def answered(draft: Draft) -> dict[str, Any]:
    """The plan, from a process that may not take longer or more than the document allows; else what serves.

    Raises:
        BadInput: where the grid does not fit the document.
    """
    options = draft.document.options
    last = None if options.last is None else read_last(draft.folder / options.last, draft.places("options", "last"))
    why = ""
    # With a grid the rules are proven too, which is its own process's work.
    for _ in range(1 if draft.document.grid is None else 2):
        outcome = run_guarded(
            TASK, order_of(draft, last=last, rules=why), deadline_s=options.deadline_s, memory_mb=options.memory_mb
        )
        if outcome.kind == "answer":
            answer: dict[str, Any] = json.loads(outcome.answer)
            if "problems" in answer:
                raise BadInput(Problem(**problem) for problem in answer["problems"])
            return answer
        why = why or outcome.kind
        if outcome.kind == "died" and outcome.told:
            _say(f"the planning process died: {outcome.told.splitlines()[-1]}")
    return without_process(draft, last, why)


def _check(output: Output) -> None:
    problems = Problems()
    if output.language not in LANGUAGES:
        problems.add("--lang", output.language, f"one of {', '.join(LANGUAGES)}", "choose one")
    if output.report is not None and output.report.is_dir():
        problems.add("--report", output.report, "a file, not a folder", "name the HTML file in it")
    elif output.report is not None and not output.report.parent.is_dir():
        problems.add("--report", output.report, "a file in a folder that exists", "create the folder first")
    problems.raise_if_any()


def _say(text: str) -> None:
    sys.stderr.write(f"regie: {text}\n")
