"""The evening that the tests of a debrief share."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[3] / "scenarios"))
from evening import debriefed, played


@pytest.fixture(scope="session")
def evening(tmp_path_factory):
    """See `evening.played`."""
    return played(tmp_path_factory.mktemp("evening"))


@pytest.fixture(scope="session")
def found(evening):
    """The debrief of that evening."""
    return debriefed(evening)
