"""Rotating machines by seed: a river that wanders, a healthy machine at it, and what faults add."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from twin.boxes.maintenance.machines.monitor import Settings, observe
from twin.boxes.maintenance.machines.reference import FEATURES
from twin.boxes.maintenance.machines.rows import Rows
from twin.boxes.maintenance.machines.state import Monitor, new_monitor

DAY = 96
NEVER = np.zeros((0, 1))
"""No instant from which a new reference is learnt."""
START_S = 1_450_000_800  # a whole block of six hours


def river(rng: np.random.Generator, *, days: int, machines: int) -> np.ndarray:
    """Share of rated power, dims (time, machine): every eight hours or so the river brings something else."""
    share = np.empty((days * DAY, machines))
    now = target = rng.uniform(0.4, 0.9, machines)
    for row in range(len(share)):
        target = np.where(rng.random(machines) < 1 / 32, rng.uniform(0.3, 1.0, machines), target)
        now = now + 0.2 * (target - now)
        share[row] = now
    return share


def correlated(rng: np.random.Generator, rows: int, machines: int) -> np.ndarray:
    """Unit noise that remembers three hours, as head and water temperature do, dims (time, machine)."""
    keep, now = np.exp(-1 / 12), rng.normal(size=machines)
    path = np.empty((rows, machines))
    for row in range(rows):
        now = keep * now + np.sqrt(1 - keep**2) * rng.normal(size=machines)
        path[row] = now
    return path


def healthy(seed: int, *, days: int, machines: int = 1, share: np.ndarray | None = None) -> Rows:
    """Vibration with a part-load bump, bearing with a lag of its own (1.5 h), spread within and between the blocks."""
    rng = np.random.default_rng(seed)
    share = river(rng, days=days, machines=machines) if share is None else share
    rows, hours = len(share), np.arange(len(share)) / 4.0
    ambient = 5 + 5 * np.sin(2 * np.pi * hours / 1080) + 4 * np.sin(2 * np.pi * hours / 24) + rng.normal(0, 1, rows)
    slow_share, slow_ambient = share.copy(), np.full(rows, ambient[0])
    keep = np.exp(-0.25 / 1.5)
    for row in range(1, rows):
        slow_share[row] = keep * slow_share[row - 1] + (1 - keep) * share[row]
        slow_ambient[row] = keep * slow_ambient[row - 1] + (1 - keep) * ambient[row]
    bump = 0.5 * np.exp(-(((share - 0.45) / 0.12) ** 2))
    spread = np.exp(0.04 * correlated(rng, rows, machines) + rng.normal(0, 0.03, share.shape))
    features = np.full((*share.shape, len(FEATURES)), np.nan)
    features[..., 0] = (0.6 + 0.5 * share**2 + bump) * spread
    noise = 0.4 * correlated(rng, rows, machines) + rng.normal(0, 0.3, share.shape)
    features[..., 1] = 28 + 0.25 * slow_ambient[:, None] + 22 * slow_share + noise
    return Rows(START_S, share, ambient, features)


def with_impacts(rows: Rows, seed: int) -> Rows:
    """The same machine with sensors for crest factor, kurtosis, envelope and the shaft's orders."""
    rng = np.random.default_rng(seed)
    features = rows.features.copy()
    for feature, size in ((2, 4.0), (3, 3.2), (4, 1.2), (5, 0.3), (6, 0.1)):
        features[..., feature] = size * np.exp(rng.normal(0, 0.08, rows.p_mw.shape))
    return replace(rows, features=features)


def from_day(rows: Rows, day: float, **factors: float) -> Rows:
    """``rows`` with features multiplied from a day on (``bearing_c``: added, in kelvin)."""
    features, first = rows.features.copy(), int(day * DAY)
    for name, value in factors.items():
        column = features[first:, :, FEATURES.index(name)]
        column[...] = column + value if name == "bearing_c" else column * value
    return replace(rows, features=features)


def watched(rows: Rows, *, alarms_per_month: float = 0.1) -> Monitor:
    """What is remembered after all of them, at rated power 1 MW."""
    machines = rows.p_mw.shape[1]
    return observe(new_monitor(machines), rows, Settings(np.ones(machines), alarms_per_month, NEVER))


@pytest.fixture(scope="session")
def make_healthy() -> Callable[..., Rows]:
    return healthy


@pytest.fixture(scope="session")
def make_impacts() -> Callable[..., Rows]:
    return with_impacts


@pytest.fixture(scope="session")
def fault() -> Callable[..., Rows]:
    return from_day


@pytest.fixture(scope="session")
def watch() -> Callable[..., Monitor]:
    return watched
