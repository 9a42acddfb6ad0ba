"""Marks by folder, the rule that a browser or fault test that skips in CI has failed, and what other work takes."""

import os
import time
from pathlib import Path

import pytest

MARK_OF_FOLDER = {"browser": "browser", "faults": "fault"}
NO_SKIP = os.environ.get("REGIE_NO_SKIP") == "1"


def mark_of(path: Path) -> str | None:
    """The mark that the folder of ``path`` gives, or None."""
    here = Path(__file__).parent
    folder = path.relative_to(here).parts[0] if path.is_relative_to(here) else ""
    return MARK_OF_FOLDER.get(folder)


def refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Turn a skipped report into a failed one that keeps its reason."""
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    report.outcome = "failed"
    report.longrepr = f"{report.nodeid} must not be skipped here (REGIE_NO_SKIP=1). {reason}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if mark := mark_of(item.path):
            item.add_marker(mark)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item):
    report = yield
    marked = any(item.get_closest_marker(mark) for mark in MARK_OF_FOLDER.values())
    if NO_SKIP and marked and report.skipped and not hasattr(report, "wasxfail"):
        refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector):
    # A whole module may skip while it is imported (importorskip), before any mark can be seen.
    report = yield
    if NO_SKIP and report.skipped and mark_of(collector.path):
        refuse_skip(report)
    return report


@pytest.fixture(scope="session")
def contention():
    """How many times longer than its processor time a computation takes now: 1 on a machine that does nothing else."""

    def measured():
        wall, processor = time.perf_counter(), time.process_time()
        while time.process_time() - processor < 0.05:
            pass
        return (time.perf_counter() - wall) / (time.process_time() - processor)

    return measured
