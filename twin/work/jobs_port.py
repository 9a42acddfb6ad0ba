"""Jobs as the régie's web process reaches them: asked for, ended, listed and read from another process."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from twin.contracts.desk_ports import Unavailable
from twin.work.commands import LOGS
from twin.work.listing import list_jobs
from twin.work.spool import ask_cancel, ask_job

_MOST_OF_A_LOG_BYTES = 4 << 20
"""Its end, which holds the faults and the answer; a log of many days may be longer than a screen can show."""


class JobsOfState:
    """The jobs of one state directory (`twin.contracts.desk_ports.Jobs`)."""

    def __init__(self, state: Path) -> None:
        self.folder = state.absolute() / "jobs"

    def ask(self, argv: Sequence[str]) -> str:
        """Queue ``regie`` with these words; relative paths begin in the jobs' folder."""
        return ask_job(self.folder, argv, cwd=self.folder, now=datetime.now(UTC))

    def cancel(self, job: str) -> None:
        """Ask for a job's end."""
        ask_cancel(self.folder, job, now=datetime.now(UTC))

    def jobs(self) -> list[dict[str, Any]]:
        """Every job, oldest first."""
        try:
            return list_jobs(self.folder)
        except sqlite3.Error as error:
            raise Unavailable(f"{self.folder / 'jobs.sqlite'}: {error}; check its permissions") from error

    def log(self, job: str) -> str:
        """The end of what a job has said, "" for nothing."""
        try:
            with (self.folder / LOGS / f"{job}.log").open("rb") as log:
                log.seek(max(0, log.seek(0, 2) - _MOST_OF_A_LOG_BYTES))
                return log.read().decode("utf-8", errors="replace")
        except FileNotFoundError:
            return ""
