"""The document with every value as one number or one number per step: nothing in it refers to a file any more."""

from __future__ import annotations

from typing import Any, TypeVar

from twin.boxes.flexibility.document.document import Document
from twin.boxes.flexibility.document.ranges import range_of
from twin.boxes.flexibility.document.series import Series
from twin.boxes.flexibility.document.where import Where
from twin.site.tables import Table

_T = TypeVar("_T", bound=Table)

VALUES: dict[str, float | None] = {
    "import_chf_per_kwh": None,
    "export_chf_per_kwh": None,
    "import_g_per_kwh": 0.0,
    "load_kw": 0.0,
    "generation_kw": 0.0,
    "load_factor": 0.0,
    "sgen_factor": 0.0,
    "charge_kw": 0.0,
    "discharge_kw": 0.0,
    "own_kw": None,
    "cop": 0.01,
    "outdoor_c": None,
    "temp_min_c": None,
    "temp_max_c": None,
    "gains_kw": 0.0,
    "demand_kw": None,  # a heat network may get heat from elsewhere
    "fuel_chf_per_kwh": 0.0,
    "p_max_kw": 0.0,
    "base_kw": 0.0,
    "available_kw": 0.0,
    "turbine_kw": 0.0,
    "pump_kw": 0.0,
    "inflow_kw": 0.0,
}
"""Keys whose values change from step to step -> the smallest value that makes sense, None for any."""


def resolved(document: Document, series: Series, places: Where) -> Document:
    """``document`` with lists per step in the place of hourly lists and columns; faults are noted in ``series``."""
    return _table(document, series, places, ())


def _table(table: _T, series: Series, places: Where, path: tuple[str | int, ...]) -> _T:
    changed: dict[str, Any] = {}
    for name in type(table).model_fields:
        value, here = getattr(table, name), (*path, name)
        if name in VALUES:
            if value is not None:
                array = series.steps(value, places(*here), least=VALUES[name], plausible=range_of(name))
                changed[name] = float(array[0]) if isinstance(value, float) else array.tolist()
        elif isinstance(value, Table):
            changed[name] = _table(value, series, places, here)
        elif isinstance(value, list) and value and isinstance(value[0], Table):
            changed[name] = [_table(entry, series, places, (*here, at)) for at, entry in enumerate(value)]
    return table.model_copy(update=changed)
