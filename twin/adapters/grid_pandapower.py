"""Any grid as pandapower JSON: read as data, never as code.

pandapower's own reader restores objects by importing the module and class that the file names, so a hostile file could run
code. Here the file may only name what a net is made of (pandas frames, numpy and networkx containers, the net itself);
anything else is refused before pandapower sees it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from twin.adapters.grid_simbench import BuiltGrid
from twin.adapters.overlay import apply_overlay
from twin.contracts.devices import Device
from twin.domain.problems import BadInput, Problem, Problems
from twin.engines.net_problems import net_problems
from twin.engines.topology import mend_taps
from twin.site.files import read_text
from twin.site.tables import GridTable

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


def build_pandapower(grid: GridTable, path: Path, devices: Sequence[Device], *, file: str) -> BuiltGrid:
    """The net of a JSON file with the site's overlay. It has no profiles: its powers come from telemetry alone.

    Batteries that the site declares are added as storages 0, 1, ... of the net; storages of the file's own are numbered
    from behind them on.

    Raises:
        BadInput: for a file that is missing, no pandapower JSON, or that names anything but data; naming every fault of
            the net, and of the overlay.
    """
    net = read_net(path)
    if found := net_problems(net):
        raise BadInput(found)
    mend_taps(net)
    for table in ("load", "sgen", "storage"):
        net[table][["p_mw", "q_mvar"]] = net[table][["p_mw", "q_mvar"]].astype(float)
    if "kind" not in net.sgen:
        net.sgen["kind"] = "other"
        net.sgen.loc[net.sgen["type"].astype(str).str.upper().str.startswith("PV"), "kind"] = "pv"
    if "lumped" not in net.sgen:
        net.sgen["lumped"] = False
    if "profile" not in net.sgen:
        net.sgen["profile"] = None
    apply_overlay(net, grid.overlay, devices, file=file)
    return BuiltGrid(net)


def read_net(path: Path) -> Any:
    """A pandapower net from JSON, after a look at every class that the file names.

    Raises:
        BadInput: see `build_pandapower`.
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
