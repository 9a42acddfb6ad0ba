from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # the made-up files beside the tests

SHARED = Path(__file__).resolve().parents[3] / ".." / "shared" / "data"


@pytest.fixture
def real() -> Callable[..., Path]:
    """The folder of real files, or a skip that says which of the wanted globs is absent."""

    def folder(*wanted: str) -> Path:
        absent = [pattern for pattern in wanted if not list(SHARED.glob(pattern))]
        if absent:
            pytest.skip(f"real data {', '.join(absent)} absent")
        return SHARED

    return folder
