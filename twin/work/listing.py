"""What the jobs of a state directory are and how far they came, for people; reads only."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from twin.regie.lock import is_held
from twin.work.commands import LOGS
from twin.work.spool import LOCK, asked_files
from twin.work.table import read_rows

_TAIL_BYTES = 8192
_TAIL_LINES = 5
_PERCENT = re.compile(r"(\d{1,3}(?:\.\d+)?) ?%")
_COUNT = re.compile(r"\b(\d+) (?:of|/) (\d+)\b")


def list_jobs(jobs: Path) -> list[dict[str, Any]]:
    """Every job, oldest first: kind, what, state, attempts, times, progress (share or None), the last lines of its log.

    Raises:
        sqlite3.Error: when the table cannot be read.
    """
    rows = read_rows(jobs)
    known, at_work = {row["id"] for row in rows}, works(jobs)
    for _, asked in asked_files(jobs):
        if asked.argv is not None and asked.id not in known:
            times = {"asked_at": asked.at, "begun_at": None, "ended_at": None}
            facts = {"id": asked.id, "kind": "command", "what": list(asked.argv), "state": "queued"}
            rows.append({**facts, "cancel": False, "attempts": 0, **times, "text": ""})
    for row in rows:
        if row["state"] == "running" and not at_work:
            row["state"] = "queued" if row["kind"] == "command" else "interrupted"
        row["tail"] = _tail(jobs / LOGS / f"{row['id']}.log")
        row["progress"] = 1.0 if row["state"] == "done" else progress_of(row["tail"])
    return rows


def works(jobs: Path) -> bool:
    """True while a work process, or the last job of a killed one, is there."""
    return is_held(jobs / LOCK)


def progress_of(lines: list[str]) -> float | None:
    """Share done as the newest line says that says one: "42 %", "3 of 20"."""
    for line in reversed(lines):
        percent, count = _PERCENT.findall(line), _COUNT.findall(line)
        if percent:
            return min(float(percent[-1]) / 100.0, 1.0)
        if count and int(count[-1][1]) > 0:
            return min(int(count[-1][0]) / int(count[-1][1]), 1.0)
    return None


def _tail(log: Path) -> list[str]:
    """Its last lines; a line that a terminal would overwrite ends at its carriage return."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - _TAIL_BYTES))
            text = file.read().decode("utf-8", errors="replace")
    except FileNotFoundError:
        return []
    return [line for line in text.replace("\r", "\n").splitlines() if line.strip()][-_TAIL_LINES:]
