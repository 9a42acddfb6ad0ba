"""A simulated town that is brought to the middle of a run is in the state in which it was, bit for bit, or is refused."""

from dataclasses import replace

import numpy as np
import pytest

from scenarios.replay.journalled import Journalled, journalled
from scenarios.replay.relived import Moment, wired_at
from tests.unit.scenarios.replay.conftest import FROM, UNTIL
from tests.unit.scenarios.replay.mill import BARN, silent
from twin.domain.problems import BadInput
from twin.domain.time import to_epoch_s
from twin.wiring import Window


@pytest.fixture(scope="module")
def there(evening, run, tmp_path_factory):
    """Everything wired at FROM; no box runs."""
    state = tmp_path_factory.mktemp("there")
    wired = wired_at(Moment(run, FROM, UNTIL), evening.ready, Window(FROM, 4), state, silent, silent)
    yield wired
    wired.parts.runner.stop()
    wired.parts.journal.close()


def test_town_and_its_twin_are_in_the_states_that_they_had_on_air(there, evening):
    sides = (there.parts.live, there.parts.baseline)
    assert tuple(side.telemetry.checkpoint() for side in sides) == evening.checkpoints[FROM]


def test_what_was_recommended_and_answered_is_in_force(there):
    assert there.loop.memory.decision.recommendations[BARN].by == "anna"
    assert {order.device for order in there.loop.memory.decision.outbox.values()} == {"mill", "barn"}


def test_its_past_holds_what_was_known_then_and_nothing_later(there, run):
    past = there.parts.live.telemetry.history(FROM - there.parts.prehistory, FROM)
    assert past.valid_time_s.max() == to_epoch_s(FROM) - 900
    assert past.known_time_s.max() <= to_epoch_s(FROM)
    said = np.concatenate([record.arrays["live.value"] for record in run.records(None, FROM)])
    assert np.array_equal(past.value[-len(said) :], said, equal_nan=True)


class Altered(Journalled):
    """A journal in which one reading of every tick after the first is another."""

    def records(self, after=None, until=None):
        for record in super().records(after, until):
            values = record.arrays["live.value"].copy()
            if record.seq and len(values):
                values[0] = np.nextafter(values[0], np.inf)
            yield replace(record, arrays={**record.arrays, "live.value": values})


def test_a_town_that_says_otherwise_by_one_bit_is_refused_and_the_tick_named(evening, run, tmp_path):
    altered = Altered(**vars(run))
    with pytest.raises(BadInput, match=r"tick [1-5] at 2016-01-25T15:.*of the town, 1 of \d+ readings are others"):
        wired_at(Moment(altered, FROM, UNTIL), evening.ready, Window(FROM, 4), tmp_path, silent, silent)


def test_the_chain_value_of_a_moment_is_that_of_its_last_tick(run):
    heads = {record.as_of_s: record.head for record in run.records()}
    assert run.head_at(FROM) == heads[to_epoch_s(FROM)]
    assert run.head_at(run.start) == ""
    assert journalled(run.state).ticks == run.ticks
