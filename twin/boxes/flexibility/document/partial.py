"""What can still be read of an entry with faults: so that they hide none between its other keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from twin.boxes.flexibility.document.tables import Battery, Buffer, Car, HeatPump, Hydro

Partial = Sequence[tuple[tuple[str, int], Any]]
"""Entries with their table and number."""
_TABLES: dict[str, type[BaseModel]] = {"battery": Battery, "buffer": Buffer, "car": Car, "heat_pump": HeatPump, "hydro": Hydro}
"""Tables whose keys limit each other."""
_UNKNOWN = float("nan")


def partly(content: Mapping[str, Any], faults: Sequence[Sequence[str | int]]) -> Partial:
    """Entries of ``content`` with faults, without their faulty and missing keys, which are NaN: no comparison holds with it.

    Args:
        faults: paths of keys that cannot be read.
    """
    faulty: dict[tuple[str, int], set[str]] = {}
    for fault in faults:
        if len(fault) > 2 and fault[0] in _TABLES and isinstance(fault[1], int):
            faulty.setdefault((str(fault[0]), fault[1]), set()).add(str(fault[2]))
    return [((table, at), _entry(table, content[table][at], keys)) for (table, at), keys in sorted(faulty.items())]


def _entry(table: str, given: Mapping[str, Any], faulty: set[str]) -> Any:
    model = _TABLES[table]
    values: dict[str, Any] = {}
    for name, about in model.model_fields.items():
        if name in faulty or (name not in given and about.is_required()):
            values[name] = _UNKNOWN
        elif name in given:
            values[name] = _read(given[name], about.annotation)
    return model.model_construct(**values)


def _read(value: Any, kind: Any) -> Any:
    """As the table itself reads it: TOML has instants of its own, and a number may stand between quotes."""
    if kind is float:
        return float(value)
    return value.isoformat() if isinstance(value, datetime) else value
