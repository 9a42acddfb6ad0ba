"""Figures of a real journal: read on where they were left, restated by later records, refused where there is none."""

import shutil
import sqlite3
from datetime import timedelta

import pytest

from tests.browser import publication_factory
from twin.contracts.desk_ports import Unavailable
from twin.contracts.publication import FOLDER
from twin.live import publication
from twin.live.publication import JournalFigures


@pytest.fixture(scope="session")
def town():
    return publication_factory


@pytest.fixture
def read_records(monkeypatch):
    """Numbers of the records that were read."""
    seen, read = [], publication.read_metas

    def counting(db, start, limit):
        for row in read(db, start, limit):
            seen.append(row[0])
            yield row

    monkeypatch.setattr(publication, "read_metas", counting)
    return seen


def test_a_month_comes_out_of_the_journal_as_it_was_traced(tmp_path, town):
    town.january(tmp_path, share=0.5)
    january, february = JournalFigures(tmp_path).drafts().months
    assert (january.known, january.due, january.coverage) == (2976, 2976, 1.0)
    assert january.share == 0.5
    assert january.consumption_mwh == 2976.0  # 4 MW for 744 hours
    assert january.parts == {"hydro": 0.25, "import": 0.75}
    assert february.known == 1


def test_another_process_reads_on_where_the_last_one_stopped(tmp_path, town, read_records):
    air = town.january(tmp_path)
    JournalFigures(tmp_path).drafts()
    air.tell(dict.fromkeys(town.labels(town.NEW_YEAR + timedelta(days=32), 1), town.origin()))
    assert JournalFigures(tmp_path).drafts().months[1].known == 2
    assert read_records == [0, 1, 2]


def test_a_restated_quarter_hour_changes_its_month(tmp_path, town):
    air, reader = town.january(tmp_path), JournalFigures(tmp_path)
    before = reader.drafts().months[0]
    first, late = town.labels(town.NEW_YEAR, 1)[0], town.labels(town.NEW_YEAR + timedelta(days=33), 1)[0]
    air.tell({first: town.origin(share=1.0, p_mw=400.0), late: town.origin()})
    after = reader.drafts().months[0]
    assert after.known == before.known
    assert after.consumption_mwh == before.consumption_mwh + 99.0
    assert after.share > before.share


def told_late(town, numbers):
    """What a February record tells anew of a quarter hour of January that these plants' meters had left open."""
    first, late = town.labels(town.NEW_YEAR, 1)[0], town.labels(town.NEW_YEAR + timedelta(days=33), 1)[0]
    return {first: town.origin(share=1.0, p_mw=400.0, late=numbers), late: town.origin()}


@pytest.mark.parametrize(("late", "added_mwh"), [(1, 0.0), (14, 0.0), (15, 99.0)])
def test_what_late_meters_change_comes_into_the_month_when_a_crowd_was_late(tmp_path, town, late, added_mwh):
    air, reader = town.january(tmp_path), JournalFigures(tmp_path)
    before = reader.drafts().months[0]
    air.tell(told_late(town, range(late)))
    assert reader.drafts().months[0].consumption_mwh == before.consumption_mwh + added_mwh


@pytest.mark.parametrize("late", [0, 1, 15])
def test_hours_stay_as_they_were_told_first_whoever_was_late(tmp_path, town, late):
    air, reader = town.january(tmp_path), JournalFigures(tmp_path)
    reader.drafts()
    before = reader.hours("2016-01")
    air.tell(told_late(town, range(late)))
    reader.drafts()
    assert reader.hours("2016-01") == before


def test_a_quarter_hour_in_which_something_was_withheld_live_is_in_no_hour_and_no_month(tmp_path, town):
    town.write_facts(tmp_path)
    labels = town.labels(town.NEW_YEAR, 8)
    few_answer = town.origin(share=1.0, p_mw=400.0, silent=range(18))
    town.Air(tmp_path).tell(dict.fromkeys(labels, town.origin()) | {labels[1]: few_answer})
    reader = JournalFigures(tmp_path)
    assert (reader.drafts().months[0].known, reader.drafts().months[0].share) == (7, 0.5)
    assert [(hour.known, hour.share, hour.consumption_mwh) for hour in reader.hours("2016-01")[:2]] == [
        (3, 0.5, 3.0),
        (4, 0.5, 4.0),
    ]


def test_a_quarter_hour_withheld_live_is_not_told_later_either_when_those_who_were_silent_have_spoken(tmp_path, town):
    town.write_facts(tmp_path)
    labels = town.labels(town.NEW_YEAR, 8)
    air = town.Air(tmp_path)
    air.tell(dict.fromkeys(labels, town.origin()) | {labels[1]: town.origin(silent=range(18))})
    air.tell({labels[1]: town.origin(share=1.0, late=range(3)), labels[-1] + 900: town.origin()})
    reader = JournalFigures(tmp_path)
    assert reader.drafts().months[0].known == 8
    assert (reader.hours("2016-01")[0].known, reader.hours("2016-01")[0].share) == (3, 0.5)


def test_a_reader_takes_no_more_than_it_was_asked_to_and_says_how_much_is_left(tmp_path, town):
    town.january(tmp_path)
    reader = JournalFigures(tmp_path)
    assert (reader.drafts(1).behind, reader.drafts(0).behind, reader.drafts(1).behind) == (1, 1, 0)


