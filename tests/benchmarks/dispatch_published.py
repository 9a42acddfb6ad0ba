"""Which problems with published answers are solved: the acceptance tests themselves, run here and counted by case."""

from __future__ import annotations

import contextlib
import inspect
import io
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
CASES = ROOT.parent / "shared" / "cases" / "dispatch"
TESTS = tuple(ROOT / "tests" / "acceptance" / f"test_dispatch_{name}.py" for name in ("published", "opf"))


class _Counted:
    """Outcomes by case: a test speaks of the case that is its parameter, or else of those that its source names."""

    def __init__(self, names: list[str]) -> None:
        self._names = names
        self._cases: dict[str, list[str]] = {}
        self.passed: dict[str, bool] = {}

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        for item in items:
            given = item.callspec.params.values() if hasattr(item, "callspec") else ()
            source = inspect.getsource(item.function)
            by_source = () if given else [name for name in self._names if f'"{name}"' in source]
            self._cases[item.nodeid] = [name for name in self._names if name in given] or list(by_source)

    def pytest_runtest_logreport(self, report: Any) -> None:
        for name in self._cases[report.nodeid]:
            if report.when == "call" or not report.passed:
                self.passed[name] = self.passed.get(name, True) and report.passed


def published() -> dict[str, bool | None]:
    """By case whether all its tests pass; None where no test speaks of it. Empty where the cases are absent."""
    names = sorted(path.stem for path in CASES.glob("*.json"))
    counted = _Counted(names)
    present = [str(path) for path in TESTS if path.is_file()]
    if names and present:
        with contextlib.redirect_stdout(io.StringIO()):
            pytest.main(["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--rootdir", str(ROOT), *present], plugins=[counted])
    return {name: counted.passed.get(name) for name in names}
