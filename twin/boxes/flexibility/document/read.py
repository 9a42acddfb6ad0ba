"""Reading a problem document: every fault of it at once, each with its line, value, limit and remedy."""

from __future__ import annotations

import copy
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from twin.boxes.flexibility.document.check import check, missing_buses
from twin.boxes.flexibility.document.check_values import check_values
from twin.boxes.flexibility.document.clock import Clock
from twin.boxes.flexibility.document.document import Document
from twin.boxes.flexibility.document.faults import keys_of, problems_of
from twin.boxes.flexibility.document.partial import partly
from twin.boxes.flexibility.document.resolve import resolved
from twin.boxes.flexibility.document.series import ReadProfile, Series, no_files
from twin.boxes.flexibility.document.where import Where
from twin.domain.problems import BadInput, Problem, Problems
from twin.site.files import read_text
from twin.site.locate import key_lines

_STAND_INS: Mapping[str, Any] = {
    "prices": {"import_chf_per_kwh": 0.0, "export_chf_per_kwh": 0.0},
    "start": "2026-01-01T00:00Z",
    "steps": ["1h"],
}
"""What must be there so that the rest can be read; nothing is said about it."""


@dataclass(frozen=True)
class Draft:
    """A document that was read, with its place in the world.

    Attributes:
        folder: of the file: what it refers to is relative to it. ``places``: where its keys stand.
    """

    document: Document
    folder: Path
    places: Where


def read_document(path: Path, *, profile: ReadProfile = no_files) -> Draft:
    """The document in a TOML or JSON file, checked.

    Args:
        profile: reads the columns that it refers to.

    Raises:
        BadInput: with every fault of it; what its grid says of its buses is checked once the grid is read.
    """
    content, lines = _content(path)
    return draft_of(content, folder=path.parent, places=Where(path.name, content, lines), profile=profile)


def draft_of(content: Any, *, folder: Path, places: Where, profile: ReadProfile = no_files) -> Draft:
    """The document in ``content``, checked.

    Raises:
        BadInput: with every fault of it.
    """
    try:
        document: Document | None = Document.model_validate(content)
        faults, removed = list[list[str | int]](), set[str]()
        problems = Problems()
    except ValidationError as error:
        errors = error.errors(include_url=False)
        faults, problems = [keys_of(fault["loc"]) for fault in errors], Problems(problems_of(places, errors))
        document, removed = _rest(content, faults)
    if document is not None:
        timed = not any(fault[:1] in (["start"], ["steps"]) for fault in faults)
        between = check(document, places, unread=removed, partial=partly(content, faults), timed=timed)
        problems.found += between.found
        if timed and not any(problem.place == places("timezone") for problem in between):
            clock = Clock.of(document.start, document.timezone, document.hours)
            document = resolved(document, Series(clock, folder, profile, problems), places)
            check_values(document, places, problems)
        if problems:
            missing_buses(document, places, problems)
    problems.raise_if_any()
    assert document is not None  # else there were problems
    return Draft(document, folder, places)


def _content(path: Path) -> tuple[Any, Mapping[Any, int]]:
    text = read_text(path)
    if path.suffix.lower() == ".json":
        try:
            return json.loads(text), {}
        except json.JSONDecodeError as error:
            raise BadInput([Problem(f"{path}:{error.lineno}", error.msg, "JSON", "correct the line it names")]) from None
        except RecursionError:
            raise _nested(path) from None
    try:
        return tomllib.loads(text), key_lines(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput([Problem(str(path), str(error), "TOML 1.0", "correct the line it names")]) from None
    except RecursionError:
        raise _nested(path) from None


def _nested(path: Path) -> BadInput:
    return BadInput(
        [Problem(str(path), "tables or lists nested too deeply", "at most four levels", "write it as the docs show")]
    )


def _rest(content: Any, faults: list[list[str | int]]) -> tuple[Document | None, set[str]]:
    """The document without its faulty tables, and the ids of what was left out; None where it cannot be understood.

    So that faults in one table do not hide those between others.
    """
    if not isinstance(content, Mapping):
        return None, set()
    rest, removed = dict(copy.deepcopy(content)), set[str]()
    for fault in sorted((fault[:2] for fault in faults), key=lambda keys: (str(keys[0]), keys[1:] and keys[1]), reverse=True):
        match fault:
            case [str(table), int(at)] if isinstance(rest.get(table), list) and at < len(rest[table]):
                removed.add(_id(content, table, at))
                rest[table][at] = None
            case [str(table), *_] if table not in _STAND_INS:
                rest.pop(table, None)
            case [str(table), *_]:
                rest[table] = _STAND_INS[table]
    rest = {key: [v for v in value if v is not None] if isinstance(value, list) else value for key, value in rest.items()}
    try:
        return Document.model_validate(rest), removed
    except ValidationError:
        return None, removed


def _id(content: Mapping[str, Any], table: str, at: int) -> str:
    entry = content[table][at]
    return str(entry.get("id", "")) if isinstance(entry, Mapping) else ""
