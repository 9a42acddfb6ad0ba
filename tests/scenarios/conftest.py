"""What the scenarios share: where hamlets are written, and the demo town's golden day, run once."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from hamlet import Hamlet
from on_air import Place, with_kernels


@pytest.fixture(scope="session")
def settle(tmp_path_factory):
    """Writes a hamlet into a folder of its own."""
    cache = with_kernels(tmp_path_factory.mktemp("cache"))

    def settled(made: Hamlet, name: str = "hamlet") -> Place:
        folder = tmp_path_factory.mktemp(name)
        return Place(made.write(folder / "site"), folder / "state", made.start.isoformat(), cache)

    return settled
