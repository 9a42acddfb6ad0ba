"""A hamlet's evening that was on air, and the same hours again; run once for the tests of replays and drills."""

import hashlib

import pytest

from scenarios.replay.journalled import journalled
from scenarios.replay.replay import replay
from scenarios.replay.swap import swapped
from scenarios.replay.window import stretch_of
from tests.unit.scenarios.replay.mill import START, put_on_air, silent
from twin.domain.time import QUARTER_HOUR

FROM = START + 3 * QUARTER_HOUR
"""In the middle of the outage, after the dispatcher's answer."""
UNTIL = START + 7 * QUARTER_HOUR


def content(state):
    """Digest of every file of a state directory, by name."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in state.iterdir() if path.is_file()}


@pytest.fixture(scope="session")
def evening(tmp_path_factory):
    """The hamlet's evening."""
    return put_on_air(tmp_path_factory.mktemp("mill"))


@pytest.fixture(scope="session")
def run(evening):
    """Its journal."""
    return journalled(evening.state)


@pytest.fixture(scope="session")
def stretch(evening, run):
    """An hour of it."""
    return stretch_of(run, evening.ready, FROM.isoformat(), UNTIL.isoformat())


@pytest.fixture(scope="session")
def again(evening, stretch):
    """The hour with a box swapped by itself, and what the state's files were before."""
    before = content(evening.state)
    return replay(stretch, swapped(evening.ready, ["load=load"]), silent, silent), before
