"""A grid from a file, whatever format it is in: for an analyst as it stands, for a live site checked and with its overlay."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from twin.adapters.grid_cgmes import read_cgmes
from twin.adapters.grid_matpower import ASSUMED_VN_KV, read_matpower
from twin.adapters.grid_pandapower import read_net
from twin.adapters.grid_simbench import START, BuiltGrid, year_profiles
from twin.adapters.lent_profiles import lend_profiles
from twin.adapters.overlay import apply_overlay
from twin.contracts.devices import Device
from twin.domain.problems import BadInput, Problem
from twin.domain.time import to_epoch_s
from twin.engines.net_problems import net_problems
from twin.engines.topology import mend_taps
from twin.site.tables import GridTable

Reader = Callable[[Path], Any]

READERS: dict[str, Reader] = {"pandapower": read_net, "matpower": read_matpower, "cgmes": read_cgmes}
"""Source in a site file -> how its file becomes a pandapower net."""

_BY_SUFFIX = {
    ".json": "pandapower", ".m": "matpower", ".mat": "matpower", ".zip": "cgmes", ".xml": "cgmes", ".rdf": "cgmes",
}  # fmt: skip
_BY_START = {b"{": "pandapower", b"MATLAB 5.0": "matpower", b"PK\x03\x04": "cgmes", b"<": "cgmes"}


def read_grid_file(path: str | Path) -> Any:
    """A pandapower net from pandapower JSON, a MATPOWER case (.m, .mat) or a CGMES set (.zip, .xml, a folder).

    The format goes by suffix, and the content must agree. The net may hold any element of pandapower, generators with set
    voltages too; every tap changer has a type, so that its position counts. Nothing in a file is executed, and nothing is
    fetched. What each format gives and leaves out: `read_net`, `read_matpower`, `read_cgmes`.

    Raises:
        BadInput: for a file that is missing or of no known format, and naming every fault of its content.
    """
    path = Path(path)
    net = READERS[_source_of(path)](path)
    mend_taps(net)
    return net


def build_from_file(grid: GridTable, path: Path, devices: Sequence[Device], *, file: str) -> BuiltGrid:
    """The net of a site's grid file with the site's overlay. Without ``profiles`` its powers come from telemetry alone.

    Batteries that the site declares are added as storages 0, 1, ... of the net; storages of the file's own are numbered
    from behind them on.

    Raises:
        BadInput: see `read_grid_file`; naming every fault of the net, what a live grid does not hold among them
            (generators with set voltages), of the profiles that it is lent, and of the overlay.
    """
    net = READERS[grid.source](path)
    if found := (*_base_voltages(net, grid.source, path), *net_problems(net)):
        raise BadInput(found)
    mend_taps(net)
    for table in ("load", "sgen", "storage"):
        net[table][["p_mw", "q_mvar"]] = net[table][["p_mw", "q_mvar"]].astype(float)
    frames = lend_profiles(net, grid.profiles, file=file) if grid.profiles else None
    if "kind" not in net.sgen:
        net.sgen["kind"] = "other"
        net.sgen.loc[net.sgen["type"].astype(str).str.upper().str.startswith("PV"), "kind"] = "pv"
    if "lumped" not in net.sgen:
        net.sgen["lumped"] = False
    if "profile" not in net.sgen:
        net.sgen["profile"] = None
    apply_overlay(net, grid.overlay, devices, file=file)
    if frames is None:
        return BuiltGrid(net)
    return BuiltGrid(net, year_profiles(net, frames, pv_factor=grid.overlay.pv.profile_factor, file=file), to_epoch_s(START))


def _source_of(path: Path) -> str:
    """The format of the file, by its suffix; without one of these, how it starts tells which it should have."""
    if path.is_dir():
        return "cgmes"
    source = _BY_SUFFIX.get(path.suffix.lower())
    if source is not None:
        return source
    place, limit = f"grid file {path}", f"one of {', '.join(_BY_SUFFIX)}"
    if not path.is_file():
        raise BadInput([Problem(place, "no such file", "a grid file", "correct the path")])
    with path.open("rb") as file:
        start = file.read(32).lstrip(b"\xef\xbb\xbf \t\r\n")
    looks = next((source for mark, source in _BY_START.items() if start.startswith(mark)), None)
    remedy = f"give it the suffix of its format ({looks})" if looks else "write it in one of these formats"
    raise BadInput([Problem(place, f"suffix {path.suffix or 'none'}", limit, remedy)])


def _base_voltages(net: Any, source: str, path: Path) -> tuple[Problem, ...]:
    """A live grid's voltage bands go by nominal voltage, which a MATPOWER case may leave out."""
    if source != "matpower" or not (net.bus["vn_kv"] == ASSUMED_VN_KV).all():
        return ()
    return (Problem(f"grid file {path}, bus", "baseKV 0", "nominal voltages [kV]", "give every bus its baseKV"),)
