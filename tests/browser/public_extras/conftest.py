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


@pytest.fixture
def visit(open_page):
    def visited(url, size=(390, 844), wait_for="#age:not(:empty)", **options):
        return open_page(url, width=size[0], height=size[1], wait_for=wait_for, **options)

    return visited
