"""The files of which a scenario is made: its own and those that it extends, in the order in which they apply."""

from __future__ import annotations

import importlib.resources
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from twin.domain.problems import BadInput, Problem, Problems
from twin.site.files import read_toml
from twin.site.locate import Places, child, key_lines

Content = dict[str, Any]


@dataclass(frozen=True)
class Part:
    """One file of a scenario. ``content``: its TOML. ``places``: where its keys stand."""

    path: Path
    content: Content
    places: Places


def library() -> tuple[str, ...]:
    """Names of the packaged scenarios, sorted."""
    return tuple(sorted(path.stem for path in _packaged().glob("*.toml")))


def scenario_path(name_or_path: str | Path) -> Path:
    """The file behind a packaged scenario's name or a path.

    Raises:
        BadInput: when there is no such file; names the packaged scenarios.
    """
    found = _found(str(name_or_path), Path())
    if found is None:
        raise BadInput([_unknown(str(name_or_path), "no such file")])
    return found


def parts_of(path: Path) -> tuple[tuple[Part, ...], tuple[Problem, ...]]:
    """The file's parts, those it extends before it and itself last, each once; and what ``extends`` names in vain.

    Raises:
        BadInput: when the file itself cannot be read or is no TOML.
    """
    parts: dict[Path, Part] = {}
    problems = Problems()
    _gather(path, (), parts, problems)
    return tuple(parts.values()), tuple(problems)


def _gather(path: Path, below: tuple[Path, ...], parts: dict[Path, Part], problems: Problems) -> None:
    part = _read(path)
    for number, name in enumerate(_extended(part.content)):
        place = f"{part.places('compose', 'extends')}[{number}]"
        found = _found(name, path.parent)
        if found is None:
            unknown = _unknown(place, repr(name))
            problems.add(unknown.place, unknown.value, unknown.limit, unknown.remedy)
        elif found.resolve() in {each.resolve() for each in (*below, path)}:
            circle = " > ".join(each.stem for each in (*below, path, found))
            problems.add(place, f"{name!r}, a circle: {circle}", "scenarios that do not lead back here", "remove one of them")
        elif found.resolve() not in parts:
            try:
                _gather(found, (*below, path), parts, problems)
            except BadInput as refused:  # of that file alone: what it extends is looked at after it could be read
                problems.found += refused.problems
    parts[path.resolve()] = part


def _extended(content: Content) -> list[str]:
    """Names in ``extends``; what is no list of texts is a fault of the table, reported there."""
    names = child(child(content, "compose"), "extends")
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []


def _read(path: Path) -> Part:
    text, content = read_toml(path)
    return Part(path, content, Places(path.name, key_lines(text), content))


def _packaged() -> Path:
    return Path(str(importlib.resources.files("scenarios"))) / "library"


def _found(name: str, beside: Path) -> Path | None:
    for path in (_packaged() / f"{name}.toml", beside / name):
        if path.is_file():
            return path
    return None


def _unknown(place: str, value: str) -> Problem:
    limit, remedy = "a scenario file, or a packaged scenario", f"known: {', '.join(library())}"
    return Problem(place, value, limit, remedy)
