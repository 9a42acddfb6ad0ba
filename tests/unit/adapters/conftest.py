import pytest

from twin.adapters.prepared import prepare
from twin.site import load_site


@pytest.fixture(scope="session")
def demo_site():
    return load_site("demo")


@pytest.fixture(scope="session")
def demo(demo_site):
    """The demo grid, from the cache when it was prepared before."""
    return prepare(demo_site)


@pytest.fixture(scope="session")
def demo_net(demo):
    return demo.net()
