import sqlite3
import zlib
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from twin.domain.pack import pack
from twin.domain.time import to_epoch_s
from twin.maintenance.ranking.week import HOURS, week_of_grid_file, week_of_journal

END = datetime(2016, 2, 8, tzinfo=UTC)


def journal(net, quarters, load_mw):
    """A journal whose ticks end at END; ``load_mw(label)`` gives each load of a quarter hour."""
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE tick (seq INTEGER, kind TEXT, as_of_s INTEGER, head TEXT, readings BLOB, record BLOB)")
    for seq in range(quarters):
        as_of = END - (quarters - 1 - seq) * timedelta(minutes=15)
        powers = {"grid.load_p_mw": np.full(len(net.load), load_mw(as_of - timedelta(minutes=15)))}
        record = zlib.compress(pack({}, powers))
        db.execute(
            "INSERT INTO tick VALUES (?,?,?,?,?,?)",
            (seq, "regular", to_epoch_s(as_of), "", zlib.compress(pack({}, {})), record),
        )
    return db


def test_the_coming_week_is_the_last_one_moved_by_seven_days(net):
    week = week_of_journal(journal(net, 4 * HOURS, lambda at: at.day / 100.0 + at.hour / 1000.0), net)
    assert (week.start, week.source, week.known_h) == (END, "last_week", HOURS)
    for hour in (0, 30, HOURS - 1):
        before = week.at(hour) - timedelta(days=7)
        assert week.injections["load_p_mw"].to_numpy()[hour, 0] == pytest.approx(before.day / 100.0 + before.hour / 1000.0)


def test_of_an_hour_the_quarter_with_the_highest_load_counts(net):
    week = week_of_journal(journal(net, 4 * HOURS, lambda at: 0.1 if at.minute == 30 else 0.05), net)
    assert (week.injections["load_p_mw"].to_numpy() == 0.1).all()


def test_a_shorter_run_is_repeated_day_by_day_and_says_so(net):
    week = week_of_journal(journal(net, 4 * 24, lambda at: at.hour / 100.0), net)
    assert (week.source, week.known_h) == ("last_days", 24)
    assert week.injections["load_p_mw"].to_numpy()[:, 0] == pytest.approx(np.arange(HOURS) % 24 / 100.0)


def test_an_hour_of_the_day_that_nobody_saw_counts_as_the_worst_that_was_seen(net):
    week = week_of_journal(journal(net, 4 * 2, lambda at: 0.2 if at.hour == 23 else 0.1), net)
    assert week.injections["load_p_mw"].to_numpy()[12, 0] == 0.2


def test_a_run_before_its_first_tick_tells_nothing(net):
    assert week_of_journal(journal(net, 0, lambda _at: 0.0), net) is None


def test_a_grid_file_alone_tells_one_hour(net):
    week = week_of_grid_file(net, END)
    assert (week.hours, week.source) == (1, "grid_file")
    assert week.load_mw == pytest.approx([0.24])  # three stations of 80 kW
