"""Row 31: a breaker that opens in the middle of a tick is none of that tick's business; the next one has it."""

from types import SimpleNamespace

import numpy as np
import pytest
from hamlet import SUMMER, hamlet

pytestmark = pytest.mark.fault

AT, TICKS = 4, 7


@pytest.fixture(scope="module")
def opened(settle, tmp_path_factory):
    """The telemetry gets the breaker's position while tick ``AT`` decides; nothing else is told of it."""
    made = hamlet(days=0.25)
    made.window = [r for r in made.window if r.channel != "switch.0.closed" or r.label < SUMMER]
    place = settle(made, "mid_tick")
    ledger = tmp_path_factory.mktemp("field") / "ledger.sqlite"
    ended = place.drive(TICKS, ledger, die="decide", at=AT).ended()
    assert ended.code == 0, ended.err
    return SimpleNamespace(records=place.records, ended=ended)


def switched(opened):
    """Number of the first record with the new topology."""
    return next(r.seq for r in opened.records if r.meta["topology"]["open_switches"] == [0])


def test_the_tick_works_on_the_topology_that_it_began_with(opened):
    record = opened.records[AT]
    assert record.meta["topology"]["open_switches"] == []
    assert np.isfinite(record.arrays["grid.vm_pu"]).all()
    assert not [alarm for alarm in record.meta["alarms"] if alarm["code"] == "unsupplied"]


def test_the_next_tick_has_the_new_one_whole(opened):
    record = opened.records[switched(opened)]
    assert record.seq == AT + 1
    assert np.isnan(record.arrays["grid.vm_pu"]).any()
    assert [alarm["code"] for alarm in record.meta["alarms"]] == ["unsupplied"]


def test_no_tick_is_lost_over_it(opened):
    assert opened.ended.figures["ticks"] == TICKS
