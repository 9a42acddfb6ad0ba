"""Who plays the golden runs of one file: started once, for all scenarios of one start."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from shortened import Troupe


@pytest.fixture(scope="module")
def troupe(tmp_path_factory):
    playing = Troupe(tmp_path_factory.mktemp("library"))
    yield playing
    playing.stop()
