"""How somebody says before when things go."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime

from twin.domain.problems import BadInput, Problem
from twin.domain.retention import MONTHS, due_before

SHORTEST = 6
"""Months: what a run resumes from, and what proves who did what lately, is not asked for."""


def before_of(text: str, now: datetime) -> datetime:
    """The instant before which things go: "12", "12m" or "12 months" back from ``now``, or a date.

    Raises:
        BadInput: no number of months from 6 to 12, and no date.
    """
    months = re.fullmatch(r"(\d{1,2}) ?(m|months?)?", text.strip())
    if months is not None and SHORTEST <= int(months[1]) <= MONTHS:
        return due_before(now, int(months[1]))
    if re.fullmatch(r"\d{4}-\d\d-\d\d.*", text):
        with suppress(ValueError):  # no day of the calendar
            found = datetime.fromisoformat(text)
            return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    limit = f"{SHORTEST} to {MONTHS} months, or a date"
    raise BadInput([Problem("--older-than", repr(text), limit, "give a number of months, or a date like 2026-03-01")])
