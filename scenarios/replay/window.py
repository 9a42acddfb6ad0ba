"""The part of a journal that is run again."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from scenarios.replay.journalled import Journalled, said_gone
from scenarios.replay.rerun import Stretch
from twin.adapters.ready import Ready
from twin.domain.problems import BadInput, Problem, Problems
from twin.domain.time import QUARTER_HOUR, QUARTER_HOUR_S
from twin.wiring import PREHISTORY


def stretch_of(run: Journalled, ready: Ready, begin: str | None, end: str | None) -> Stretch:
    """Quarter hours of ``run`` from ``begin`` to ``end`` with what people asked for in them.

    Args:
        begin, end: ISO 8601, the site's local time unless they have an offset; None: the journal's own.

    Raises:
        BadInput: for moments that are none, off the quarter hour, outside of the journal, or in the wrong order.
    """
    problems, zone = Problems(), ZoneInfo(ready.site.timezone)
    first = run.earliest if begin is None else moment_of("--from", begin, zone, problems)
    last = run.end if end is None else moment_of("--to", end, zone, problems)
    for name, moment in (("--from", first), ("--to", last)):
        if moment is not None and not run.earliest <= moment <= run.end:
            problems.add(name, local(moment, zone), on_air(run, zone), "choose hours that were on air")
    if first is not None and last is not None and first >= last:
        problems.add("--to", local(last, zone), f"after --from {local(first, zone)}", "give at least one quarter hour")
    if problems.found or first is None or last is None:
        raise BadInput(problems.found)
    return Stretch(ready, first, round((last - first) / QUARTER_HOUR), run.told(first, last), run)


def ends_problems(begin: str | None, end: str | None) -> list[Problem]:
    """What is wrong with both ends wherever the journal begins and ends."""
    problems = Problems()
    for name, text in (("--from", begin), ("--to", end)):
        if text is not None:
            moment_of(name, text, ZoneInfo("UTC"), problems)
    return problems.found


def moment_of(name: str, text: str, zone: ZoneInfo, problems: Problems) -> datetime | None:
    """The quarter hour that ``text`` says on the clock of ``zone``; None with a fault noted at ``name``."""
    try:
        given = datetime.fromisoformat(text)
        instant = (given if given.tzinfo else given.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        problems.add(name, text, "an ISO 8601 date or instant", "write 2016-01-25T17:00, local time unless it has an offset")
        return None
    if instant.timestamp() % QUARTER_HOUR_S:
        problems.add(name, text, "a whole quarter hour", "use minutes 00, 15, 30 or 45")
        return None
    return instant


def on_air(run: Journalled, zone: ZoneInfo) -> str:
    """Which hours of ``run`` can be run again, and what of it is no more."""
    hours = f"{local(run.earliest, zone)} to {local(run.end, zone)}, what the journal holds"
    if not run.gone:
        return hours
    return f"{hours} with the {PREHISTORY.days} days before that boxes see: {said_gone(run)}"


def local(instant: datetime, zone: ZoneInfo) -> str:
    """As people of the site read it."""
    return instant.astimezone(zone).isoformat(timespec="minutes")
