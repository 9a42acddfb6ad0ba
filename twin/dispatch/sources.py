"""What a problem document refers to: profiles in files, and grids."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from twin.boxes.flexibility.document.connection import GridTable
from twin.boxes.flexibility.document.series import Profile
from twin.domain.problems import BadInput, Problems

_MOST_CELLS = 3
"""Cells that are quoted."""


def read_profile(path: Path, column: str, *, time: str, timezone: str) -> Profile:
    """A column of a CSV or Parquet file (a `twin.boxes.flexibility.document.series.ReadProfile`).

    Raises:
        BadInput: with every fault of the file.
    """
    from forecasts.data.columns import read_columns

    read = read_columns(str(path), time_column=time, timezone=timezone, label="start", columns=[column])
    values = read.columns[column]
    return Profile(read.start_s, read.step_s, values, _strange(path, column) if np.isnan(values).any() else ())


def _strange(path: Path, column: str) -> tuple[str, ...]:
    from forecasts.data.table import read_table

    table = read_table([path], [column], Problems())
    if table is None:
        return ()
    rows = np.flatnonzero(table.numbers(column)[1])[:_MOST_CELLS]
    return tuple(f"row {table.row[row]}: {table.columns[column][row]!r}" for row in rows)


def read_net(table: GridTable, folder: Path) -> Any:
    """The pandapower net of a [grid] (a `twin.boxes.flexibility.document.grid.ReadNet`).

    Raises:
        BadInput: with every fault of the file or code.
    """
    if table.simbench is not None:
        from twin.adapters.grid_simbench import read_simbench

        return read_simbench(table.simbench, place="grid simbench")
    from twin.adapters.grid_file import read_grid_file

    try:
        return read_grid_file(folder / str(table.file))
    except BadInput as error:
        # The reader speaks to site files, too.
        raise BadInput(
            replace(fault, remedy=fault.remedy.replace("in the site file", "in the document")) for fault in error.problems
        ) from None
