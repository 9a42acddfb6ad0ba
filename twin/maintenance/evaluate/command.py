"""``regie maintenance evaluate`` from flags to exit code: 0 evaluated, 1 bad input, 3 no asset could be assessed."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from twin.boxes.maintenance.thermal.iec60076 import TYPICAL
from twin.domain.problems import BadInput, Problem, Problems
from twin.maintenance.evaluate.answer import Evaluated
from twin.maintenance.evaluate.assess import Prepared, assess, inject_faults, prepare
from twin.maintenance.evaluate.flags import EvaluateFlags
from twin.maintenance.evaluate.history import AssetHistory, NotAssessed, read_histories
from twin.maintenance.evaluate.labels import Label, read_labels
from twin.maintenance.evaluate.units import Note

DONE, REFUSED, NOTHING = 0, 1, 3


def evaluate(flags: EvaluateFlags) -> Evaluated:
    """Read, watch and score.

    Raises:
        BadInput: with every fault that forbids to read on.
    """
    problems = Problems()
    flags.check(problems)
    problems.raise_if_any()
    histories, left = read_histories(flags, problems)
    labels, wrong = _labels(flags, histories, left, problems)
    problems.raise_if_any()
    parameters = TYPICAL[flags.size or "distribution", flags.cooling or "ONAN"]
    tried = [prepare(history, parameters, reference_days=flags.reference_days) for history in histories]
    prepared = [each for each in tried if isinstance(each, Prepared)]
    left += [each for each in tried if isinstance(each, NotAssessed)]
    assessed = assess(prepared, budget=flags.budget)
    known = [each for each in assessed if each.learnt_s is not None]
    left += [
        NotAssessed(each.name, Note("never_learnt", {"days": each.prepared.reference_days}))
        for each in assessed
        if each.learnt_s is None
    ]
    injected = (
        inject_faults([each.prepared for each in known], count=flags.inject, budget=flags.budget, seed=flags.seed)
        if flags.inject
        else []
    )
    return Evaluated(flags, tuple(known), tuple(left), tuple(labels), wrong, tuple(injected))


def run(flags: EvaluateFlags, *, json_line: bool) -> int:
    """Evaluate; words go to standard output, faults to standard error. Returns the exit code."""
    try:
        found = evaluate(flags)
        if flags.report is not None:
            from twin.maintenance.evaluate.report import write_report

            write_report(found, flags.report, flags.language)
            _say(f"report: {flags.report}")
    except BadInput as error:
        for problem in error.problems:
            _say(str(problem))
        return REFUSED
    except OSError as error:
        _say(f"--report: {flags.report}; cannot be written ({error.strerror}); choose another file")
        return REFUSED
    if json_line:
        sys.stdout.write(json.dumps(found.to_json(), separators=(",", ":"), allow_nan=False) + "\n")
    else:
        from twin.maintenance.evaluate.words import Words

        sys.stdout.write("\n".join(Words.of(found, flags.language).lines()) + "\n")
    return DONE if found.assessed else NOTHING


def _labels(
    flags: EvaluateFlags, histories: Sequence[AssetHistory], left: Sequence[NotAssessed], problems: Problems
) -> tuple[list[Label], tuple[Problem, ...]]:
    if flags.labels is None:
        return [], ()
    names = {each.name for each in histories} | {each.name for each in left}
    return read_labels(Path(flags.labels), assets=names, timezone=str(flags.timezone), problems=problems)


def _say(text: str) -> None:
    sys.stderr.write(f"regie: {text}\n")
