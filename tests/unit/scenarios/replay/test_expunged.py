"""A run whose beginning has gone cannot be lived again from there, and says so."""

import pytest

from scenarios.replay.journalled import journalled
from twin.domain.problems import BadInput
from twin.regie.journal import Journal

START_S = 1_735_689_600
IDENTITY = {"site": "demo", "site_sha256": "0" * 64, "seed": 1, "start": "2025-01-01T00:00:00+00:00", "ticks": None}


def test_a_run_whose_beginning_was_expunged_is_refused_by_name(tmp_path):
    journal = Journal(tmp_path, IDENTITY)
    for day in range(400):
        journal.commit("regular", START_S + day * 86_400, {}, {}, {}, {})
    assert journalled(tmp_path).ticks == 400
    journal.expunge(START_S + 35 * 86_400, "2000", 100, at="2026-02-05")
    journal.close()
    with pytest.raises(BadInput, match="the first 35 ticks were expunged"):
        journalled(tmp_path)
