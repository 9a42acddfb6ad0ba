from datetime import UTC, datetime

import pytest

from scenarios.file.read import load_scenario
from scenarios.play.interruptions import is_planned

OUTAGES = """
[window]
start = 2016-01-25T12:00:00Z
hours = 12

[[outages]]
element = "line.1"
at = 2016-01-25T13:00:00Z
until = 2016-01-25T18:00:00Z
planned = true

[[outages]]
element = "line.2"
at = 2016-01-25T14:00:00Z
until = 2016-01-25T15:00:00Z
"""


@pytest.mark.parametrize(("hour", "planned"), [(12, False), (13, True), (14, False), (16, True), (19, False)])
def test_the_outage_that_began_last_says_whether_an_interruption_was_announced(written, hour, planned):
    scenario = load_scenario(written(work=OUTAGES))
    assert is_planned(scenario, datetime(2016, 1, 25, hour, 30, tzinfo=UTC)) is planned
