"""A drill of the hamlet's evening, drawn once, and what its hours come to under every way of deciding."""

import pytest

from scenarios.drill.draw import Asked, drawn
from scenarios.drill.source import drilled
from scenarios.file.read import load_scenario
from tests.unit.scenarios.replay.conftest import FROM, evening, run
from tests.unit.scenarios.replay.mill import silent

__all__ = ["evening", "run"]
HOURS = 1.0


@pytest.fixture(scope="session")
def file(evening, run, tmp_path_factory):
    """The drill's file."""
    out = tmp_path_factory.mktemp("drill") / "drill.toml"
    return drawn(Asked(run, evening.ready, str(evening.site), None, FROM.isoformat(), HOURS, out))


@pytest.fixture(scope="session")
def drill(file):
    """The drill, held against its run."""
    return drilled(load_scenario(file), silent)
