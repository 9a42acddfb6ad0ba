"""A hamlet before air, looked at once with everything as it should be."""

import socket
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from scenarios.preflight.flight import preflight

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parents[2] / "scenarios"))
from before_air import options, silent  # noqa: E402 - after the path
from hamlet import hamlet  # noqa: E402 - after the path

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture(scope="session")
def fly(tmp_path_factory):
    """Writes a hamlet and looks at it before air; gives the lines by name and the flight."""

    def flown(made=None, *, state=None, send_test=False, now=NOW, **changes):
        folder = tmp_path_factory.mktemp("before-air")
        site = (made or hamlet(days=0.1, weeks=1)).write(folder / "site")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PYTHONPATH", str(HERE.parents[2] / "scenarios"))
            asked = options(site, state or folder / "state", **changes)
            flight = preflight(asked, now, send_test=send_test, progress=silent)
        return {line.name: line for line in flight.lines}, flight

    return flown


@pytest.fixture(scope="session")
def fine(fly):
    """A hamlet as it should be, but for its mail."""
    return fly()


@pytest.fixture
def listening():
    """A port that somebody else listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]