def test_a_journal_of_another_window_in_the_same_state_adds_its_months(tmp_path, town):
    town.january(tmp_path)
    JournalFigures(tmp_path).drafts()
    for name in ("journal.sqlite", "journal.reserve"):
        (tmp_path / name).unlink(missing_ok=True)
    start = town.NEW_YEAR + timedelta(days=60)
    town.Air(tmp_path, "2016-02-29T23:00:00+00:00").tell(dict.fromkeys(town.labels(start, 96), town.origin(share=0.9)))
    months = JournalFigures(tmp_path).drafts().months
    assert [(month.period, month.known) for month in months] == [("2016-01", 2976), ("2016-02", 1), ("2016-03", 96)]


def test_a_run_that_was_begun_again_replaces_what_the_first_told(tmp_path, town):
    town.january(tmp_path, share=0.5)
    JournalFigures(tmp_path).drafts()
    for name in ("journal.sqlite", "journal.reserve"):
        (tmp_path / name).unlink(missing_ok=True)
    town.january(tmp_path, share=0.25, days=2)
    month = JournalFigures(tmp_path).drafts().months[0]
    assert (month.known, month.share) == (192, 0.25)


def test_what_was_read_stays_when_the_journal_lets_go_what_has_had_its_time(tmp_path, town):
    air = town.january(tmp_path)
    before = JournalFigures(tmp_path).drafts()
    late = town.labels(town.NEW_YEAR + timedelta(days=400), 2)
    air.tell({late[0]: town.origin()}, {late[1]: town.origin()})
    air.expunge(late[0])
    after = JournalFigures(tmp_path).drafts()
    assert after.months[0] == before.months[0]
    assert after.months[-1].known == 2


def test_a_reader_that_comes_late_reads_what_the_journal_still_holds(tmp_path, town):
    air = town.january(tmp_path)
    late = town.labels(town.NEW_YEAR + timedelta(days=400), 2)
    air.tell({late[0]: town.origin()}, {late[1]: town.origin()})
    air.expunge(late[0])
    drafts = JournalFigures(tmp_path).drafts()
    assert ([month.period for month in drafts.months], drafts.behind, drafts.unread) == (["2017-02"], 0, 2)


def a_year_later(state, town):
    """January was read and its records have gone; what was told of it."""
    air = town.january(state)
    late = town.labels(town.NEW_YEAR + timedelta(days=400), 2)
    air.tell({late[0]: town.origin()}, {late[1]: town.origin()})
    before = JournalFigures(state).drafts()
    air.expunge(late[0])
    return before


def test_what_the_journal_no_longer_tells_outlives_another_version_of_the_store(tmp_path, town):
    before = a_year_later(tmp_path, town)
    with sqlite3.connect(tmp_path / FOLDER / "quarters.sqlite") as db:
        db.execute("PRAGMA user_version = 1")
    after = JournalFigures(tmp_path).drafts()
    assert after.months == before.months
    assert after.behind == 0


def test_of_a_store_with_a_damaged_page_all_is_salvaged_that_can_be_read(tmp_path, town):
    before = a_year_later(tmp_path, town)
    path = tmp_path / FOLDER / "quarters.sqlite"
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 8192 * 4096)
        file.write(b"\xff" * 4096)
    with pytest.raises(sqlite3.DatabaseError):
        JournalFigures(tmp_path).drafts()
    after = JournalFigures(tmp_path).drafts()
    assert 0.9 * before.months[0].known < after.months[0].known < before.months[0].known
    assert after.months[-1] == before.months[-1]


def test_a_new_tick_sums_its_own_month_anew_and_no_other(tmp_path, town, monkeypatch):
    air, reader = town.january(tmp_path), JournalFigures(tmp_path)
    reader.drafts()
    asked, between = [], publication.Quarters.between
    monkeypatch.setattr(publication.Quarters, "between", lambda self, *of: asked.append(of) or between(self, *of))
    air.tell(dict.fromkeys(town.labels(town.NEW_YEAR + timedelta(days=32), 1), town.origin()))
    assert reader.drafts().months[1].known == 2
    assert len(asked) == 1
    assert reader.drafts() == JournalFigures(tmp_path).drafts()


def test_what_was_read_is_made_anew_when_it_is_lost(tmp_path, town):
    town.january(tmp_path)
    before = JournalFigures(tmp_path).drafts()
    shutil.rmtree(tmp_path / FOLDER)
    assert JournalFigures(tmp_path).drafts() == before


def test_without_leave_to_write_the_whole_journal_is_read_and_nothing_is_left(tmp_path, town):
    town.january(tmp_path)
    assert JournalFigures(tmp_path, keep=False).drafts().months[0].share == 0.5
    assert not (tmp_path / FOLDER).exists()


def test_a_state_without_a_loop_or_without_a_journal_says_so(tmp_path, town):
    with pytest.raises(Unavailable, match="let the loop run"):
        JournalFigures(tmp_path).drafts()
    town.write_facts(tmp_path)
    with pytest.raises(Unavailable, match=r"journal\.sqlite"):
        JournalFigures(tmp_path).drafts()


def test_the_hours_of_a_month_are_those_of_its_quarter_hours(tmp_path, town):
    town.january(tmp_path, days=1)
    reader = JournalFigures(tmp_path)
    reader.drafts()
    hours = reader.hours("2016-01")
    assert [hour.known for hour in hours] == [4] * 24 + [0] * 720
    assert (hours[0].share, hours[0].consumption_mwh, hours[30].share) == (0.5, 4.0, None)
