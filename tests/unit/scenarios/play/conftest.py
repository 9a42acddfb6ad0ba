import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from quiet_town import quiet_town

from scenarios.play.play import Played, play
from scenarios.rehearsal.prepare import rehearsals
from scenarios.rehearsal.rehearsal import Rehearsal


@dataclass(frozen=True)
class Evening:
    """A quiet evening that was played: its files, and what it left."""

    scenario: Path
    rehearsal: Rehearsal
    played: Played

    @property
    def result(self):
        return self.played.result


@pytest.fixture(scope="session")
def evening(tmp_path_factory):
    from scenarios.file.read import load_scenario

    scenario = quiet_town(tmp_path_factory.mktemp("quiet"))
    (rehearsal,) = rehearsals(load_scenario(scenario))
    folder = tmp_path_factory.mktemp("played")
    return Evening(scenario, rehearsal, play(rehearsal, folder, progress=lambda *_: None, ticks=lambda *_: None))
