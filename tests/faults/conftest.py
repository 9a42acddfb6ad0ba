"""Hamlets on air, for tests that break the loop around them."""

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "scenarios"))
from hamlet import Hamlet, hamlet
from on_air import Ended, Place, with_kernels

from twin.regie.chain import Record


@dataclass(frozen=True)
class Played:
    """A finished run: where, how it ended, and every record."""

    place: Place
    ended: Ended
    records: list[Record]

    @property
    def head(self) -> str:
        return self.ended.figures["journal"]["head"]


@pytest.fixture(scope="session")
def settle(tmp_path_factory):
    """Writes a hamlet into a folder of its own; its grid is prepared once for all of them."""
    cache = with_kernels(tmp_path_factory.mktemp("cache"))

    def settled(made: Hamlet, name: str = "hamlet") -> Place:
        folder = tmp_path_factory.mktemp(name)
        return Place(made.write(folder / "site"), folder / "state", made.start.isoformat(), cache)

    return settled


@pytest.fixture(scope="session")
def play(settle):
    """Runs a hamlet to the end of its window."""

    def played(made: Hamlet, ticks: int, name: str = "hamlet") -> Played:
        place = settle(made, name)
        ended = place.run(ticks)
        assert ended.code == 0, ended.err
        return Played(place, ended, place.records)

    return played


@pytest.fixture(scope="session")
def clean(play):
    """Thirty undisturbed quarter hours."""
    return play(hamlet(days=1.0), 30, "clean")
