"""Reading a site file: every fault of it at once, each with line, value, limit and remedy."""

from __future__ import annotations

import copy
import difflib
import importlib.resources
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from twin.domain.problems import BadInput, Problem
from twin.site.declared import declared_problems
from twin.site.files import read_text
from twin.site.locate import Places, child, key_lines
from twin.site.site import Site

_LIMITS = {
    "missing": ("a value", "add the key"),
    "string_pattern_mismatch": ("a name of the form {pattern}", "write it that way"),
    "greater_than": ("more than {gt}", "check value and unit"),
    "greater_than_equal": ("at least {ge}", "check value and unit"),
    "less_than": ("less than {lt}", "check value and unit"),
    "less_than_equal": ("at most {le}", "check value and unit"),
    "finite_number": ("a finite number", "write the figure, or leave the key out"),
    "literal_error": ("one of {expected}", "choose one"),
    "enum": ("one of {expected}", "choose one"),
    "too_short": ("at least {min_length} entries", "add what is missing"),
}


def site_path(name_or_path: str | Path) -> Path:
    """The file behind a packaged site's name or a path.

    Raises:
        BadInput: when there is no such file; names the packaged sites.
    """
    packaged = Path(str(importlib.resources.files("scenarios"))) / "sites"
    by_name = packaged / f"{name_or_path}.toml"
    if by_name.is_file():
        return by_name
    path = Path(name_or_path)
    if path.is_file():
        return path
    known = ", ".join(sorted(p.stem for p in packaged.glob("*.toml")))
    raise BadInput([Problem(str(name_or_path), "no such file", "a site file, or a packaged site", f"known: {known}")])


@dataclass(frozen=True)
class Draft:
    """A site file as far as it could be read.

    Attributes:
        site: a table of it with a fault raises `twin.site.site.Unread`. ``places``: where its keys stand.
        problems: what is wrong with keys and values.
    """

    site: Site
    places: Places
    problems: tuple[Problem, ...]


def load_site(name_or_path: str | Path) -> Site:
    """The site of a packaged name ("demo") or a TOML file.

    Raises:
        BadInput: with every fault that shows without the grid; `twin.check` finds the others too.
    """
    draft = read_site(site_path(name_or_path))
    problems = (*draft.problems, *declared_problems(draft.site, draft.places))
    if problems:
        raise BadInput(problems)
    return draft.site


def read_site(path: Path) -> Draft:
    """The tables of a file that can be read, and what is wrong with keys and values of all.

    Unknown keys are left out and a table with another fault is left unread, so that neither hides faults elsewhere.

    Raises:
        BadInput: when the file cannot be read or is no TOML.
    """
    text = read_text(path)
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput([Problem(str(path), str(error), "TOML 1.0", "correct the line it names")]) from None
    places = Places(path.name, key_lines(text), content)
    try:
        return Draft(Site.model_validate({**content, "file": path}), places, ())
    except ValidationError as error:
        errors = error.errors(include_url=False)
    rest = copy.deepcopy(content)
    for fault in errors:
        if fault["type"] == "extra_forbidden":
            del _child_at(rest, fault["loc"][:-1])[fault["loc"][-1]]
    try:
        site = Site.model_validate({**rest, "file": path})
    except ValidationError as error:
        # Rules between keys are only looked at once a table has no unknown one.
        left = error.errors(include_url=False)
        errors += left
        site = Site.partly(path, rest, unread={str(fault["loc"][0]) for fault in left})
    return Draft(site, places, tuple(dict.fromkeys(_translate(places, errors))))


def _child_at(node: Any, keys: Iterable[str | int]) -> Any:
    for key in keys:
        node = child(node, key)
    return node


def _translate(places: Places, errors: Iterable[ErrorDetails]) -> list[Problem]:
    problems = []
    for error in errors:
        keys = [key for key in error["loc"] if _in_file(key)]
        context = error.get("ctx", {})
        value = "missing" if error["type"] == "missing" else _short(error["input"])
        if error["type"] == "extra_forbidden":
            limit, remedy = _known_keys(keys)
            value = f"unknown key {keys[-1]!r} = {value}"
        elif error["type"] in _LIMITS:
            limit, remedy = (text.format(**context) for text in _LIMITS[error["type"]])
        else:
            limit, remedy = error["msg"].removeprefix("Value error, "), "correct the value"
        problems.append(Problem(places(*keys), value, limit, remedy))
    return problems


def _in_file(key: str | int) -> bool:
    """Whether a step of pydantic's path stands in the file; unions add their member's type as a step."""
    return isinstance(key, int) or (key.isidentifier() and key not in {"float", "int", "str", "tuple"})


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _known_keys(keys: list[str | int]) -> tuple[str, str]:
    model = _model_at(keys[:-1])
    known = sorted(field.alias or name for name, field in model.model_fields.items() if name != "file")
    close = difflib.get_close_matches(str(keys[-1]), known, n=1, cutoff=0.5)
    remedy = f"did you mean {close[0]!r}?" if close else "remove or correct it"
    return f"one of {', '.join(known)}", remedy


def _model_at(keys: Iterable[str | int]) -> type[BaseModel]:
    model: type[BaseModel] = Site
    for key in keys:
        if isinstance(key, int):
            continue
        for name, field in model.model_fields.items():
            if key in (name, field.alias):
                model = _table_in(field.annotation) or model
    return model


def _table_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in get_args(annotation):
        if (found := _table_in(part)) is not None:
            return found
    return None
