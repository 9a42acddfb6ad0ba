"""The packaged scenarios as their files tell them: names, titles, what each teaches, when it plays. Nothing is checked here.

A scenario is composed and held against a grid by the command that runs it; to choose one, its file's own words are enough.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Packaged:
    """One packaged scenario.

    Attributes:
        title, teaches: by language. ``start``: first quarter hour, local time of its site; ``hours``: how long it plays.
    """

    name: str
    title: Mapping[str, str]
    teaches: Mapping[str, str]
    start: datetime | None
    hours: float | None


def read_library(folder: Path | None) -> dict[str, Packaged]:
    """Every packaged scenario, by name; a file that nobody can read is left out. None: this process knows of none."""
    if folder is None:
        return {}
    files = {path.stem: _read(path) for path in sorted(folder.glob("*.toml"))}
    return {name: _packaged(name, facts, files) for name, facts in files.items() if facts}


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _packaged(name: str, facts: Mapping[str, Any], files: Mapping[str, Mapping[str, Any]]) -> Packaged:
    about, window = facts.get("scenario", {}), _window(facts, files, frozenset({name}))
    start, hours = window.get("start"), window.get("hours")
    if isinstance(start, date) and not isinstance(start, datetime):
        start = datetime(start.year, start.month, start.day)  # noqa: DTZ001 - the site's local time, as the file writes it
    return Packaged(name, _texts(about.get("title")), _texts(about.get("teaches")), start, hours)


def _window(facts: Mapping[str, Any], files: Mapping[str, Mapping[str, Any]], seen: frozenset[str]) -> Mapping[str, Any]:
    """The scenario's own window, else that of what it extends: the later overrides the whole."""
    if "window" in facts:
        return dict(facts["window"])
    for name in reversed(facts.get("compose", {}).get("extends", [])):
        if name in files and name not in seen:
            found = _window(files[name], files, seen | {name})
            if found:
                return found
    return {}


def _texts(told: Any) -> Mapping[str, str]:
    """By language; one text holds for all."""
    return dict(told) if isinstance(told, Mapping) else dict.fromkeys(("de", "fr", "it", "en"), str(told or ""))
