"""A vibration record from a file: CSV or Parquet with a column of acceleration, or WAV from a data logger."""

from __future__ import annotations

import csv
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from twin.domain.problems import Problems

M_S2 = {"m/s2": 1.0, "g": 9.80665, "mm/s2": 1e-3}
"""Unit of acceleration -> m/s2; g: standard gravity (ISO 80000-3)."""
TIME_COLUMNS = ("time_s", "time", "t")
JITTER = 0.01
"""Share of a sampling interval by which stamps may stray: rounding, not a lost sample."""


@dataclass(frozen=True)
class Record:
    """Evenly sampled acceleration [m/s2], dims (time,)."""

    acceleration_m_s2: np.ndarray
    sample_hz: float


def read_record(
    path: Path, *, unit: str | None, column: str | None = None, sample_hz: float | None = None, full_scale: float | None = None
) -> Record:
    """The record of ``path``.

    Args:
        path: ``.csv`` (comma or semicolon), ``.parquet`` or ``.wav``.
        unit: of the values: "m/s2", "g" or "mm/s2".
        column: with the acceleration; of a WAV, its number from 0. None: the only one beside the time.
        sample_hz: sampling frequency; None: from the time column [s], or the WAV's own.
        full_scale: what the largest sample of an integer WAV means, in ``unit``.

    Raises:
        BadInput: naming every reason why the file is no such record.
        OSError: when it cannot be read.
    """
    problems = Problems()
    if unit not in M_S2:
        problems.add("unit", repr(unit), f"one of {', '.join(M_S2)}", "state the unit of the acceleration; none is guessed")
    read = {".wav": _wav, ".csv": _table, ".parquet": _table}.get(path.suffix.lower())
    if read is None:
        problems.add(path.name, f"suffix {path.suffix!r}", ".csv, .parquet or .wav", "convert the file")
    problems.raise_if_any()
    assert read is not None
    assert unit is not None
    values, own_hz = read(path, column, full_scale, problems)
    hz = sample_hz or own_hz
    if not hz:
        limit = f"a column of seconds named {', '.join(TIME_COLUMNS)}, or a stated frequency"
        problems.add(path.name, "no sampling frequency", limit, "state sample_hz")
    elif own_hz and abs(hz / own_hz - 1.0) > JITTER:
        problems.add(path.name, f"{own_hz:g} Hz in the file", f"the stated {hz:g} Hz", "correct one of them")
    problems.raise_if_any()
    return Record(values * M_S2[unit], float(hz or 0.0))


def _wav(path: Path, column: str | None, full_scale: float | None, problems: Problems) -> tuple[np.ndarray, float]:
    from scipy.io import wavfile

    try:
        rate, samples = wavfile.read(path)
    except (ValueError, struct.error, EOFError) as error:  # a file that ends within its header
        problems.add(path.name, str(error), "a WAV file", "record it anew")
        problems.raise_if_any()
        raise
    channels = samples[:, None] if samples.ndim == 1 else samples
    only = column is None and channels.shape[1] == 1
    number = 0 if only else int(column) if column is not None and column.isdigit() else channels.shape[1]
    if number >= channels.shape[1]:
        limit = f"a channel from 0 to {channels.shape[1] - 1}"
        problems.add(path.name, f"channel {column!r}", limit, "name the channel of the acceleration")
        problems.raise_if_any()
    values = channels[:, number].astype(np.float64)
    if samples.dtype.kind in "iu":
        if full_scale is None:
            limit = "what the largest sample means (full_scale)"
            problems.add(path.name, "integer samples", limit, "state it, from the logger's calibration")
        half = 2.0 ** (8 * samples.dtype.itemsize - 1)
        # eight-bit WAV is unsigned with its zero at 128, all others are signed
        values = (values - (half if samples.dtype.kind == "u" else 0.0)) / half * (full_scale or 1.0)
    return values, float(rate)


def _table(path: Path, column: str | None, full_scale: float | None, problems: Problems) -> tuple[np.ndarray, float]:
    import pandas as pd

    try:
        frame = pd.read_parquet(path) if path.suffix.lower() == ".parquet" else pd.read_csv(path, sep=None, engine="python")
    except (ValueError, pd.errors.ParserError, csv.Error) as error:  # an empty file has no separator to find
        problems.add(path.name, str(error).splitlines()[0], "a table with named columns", "export it anew")
        problems.raise_if_any()
        raise
    if full_scale is not None:
        problems.add("full_scale", f"{full_scale:g}", "only for WAV files", "leave it out")
    stamps = next((name for name in TIME_COLUMNS if name in frame), None)
    others = [str(name) for name in frame.columns if name != stamps]
    wanted = column if column is not None else others[0] if len(others) == 1 else None
    if wanted not in others:
        value = "no column stated" if column is None else f"column {column!r}"
        problems.add(path.name, value, f"one of {', '.join(others)}", "name the column of the acceleration")
        problems.raise_if_any()
    numbers = pd.to_numeric(frame[wanted], errors="coerce").to_numpy(dtype=np.float64)
    return numbers, _frequency(path, frame[stamps].to_numpy(), problems) if stamps else 0.0


def _frequency(path: Path, stamps: np.ndarray, problems: Problems) -> float:
    try:
        seconds = stamps.astype(np.float64)
    except (TypeError, ValueError):
        problems.add(path.name, f"time {stamps[0]!r}", "seconds", "export the time in seconds from the start")
        return 0.0
    steps = np.diff(seconds)
    if not steps.size or not np.median(steps) > 0.0:
        problems.add(path.name, "time that does not go on", "ascending seconds", "export the record in its order")
        return 0.0
    step = float((seconds[-1] - seconds[0]) / len(steps))
    uneven = np.flatnonzero(~(np.abs(steps - step) <= JITTER * step + 2.0 * np.spacing(np.abs(seconds).max())))
    if uneven.size:
        problems.add(path.name, f"uneven time at row {int(uneven[0]) + 2}", f"every {step:g} s", "cut the record there")
    return 1.0 / step
