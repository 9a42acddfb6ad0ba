import pandapower as pp
import pytest

from tests.unit.adapters.small_site import SMALL, small_net
from twin.adapters.prepared import prepare
from twin.engines.batch import jit  # noqa: F401 - it chooses its folder when it is imported: before a test moves the cache
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


@pytest.fixture
def small(tmp_path, monkeypatch):
    """Writes a small site; arguments are replacements in its file and a change to its grid."""

    cache = tmp_path / "cache"
    monkeypatch.setenv("REGIE_CACHE", str(cache))

    def write(*replacements, change=None, rows="2024-05-01T00:00:00,trafo.0.p_mw,0.05\n"):
        text = SMALL
        for old, new in replacements:
            assert old in text, old
            text = text.replace(old, new, 1)
        net = small_net()
        if change is not None:
            change(net)
        pp.to_json(net, str(tmp_path / "grid.json"))
        (tmp_path / "csv").mkdir(exist_ok=True)
        (tmp_path / "csv" / "day.csv").write_text("time,channel,value\n" + rows, encoding="utf-8")
        (tmp_path / "small.toml").write_text(text, encoding="utf-8")
        return tmp_path / "small.toml"

    yield write
    assert not cache.exists()  # a check leaves nothing behind
