"""A restart folds what the tables still hold, bit for bit what the straight run holds, and reads nothing older."""

import sqlite3

import numpy as np
import pytest

from twin.contracts.frame import Layout
from twin.contracts.ports import Readings
from twin.domain.channels import parse_channel
from twin.domain.time import QUARTER_HOUR, from_epoch_s, to_epoch_s
from twin.domain.zones import Zone
from twin.regie.chain import JournalDamaged
from twin.regie.journal import Journal
from twin.regie.observe import CONTEXT_ROWS, Observer
from twin.regie.refold import refold
from twin.regie.side import Side, readings_to_arrays

START = from_epoch_s(1_465_948_800)
CHANNELS = [parse_channel("trafo.0.p_mw", minimum=-5.0, maximum=5.0)]
TOWN = Zone("town", {"en": "town"}, 9, pv_kwp=0.0, boundary=(("trafo.0.p_mw", 1.0),))
LAYOUT = Layout((("zone_net_p_mw", "town"),))
KEEP = 24
TICKS = 5 * KEEP
LATE = 7
"""Every seventh quarter hour becomes known three ticks later, and every reading comes again, revised, an hour later."""


def side() -> Side:
    made = Side(None, CHANNELS, Observer(CHANNELS, [TOWN], [], LAYOUT), LAYOUT.columns, KEEP - CONTEXT_ROWS)
    made.preload(batch(), START, START)
    return made


def batch(*rows: tuple[int, int, float]) -> Readings:
    label, known, value = (np.array(column) for column in zip(*rows, strict=True)) if rows else (np.zeros(0),) * 3
    return Readings(np.zeros(len(label), np.int32), label.astype(np.int64), known.astype(np.int64), value.astype(float))


def readings(tick: int) -> Readings:
    """What becomes known with the end of quarter hour ``tick``; one reading claims to be of the future."""
    now = to_epoch_s(START + (tick + 1) * QUARTER_HOUR)
    rows = [(now + 900, now, 4.0)]
    for ago, worth in ((0, 1.0), (3, 1.0), (4, 1.5)):
        number = tick - ago
        if number >= 0 and (ago == 4 or (number % LATE == 0) == (ago == 3)):
            rows.append((now - 900 - 900 * ago, now, worth + 0.01 * number))
    return batch(*rows)


@pytest.fixture
def straight(tmp_path):
    """A side and its journal after five times as many ticks as the table keeps, with an event in between."""
    journal, live = Journal(tmp_path, {"site": "town"}), side()
    for tick in range(TICKS):
        as_of = START + (tick + 1) * QUARTER_HOUR
        live.fold(readings(tick), as_of)
        journal.commit("regular", to_epoch_s(as_of), {}, {}, {}, {}, readings_to_arrays(readings(tick), "live"))
    event = as_of + QUARTER_HOUR / 2
    live.fold(batch(), event)
    journal.commit("event", to_epoch_s(event), {}, {}, {}, {}, readings_to_arrays(batch(), "live"))
    yield journal, live
    journal.close()


def test_a_refolded_side_holds_what_the_straight_one_holds(straight):
    journal, live = straight
    again = side()
    last, regular = refold(journal, {"live": again})
    assert (last, regular) == (START + TICKS * QUARTER_HOUR + QUARTER_HOUR / 2, START + TICKS * QUARTER_HOUR)
    (one_s, values, quality), (other_s, others, flags) = live.frame_rows(), again.frame_rows()
    assert one_s == other_s
    assert values.tobytes() == others.tobytes()
    assert quality.tobytes() == flags.tobytes()
    after = START + (TICKS + 1) * QUARTER_HOUR
    assert live.fold(readings(TICKS), after) == again.fold(readings(TICKS), after)


def test_what_the_table_has_forgotten_is_not_read(straight, tmp_path):
    journal, _ = straight
    with sqlite3.connect(tmp_path / "journal.sqlite") as db:
        db.execute("UPDATE tick SET readings = x'00' WHERE seq < ?", (TICKS - 2 * KEEP - 1,))
    db.close()
    refold(journal, {"live": side()})
    with pytest.raises(JournalDamaged):
        list(journal.records())


def test_a_journal_whose_beginning_was_expunged_refolds_to_the_same(straight, monkeypatch):
    journal, live = straight
    monkeypatch.setattr("twin.regie.expunge.HELD_AT_LEAST_S", 2 * KEEP * 900)
    gone = journal.expunge(to_epoch_s(START + TICKS * QUARTER_HOUR), "", TICKS, at="2026-01-01").records
    assert next(journal.records()).seq == gone > 2 * KEEP
    again = side()
    assert refold(journal, {"live": again})[1] == START + TICKS * QUARTER_HOUR
    assert live.frame_rows()[0] == again.frame_rows()[0]
    assert live.frame_rows()[1].tobytes() == again.frame_rows()[1].tobytes()


def test_an_empty_journal_leaves_a_side_as_it_is(tmp_path):
    journal = Journal(tmp_path, {"site": "town"})
    assert refold(journal, {"live": side()}) == (None, None)
    journal.close()
