"""Reading a scenario: its file, those that it extends, and every fault of them that shows without a site's grid."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from scenarios.file.clock import Clock
from scenarios.file.declared import declared_problems
from scenarios.file.merge import merged
from scenarios.file.parts import Part, parts_of, scenario_path
from scenarios.file.scenario import Scenario
from scenarios.file.tables import NO_START, read_part
from twin.domain.problems import BadInput, Problem, Problems
from twin.site import site_path
from twin.site.locate import child
from twin.site.read import Draft, read_site
from twin.site.site import Unread

_DEFAULT_SITES = Scenario.model_fields["sites"].default
_UTC = ZoneInfo("UTC")


@dataclass(frozen=True)
class ScenarioDraft:
    """A scenario as far as it could be read.

    Attributes:
        scenario: without the entries that have a fault. ``windowed``: whether its window is known.
    """

    scenario: Scenario
    windowed: bool
    problems: tuple[Problem, ...]


def load_scenario(name_or_path: str | Path) -> Scenario:
    """The scenario of a packaged name ("winter_evening") or a TOML file, with what it extends in it.

    Raises:
        BadInput: with every fault that shows without a grid; `scenarios.rehearsal.prepare` finds the others too.
    """
    draft = read_scenario(scenario_path(name_or_path))
    if draft.problems:
        raise BadInput(draft.problems)
    return draft.scenario


def read_scenario(path: Path) -> ScenarioDraft:
    """What can be read of a scenario's file and of those that it extends, and every fault of them.

    Raises:
        BadInput: when the file itself cannot be read or is no TOML.
    """
    parts, problems = parts_of(path)
    clock, found = _clock(parts)
    stated = any("window" in part.content for part in parts)
    # What could not be read may have stated the window: that there is none is no fault of its own then.
    read = [read_part(part, clock, windowed=stated or bool(problems)) for part in parts]
    problems = (*problems, *found, *(problem for part in read for problem in part.problems))
    scenario, windowed = merged(read), stated and all(part.windowed for part in read)
    problems = (*problems, *declared_problems(scenario, windowed=windowed))
    return ScenarioDraft(scenario, windowed, tuple(dict.fromkeys(problems)))


def site_draft(scenario: Scenario, name: str) -> Draft:
    """A site of ``scenario``: a packaged one, or a file beside the scenario's or where the command runs.

    Raises:
        BadInput: when there is no such file, or it is no TOML.
    """
    return _site_beside(scenario.file, name, scenario.place("sites", scenario.sites.index(name)))


# ------------------------------------------------------------------------------------------------ the clock


def _clock(parts: tuple[Part, ...]) -> tuple[Clock, tuple[Problem, ...]]:
    """The clock of all parts: of their sites, from the window's start on."""
    problems = Problems()
    zones: set[str] = set()
    at = _last_with(parts, "sites")
    for number, name in enumerate(_names(at)):
        place = (at or parts[-1]).places("sites", number)
        try:
            with suppress(Unread):
                zones.add(_site_beside((at or parts[-1]).path, name, place).site.timezone)
        except BadInput as refused:
            problems.found += refused.problems
    timezone = None
    with suppress(KeyError, OSError, ValueError):  # a zone that nobody knows is a fault of the site's file
        timezone = ZoneInfo(zones.pop()) if len(zones) == 1 else None
    if not zones and timezone is None:
        timezone = _UTC  # a fault of the sites, told with them: moments need not repeat it
    return Clock(timezone, _start(_last_with(parts, "window"), Clock(timezone))), tuple(problems)


def _names(part: Part | None) -> tuple[str, ...]:
    """Sites as stated; what is no list of texts is a fault of the key, reported there."""
    names: Any = _DEFAULT_SITES if part is None else part.content["sites"]
    return tuple(name for name in names if isinstance(name, str)) if isinstance(names, list | tuple) else ()


def _start(part: Part | None, clock: Clock) -> datetime:
    """The window's start, or a stand-in where it has a fault, which is reported with its table."""
    stated = None if part is None else child(part.content["window"], "start")
    with suppress(ValueError, OverflowError):
        if isinstance(stated, date):
            return clock.instant(stated)
    return NO_START


def _last_with(parts: tuple[Part, ...], key: str) -> Part | None:
    return next((part for part in reversed(parts) if key in part.content), None)


def _site_beside(file: Path, name: str, place: str) -> Draft:
    beside = file.parent / name
    try:
        return read_site(beside if name.endswith(".toml") and beside.is_file() else site_path(name))
    except BadInput as refused:
        stated = [Problem(place, f"{name!r}, {p.value}", p.limit, p.remedy) if p.place == name else p for p in refused.problems]
        raise BadInput(stated) from None
