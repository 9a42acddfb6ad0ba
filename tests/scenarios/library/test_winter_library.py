"""What sixteen scenarios make of one winter evening, from half past five on.

New figures: see ``shortened.py``.
"""

import pytest
from shortened import differences, starting

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", starting("2016-01-25T17:30+01:00"))
def test_the_decisive_quarter_hours_have_their_figures(troupe, name):
    assert differences(name, troupe.play(name)) == []
