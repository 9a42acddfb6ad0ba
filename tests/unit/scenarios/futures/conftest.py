"""The street's futures, solved once for the tests of this folder."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1]))
from small_start import small_start, small_town

from scenarios.futures.chances import Chances
from scenarios.futures.solve import FutureSolver


@pytest.fixture(scope="package")
def town():
    return small_town()


@pytest.fixture(scope="package")
def solver(town):
    """Forecast errors and nothing else."""
    return FutureSolver(town, small_start(), Chances(seed=3))
