"""The snapshot's JSON Schema for those who build on the open data, its descriptions taken from the contract's own words."""

from __future__ import annotations

import inspect
import json
import re
from typing import Any

from pydantic import BaseModel

from twin.contracts import public_snapshot
from twin.contracts.public_snapshot import PUBLIC_SCHEMA_VERSION, PublicSnapshot

PATH = f"schema/public-snapshot-{PUBLIC_SCHEMA_VERSION}.json"

_ENTRY = re.compile(r"^    (\w+(?:, \w+)*): (.*)$")
_BESIDE = re.compile(r"``(\w+)``:")
"""A field that is told within another's entry shares its words: 'start: ...; ``end``: ...'."""


def snapshot_schema(address: str) -> bytes:
    """The schema (JSON Schema 2020-12) with its own address as ``$id``. ``address``: of the public page, absolute."""
    models = {
        name: model
        for name, model in vars(public_snapshot).items()
        if inspect.isclass(model) and issubclass(model, BaseModel) and not name.startswith("_")
    }
    schema = PublicSnapshot.model_json_schema(mode="serialization")
    for name, definition in schema["$defs"].items():
        _describe(definition, models[name])
    _describe(schema, PublicSnapshot)
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{address}/{PATH}",
        "title": f"Public snapshot, version {PUBLIC_SCHEMA_VERSION}",
    }
    return json.dumps({**head, **{name: part for name, part in schema.items() if name != "title"}}, indent=1).encode()


def _describe(schema: dict[str, Any], model: type[BaseModel]) -> None:
    """Splits a model's docstring into what it is and what its fields are."""
    words = inspect.cleandoc(model.__doc__ or "")
    lead, _, attributes = words.partition("\n\nAttributes:\n")
    schema["description"] = _plain(lead)
    entries: list[list[str]] = []
    for line in attributes.splitlines():
        if _ENTRY.match(line):
            entries.append([])
        entries[-1].append(line)
    told = dict.fromkeys(_BESIDE.findall(lead), lead)
    for lines in entries:
        found = _ENTRY.match(lines[0])
        if found:
            text = " ".join([found[2], *lines[1:]])
            told |= dict.fromkeys([*found[1].split(", "), *_BESIDE.findall(text)], text)
    for name, text in told.items():
        schema["properties"][name]["description"] = _plain(text)


def _plain(words: str) -> str:
    """The contract's words for those who read JSON."""
    return re.sub(r"\bNone\b", "null", " ".join(words.replace("`", "").split()))
