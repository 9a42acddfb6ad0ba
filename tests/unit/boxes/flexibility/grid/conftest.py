"""The feeder, made once: radial, and closed to a ring."""

import pytest

from tests.unit.boxes.flexibility.grid.small_feeder import Feeder


@pytest.fixture(scope="session")
def feeder():
    return Feeder()


@pytest.fixture(scope="session")
def ring():
    return Feeder(ring=True)
