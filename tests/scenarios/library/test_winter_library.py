"""What sixteen scenarios make of one winter evening, from half past five on.

New figures: see ``shortened.py``.
"""

import sys

import pytest
from alarm_rate import TEN_MINUTES, raised
from on_air import records
from shortened import differences, starting

from twin.domain.time import from_epoch_s

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", starting("2016-01-25T17:30+01:00"))
def test_the_decisive_quarter_hours_have_their_figures(troupe, name):
    assert differences(name, troupe.play(name)) == []


def test_the_loss_of_the_main_transformer_raises_at_most_ten_alarms_in_the_ten_minutes_after_it(
    troupe, record_property, capsys
):
    told = records(troupe.state("main_transformer_lost"))
    lost = next(from_epoch_s(record.as_of_s) for record in told if record.meta["topology"]["out_trafos"] == [0])
    after = [key for at, key in raised(told) if lost <= at < lost + TEN_MINUTES]
    record_property("alarms in the ten minutes after the loss of the main transformer", ", ".join(after))
    with capsys.disabled():
        sys.stdout.write(
            f"\nalarms in the ten minutes after the loss of the main transformer: {len(after)}: {', '.join(after)}\n"
        )
    assert "now:unsupplied" in after
    assert len(after) <= 10
