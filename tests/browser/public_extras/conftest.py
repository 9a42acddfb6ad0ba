"""The view at an ordinary moment, another origin, and a browser that visits both."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from extras_stage import Served, View, Website, now_town


@pytest.fixture(scope="module")
def public(tmp_path_factory):
    here = View(tmp_path_factory.mktemp("public")).start()
    yield here
    here.stop()


@pytest.fixture
def served(public):
    """The view at an ordinary moment, fresh for a quarter of an hour."""
    public.snapshot = public.show(now_town())
    return public


@pytest.fixture(scope="module")
def elsewhere():
    here = Served(lambda _url: Website()).start()
    yield here
    here.stop()
