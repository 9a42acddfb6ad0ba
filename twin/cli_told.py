"""What a command says when it is refused, cannot go on or is told to end, and its exit code."""

from __future__ import annotations

import signal
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import typer

from twin.domain.problems import Problem


@contextmanager
def told_plainly(*, goes_on: bool = False, failures: tuple[type[Exception], ...] = ()) -> Iterator[None]:
    """Say in plain words what ended the block, and leave with its exit code.

    Args:
        goes_on: whether the same command goes on where this one was told to end; else it has left nothing behind.
        failures: that this command alone knows, beside those of journal, source and disk.

    Raises:
        typer.Exit: 2 for refused input, 1 when something failed; told to end: 128 and the signal's number where the command
            goes on, else 1.
    """
    from twin.contracts.ports import SourceFailed
    from twin.domain.problems import BadInput
    from twin.regie.journal import JournalUnavailable

    with _told_to_end() as heard:
        try:
            yield
        except BadInput as error:
            for problem in error.problems:
                _say(problem)
            raise typer.Exit(error.exit_code) from None
        except KeyboardInterrupt:
            _say(f"told to end; {'the same command goes on where it was' if goes_on else 'nothing is left behind'}")
            raise typer.Exit(128 + (heard[-1] if heard else signal.SIGINT) if goes_on else 1) from None
        except OSError as error:
            place = "" if error.filename is None else f"{error.filename}: "
            _say(f"{place}{error.strerror or error}; free space there, or choose a folder that can be written")
            raise typer.Exit(1) from None
        except (JournalUnavailable, SourceFailed, sqlite3.Error) as error:
            _say(error)
            raise typer.Exit(1) from None
        except failures as error:
            _say(error)
            raise typer.Exit(1) from None


def state_problems(state: Path) -> list[Problem]:
    """What is no directory at all, where a command only looks at what a run has left."""
    if state.is_dir():
        return []
    return [Problem(f"--state {state}", "no such directory", "the state directory of a run", "correct the path")]


def _say(words: object) -> None:
    typer.echo(f"regie: {words}", err=True)


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
