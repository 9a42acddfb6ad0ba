"""A CGMES set as a pandapower net, by pandapower's converter; whatever the converter leaves out is named and refused.

Source: ENTSO-E, Common Grid Model Exchange Standard 2.4.15 (IEC TS 61970-600-1:2017) and 3.0 (IEC 61970-600-1:2021);
the converter: ``pandapower.converter.cim``.
"""

from __future__ import annotations

import importlib.util
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from twin.adapters.grid_cgmes_files import Document, cgmes_documents
from twin.domain.problems import BadInput, Problem, Problems

_NEEDED = {"eq": "equipment (EQ)", "ssh": "steady state hypothesis (SSH)"}
_NO_BRANCH = frozenset(
    {"BusbarSection", "Junction", "Connector", "Ground", "GroundDisconnector", "GroundingImpedance", "PetersenCoil"}
)
"""Equipment with a terminal that carries nothing in the balanced state: busbars, and what stands between a star point or a
switched-off part and earth."""
_CONVERTERS = frozenset({"CsConverter", "VsConverter"})
_EXPORT = "export the set anew, or write the grid as pandapower JSON"


def read_cgmes(path: Path) -> Any:
    """A pandapower net from a CGMES 2.4.15 or 3.0 set: a .zip, an .xml or a folder; nothing is fetched from anywhere.

    Profiles EQ and SSH are needed, and TP for a set without connectivity nodes; SV gives the slack its angle. Tap changers
    stand at the step of SSH; their regulation is not taken over, a controller is the caller's to add. ``origin_id`` in
    every table is the equipment's mRID, ``origin_class`` its class.

    Raises:
        BadInput: for files that cannot be read (see `cgmes_documents`), that have no CGMES header or lack a profile; for
            what pandapower's converter reports as an error; naming every equipment that has a terminal and is not in the
            net; and where lxml, which the converter reads XML with, is not installed.
    """
    place = f"grid file {path}"
    if importlib.util.find_spec("lxml") is None:
        raise BadInput([Problem(place, "no package lxml", "lxml, to read CGMES", "install lxml")])
    documents = cgmes_documents(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of the converter's own use of pandas
        parser = _parsed(documents, place)
        net = _converted(parser, documents[0].version, place)
    problems = Problems()
    for report in net.pop("report_container").get_logs():
        if report.level.value in {"ERROR", "EXCEPTION"}:
            problems.add(place, report.message, "a set that converts without an error", _EXPORT)
    _check_complete(net, parser.get_cim_dict(), place, problems)
    problems.raise_if_any()
    return net


def _parsed(documents: Sequence[Document], place: str) -> Any:
    """The parser of pandapower with every document read into its tables."""
    from pandapower.converter.cim.cim_classes import CimParser

    parser, problems = CimParser(cgmes_version=documents[0].version), Problems()
    with tempfile.TemporaryDirectory(prefix="regie-cgmes-") as folder:
        for number, document in enumerate(documents):
            file = Path(folder) / f"{number}.xml"  # the parser takes paths, and a name of the set's own is none
            file.write_bytes(document.data)
            try:
                parser.parse_files(str(file))
            except Exception as error:  # noqa: BLE001 - whatever the parser trips over is a fault of this document
                problems.add(document.name, str(error), "a CGMES document with its header (md:FullModel)", _EXPORT)
    problems.raise_if_any()
    _check_profiles(parser, place, problems)
    problems.raise_if_any()
    return parser.parse_files(prepare_cim_net=True, set_data_types=True)


def _converted(parser: Any, version: str, place: str) -> Any:
    from pandapower.converter.cim.cim2pp.from_cim import from_cim_dict

    cim = parser.get_cim_dict()
    if version == "3.0":
        # the converter asks lines for a column that it never fills; `_take_out` says which are in service
        cim["eq"]["ACLineSegment"] = cim["eq"]["ACLineSegment"].assign(inService=True)
    try:
        net = from_cim_dict(parser, cim_version=version, create_tap_controller=False, ignore_errors=False)
        _take_out(net, cim["ssh"])
        return net
    except Exception as error:  # whatever the converter trips over, the set is what it cannot convert
        found = f"{type(error).__name__}: {error}"
        raise BadInput([Problem(place, found, "a set that pandapower's converter takes", _EXPORT)]) from error


def _take_out(net: Any, ssh: dict[str, pd.DataFrame]) -> None:
    """Out of service what CGMES 3.0 says is (Equipment.inService); the converter asks it of some classes only."""
    out: set[str] = set()
    for table in ssh.values():
        if "inService" in table:
            out.update(table.loc[table["inService"].astype(str).str.lower() == "false", "rdfId"].astype(str))
    for name in net:
        table = net[name]
        if not isinstance(table, pd.DataFrame) or "origin_id" not in table:
            continue
        for column in {"in_service", "closed"} & set(table.columns):
            table.loc[table["origin_id"].isin(out), column] = False


def _check_profiles(parser: Any, place: str, problems: Problems) -> None:
    given = parser.get_file_names()
    for profile, title in _NEEDED.items():
        if profile not in given:
            problems.add(place, f"no {title}", "profiles EQ and SSH", "add the file of that profile")
    nodes = parser.get_cim_dict().get("eq", {}).get("ConnectivityNode", ())
    if "eq" in given and not len(nodes) and "tp" not in given:
        limit = "a topology where the equipment has no connectivity nodes"
        problems.add(place, "no topology (TP)", limit, "add the file of that profile")


def _check_complete(net: Any, cim: dict[str, dict[str, pd.DataFrame]], place: str, problems: Problems) -> None:
    """Name every equipment with a terminal that is in no table of the net."""
    converted: set[str] = set()
    for name, table in net.items():
        if isinstance(table, pd.DataFrame) and not name.startswith(("res_", "_")) and "origin_id" in table:
            converted.update(table["origin_id"].dropna().astype(str))
    passive = _NO_BRANCH | (_CONVERTERS if len(net.dcline) else frozenset())
    known = _equipment(cim["eq"])
    for equipment in cim["eq"]["Terminal"]["ConductingEquipment"].dropna().unique():
        kind, name = known.get(equipment, ("equipment that no file holds", ""))
        if equipment not in converted and kind not in passive:
            limit = "equipment that pandapower's converter takes"
            remedy = "write it as equipment of another class, or write the grid as pandapower JSON"
            problems.add(f"{place}, {equipment}", f"{kind} {name}".rstrip(), limit, remedy)


def _equipment(eq: dict[str, pd.DataFrame]) -> dict[str, tuple[str, str]]:
    """Class and name by mRID, for whatever the equipment profile holds."""
    known: dict[str, tuple[str, str]] = {}
    for kind, table in eq.items():
        if "rdfId" in table:
            names = table["name"] if "name" in table else pd.Series("", table.index)
            for identity, name in zip(table["rdfId"], names.fillna(""), strict=True):
                known[str(identity)] = (kind, str(name))
    return known
