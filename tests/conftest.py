"""Marks by folder, the rule that a marked test that skips in CI has failed, and what other work takes."""

import asyncio
import os
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

MARK_OF_FOLDER = {"browser": "browser", "deploy": "deploy", "faults": "fault"}
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


@pytest.fixture(scope="session")
def run_async():
    """Runs a coroutine to its end, in a thread of its own: in the test's a browser may have left its loop running."""

    def ran(coroutine: Coroutine[Any, Any, Any]) -> Any:
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(asyncio.run, coroutine).result()

    return ran


YARDSTICK_S = 0.0050
"""Processor time of `yardstick` on the machine on which the limits below were set: two cores, nothing else at work."""


def yardstick() -> None:
    """What the code under test is made of: dictionaries, small arrays, and more memory than a core's cache holds."""
    table: dict[int, int] = {}
    for i in range(12_000):
        table[i % 997] = table.get(i % 997, 0) + i
    small = np.linspace(1.0, 2.0, 120)
    for _ in range(400):
        small = np.sort(small * 1.01 % 1.0)[::-1]  # no linear algebra: its threads would count, too
    np.sqrt(np.arange(500_000.0)).sum()


def spent_s(work: Callable[[], object]) -> float:
    """Processor time that this process spends in one call, s, in all of its threads: work handed to a thread is work."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def slowness(yards_s: list[float]) -> float:
    """How many times slower than the machine of the limits this one is now; 1 where it is faster.

    Other work costs the caches, the memory and the clock of a processor, so that the same instructions take more of its time.
    """
    return max(1.0, min(yards_s) / YARDSTICK_S)


@pytest.fixture(scope="session")
def processor_s():
    """Least processor time of a call among ``repeat``, in seconds of the machine on which the limits were set."""

    def measured(work: Callable[[], object], repeat: int = 10) -> float:
        both = [(spent_s(yardstick), spent_s(work)) for _ in range(repeat)]  # in turn: the machine changes meanwhile
        return min(spent for _, spent in both) / slowness([yard for yard, _ in both])

    return measured


@pytest.fixture(scope="session")
def slower():
    """How many times more processor time than on the machine of the limits a process takes now."""
    return lambda: slowness([spent_s(yardstick) for _ in range(5)])
