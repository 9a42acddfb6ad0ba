"""The open data's description: ``datapackage.json`` and a schema per table (Frictionless Data Package and Table Schema, v1)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from twin.contracts.open_tables import LICENCES, Table
from twin.contracts.public_release import PublicRelease
from twin.contracts.publication import PublicationFacts
from twin.publication.tables import instant

FILE = "datapackage.json"
_OWN = "Measurements of the town's grid, traced along its lines"
_TITLE_LANGUAGES = ("en", "de", "fr", "it")
_DESCRIPTION = (
    "Share of renewable electricity in what the town consumes, by flow tracing (proportional sharing), with the sources and "
    "greenhouse gases of it. A physical and location-based figure: not the supplier's declaration by guarantees of origin. "
    "An empty cell is unknown, undefined or not public, never zero. Instants are UTC and label the start of their interval."
)


def schema_of(table: Table) -> dict[str, Any]:
    """The Table Schema of one table; each field names its unit."""
    return {
        "fields": [
            {
                "name": column.name,
                "type": column.type,
                "description": column.meaning,
                **({"format": "default"} if column.type == "datetime" else {}),
                **({"unit": column.unit} if column.unit else {}),
                **({"constraints": {"required": True}} if column.required else {}),
            }
            for column in table.columns
        ],
        "primaryKey": list(table.key),
        "missingValues": [""],
    }


def package_of(
    release: PublicRelease,
    facts: PublicationFacts,
    licences: Sequence[str],
    tables: Sequence[tuple[str, Table]],
    files: Mapping[str, bytes],
) -> dict[str, Any]:
    """The whole description.

    Args:
        licences: of all revisions in the tables; each row names its own.
        tables: (file name without its end, its table). ``files``: name -> content, for sizes and hashes.
    """
    titles = facts.title
    place = next((titles[language] for language in _TITLE_LANGUAGES if language in titles), facts.site)
    return {
        "profile": "tabular-data-package",
        "name": f"{facts.site}-renewable-share",
        "title": f"Renewable share of the electricity of {place}",
        "description": _DESCRIPTION,
        "created": instant(release.made_at),
        "licenses": [
            {"name": name, "title": LICENCES[name][0], "path": LICENCES[name][1]} for name in licences if name in LICENCES
        ],
        "attribution": release.attribution,
        "sources": [{"title": source} for source in (_OWN, *facts.sources)],
        "contributors": [{"title": release.attribution, "role": "publisher"}],
        **({} if release.embargo is None else {"embargo": {"since": instant(release.embargo.since)}}),
        "resources": [_resource(stem, table, files) for stem, table in tables],
    }


def _resource(stem: str, table: Table, files: Mapping[str, bytes]) -> dict[str, Any]:
    name = f"{stem}.csv"
    return {
        "profile": "tabular-data-resource",
        "name": stem,
        "title": table.title,
        "path": name,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": len(files[name]),
        "hash": f"sha256:{hashlib.sha256(files[name]).hexdigest()}",
        "schema": schema_of(table),
        "alternatives": [f"{stem}.json"],
    }
