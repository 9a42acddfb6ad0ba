"""A sunny Sunday in May, a summer day with heat and hail, the night of the clock change. New figures: see ``shortened.py``."""

import pytest
from shortened import differences, starting

pytestmark = pytest.mark.slow

SUNDAY_NOON, SUMMER_AFTERNOON, LONG_NIGHT = "2016-05-22T11:45+02:00", "2016-07-11T15:45+02:00", "2016-10-30T02:30+02:00"


@pytest.mark.parametrize("name", [*starting(SUNDAY_NOON), *starting(SUMMER_AFTERNOON), *starting(LONG_NIGHT)])
def test_the_decisive_quarter_hours_have_their_figures(troupe, name):
    assert differences(name, troupe.play(name)) == []
