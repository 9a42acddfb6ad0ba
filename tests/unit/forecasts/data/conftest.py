from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from forecasts.data.spec import SeriesSpec

sys.path.insert(0, str(Path(__file__).parent))  # the made-up meters beside the tests

SHARED = Path(__file__).resolve().parents[4] / ".." / "shared" / "data"


@pytest.fixture
def real() -> Callable[[str], str]:
    """Path of a real file or glob, or a skip that says which one is absent."""

    def path(pattern: str) -> str:
        if not list(SHARED.glob(pattern)):
            pytest.skip(f"real data {pattern} absent")
        return str(SHARED / pattern)

    return path


@pytest.fixture
def csv_file(tmp_path: Path) -> Callable[..., Path]:
    """Writes a CSV file of header and rows."""

    def write(rows: Iterable[Iterable[object]], *, header: str = "time,kw", name: str = "feeder.csv") -> Path:
        path = tmp_path / name
        path.write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n", encoding="utf-8")
        return path

    return write


@pytest.fixture
def spec() -> Callable[..., SeriesSpec]:
    """A load in kW with UTC starts, unless told otherwise."""

    def make(path: object, **stated: object) -> SeriesSpec:
        usual = {"kind": "load", "time_column": "time", "value_column": "kw", "unit": "kW", "label": "start", "timezone": "UTC"}
        return SeriesSpec(path=str(path), **{**usual, **stated})

    return make
