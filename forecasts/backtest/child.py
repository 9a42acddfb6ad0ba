"""A series in a process of its own: a job comes in on standard input, steps and the outcome go out line by line.

Standard input stays open as long as whoever asked lives: when it closes, this process ends, whatever it is doing.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, TextIO

from forecasts.backtest.job import Job, Step
from twin.domain.problems import BadInput

_ASKER_GONE = 3


def main() -> None:
    """Entry point of the process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears Ctrl-C and decides
    # Libraries write to descriptor 1 as they please; the answers go out on one that only this module knows.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    job = Job.from_text(sys.stdin.readline())
    threading.Thread(target=_end_with_asker, daemon=True).start()
    say = _speaker(answers)
    try:
        from forecasts.backtest.run import run_job

        result = run_job(job, lambda step: say({"step": asdict(step)}))
        say({"summary": result.summary, "quality": result.quality})
    except BadInput as error:
        say({"problems": [vars(problem) for problem in error.problems], "exit_code": error.exit_code})
    except Exception as error:  # noqa: BLE001 - whatever went wrong, the other series go on and the user is told
        say({"failure": f"{type(error).__name__}: {error}"})


def _speaker(stream: TextIO) -> Callable[[dict[str, Any]], None]:
    def say(message: dict[str, Any]) -> None:
        stream.write(json.dumps(message) + "\n")
        stream.flush()

    return say


def _end_with_asker() -> None:
    sys.stdin.read()
    os._exit(_ASKER_GONE)


def step_of(message: dict[str, Any]) -> Step | None:
    """The step that a line reports, None for an outcome."""
    return Step(**message["step"]) if "step" in message else None
