"""Any grid as pandapower JSON: read as data, never as code.

pandapower's own reader restores objects by importing the module and class that the file names, so a hostile file could run
code. Here the file may only name what a net is made of (pandas frames, numpy and networkx containers, the net itself);
anything else is refused before pandapower sees it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from twin.domain.problems import BadInput, Problem, Problems
from twin.site.files import read_text

ALLOWED = frozenset(
    {
        ("pandapower.auxiliary", "pandapowerNet"),
        ("pandas.core.frame", "DataFrame"),
        ("pandas.core.series", "Series"),
        ("numpy", "array"),
        ("numpy", "ndarray"),
        ("networkx.classes.graph", "Graph"),
        ("networkx.classes.multigraph", "MultiGraph"),
    }
)
"""(module, class) pairs that a grid file may name."""

MAX_BYTES = 200_000_000
_WRITE = "write it with pandapower.to_json"


def read_net(path: Path) -> Any:
    """A pandapower net from JSON, after a look at every class that the file names.

    Raises:
        BadInput: for a file that is missing, no pandapower JSON, or that names anything but data.
    """
    place = f"grid file {path}"
    if not path.is_file():
        raise BadInput([Problem(place, "no such file", "a pandapower JSON file", "correct grid.file in the site file")])
    if path.stat().st_size > MAX_BYTES:
        raise BadInput(
            [Problem(place, f"{path.stat().st_size} bytes", f"at most {MAX_BYTES}", "leave profiles and results out")]
        )
    text, problems = read_text(path), Problems()
    try:
        content = json.loads(text)
        foreign = sorted(set(_named(content)) - ALLOWED)
    except (ValueError, RecursionError) as error:  # no JSON, or nested deeper than any net
        raise BadInput([Problem(place, str(error), "JSON", _WRITE)]) from None
    if not isinstance(content, dict) or content.get("_class") != "pandapowerNet":
        problems.add(place, "no pandapowerNet at the top", "a net", _WRITE)
    for named in foreign:
        problems.add(place, f"object {'.'.join(named)}", "plain data", "remove controllers and other objects from the net")
    problems.raise_if_any()

    import pandapower as pp

    try:
        return pp.from_json_string(text, convert=True)
    except Exception as error:  # whatever pandapower's reader trips over, the file is what it cannot read
        raise BadInput([Problem(place, f"{type(error).__name__}: {error}", "a net that pandapower reads", _WRITE)]) from error


def _named(node: Any) -> Iterator[tuple[str, str]]:
    """Every (module, class) that a tree of JSON names; frames carry theirs inside a JSON text."""
    if isinstance(node, dict):
        if "_module" in node or "_class" in node:
            yield str(node.get("_module")), str(node.get("_class"))
        for value in node.values():
            yield from _named(value)
    elif isinstance(node, list):
        for value in node:
            yield from _named(value)
    elif isinstance(node, str) and '"_module"' in node:
        try:
            yield from _named(json.loads(node))
        except ValueError:
            yield "text", "with _module that is no JSON"
