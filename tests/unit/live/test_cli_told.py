"""How a command ends that is refused, cannot go on or is told to end."""

import os
import signal
import sqlite3

import pytest
import typer

from twin.cli_told import told_plainly
from twin.contracts.ports import SourceFailed
from twin.domain.problems import BadInput, Problem
from twin.regie.chain import JournalDamaged
from twin.regie.journal import JournalUnavailable

TWO = [Problem("--from", "noon", "an instant", "write one"), Problem("--to", "dusk", "an instant", "write one")]


def ended(error, **how):
    with pytest.raises(typer.Exit) as left, told_plainly(**how):
        raise error
    return left.value.exit_code


def test_every_fault_is_a_line_and_the_code_is_that_of_refused_input(capsys):
    assert ended(BadInput(TWO)) == 2
    assert capsys.readouterr().err.splitlines() == [f"regie: {problem}" for problem in TWO]


@pytest.mark.parametrize(
    "error",
    [
        JournalDamaged("journal.sqlite", "torn"),
        JournalUnavailable("no space"),
        SourceFailed("no telemetry"),
        sqlite3.OperationalError("locked"),
    ],
)
def test_what_is_nobodys_input_fails_with_its_own_words(error, capsys):
    assert ended(error) == 1
    assert capsys.readouterr().err.startswith("regie: ")


def test_a_full_disk_is_told_with_the_place_and_the_remedy(capsys):
    assert ended(OSError(28, "No space left on device", "/mnt/page.html")) == 1
    assert "regie: /mnt/page.html: No space left on device; free space" in capsys.readouterr().err


def test_a_failure_that_the_command_does_not_know_is_a_crash_and_no_message():
    with pytest.raises(ZeroDivisionError), told_plainly():
        raise ZeroDivisionError
    assert ended(ZeroDivisionError("of its own"), failures=(ZeroDivisionError,)) == 1


@pytest.mark.parametrize(
    ("goes_on", "code", "said"), [(False, 1, "nothing is left behind"), (True, 143, "goes on where it was")]
)
def test_a_second_signal_does_not_disturb_the_ending(goes_on, code, said, capsys):
    with pytest.raises(typer.Exit) as left, told_plainly(goes_on=goes_on):
        terminated_twice()
    assert left.value.exit_code == code
    assert said in capsys.readouterr().err


def terminated_twice():
    try:
        os.kill(os.getpid(), signal.SIGTERM)
    finally:
        os.kill(os.getpid(), signal.SIGTERM)


def test_the_handlers_of_before_are_back_afterwards():
    before = signal.getsignal(signal.SIGTERM)
    with told_plainly():
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before
