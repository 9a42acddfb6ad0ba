"""The citizens' page served by its own process: before anything is published, and on a calm morning."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from public_stage import Site


@pytest.fixture(scope="module")
def process(tmp_path_factory):
    served = Site(tmp_path_factory.mktemp("public")).start()
    yield served
    served.stop()


@pytest.fixture
def site(process):
    """The process before its first snapshot, and before the publisher's first deed."""
    process.clear()
    return process


@pytest.fixture
def calm_site(site):
    """One June morning, fresh for as long as the test lasts."""
    site.snapshot = site.publish()
    return site
