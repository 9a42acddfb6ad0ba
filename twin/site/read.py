"""Reading a site file: every fault of it at once, each with line, value, limit and remedy."""

from __future__ import annotations

import copy
import importlib.resources
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from twin.domain.problems import BadInput, Problem
from twin.site.declared import declared_problems
from twin.site.faults import translated
from twin.site.files import read_toml
from twin.site.locate import Places, child, key_lines
from twin.site.site import Site


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
    text, content = read_toml(path)
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
    return Draft(site, places, translated(errors, places, Site))


def _child_at(node: Any, keys: Iterable[str | int]) -> Any:
    for key in keys:
        node = child(node, key)
    return node
