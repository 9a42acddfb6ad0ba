"""What a problem document refers to: profiles in files, and grids."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from twin.boxes.flexibility.document.connection import GridTable
from twin.boxes.flexibility.document.series import Profile


def read_profile(path: Path, column: str, *, time: str, timezone: str) -> Profile:
    """A column of a CSV or Parquet file (a `twin.boxes.flexibility.document.series.ReadProfile`).

    Raises:
        BadInput: with every fault of the file.
    """
    from forecasts.data.columns import read_columns

    read = read_columns(str(path), time_column=time, timezone=timezone, label="start", columns=[column])
    return Profile(read.start_s, read.step_s, read.columns[column])


def read_net(table: GridTable, folder: Path) -> Any:
    """The pandapower net of a [grid] (a `twin.boxes.flexibility.document.grid.ReadNet`).

    Raises:
        BadInput: with every fault of the file or code.
    """
    if table.simbench is not None:
        from twin.adapters.grid_simbench import read_simbench

        return read_simbench(table.simbench, place="grid simbench")
    from twin.adapters.grid_file import read_grid_file

    return read_grid_file(folder / str(table.file))
