"""Labelled arrays as JSON, CSV, Parquet and NetCDF: the same values, UTC, units beside them; what is missing stays missing."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field

if TYPE_CHECKING:
    import xarray as xr

QUALITY = "quality"
LARGEST = 500_000
"""Values of one answer: some 5 MB of JSON, half a second of work."""
_FLAGS = (1, 2, 4, 8, 16, 32)


class Series(BaseModel):
    """One signal.

    Attributes:
        dims: of ``values``, outermost first; ``elements``: labels of its last dimension, none without elements.
        values: nested as ``dims`` say; null where missing.
    """

    unit: str = Field(examples=["MW"])
    meaning: str
    dims: list[str] = Field(examples=[["time", "zone"]])
    elements: list[str] = Field(examples=[["town", "neighbourhood"]])
    values: list[Any] = Field(examples=[[[17.7, 0.22], [17.9, None]]])


def series_of(data: xr.Dataset, along: tuple[str, ...]) -> dict[str, Series]:
    """Every signal of ``data``; ``along``: dimensions that are not its elements."""
    found = {}
    for name, values in data.data_vars.items():
        if name != QUALITY:
            last = str(values.dims[-1])
            elements = [] if last in along else [str(label) for label in values.coords[last].values]
            found[str(name)] = Series(
                unit=values.attrs["units"],
                meaning=values.attrs["long_name"],
                dims=[str(dim) for dim in values.dims],
                elements=elements,
                values=_nested(values.values.tolist()),
            )
    return found


def instants(labels: Any) -> list[datetime]:
    """``datetime64`` labels as instants."""
    return [datetime.fromtimestamp(second, UTC) for second in labels.astype("datetime64[s]").astype("int64").tolist()]


def quality_words(data: xr.Dataset) -> list[list[str]]:
    """By quarter hour."""
    names = str(data[QUALITY].attrs["flag_meanings"]).split()
    return [
        [name for flag, name in zip(_FLAGS, names, strict=True) if value & flag] or ["good"]
        for value in data[QUALITY].values.tolist()
    ]


def as_csv(data: xr.Dataset) -> bytes:
    """A row per quarter hour: time, quality ("estimated+stale"), then "signal:element"; an empty field is a missing value."""
    columns = list(_columns(data))
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["time", QUALITY, *(name for name, _, _ in columns)])
    rows = zip(instants(data["time"].values), quality_words(data), *(values.tolist() for _, _, values in columns), strict=True)
    for time, quality, *values in rows:
        writer.writerow([f"{time:%Y-%m-%dT%H:%M:%SZ}", "+".join(quality), *("" if v is None else v for v in _nested(values))])
    return file.getvalue().encode()


def as_parquet(data: xr.Dataset) -> bytes:
    """The same columns with their unit in the field's metadata; time as timestamp in UTC."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = list(_columns(data))
    fields = [pa.field("time", pa.timestamp("ms", tz="UTC")), pa.field(QUALITY, pa.string())]
    fields += [pa.field(name, pa.float64(), metadata={"unit": unit}) for name, unit, _ in columns]
    arrays = [
        pa.array(instants(data["time"].values), fields[0].type),
        pa.array(["+".join(words) for words in quality_words(data)]),
        *(pa.array(values, from_pandas=True) for _, _, values in columns),
    ]
    file = io.BytesIO()
    pq.write_table(pa.table(arrays, schema=pa.schema(fields)), file)
    return file.getvalue()


def as_netcdf(data: xr.Dataset) -> bytes:
    """NetCDF-3: ``xarray.open_dataset`` gives the same labelled arrays back."""
    return bytes(data.to_netcdf(engine="scipy"))


def _columns(data: xr.Dataset) -> Iterator[tuple[str, str, Any]]:
    """``(name, unit, values)`` of every signal and element, dims (time,)."""
    for name, values in data.data_vars.items():
        if name == QUALITY:
            continue
        unit = str(values.attrs["units"])
        if len(values.dims) == 1:
            yield str(name), unit, values.values
            continue
        for position, element in enumerate(values.coords[values.dims[1]].values):
            yield f"{name}:{element}", unit, values.values[:, position]


def _nested(values: Any) -> Any:
    """Seven digits, what a meter and a power flow are good for; None for NaN."""
    if isinstance(values, list):
        return [_nested(value) for value in values]
    return float(f"{values:.7g}") if math.isfinite(values) else None
