"""How long personal data stays: twelve months.

Source: Stromversorgungsverordnung (StromVV, SR 734.71), Art. 8d Abs. 3: personal data, and data of legal persons, from smart
metering, control and regulation systems is destroyed after twelve months, unless it is relevant for billing or anonymised.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

MONTHS = 12


def due_before(now: datetime, months: int = MONTHS) -> datetime:
    """What lies before this instant goes on the day of ``now`` (UTC).

    It is the end of that day, ``months`` earlier: what becomes old in the course of the day goes at its beginning, so that
    nothing is ever older. A day that the earlier month lacks (29 February) gives way to the first of the next.
    """
    end = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    month = end.year * 12 + end.month - 1 - months
    try:
        return end.replace(year=month // 12, month=month % 12 + 1)
    except ValueError:
        return end.replace(year=(month + 1) // 12, month=(month + 1) % 12 + 1, day=1)


def goes_on(at: datetime, months: int = MONTHS) -> datetime:
    """Start of the day (UTC) on which something of ``at`` is due: the first one with ``due_before(day) > at``."""
    day = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=28 * months)
    while due_before(day, months) <= at:
        day += timedelta(days=1)
    return day
