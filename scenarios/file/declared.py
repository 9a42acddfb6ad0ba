"""Faults of a scenario that show without its sites: sites named twice, moments outside the window, contradictions."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from scenarios.file.merge import EVENTS, IN_ORDER
from scenarios.file.scenario import MOST_TIMES, Growth, Lasting, Outage, Scenario
from twin.domain.problems import Problem, Problems

_WHAT: dict[str, tuple[Callable[[Any], str], str]] = {
    "outages": (lambda entry: entry.element, "is out already"),
    "switchings": (lambda entry: entry.switch, "is switched already"),
    "refusals": (lambda entry: f"device {entry.device!r}", "obeys nobody already"),
    "imports": (lambda _: "the import", "is limited already"),
    "box_failures": (lambda entry: f"box {entry.box!r}", "does not answer already"),
    "manual": (lambda _: "the régie", "works by hand already"),
}
"""Tables in which one entry at a time holds for the same thing: what it is, and what the earlier one says of it."""


def declared_problems(scenario: Scenario, *, windowed: bool) -> tuple[Problem, ...]:
    """Every fault that shows without the sites. ``windowed``: whether its window is known."""
    problems = Problems()
    for name, count in Counter(scenario.sites).items():
        if count > 1:
            problems.add(scenario.place("sites"), f"{name!r} {count} times", "each site once", "remove the others")
    for kind in Growth.model_fields:
        if (factor := getattr(scenario.growth, kind)) > MOST_TIMES:
            limit, remedy = f"at most {MOST_TIMES:g}, all that is extended included", "lower it here, or in what is extended"
            problems.add(scenario.place("growth", kind), f"{factor:g} in all", limit, remedy)
    if windowed:
        _within(scenario, problems)
    problems.found += contradictions(scenario)
    return tuple(problems)


def _within(scenario: Scenario, problems: Problems) -> None:
    window = scenario.window
    limit = f"a moment of the window, {_text(window.start)} to {_text(window.end)}"
    for place, entry in _entries(scenario, EVENTS):
        if not window.start <= entry.at < window.end:
            problems.add(f"{place} at", _text(entry.at), limit, "move it, or the window")
    for place, entry in _entries(scenario, IN_ORDER):
        if entry.until <= window.start or entry.at >= window.end:
            problems.add(place, f"{_text(entry.at)} to {_text(entry.until)}", limit, "move it, or the window")
    audience = scenario.audience
    if audience is not None and not window.start <= audience.at < window.end:
        problems.add(scenario.place("audience", "at"), _text(audience.at), limit, "move it, or the window")


def contradictions(scenario: Scenario) -> tuple[Problem, ...]:
    """Entries that say about one thing what another one says already, or the contrary.

    An entry without ``until`` holds until the next one for the same thing begins, but an outage, which must end first.
    """
    problems = Problems()
    for table, (what, already) in _WHAT.items():
        of: defaultdict[str, list[tuple[str, Lasting]]] = defaultdict(list)
        shed = _shed(scenario) if table == "outages" else ()
        for place, entry in (*_entries(scenario, (table,)), *shed):
            of[what(entry)].append((place, entry))
        for thing, entries in of.items():
            for (earlier, first), (place, second) in pairwise(sorted(entries, key=lambda pair: pair[1].at)):
                if second.at < _end(first, second, follows=table == "switchings"):
                    value = f"{thing} {already} ({earlier} from {_text(first.at)})"
                    limit = "one entry at a time" if first.until is None else f"one that begins from {_text(first.until)} on"
                    problems.add(place, value, limit, "end the first before, or remove one")
    return tuple(problems)


def _end(first: Lasting, second: Lasting, *, follows: bool) -> datetime:
    """When ``first`` no longer holds; ``follows``: a later entry takes its place unless both begin at once."""
    if first.until is not None:
        return first.until
    return second.at if follows and first.at < second.at else datetime.max.replace(tzinfo=second.at.tzinfo)


def _shed(scenario: Scenario) -> Iterator[tuple[str, Outage]]:
    """Outages by a limit of the import."""
    for i, cut in enumerate(scenario.imports):
        for outage in cut.outages:
            yield scenario.place("imports", i, "sheds"), outage


def _entries(scenario: Scenario, tables: Sequence[str]) -> Iterator[tuple[str, Any]]:
    for table in tables:
        for i, entry in enumerate(getattr(scenario, table)):
            yield scenario.place(table, i), entry


def _text(instant: datetime) -> str:
    return instant.isoformat(timespec="minutes").replace("+00:00", "Z")
